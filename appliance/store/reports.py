"""Delivery reports: stored as they came, matched to the part that they are about, and what follows for it.

A report names its part by the recipient and by TP-MR, one octet that the modem counts round (TS 23.040
§9.2.3.6), so the same one comes back after 256 sends of a SIM. It may come before the answer to the part's
own ``AT+CMGS``, twice, days late or never.
"""

from __future__ import annotations

import sqlite3

from appliance.store.life import STATE_BY_REPORT, Delivery, MessageState, PartState
from appliance.store.matching import ANY_TIME_MS, Candidate, Report, match
from appliance.store.sending import Said, note_progress
from appliance.store.settling import note_doubled, said_of_report, settle
from appliance.values import value

TWINS_MS = 5_000
"""Two reports that read the same can be about two parts only if those were submitted this near each other."""


SEEN = """
    SELECT 1 FROM delivery_reports WHERE sim_id = ? AND tp_mr = ? AND scts_at_ms IS ? AND pdu = ? LIMIT 1
"""

_INSERT = """
    INSERT INTO delivery_reports (sim_id, pdu, recipient, tp_mr, status, delivery, scts_at_ms, discharged_at_ms,
        received_at_ms, part_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

WAITING_OF_REFERENCE = """
    SELECT id, pdu, recipient, tp_mr, status, delivery, scts_at_ms, discharged_at_ms, received_at_ms
    FROM delivery_reports INDEXED BY delivery_reports_unmatched
    WHERE sim_id = ? AND tp_mr IN (?, -1) AND part_id IS NULL AND received_at_ms >= ?
"""

WAITING_OF_SIM = """
    SELECT id, pdu, recipient, tp_mr, status, delivery, scts_at_ms, discharged_at_ms, received_at_ms
    FROM delivery_reports INDEXED BY delivery_reports_unmatched
    WHERE sim_id = ? AND part_id IS NULL
"""


@value
class Kept:
    """What came of a report."""

    is_queued: bool = False
    """A message is queued by it, because it settled an uncertain part and others are still to be sent."""
    is_waiting: bool = False
    """It found no part, as one does that came before the answer to its own send."""


_KEPT, _WAITS = Kept(), Kept(is_waiting=True)


def keep(connection: sqlite3.Connection, sim_id: int, report: Report) -> Kept:
    """Store a report that came to a SIM and do what it says. A second reading of the same one changes nothing."""
    seen = connection.execute(SEEN, (sim_id, report.tp_mr, report.scts_at_ms, report.pdu)).fetchone()
    if seen is not None and not _is_of_another_part(connection, sim_id, report):
        return Kept(is_waiting=is_waiting(connection, sim_id, report))
    candidate = match(connection, sim_id, report, ANY_TIME_MS)
    connection.execute(
        _INSERT,
        (
            sim_id,
            report.pdu,
            report.recipient,
            report.tp_mr,
            report.status,
            report.delivery,
            report.scts_at_ms,
            report.discharged_at_ms,
            report.received_at_ms,
            None if candidate is None else candidate.id,
        ),
    )
    if candidate is None:
        return _WAITS
    return Kept(is_queued=True) if _apply(connection, candidate, report, report.received_at_ms) else _KEPT


WAITING = """
    SELECT 1 FROM delivery_reports INDEXED BY delivery_reports_unmatched
    WHERE sim_id = ? AND tp_mr = ? AND part_id IS NULL AND pdu = ? LIMIT 1
"""


def is_waiting(connection: sqlite3.Connection, sim_id: int, report: Report) -> bool:
    """Whether a report that is stored has found no part, such as one that came before the answer to its own send."""
    return connection.execute(WAITING, (sim_id, report.tp_mr, report.pdu)).fetchone() is not None


def match_early_ones(
    connection: sqlite3.Connection, sim_id: int, tp_mr: int, submitted_at_ms: int, now_ms: int
) -> None:
    """After the answer to a part: the reports that came before it find their part now, those without reference too."""
    waiting = connection.execute(WAITING_OF_REFERENCE, (sim_id, tp_mr, submitted_at_ms)).fetchall()
    _match_all(connection, sim_id, waiting, now_ms)


ANY_WAITING = """
    SELECT EXISTS (SELECT 1 FROM delivery_reports INDEXED BY delivery_reports_unmatched
                   WHERE sim_id = ? AND part_id IS NULL)
"""


def is_any_waiting(connection: sqlite3.Connection, sim_id: int) -> bool:
    """Whether some report of a SIM found no part, so that one that is answered later may be meant."""
    return bool(connection.execute(ANY_WAITING, (sim_id,)).fetchone()[0])


def match_to_uncertain(connection: sqlite3.Connection, sim_id: int, now_ms: int) -> None:
    """Reports of a SIM that found no part, against its parts of which nobody knows."""
    _match_all(connection, sim_id, connection.execute(WAITING_OF_SIM, (sim_id,)).fetchall(), now_ms)


def _match_all(
    connection: sqlite3.Connection, sim_id: int, waiting: list[list[str | int | None]], now_ms: int
) -> None:
    for report_id, *columns in waiting:
        report = _report(columns)
        candidate = match(connection, sim_id, report, report.received_at_ms)
        if candidate is not None:
            connection.execute(
                "UPDATE delivery_reports SET part_id = ? WHERE id = ?", (candidate.id, report_id)
            )
            _apply(connection, candidate, report, now_ms)


SIMS_WITH_BOTH = """
    SELECT DISTINCT sim_id FROM parts INDEXED BY parts_uncertain WHERE state = 'uncertain' AND sim_id IN
        (SELECT sim_id FROM delivery_reports INDEXED BY delivery_reports_unmatched WHERE part_id IS NULL)
"""


def sims_with_both(connection: sqlite3.Connection) -> list[int]:
    """SIMs that have uncertain parts and reports without a part."""
    rows = connection.execute(SIMS_WITH_BOTH)
    return [sim_id for (sim_id,) in rows]


def _report(columns: list[str | int | None]) -> Report:
    pdu, recipient, tp_mr, status, delivery, scts, discharged, received = columns
    assert isinstance(tp_mr, int)
    assert isinstance(status, int)
    assert isinstance(received, int)
    return Report(
        pdu=str(pdu),
        recipient=str(recipient),
        tp_mr=tp_mr,
        status=status,
        delivery=Delivery(str(delivery)),
        scts_at_ms=scts if isinstance(scts, int) else None,
        discharged_at_ms=discharged if isinstance(discharged, int) else None,
        received_at_ms=received,
    )


def _is_of_another_part(connection: sqlite3.Connection, sim_id: int, report: Report) -> bool:
    """Whether a report that reads like an earlier one is about another part all the same.

    Stamps have seconds only, so a SIM that sends more than 256 parts to one recipient in a second or two makes
    such twins. The earlier one has its part; another one without any report and of that time can only be meant.
    """
    candidate = match(connection, sim_id, report, ANY_TIME_MS)
    if candidate is None or candidate.state != PartState.ACCEPTED:
        return False
    earlier_ms = connection.execute(
        """
        SELECT max(received_at_ms) FROM delivery_reports
        WHERE sim_id = ? AND tp_mr = ? AND scts_at_ms IS ? AND pdu = ?
        """,
        (sim_id, report.tp_mr, report.scts_at_ms, report.pdu),
    ).fetchone()[0]
    reported_at_ms = connection.execute(
        "SELECT reported_at_ms FROM parts WHERE id = ?", (candidate.id,)
    ).fetchone()[0]
    return reported_at_ms is None and abs(candidate.submitted_at_ms - earlier_ms) <= TWINS_MS


_PART_REPORTED = """
    UPDATE parts SET state = ?, tp_mr = coalesce(nullif(?, -1), tp_mr), report_status = ?, report_delivery = ?,
        reported_at_ms = ?
    WHERE id = ? AND state = ?
"""

_MESSAGE_REPORTED = """
    UPDATE messages SET state = ?, reason = ?, reason_args = ?, finished_at_ms = ?, updated_at_ms = ?
    WHERE seq = ? AND state = 'sent'
"""


def _apply(connection: sqlite3.Connection, candidate: Candidate, report: Report, now_ms: int) -> bool:
    """Move a part along its steps, and its message with it; whether that is queued now."""
    if candidate.state == PartState.DELIVERED:
        return False
    after = STATE_BY_REPORT[report.delivery]
    if candidate.state == PartState.UNDELIVERED and after is not PartState.DELIVERED:
        after = PartState.UNDELIVERED
    connection.execute(
        _PART_REPORTED,
        (after, report.tp_mr, report.status, report.delivery, now_ms, candidate.id, candidate.state),
    )
    queued = _move_message(
        connection, candidate, after, said_of_report(report.delivery, report.status), now_ms
    )
    if candidate.state == PartState.UNCERTAIN:
        note_doubled(connection, candidate.id, now_ms)
    return queued


def _move_message(
    connection: sqlite3.Connection, candidate: Candidate, after: PartState, said: Said, now_ms: int
) -> bool:
    """The message of a part that was reported; whether it is queued now."""
    if candidate.parts_total == 1 and candidate.message_state == MessageState.SENT:
        if after is PartState.ACCEPTED:
            note_progress(connection, candidate.seq, said, now_ms)
        else:
            # The words for a part's end and a message's are the same.
            connection.execute(
                _MESSAGE_REPORTED, (after, said.code, said.args, now_ms, now_ms, candidate.seq)
            )
        return False
    return settle(connection, candidate.seq, now_ms) is MessageState.QUEUED

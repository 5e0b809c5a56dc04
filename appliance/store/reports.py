"""Delivery reports: stored as they came, matched to the part that they are about, and what follows for it.

A report names its part by the recipient and by TP-MR, one octet that the modem counts round (TS 23.040
§9.2.3.6), so the same one comes back after 256 sends of a SIM. It may come before the answer to the part's
own ``AT+CMGS``, twice, days late or never.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from appliance.store.life import STATE_BY_REPORT, Delivery, MessageState, PartState
from appliance.store.numbers import same_subscriber
from appliance.store.sending import note_progress
from appliance.store.settling import said_of_report, settle

PLAUSIBLE_DELAY_MS = 3_600_000
"""A service centre stamps a message within this time of its submission, if its clock and ours are right."""

CLOCKS_DIFFER_MS = 60_000
"""A stamp this near to a submission is of that one, also if it is before it; one farther off may be of another."""

STEADY_MS = 10 * 60_000
"""The network's clock is evidently wrong where its latest stamps are all off by the same, to within this much."""

STAMPS_THAT_SHOW_IT = 3

LATEST_REPORT_MS = 60 * 86_400_000
"""Service centres keep trying for days, some for weeks; what is older than this is no candidate."""

TWINS_MS = 5_000
"""Two reports that read the same can be about two parts only if those were submitted this near each other."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was read from a modem; the fields are the columns of ``delivery_reports``."""

    pdu: str
    recipient: str
    tp_mr: int
    status: int
    delivery: Delivery
    scts_at_ms: int | None
    discharged_at_ms: int | None
    received_at_ms: int


@dataclass(slots=True)
class _Candidate:
    """A part that a report may be about."""

    id: int
    state: str
    submitted_at_ms: int
    seq: int
    recipient: str
    parts_total: int
    message_state: str


SEEN = """
    SELECT 1 FROM delivery_reports WHERE sim_id = ? AND tp_mr = ? AND scts_at_ms IS ? AND pdu = ? LIMIT 1
"""

AWAITING = """
    SELECT parts.id, parts.state, parts.submitted_at_ms, messages.seq, messages.recipient, messages.parts_total,
        messages.state
    FROM parts INDEXED BY parts_awaiting JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND parts.tp_mr = ? AND parts.state IN ('accepted', 'uncertain', 'undelivered')
        AND parts.submitted_at_ms BETWEEN ? AND ?
    ORDER BY parts.submitted_at_ms DESC
"""

ANY_TIME_MS = 1 << 62
"""Later than any instant."""

SETTLED = """
    SELECT parts.id, parts.state, parts.submitted_at_ms, messages.seq, messages.recipient, messages.parts_total,
        messages.state
    FROM parts INDEXED BY parts_of_sim JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND parts.submitted_at_ms BETWEEN ? AND ? AND parts.tp_mr = ?
        AND parts.state = 'delivered'
    ORDER BY parts.submitted_at_ms DESC
"""

UNCERTAIN = """
    SELECT parts.id, parts.state, parts.submitted_at_ms, messages.seq, messages.recipient, messages.parts_total,
        messages.state
    FROM parts INDEXED BY parts_uncertain JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND (parts.state = 'uncertain' OR (parts.state = 'accepted' AND parts.tp_mr IS NULL))
        AND parts.tp_mr IS NULL AND parts.submitted_at_ms <= ? AND messages.delivery_report = 1
"""

SENDING_TO = """
    SELECT messages.recipient, (SELECT max(submitted_at_ms) FROM parts WHERE message_seq = messages.seq)
    FROM messages INDEXED BY messages_state WHERE state = 'sending' AND sim_id = ?
"""

UNREPORTED = """
    SELECT messages.recipient
    FROM parts INDEXED BY parts_of_sim JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND parts.submitted_at_ms BETWEEN ? AND ? AND parts.id <> ?
        AND parts.state IN ('submitting', 'accepted', 'uncertain') AND parts.reported_at_ms IS NULL
        AND messages.delivery_report = 1
"""

CLOCK_ERRORS = """
    SELECT delivery_reports.scts_at_ms - parts.submitted_at_ms
    FROM delivery_reports INDEXED BY delivery_reports_seen JOIN parts ON parts.id = delivery_reports.part_id
    WHERE delivery_reports.sim_id = ? AND delivery_reports.scts_at_ms IS NOT NULL
    ORDER BY delivery_reports.scts_at_ms DESC LIMIT ?
"""

_INSERT = """
    INSERT INTO delivery_reports (sim_id, pdu, recipient, tp_mr, status, delivery, scts_at_ms, discharged_at_ms,
        received_at_ms, part_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

WAITING_OF_REFERENCE = """
    SELECT id, pdu, recipient, tp_mr, status, delivery, scts_at_ms, discharged_at_ms, received_at_ms
    FROM delivery_reports INDEXED BY delivery_reports_unmatched
    WHERE sim_id = ? AND tp_mr = ? AND part_id IS NULL AND received_at_ms >= ?
"""

WAITING_OF_SIM = """
    SELECT id, pdu, recipient, tp_mr, status, delivery, scts_at_ms, discharged_at_ms, received_at_ms
    FROM delivery_reports INDEXED BY delivery_reports_unmatched
    WHERE sim_id = ? AND part_id IS NULL
"""


def keep(connection: sqlite3.Connection, sim_id: int, report: Report) -> bool:
    """Store a report that came to a SIM and do what it says. A second reading of the same one changes nothing.

    Returns whether a message is queued by it, because it settled an uncertain part and others are still to be sent.
    """
    seen = connection.execute(SEEN, (sim_id, report.tp_mr, report.scts_at_ms, report.pdu)).fetchone()
    if seen is not None and not _is_of_another_part(connection, sim_id, report):
        return False
    candidate = _match(connection, sim_id, report, ANY_TIME_MS)
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
    return candidate is not None and _apply(connection, candidate, report, report.received_at_ms)


def match_early_ones(
    connection: sqlite3.Connection, sim_id: int, tp_mr: int, submitted_at_ms: int, now_ms: int
) -> None:
    """After the answer to a part: the reports that came before it find their part now."""
    waiting = connection.execute(WAITING_OF_REFERENCE, (sim_id, tp_mr, submitted_at_ms)).fetchall()
    _match_all(connection, sim_id, waiting, now_ms)


def match_to_uncertain(connection: sqlite3.Connection, sim_id: int, now_ms: int) -> None:
    """Reports of a SIM that found no part, against its parts of which nobody knows."""
    _match_all(connection, sim_id, connection.execute(WAITING_OF_SIM, (sim_id,)).fetchall(), now_ms)


def _match_all(
    connection: sqlite3.Connection, sim_id: int, waiting: list[list[str | int | None]], now_ms: int
) -> None:
    for report_id, *columns in waiting:
        report = _report(columns)
        candidate = _match(connection, sim_id, report, report.received_at_ms)
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


def _match(connection: sqlite3.Connection, sim_id: int, report: Report, latest_ms: int) -> _Candidate | None:
    """The part that a report is about, if that was submitted at ``latest_ms`` or before.

    For a report that comes just now that is no bound, because our own clock may have been set back since the
    submission; one that waited can't be about a part that was submitted after it came.

    First one with its reference and recipient that can still change and whose submission agrees with the network's
    stamp, the nearest of several; if there is none, an uncertain one to the same recipient. One that can't change
    any more is preferred to either if it is nearer to the stamp (a second report). Last one whose reference agrees
    and whose time doesn't: some networks have wrong clocks.
    """
    earliest_ms = report.received_at_ms - LATEST_REPORT_MS
    if report.scts_at_ms is None:
        return next(_awaiting(connection, sim_id, report, earliest_ms, latest_ms), None) or _by_recipient(
            connection, sim_id, report, latest_ms
        )
    around = (report.scts_at_ms - PLAUSIBLE_DELAY_MS, min(latest_ms, report.scts_at_ms + PLAUSIBLE_DELAY_MS))
    agreeing = _nearest(_awaiting(connection, sim_id, report, *around), report.scts_at_ms)
    if agreeing is not None and abs(agreeing.submitted_at_ms - report.scts_at_ms) <= CLOCKS_DIFFER_MS:
        return agreeing
    settled = _settled(connection, sim_id, report, report.scts_at_ms)
    others = (settled, agreeing or _by_recipient(connection, sim_id, report, latest_ms))
    nearest = _nearest((each for each in others if each is not None), report.scts_at_ms)
    if nearest is not None:
        return nearest
    if any(_agrees(submitted_at_ms, report) for submitted_at_ms in _on_the_line(connection, sim_id, report)):
        # It came early, and the older part only has the same reference.
        return None
    return next(_awaiting(connection, sim_id, report, earliest_ms, latest_ms), None)


def _awaiting(
    connection: sqlite3.Connection, sim_id: int, report: Report, earliest_ms: int, latest_ms: int
) -> Iterator[_Candidate]:
    """Parts with the reference and recipient of a report, submitted in a time and not delivered yet, newest first."""
    rows = connection.execute(AWAITING, (sim_id, report.tp_mr, earliest_ms, latest_ms))
    try:
        for row in rows:
            if same_subscriber(row[4], report.recipient):
                yield _Candidate(*row)
    finally:
        rows.close()


def _settled(connection: sqlite3.Connection, sim_id: int, report: Report, stamp_ms: int) -> _Candidate | None:
    """The part that was delivered by an earlier report of which this one is another copy."""
    around = (stamp_ms - PLAUSIBLE_DELAY_MS, stamp_ms + PLAUSIBLE_DELAY_MS)
    rows = connection.execute(SETTLED, (sim_id, *around, report.tp_mr)).fetchall()
    candidates = (_Candidate(*row) for row in rows if same_subscriber(row[4], report.recipient))
    return _nearest(candidates, stamp_ms)


def _agrees(submitted_at_ms: int, report: Report) -> bool:
    """Whether the network's stamp is near a submission."""
    return report.scts_at_ms is not None and abs(report.scts_at_ms - submitted_at_ms) <= PLAUSIBLE_DELAY_MS


def _nearest(candidates: Iterable[_Candidate], stamp_ms: int) -> _Candidate | None:
    """The one that was submitted nearest to the stamp, and before it rather than after it."""
    return min(
        candidates,
        key=lambda each: (
            each.submitted_at_ms > stamp_ms + CLOCKS_DIFFER_MS,
            abs(each.submitted_at_ms - stamp_ms),
        ),
        default=None,
    )


def _by_recipient(
    connection: sqlite3.Connection, sim_id: int, report: Report, latest_ms: int
) -> _Candidate | None:
    """The one uncertain part of the SIM for the report's recipient, if exactly one can be meant.

    Nothing but the recipient and the time speaks for it, so the stamp has to agree with its submission: otherwise
    the report of any older message would make a lost one delivered. Where there is no stamp, nothing else of the
    SIM to that recipient may be without a report. While a part for the same recipient is being submitted, the
    report may be its own, come early: then it waits.
    """
    rows = connection.execute(UNCERTAIN, (sim_id, latest_ms)).fetchall()
    found = [_Candidate(*row) for row in rows if same_subscriber(row[4], report.recipient)]
    if found and report.scts_at_ms is not None:
        corrected = replace(report, scts_at_ms=report.scts_at_ms - _clock_error_ms(connection, sim_id))
        found = [each for each in found if _agrees(each.submitted_at_ms, corrected)]
    if len(found) != 1 or _on_the_line(connection, sim_id, report):
        return None
    if report.scts_at_ms is None and not _is_alone(connection, sim_id, found[0], report):
        return None
    return found[0]


def _clock_error_ms(connection: sqlite3.Connection, sim_id: int) -> int:
    """How far the clock of a SIM's network is ahead of ours, as its latest reports with a part show.

    0 unless they agree on more than :data:`PLAUSIBLE_DELAY_MS`. Some service centres stamp in a wrong time zone.
    """
    rows = connection.execute(CLOCK_ERRORS, (sim_id, STAMPS_THAT_SHOW_IT)).fetchall()
    errors = sorted(error_ms for (error_ms,) in rows)
    if len(errors) < STAMPS_THAT_SHOW_IT or errors[-1] - errors[0] > STEADY_MS:
        return 0
    middle_ms = int(errors[len(errors) // 2])
    return middle_ms if abs(middle_ms) > PLAUSIBLE_DELAY_MS else 0


def _is_alone(connection: sqlite3.Connection, sim_id: int, candidate: _Candidate, report: Report) -> bool:
    """Whether a part went before a report came, and no other one to its recipient waits for a report."""
    since_ms = candidate.submitted_at_ms - LATEST_REPORT_MS
    rows = connection.execute(UNREPORTED, (sim_id, since_ms, report.received_at_ms, candidate.id)).fetchall()
    others = any(same_subscriber(recipient, report.recipient) for (recipient,) in rows)
    return candidate.submitted_at_ms <= report.received_at_ms and not others


def _on_the_line(connection: sqlite3.Connection, sim_id: int, report: Report) -> list[int]:
    """When the SIM submitted the latest parts of what it is sending to the report's recipient."""
    rows = connection.execute(SENDING_TO, (sim_id,)).fetchall()
    return [at_ms for recipient, at_ms in rows if same_subscriber(recipient, report.recipient)]


def _is_of_another_part(connection: sqlite3.Connection, sim_id: int, report: Report) -> bool:
    """Whether a report that reads like an earlier one is about another part all the same.

    Stamps have seconds only, so a SIM that sends more than 256 parts to one recipient in a second or two makes
    such twins. The earlier one has its part; another one without any report and of that time can only be meant.
    """
    candidate = _match(connection, sim_id, report, ANY_TIME_MS)
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
    UPDATE parts SET state = ?, tp_mr = ?, report_status = ?, report_delivery = ?, reported_at_ms = ?
    WHERE id = ? AND state = ?
"""

_MESSAGE_REPORTED = """
    UPDATE messages SET state = ?, reason = ?, reason_args = ?, finished_at_ms = ?, updated_at_ms = ?
    WHERE seq = ? AND state = 'sent'
"""


def _apply(connection: sqlite3.Connection, candidate: _Candidate, report: Report, now_ms: int) -> bool:
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
    said = said_of_report(report.delivery, report.status)
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

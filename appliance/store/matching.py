"""Which part a delivery report is about: by recipient, reference and the network's stamp."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from appliance.store import clock_marks
from appliance.store.clock_judgement import Trust
from appliance.store.life import Delivery
from appliance.store.numbers import same_subscriber
from appliance.values import value

PLAUSIBLE_DELAY_MS = 3_600_000
"""A service centre stamps a message within this time of its submission, if its clock and ours are right."""

CLOCKS_DIFFER_MS = 60_000
"""A stamp this near to a submission is of that one, also if it is before it; one farther off may be of another."""

STEADY_MS = 10 * 60_000
"""The network's clock is evidently wrong where its latest stamps are all off by the same, to within this much."""

STAMPS_THAT_SHOW_IT = 3

LATEST_REPORT_MS = 60 * 86_400_000
"""Service centres keep trying for days, some for weeks; what is older than this is no candidate."""


NO_REFERENCE = -1
"""``tp_mr`` of a report that does not say which message it is about, as text mode of CDMA modems has it."""


@value
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
class Candidate:
    """A part that a report may be about."""

    id: int
    state: str
    submitted_at_ms: int
    seq: int
    recipient: str
    parts_total: int
    message_state: str


AWAITING = """
    SELECT parts.id, parts.state, parts.submitted_at_ms, messages.seq, messages.recipient, messages.parts_total,
        messages.state
    FROM parts INDEXED BY parts_awaiting JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND parts.tp_mr = ? AND parts.awaits_report = 1
        AND parts.state IN ('accepted', 'uncertain', 'undelivered')
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
        AND (parts.state = 'delivered'
            OR (parts.awaits_report = 0 AND parts.state IN ('accepted', 'uncertain', 'undelivered')))
    ORDER BY parts.submitted_at_ms DESC
"""

UNCERTAIN = """
    SELECT parts.id, parts.state, parts.submitted_at_ms, messages.seq, messages.recipient, messages.parts_total,
        messages.state
    FROM parts INDEXED BY parts_uncertain JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND (parts.state = 'uncertain' OR (parts.state = 'accepted' AND parts.tp_mr IS NULL))
        AND parts.tp_mr IS NULL AND parts.submitted_at_ms <= ? AND messages.delivery_report = 1
"""

UNREFERENCED = """
    SELECT parts.id, parts.state, parts.submitted_at_ms, messages.seq, messages.recipient, messages.parts_total,
        messages.state
    FROM parts INDEXED BY parts_of_sim JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND parts.submitted_at_ms BETWEEN ? AND ? AND parts.state IN ('accepted', 'uncertain')
        AND parts.reported_at_ms IS NULL AND messages.delivery_report = 1
    ORDER BY parts.submitted_at_ms DESC
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


def match(connection: sqlite3.Connection, sim_id: int, report: Report, latest_ms: int) -> Candidate | None:
    """The part that a report is about, if that was submitted at ``latest_ms`` or before.

    For a report that comes just now that is no bound, because our own clock may have been set back since the
    submission; one that waited can't be about a part that was submitted after it came.

    First one with its reference and recipient that can still change and whose submission agrees with the network's
    stamp, the nearest of several; if there is none, an uncertain one to the same recipient. One that can't change
    any more is preferred to either if it is nearer to the stamp (a second report). Last one whose reference agrees
    and whose time doesn't: some networks have wrong clocks.
    """
    if report.tp_mr == NO_REFERENCE:
        return _without_reference(connection, sim_id, report, latest_ms)
    earliest_ms = report.received_at_ms - LATEST_REPORT_MS
    if report.scts_at_ms is None:
        return next(_awaiting(connection, sim_id, report, earliest_ms, latest_ms), None) or _by_recipient(
            connection, sim_id, report, latest_ms
        )
    around = (report.scts_at_ms - PLAUSIBLE_DELAY_MS, min(latest_ms, report.scts_at_ms + PLAUSIBLE_DELAY_MS))
    found = list(_awaiting(connection, sim_id, report, *around))
    agreeing = found[0] if len(found) == 1 else _nearest(found, report.scts_at_ms)
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


def _without_reference(
    connection: sqlite3.Connection, sim_id: int, report: Report, latest_ms: int
) -> Candidate | None:
    """The part that a report without a reference is about: the latest one to its recipient that has none.

    Of several parts each gets one in the end; where a report was lost, it is the older one that stays without. One of
    which nobody knows is meant only if nothing else is, and nothing to that recipient is being sent.
    """
    until_ms = min(latest_ms, report.received_at_ms)
    rows = connection.execute(UNREFERENCED, (sim_id, until_ms - LATEST_REPORT_MS, until_ms)).fetchall()
    found = [Candidate(*row) for row in rows if same_subscriber(row[4], report.recipient)]
    accepted = next((each for each in found if each.state == "accepted"), None)
    if accepted is not None or len(found) != 1:
        return accepted
    return None if _on_the_line(connection, sim_id, report) else found[0]


def _awaiting(
    connection: sqlite3.Connection, sim_id: int, report: Report, earliest_ms: int, latest_ms: int
) -> Iterator[Candidate]:
    """Parts with the reference and recipient of a report, submitted in a time and not delivered yet, newest first."""
    rows = connection.execute(AWAITING, (sim_id, report.tp_mr, earliest_ms, latest_ms))
    try:
        for row in rows:
            if same_subscriber(row[4], report.recipient):
                yield Candidate(*row)
    finally:
        rows.close()


def _settled(connection: sqlite3.Connection, sim_id: int, report: Report, stamp_ms: int) -> Candidate | None:
    """The part that was delivered by an earlier report of which this one is another copy; or that asked for none."""
    around = (stamp_ms - PLAUSIBLE_DELAY_MS, stamp_ms + PLAUSIBLE_DELAY_MS)
    rows = connection.execute(SETTLED, (sim_id, *around, report.tp_mr)).fetchall()
    candidates = (Candidate(*row) for row in rows if same_subscriber(row[4], report.recipient))
    return _nearest(candidates, stamp_ms)


def _agrees(submitted_at_ms: int, report: Report) -> bool:
    """Whether the network's stamp is near a submission."""
    return report.scts_at_ms is not None and abs(report.scts_at_ms - submitted_at_ms) <= PLAUSIBLE_DELAY_MS


def _nearest(candidates: Iterable[Candidate], stamp_ms: int) -> Candidate | None:
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
) -> Candidate | None:
    """The one uncertain part of the SIM for the report's recipient, if exactly one can be meant.

    Nothing but the recipient and the time speaks for it, so the stamp has to agree with its submission: otherwise
    the report of any older message would make a lost one delivered. Where there is no stamp, or our own clock is
    doubted, nothing else of the SIM to that recipient may be without a report. While a part for the same recipient
    is being submitted, the report may be its own, come early: then it waits.
    """
    rows = connection.execute(UNCERTAIN, (sim_id, latest_ms)).fetchall()
    found = [Candidate(*row) for row in rows if same_subscriber(row[4], report.recipient)]
    if found and report.scts_at_ms is not None:
        corrected = replace(report, scts_at_ms=report.scts_at_ms - _clock_error_ms(connection, sim_id))
        found = [each for each in found if _agrees(each.submitted_at_ms, corrected)]
    if len(found) != 1 or _on_the_line(connection, sim_id, report):
        return None
    is_stamped = report.scts_at_ms is not None and not _is_clock_doubted(connection)
    if not is_stamped and not _is_alone(connection, sim_id, found[0], report):
        return None
    return found[0]


def _is_clock_doubted(connection: sqlite3.Connection) -> bool:
    """Whether nobody knows how far our clock is from the network's."""
    mark = clock_marks.latest(connection)
    return mark is not None and mark.trust is Trust.DOUBTED


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


def _is_alone(connection: sqlite3.Connection, sim_id: int, candidate: Candidate, report: Report) -> bool:
    """Whether a part went before a report came, and no other one to its recipient waits for a report."""
    since_ms = candidate.submitted_at_ms - LATEST_REPORT_MS
    rows = connection.execute(UNREPORTED, (sim_id, since_ms, report.received_at_ms, candidate.id)).fetchall()
    others = any(same_subscriber(recipient, report.recipient) for (recipient,) in rows)
    return candidate.submitted_at_ms <= report.received_at_ms and not others


def _on_the_line(connection: sqlite3.Connection, sim_id: int, report: Report) -> list[int]:
    """When the SIM submitted the latest parts of what it is sending to the report's recipient."""
    rows = connection.execute(SENDING_TO, (sim_id,)).fetchall()
    return [at_ms for recipient, at_ms in rows if same_subscriber(recipient, report.recipient)]

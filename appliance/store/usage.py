"""What SIMs have used of their plans, read from the rows of their parts: the ledger is nothing else than these rows.

Only what a plan asks for is read, so a SIM without a limit for months or recipients costs one short walk of an index.
What retention deleted of a month still counts, by the days of ``sim_days``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from appliance.store.sims import LONGEST_SEND_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a plan asks for. None: it asks for nothing of that."""

    now_ms: int
    most: int = 0
    """Of the newest parts, so many."""
    since_ms: int = 0
    """And none that was answered before this."""
    month_from_ms: int | None = None
    """Parts since the beginning of a billing month."""
    month_from_day: str = ""
    """The same as a day in the zone of the box."""
    month_recipients: bool = False
    """And to whom."""
    recipients_since_ms: int | None = None
    """When the parts for each recipient were answered."""
    first: bool = False
    """When the first part went."""
    is_answered: bool = False
    """Only what is answered: the pool knows itself what it has in the air."""


@dataclass(slots=True)
class UsedRows:
    """What was found; the instants ascending, each that of a part's answer, or of its submission before that."""

    counted: list[int] = field(default_factory=list)
    month_parts: int = 0
    month_recipients: set[str] = field(default_factory=set)
    by_recipient: dict[str, list[int]] = field(default_factory=dict)
    first_sent_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _MonthSoFar:
    """What was found of a month, but for what was submitted of late and may still change."""

    read_at_ms: int
    upto_ms: int
    parts: int
    recipients: frozenset[str]


Memo = dict[tuple[int, int, bool], _MonthSoFar]
"""For who asks every second: months by SIM, beginning, and whether recipients were wanted. Made empty, and kept."""

MEMO_MS = 10 * 60_000
"""After this a month is read anew from its beginning: a part of it may have been settled otherwise meanwhile."""


def read(
    connection: sqlite3.Connection, sim_ids: Iterable[int], wanted: Wanted, memo: Memo | None = None
) -> UsedRows:
    """What these SIMs used together."""
    found = UsedRows()
    for sim_id in sim_ids:
        if wanted.most:
            found.counted += _counted(connection, sim_id, wanted)
        if wanted.month_from_ms is not None:
            month = _month(connection, sim_id, wanted, wanted.month_from_ms, memo)
            found.month_parts += month.parts
            found.month_recipients |= month.recipients
        if wanted.recipients_since_ms is not None:
            _add_recipients(connection, sim_id, wanted, wanted.recipients_since_ms, found)
        if wanted.first:
            found.first_sent_at_ms = _earlier(found.first_sent_at_ms, first_sent_at(connection, sim_id))
    found.counted.sort()
    del found.counted[: max(0, len(found.counted) - wanted.most)]
    return found


# Without a LIMIT: a part that was answered late may be newer than many that were submitted after it.
COUNTED = """
    SELECT coalesce(answered_at_ms, submitted_at_ms) FROM parts INDEXED BY parts_of_sim
    WHERE sim_id = ? AND submitted_at_ms > ? AND (answered_at_ms IS NOT NULL OR NOT ?)
"""


def _counted(connection: sqlite3.Connection, sim_id: int, wanted: Wanted) -> list[int]:
    rows = connection.execute(COUNTED, (sim_id, wanted.since_ms - LONGEST_SEND_MS, wanted.is_answered))
    return [at_ms for (at_ms,) in rows if at_ms > wanted.since_ms]


MONTH_PARTS = "SELECT count(*) FROM parts INDEXED BY parts_of_sim WHERE sim_id = ? AND submitted_at_ms >= ?"

# What was submitted in one month and answered in the next may have been taken in either, so it counts in both.
MONTH_EDGE = """
    SELECT count(*) FROM parts INDEXED BY parts_of_sim
    WHERE sim_id = ? AND submitted_at_ms > ? AND submitted_at_ms < ?
        AND (answered_at_ms IS NULL OR answered_at_ms >= ?)
"""

IN_THE_AIR = """
    SELECT count(*) FROM parts INDEXED BY parts_of_sim
    WHERE sim_id = ? AND submitted_at_ms > ? AND answered_at_ms IS NULL
"""

MONTH_DAYS = "SELECT coalesce(sum(parts), 0) FROM sim_days WHERE sim_id = ? AND day >= ?"

MONTH_RECIPIENTS = """
    SELECT DISTINCT messages.recipient
    FROM parts INDEXED BY parts_of_sim JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = :sim AND parts.submitted_at_ms > :before
        AND (parts.answered_at_ms >= :from OR (parts.answered_at_ms IS NULL AND NOT :answered))
    UNION SELECT recipient FROM sim_days WHERE sim_id = :sim AND day >= :day
"""


def _month(
    connection: sqlite3.Connection, sim_id: int, wanted: Wanted, from_ms: int, memo: Memo | None
) -> _MonthSoFar:
    if memo is None or wanted.is_answered:
        return _read_month(connection, sim_id, wanted, from_ms)
    key = sim_id, from_ms, wanted.month_recipients
    known = memo.get(key)
    if known is None or not 0 <= wanted.now_ms - known.read_at_ms < MEMO_MS:
        whole = _read_month(connection, sim_id, wanted, from_ms)
        for each in [each for each in memo if each[0] == sim_id and each != key]:
            del memo[each]
        late = _count(connection, MONTH_PARTS, sim_id, whole.upto_ms)
        memo[key] = _MonthSoFar(wanted.now_ms, whole.upto_ms, whole.parts - late, whole.recipients)
        return whole
    parts = known.parts + _count(connection, MONTH_PARTS, sim_id, known.upto_ms)
    recipients = known.recipients
    if wanted.month_recipients:
        recipients |= _recipients(connection, sim_id, wanted, known.upto_ms)
    return _MonthSoFar(wanted.now_ms, known.upto_ms, parts, recipients)


def _read_month(connection: sqlite3.Connection, sim_id: int, wanted: Wanted, from_ms: int) -> _MonthSoFar:
    before_ms = from_ms - LONGEST_SEND_MS
    parts = _count(connection, MONTH_PARTS, sim_id, from_ms)
    parts += _count(connection, MONTH_EDGE, sim_id, before_ms, from_ms, from_ms)
    parts += _count(connection, MONTH_DAYS, sim_id, wanted.month_from_day)
    if wanted.is_answered:
        parts -= _count(connection, IN_THE_AIR, sim_id, max(before_ms, wanted.now_ms - LONGEST_SEND_MS))
    recipients: frozenset[str] = frozenset()
    if wanted.month_recipients:
        recipients = _recipients(connection, sim_id, wanted, from_ms)
    settled_ms = max(from_ms, wanted.now_ms - 2 * LONGEST_SEND_MS)
    return _MonthSoFar(wanted.now_ms, settled_ms, parts, recipients)


def _recipients(connection: sqlite3.Connection, sim_id: int, wanted: Wanted, from_ms: int) -> frozenset[str]:
    values = {
        "sim": sim_id,
        "before": from_ms - LONGEST_SEND_MS,
        "from": from_ms,
        "answered": wanted.is_answered,
        "day": wanted.month_from_day,
    }
    return frozenset(to for (to,) in connection.execute(MONTH_RECIPIENTS, values))


def _count(connection: sqlite3.Connection, query: str, *values: int | str) -> int:
    return int(connection.execute(query, values).fetchone()[0])


OF_RECIPIENTS = """
    SELECT messages.recipient, coalesce(parts.answered_at_ms, parts.submitted_at_ms)
    FROM parts INDEXED BY parts_of_sim JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND parts.submitted_at_ms > ? AND (parts.answered_at_ms IS NOT NULL OR NOT ?)
    ORDER BY 2
"""


def _add_recipients(
    connection: sqlite3.Connection, sim_id: int, wanted: Wanted, since_ms: int, found: UsedRows
) -> None:
    rows = connection.execute(OF_RECIPIENTS, (sim_id, since_ms - LONGEST_SEND_MS, wanted.is_answered))
    for recipient, at_ms in rows:
        if at_ms > since_ms:
            found.by_recipient.setdefault(recipient, []).append(at_ms)


def first_sent_at(connection: sqlite3.Connection, sim_id: int) -> int | None:
    """When a SIM sent its first part, in ms; None: nothing yet."""
    (noted_ms,) = connection.execute("SELECT first_sent_at_ms FROM sims WHERE id = ?", (sim_id,)).fetchone()
    if noted_ms is not None:
        return int(noted_ms)
    (first_ms,) = connection.execute(
        "SELECT min(submitted_at_ms) FROM parts INDEXED BY parts_of_sim WHERE sim_id = ? AND submitted_at_ms > 0",
        (sim_id,),
    ).fetchone()
    return None if first_ms is None else int(first_ms)


def note_first_sent(connection: sqlite3.Connection, sim_id: int, at_ms: int) -> None:
    """A SIM sends for the first time; later calls change nothing."""
    connection.execute(
        "UPDATE sims SET first_sent_at_ms = ? WHERE id = ? AND first_sent_at_ms IS NULL", (at_ms, sim_id)
    )


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


def deleted_of_month(connection: sqlite3.Connection, sim_id: int, from_day: str) -> int:
    """Parts since a day that retention deleted."""
    return int(connection.execute(MONTH_DAYS, (sim_id, from_day)).fetchone()[0])


BEYOND = """
    SELECT messages.destination, iif(:by_recipient, messages.recipient, '') AS recipient, count(*)
    FROM (SELECT message_seq FROM parts INDEXED BY parts_of_sim
          WHERE sim_id = :sim AND submitted_at_ms >= :from
          ORDER BY submitted_at_ms LIMIT -1 OFFSET :allowance) AS beyond
        JOIN messages ON messages.seq = beyond.message_seq
    GROUP BY 1, 2
"""


def beyond(
    connection: sqlite3.Connection, sim_id: int, from_ms: int, allowance: int, *, by_recipient: bool
) -> list[tuple[str, str, int]]:
    """Destination, recipient ('' without ``by_recipient``) and number of parts after the first ``allowance``."""
    values = {"by_recipient": by_recipient, "sim": sim_id, "from": from_ms, "allowance": allowance}
    return [tuple(row) for row in connection.execute(BEYOND, values)]

"""What waits, in counts: how many in each lane of the queue, and what a few of them are like. For forecasts.

Nothing here lists a queue. A lane is counted along its index up to :data:`COUNTED`; of a longer one equal stretches are
counted that are a part of it in all. It is looked at by its oldest and youngest messages.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.store.queue import PRIORITIES, LaneKey, lanes

SAMPLE = 50
"""Messages at either end of a lane that are looked at."""

COUNTED = 10_000
STRETCHES, STRETCH_SHARE = 64, 20
"""Of a long lane so many stretches are counted, each at the same place of so many times its length."""

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Sampled:
    """One message of a sample."""

    parts_total: int
    accepted_at_ms: int
    not_before_ms: int
    expires_at_ms: int | None
    account_id: int
    destination: str
    sticky_sim_id: int | None
    pinned_sim_id: int | None


_COLUMNS = """
    parts_total, accepted_at_ms, not_before_ms, expires_at_ms, account_id, destination, sticky_sim_id, pinned_sim_id
"""
_OPEN = """
    FROM messages INDEXED BY messages_lanes
    WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NULL
        AND priority = ? AND account_id = ? AND destination = ?
"""
_STICKY = """
    FROM messages INDEXED BY messages_sticky
    WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NOT NULL
        AND sticky_sim_id = ? AND priority = ? AND account_id = ?
"""
_PINNED = """
    FROM messages INDEXED BY messages_pinned
    WHERE state = 'queued' AND pinned_sim_id IS NOT NULL AND pinned_sim_id = ? AND is_due = 1 AND priority = ?
"""
_LATER = """
    FROM messages INDEXED BY messages_later
    WHERE state = 'queued' AND is_due = 0 AND priority = ? AND not_before_ms >= ? AND not_before_ms < ?
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages that wait, and some of them."""

    priority: int
    count: int
    sample: Sequence[Sampled]
    """The oldest and the youngest, by age."""


def due(connection: sqlite3.Connection) -> Iterator[Waiting]:
    """What waits and is due, by lane of the queue; what only one SIM may send is not among it."""
    for key, _ in lanes(connection):
        yield _waiting(connection, key.priority, *_where(key), order="seq")


def pinned(connection: sqlite3.Connection, sim_ids: Sequence[int]) -> Iterator[Waiting]:
    """What only one of these SIMs may send and is due, by SIM and priority."""
    for sim_id in sim_ids:
        for priority in PRIORITIES:
            found = _waiting(connection, priority, _PINNED, (sim_id, priority), order="seq")
            if found.count:
                yield found


MOST_HOURS = 200


def later(connection: sqlite3.Connection) -> Iterator[Waiting]:
    """What waits for a time, by priority and hour; beyond :data:`MOST_HOURS` hours with something in them, nothing."""
    for priority in PRIORITIES:
        after = -(1 << 62)
        for _ in range(MOST_HOURS):
            first = connection.execute(
                f"SELECT min(not_before_ms) {_LATER}", (priority, after, 1 << 62)
            ).fetchone()[0]
            if first is None:
                break
            after = (first // HOUR_MS + 1) * HOUR_MS
            yield _waiting(connection, priority, _LATER, (priority, first, after), order="not_before_ms")


def _where(key: LaneKey) -> tuple[str, tuple[object, ...]]:
    if key.sticky_sim_id is None:
        return _OPEN, (key.priority, key.account_id, key.destination)
    return _STICKY, (key.sticky_sim_id, key.priority, key.account_id)


def _waiting(
    connection: sqlite3.Connection, priority: int, where: str, values: tuple[object, ...], *, order: str
) -> Waiting:
    count = _count(connection, where, values, order)
    oldest = connection.execute(
        f"SELECT {_COLUMNS} {where} ORDER BY {order} LIMIT {SAMPLE}", values
    ).fetchall()
    youngest = []
    if count > SAMPLE:
        most = min(SAMPLE, count - SAMPLE)
        youngest = connection.execute(
            f"SELECT {_COLUMNS} {where} ORDER BY {order} DESC LIMIT {most}", values
        ).fetchall()
    return Waiting(priority, count, [Sampled(*row) for row in [*oldest, *reversed(youngest)]])


def _count(connection: sqlite3.Connection, where: str, values: tuple[object, ...], order: str) -> int:
    """How many there are: exactly up to :data:`COUNTED`, else to a percent or so where they came in evenly."""
    (few,) = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 {where} LIMIT {COUNTED + 1})", values
    ).fetchone()
    if few <= COUNTED:
        return int(few)
    (first,) = connection.execute(f"SELECT {order} {where} ORDER BY {order} LIMIT 1", values).fetchone()
    (last,) = connection.execute(f"SELECT {order} {where} ORDER BY {order} DESC LIMIT 1", values).fetchone()
    length = max(1, (last - first + 1) // STRETCHES)
    counted_length = max(1, length // STRETCH_SHARE)
    found = 0
    for number in range(STRETCHES):
        from_seq = first + number * length + (length - counted_length) // 2
        (some,) = connection.execute(
            f"SELECT count(*) {where} AND {order} >= ? AND {order} < ?",
            (*values, from_seq, from_seq + counted_length),
        ).fetchone()
        found += some
    return int(max(COUNTED, found * (last - first + 1) // (STRETCHES * counted_length)))


_OF_LATE = """
    SELECT answered_at_ms - submitted_at_ms, state FROM parts INDEXED BY parts_of_sim
    WHERE sim_id = ? AND submitted_at_ms > ? ORDER BY submitted_at_ms DESC LIMIT ?
"""

MEASURED = 60
"""Newest parts of a SIM by which it is judged."""


@dataclass(frozen=True, slots=True)
class Fared:
    """How a SIM fared with its newest parts."""

    parts: int
    """Of which it is said."""
    took: int
    """That the network took."""
    mean_ms: int | None
    """From their submission to their answer, on the average; None: none was answered."""


def fared(connection: sqlite3.Connection, sim_id: int, since_ms: int) -> Fared:
    """How long the network took for a SIM's newest parts, and how many of them it took."""
    rows = connection.execute(_OF_LATE, (sim_id, since_ms, MEASURED)).fetchall()
    took = sorted(
        lasted
        for lasted, state in rows
        if lasted is not None and state in ("accepted", "delivered", "undelivered")
    )
    known = sum(1 for _, state in rows if state not in ("submitting", "uncertain"))
    return Fared(known, len(took), sum(took) // len(took) if took else None)

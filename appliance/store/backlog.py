"""What waits, for people to look at: counted up to a limit, so a queue of a million costs what a short one does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.store.queue import LaneKey

COUNT_LANE = """
    SELECT count(*) FROM (
        SELECT 1 FROM messages INDEXED BY messages_lanes
        WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NULL
            AND priority = ? AND account_id = ? AND destination = ? LIMIT ?
    )
"""

COUNT_STICKY_LANE = """
    SELECT count(*) FROM (
        SELECT 1 FROM messages INDEXED BY messages_sticky
        WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NOT NULL
            AND sticky_sim_id = ? AND priority = ? AND account_id = ? LIMIT ?
    )
"""

COUNT_PINNED = """
    SELECT count(*) FROM (
        SELECT 1 FROM messages INDEXED BY messages_pinned
        WHERE state = 'queued' AND pinned_sim_id IS NOT NULL AND pinned_sim_id = ? AND is_due = 1 LIMIT ?
    )
"""

HEAD_PINNED = """
    SELECT seq FROM messages INDEXED BY messages_pinned
    WHERE state = 'queued' AND pinned_sim_id IS NOT NULL AND pinned_sim_id = ? AND is_due = 1
    ORDER BY priority, seq LIMIT 1
"""

LATER = """
    SELECT seq, priority, reason, reason_args, not_before_ms FROM messages INDEXED BY messages_later
    WHERE state = 'queued' AND is_due = 0 AND priority = ? ORDER BY not_before_ms LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Later:
    """A message that is not due yet, with what was said when it was put off."""

    seq: int
    priority: int
    reason: str
    reason_args: str
    not_before_ms: int


def count_lane(connection: sqlite3.Connection, key: LaneKey, most: int) -> int:
    """How many wait in a lane, counted up to ``most``."""
    if key.sticky_sim_id is None:
        row = connection.execute(COUNT_LANE, (key.priority, key.account_id, key.destination, most)).fetchone()
    else:
        row = connection.execute(
            COUNT_STICKY_LANE, (key.sticky_sim_id, key.priority, key.account_id, most)
        ).fetchone()
    return int(row[0])


def pinned_to(connection: sqlite3.Connection, sim_id: int, most: int) -> tuple[int, int | None]:
    """How many wait that only one SIM may send, counted up to ``most``; and the seq of the first of them."""
    row = connection.execute(HEAD_PINNED, (sim_id,)).fetchone()
    if row is None:
        return 0, None
    return int(connection.execute(COUNT_PINNED, (sim_id, most)).fetchone()[0]), int(row[0])


def later(connection: sqlite3.Connection, priority: int, most: int) -> Iterator[Later]:
    """What is put off or scheduled, the first to come first; at most ``most``."""
    for row in connection.execute(LATER, (priority, most)):
        yield Later(*row)

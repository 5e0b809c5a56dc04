"""Messages that wait because nobody knows what time it is."""

from __future__ import annotations

import sqlite3

STALE = "message.held.clock-deadline"
"""It may be past its deadline: by the wall clock it is, by the time that has certainly passed it is not."""
SCHEDULED = "message.held.clock-schedule"
"""By the wall clock its time is yet to come."""


def hold_stale(connection: sqlite3.Connection, *, at_ms: int, wall_ms: int) -> None:
    """Neither send nor expire what is to be sent before an instant that lies between the two clocks."""
    connection.execute(
        """
        UPDATE messages SET state = 'held', reason = ?, reason_args = '{}', updated_at_ms = ?
        WHERE state = 'queued' AND expires_at_ms IS NOT NULL AND expires_at_ms > ? AND expires_at_ms <= ?
        """,
        (STALE, at_ms, at_ms, wall_ms),
    )


_EARLY = """
    FROM messages WHERE state = 'queued' AND not_before_ms > ? AND reason = 'message.scheduled'
"""


def is_any_early(reader: sqlite3.Connection, wall_ms: int) -> bool:
    """Whether :func:`hold_scheduled` would find something."""
    return reader.execute(f"SELECT 1 {_EARLY} LIMIT 1", (wall_ms,)).fetchone() is not None


def hold_scheduled(connection: sqlite3.Connection, *, at_ms: int, wall_ms: int) -> None:
    """Send nothing that is scheduled for later by a wall clock that may be right, though it is behind the box's."""
    connection.execute(
        f"""
        UPDATE messages SET state = 'held', reason = ?, reason_args = '{{}}', updated_at_ms = ?
        WHERE seq IN (SELECT seq {_EARLY})
        """,
        (SCHEDULED, at_ms, wall_ms),
    )


def release(connection: sqlite3.Connection, at_ms: int) -> None:
    """It is known what time it is: what waited for that is queued as it was."""
    connection.execute(
        """
        UPDATE messages SET state = 'queued', is_due = not_before_ms <= :now, is_parked = 0, updated_at_ms = :now,
            reason = iif(not_before_ms > :now, 'message.scheduled', 'message.queued'),
            reason_args = iif(not_before_ms > :now, json_object('until_ms', not_before_ms), '{}')
        WHERE state = 'held' AND reason IN (:stale, :scheduled)
        """,
        {"now": at_ms, "stale": STALE, "scheduled": SCHEDULED},
    )

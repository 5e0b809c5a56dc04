"""The limits that people give a SIM of its own; without any it has the box's."""

from __future__ import annotations

import sqlite3


def set_plan(
    connection: sqlite3.Connection,
    sim_id: int,
    *,
    minimum_gap_ms: int | None,
    parts_per_minute: int | None,
    parts_per_hour: int | None,
    parts_per_day: int | None,
) -> bool:
    """Replace all four limits (None: the box's default, 0: no limit); whether there is such a SIM."""
    cursor = connection.execute(
        """
        UPDATE sims SET minimum_gap_ms = ?, parts_per_minute = ?, parts_per_hour = ?, parts_per_day = ?
        WHERE id = ?
        """,
        [minimum_gap_ms, parts_per_minute, parts_per_hour, parts_per_day, sim_id],
    )
    return cursor.rowcount == 1

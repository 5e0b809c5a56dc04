"""Where ports stand on the ladder: what a restart of the pool must not forget."""

from __future__ import annotations

import sqlite3


def standing_of(connection: sqlite3.Connection, port_id: int) -> str | None:
    """What was kept of a port; None where nothing was."""
    row = connection.execute("SELECT standing FROM port_standings WHERE port_id = ?", (port_id,)).fetchone()
    return None if row is None else str(row[0])


def keep(connection: sqlite3.Connection, port_id: int, standing: str | None, now_ms: int) -> None:
    """Keep how a port stands; None: there is nothing to remember."""
    if standing is None:
        connection.execute("DELETE FROM port_standings WHERE port_id = ?", (port_id,))
        return
    connection.execute(
        """
        INSERT INTO port_standings (port_id, standing, updated_at_ms) VALUES (?, ?, ?)
        ON CONFLICT (port_id) DO UPDATE SET standing = excluded.standing, updated_at_ms = excluded.updated_at_ms
        """,
        (port_id, standing, now_ms),
    )

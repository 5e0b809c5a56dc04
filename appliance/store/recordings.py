"""Recordings of lines that are under way: rows, so that one that a stop of the box ended is told as ended."""

from __future__ import annotations

import sqlite3

from appliance.store import events
from appliance.store.events import EventKind

DIRECTORY = "recordings"
"""Of the files, in the directory of the box."""


def begun(connection: sqlite3.Connection, port_name: str, file: str, now_ms: int) -> None:
    """The line of a port is written to ``file`` of ``DIR/recordings`` from now on."""
    connection.execute(
        "INSERT OR REPLACE INTO recordings_under_way (port_name, file, began_at_ms) VALUES (?, ?, ?)",
        (port_name, file, now_ms),
    )


def ended(connection: sqlite3.Connection, port_name: str) -> None:
    """Somebody ended it, and was told."""
    connection.execute("DELETE FROM recordings_under_way WHERE port_name = ?", (port_name,))


def under_way(connection: sqlite3.Connection) -> dict[str, str]:
    """The files that are being written, by the names of their ports."""
    rows = connection.execute("SELECT port_name, file FROM recordings_under_way")
    return {row["port_name"]: row["file"] for row in rows}


def end_all(connection: sqlite3.Connection, now_ms: int) -> None:
    """The pool has ended, or a new one begins: what an earlier run recorded goes on no more, which is told."""
    for port_name, file in under_way(connection).items():
        row = connection.execute("SELECT id FROM ports WHERE name = ?", (port_name,)).fetchone()
        events.add(
            connection,
            EventKind.TECHNICIAN,
            "event.recording-ended",
            {"port": port_name, "file": file},
            at_ms=now_ms,
            port_id=None if row is None else row["id"],
        )
        ended(connection, port_name)

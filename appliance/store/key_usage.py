"""How many messages a key sent of late: two short lists of counts in one row for each key that has a limit.

Counting the messages themselves would cost an index that each message pays for, of keys without any limit too.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

Steps = tuple[tuple[int, int], ...]
"""When a step began (UTC in milliseconds) and how many messages there were in it, oldest first."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a key used."""

    minute: Steps = ()
    day: Steps = ()
    test_messages: int = 0
    """Of its allowance."""


def of_key(connection: sqlite3.Connection, key_id: int) -> Usage:
    """What was counted of a key; nothing where it has no limit."""
    row = connection.execute(
        "SELECT minute, day, test_messages FROM key_usage WHERE key_id = ?", [key_id]
    ).fetchone()
    if row is None:
        return Usage()
    return Usage(_steps(row["minute"]), _steps(row["day"]), row["test_messages"])


def put(connection: sqlite3.Connection, key_id: int, usage: Usage) -> None:
    """What a key used from now on."""
    connection.execute(
        """
        INSERT INTO key_usage (key_id, minute, day, test_messages) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (key_id) DO UPDATE SET minute = ?2, day = ?3, test_messages = ?4
        """,
        [key_id, json.dumps(usage.minute), json.dumps(usage.day), usage.test_messages],
    )


def _steps(kept: str) -> Steps:
    return tuple((int(began_ms), int(count)) for began_ms, count in json.loads(kept))

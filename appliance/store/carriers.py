"""Carriers as they were edited on this box; the built-in ones are data of the desk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping


def definitions(connection: sqlite3.Connection) -> dict[str, dict[str, object]]:
    """The members of each edited carrier by its id, as they were given."""
    rows = connection.execute("SELECT id, definition FROM carriers ORDER BY id")
    return {row["id"]: json.loads(row["definition"]) for row in rows}


def put(
    connection: sqlite3.Connection, carrier_id: str, members: Mapping[str, object], *, by: str, now_ms: int
) -> None:
    """Override a built-in carrier, add one, or edit it again."""
    connection.execute(
        """
        INSERT INTO carriers (id, definition, changed_at_ms, changed_by) VALUES (?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, changed_at_ms = excluded.changed_at_ms,
            changed_by = excluded.changed_by
        """,
        [carrier_id, json.dumps(dict(members), ensure_ascii=False), now_ms, by],
    )


def remove(connection: sqlite3.Connection, carrier_id: str) -> bool:
    """Take an edit back; whether there was one."""
    return connection.execute("DELETE FROM carriers WHERE id = ?", [carrier_id]).rowcount == 1

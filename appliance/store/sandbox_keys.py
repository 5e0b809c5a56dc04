"""The keys of the sandbox: whether there are any, and their rows in the sandbox's own database.

The keys themselves, who may use them and what was done to them is in the database of the box. The database of the
sandbox has a row of each key that ever sent with its number, since messages and limits name it, and no hash in it.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from appliance.store import keys
from appliance.store.accounts import BOX
from appliance.store.keys import ApiKey


def any_sandbox_key(connection: sqlite3.Connection, now_ms: int) -> bool:
    """Whether a key of the sandbox can be used now."""
    row = connection.execute(
        """
        SELECT 1 FROM api_keys
        WHERE is_sandbox AND revoked_at_ms IS NULL AND (expires_at_ms IS NULL OR expires_at_ms > ?) LIMIT 1
        """,
        [now_ms],
    ).fetchone()
    return row is not None


def mirror(connection: sqlite3.Connection, key: ApiKey) -> None:
    """Write the row of a key into the database of the sandbox, with its limits; in a transaction.

    The accounts of the box are not there, so it sends in the name of the sandbox.
    """
    here = replace(key, account_id=BOX)
    if not keys.put(connection, key.id, here):
        connection.execute(
            "INSERT INTO api_keys (id, name, key_sha256, created_at_ms) VALUES (?, ?, ?, ?)",
            [key.id, key.name, f"of the box: {key.id}", key.created_at_ms],
        )
        keys.put(connection, key.id, here)

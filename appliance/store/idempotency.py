"""What was done under a key that a client chose, so that the same request made again is answered and not done again."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

KEPT_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Done:
    """What one request did."""

    fingerprint: bytes
    """Of what it said."""
    first_seq: int
    count: int
    """So many messages from that on: they were stored in one transaction, so nothing lies between them."""
    answer: bytes | None
    """What it was answered with, where that was kept."""


FIND = """
    SELECT fingerprint, first_seq, messages, answer FROM idempotency_keys
    WHERE api_key_id = ? AND key = ? AND at_ms > ?
"""


def find(connection: sqlite3.Connection, api_key_id: int | None, key: str, now_ms: int) -> Done | None:
    """What was done under a key within the last 24 hours; None for nothing.

    What is stamped with an instant that is still to come is no older than that: the clock was set back.
    """
    row = connection.execute(FIND, (api_key_id or 0, key, now_ms - KEPT_MS)).fetchone()
    return None if row is None else Done(*row)


def note(connection: sqlite3.Connection, api_key_id: int | None, key: str, done: Done, now_ms: int) -> None:
    """Keep what was done, in the transaction that does it. What was done under that key longer ago is forgotten."""
    connection.execute(
        """
        INSERT INTO idempotency_keys (api_key_id, key, fingerprint, first_seq, messages, answer, at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (api_key_id, key) DO UPDATE SET fingerprint = excluded.fingerprint,
            first_seq = excluded.first_seq, messages = excluded.messages, answer = excluded.answer,
            at_ms = excluded.at_ms
        """,
        (api_key_id or 0, key, done.fingerprint, done.first_seq, done.count, done.answer, now_ms),
    )

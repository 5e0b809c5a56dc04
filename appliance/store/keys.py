"""API keys, one-time log-in links and browser sessions: only hashes are kept.

Each secret is 256 random bits, so a plain SHA-256 is enough to keep it (nobody can guess through it), and
looking it up by its hash tells an attacker nothing about how near a guess came.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass

KEY_PREFIX = "sl_"
"""Marks a text as a key of this program, for people and for scanners of leaked secrets."""

LOGIN_LINK_LIFETIME_MS = 30 * 60 * 1000
SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000
LAST_USE_GRAIN_MS = 60 * 1000
"""The last use of a key is noted once in so long: reading the API must not wear the memory card."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the box knows it: never the key itself."""

    id: int
    name: str
    created_at_ms: int
    last_used_at_ms: int | None
    revoked_at_ms: int | None
    account_id: int = 1
    """Who sends with it; 1 is the box itself."""


def new_key() -> str:
    """A fresh API key; the only time that anyone sees it."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def any_key(connection: sqlite3.Connection) -> bool:
    """Whether there ever was an API key on this box."""
    return connection.execute("SELECT 1 FROM api_keys LIMIT 1").fetchone() is not None


def add_key(connection: sqlite3.Connection, name: str, key: str, now_ms: int, *, account_id: int = 1) -> int:
    """Store the hash of ``key``; returns its row id."""
    cursor = connection.execute(
        "INSERT INTO api_keys (name, key_sha256, created_at_ms, account_id) VALUES (?, ?, ?, ?)",
        [name, _hash(key), now_ms, account_id],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def list_keys(connection: sqlite3.Connection) -> list[ApiKey]:
    """Every key, oldest first, revoked ones included."""
    rows = connection.execute(
        "SELECT id, name, created_at_ms, last_used_at_ms, revoked_at_ms, account_id FROM api_keys ORDER BY id"
    )
    return [ApiKey(**row) for row in rows]


def revoke_key(connection: sqlite3.Connection, key_id: int, now_ms: int) -> bool:
    """Make a key useless for ever; whether there was one to revoke."""
    cursor = connection.execute(
        "UPDATE api_keys SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms IS NULL", [now_ms, key_id]
    )
    return cursor.rowcount == 1


def give_key(connection: sqlite3.Connection, key_id: int, account_id: int) -> str | None:
    """Let a key in use send for another account; its name, or None where there is no such key."""
    row = connection.execute(
        "UPDATE api_keys SET account_id = ? WHERE id = ? AND revoked_at_ms IS NULL RETURNING name",
        [account_id, key_id],
    ).fetchone()
    return None if row is None else str(row[0])


def find_key(connection: sqlite3.Connection, key: str) -> ApiKey | None:
    """The key that an application showed, unless it is unknown or revoked."""
    digest = _hash(key)
    row = connection.execute(
        """
        SELECT id, name, key_sha256, created_at_ms, last_used_at_ms, revoked_at_ms, account_id
        FROM api_keys WHERE key_sha256 = ? AND revoked_at_ms IS NULL
        """,
        [digest],
    ).fetchone()
    if row is None or not hmac.compare_digest(row["key_sha256"], digest):
        return None
    return ApiKey(
        row["id"],
        row["name"],
        row["created_at_ms"],
        row["last_used_at_ms"],
        row["revoked_at_ms"],
        row["account_id"],
    )


def is_use_worth_noting(key: ApiKey, now_ms: int) -> bool:
    """Whether the last noted use is older than :data:`LAST_USE_GRAIN_MS`, or in the future."""
    return key.last_used_at_ms is None or abs(now_ms - key.last_used_at_ms) >= LAST_USE_GRAIN_MS


def note_use(connection: sqlite3.Connection, key_id: int, now_ms: int) -> None:
    """Remember when a key was used last."""
    connection.execute("UPDATE api_keys SET last_used_at_ms = ? WHERE id = ?", [now_ms, key_id])


def make_login_token(connection: sqlite3.Connection, now_ms: int) -> str:
    """A token that opens the page once within :data:`LOGIN_LINK_LIFETIME_MS`; drops those long past."""
    token = secrets.token_urlsafe(32)
    connection.execute("DELETE FROM login_links WHERE expires_at_ms < ?", [now_ms - SESSION_LIFETIME_MS])
    connection.execute(
        "INSERT INTO login_links (token_sha256, created_at_ms, expires_at_ms) VALUES (?, ?, ?)",
        [_hash(token), now_ms, now_ms + LOGIN_LINK_LIFETIME_MS],
    )
    return token


def use_login_token(connection: sqlite3.Connection, token: str, now_ms: int) -> str | None:
    """Spend a log-in token and open a session; returns the session's token, ``None`` for a token that is
    unknown, used or expired. Two at once: exactly one gets a session."""
    spent = connection.execute(
        """
        UPDATE login_links SET used_at_ms = :now
        WHERE token_sha256 = :hash AND used_at_ms IS NULL AND expires_at_ms > :now AND created_at_ms <= :now
        """,
        {"now": now_ms, "hash": _hash(token)},
    )
    if spent.rowcount != 1:
        return None
    session = secrets.token_urlsafe(32)
    connection.execute("DELETE FROM sessions WHERE expires_at_ms <= ?", [now_ms])
    connection.execute(
        "INSERT INTO sessions (token_sha256, created_at_ms, expires_at_ms) VALUES (?, ?, ?)",
        [_hash(session), now_ms, now_ms + SESSION_LIFETIME_MS],
    )
    return session


def is_session(connection: sqlite3.Connection, token: str, now_ms: int) -> bool:
    """Whether a browser's session token is good now."""
    row = connection.execute(
        "SELECT 1 FROM sessions WHERE token_sha256 = ? AND expires_at_ms > ?", [_hash(token), now_ms]
    ).fetchone()
    return row is not None


def end_session(connection: sqlite3.Connection, token: str) -> None:
    """Log out."""
    connection.execute("DELETE FROM sessions WHERE token_sha256 = ?", [_hash(token)])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

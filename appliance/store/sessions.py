"""One-time log-in links and browser sessions: only hashes are kept, and :mod:`appliance.store.keys` says why."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass

from appliance.store.keys import hash_of

LOGIN_LINK_LIFETIME_MS = 30 * 60 * 1000
SESSION_LIFETIME_MS = 12 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Session:
    """Who a browser is logged in as."""

    person_id: int | None
    """None: by a link that was made on the box."""
    name: str | None
    role: str | None
    """A Role of :mod:`appliance.store.people`."""


def make_login_token(connection: sqlite3.Connection, now_ms: int) -> str:
    """A token that opens the page once within :data:`LOGIN_LINK_LIFETIME_MS`; drops those long past."""
    token = secrets.token_urlsafe(32)
    connection.execute("DELETE FROM login_links WHERE expires_at_ms < ?", [now_ms - SESSION_LIFETIME_MS])
    connection.execute(
        "INSERT INTO login_links (token_sha256, created_at_ms, expires_at_ms) VALUES (?, ?, ?)",
        [hash_of(token), now_ms, now_ms + LOGIN_LINK_LIFETIME_MS],
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
        {"now": now_ms, "hash": hash_of(token)},
    )
    return open_session(connection, None, now_ms) if spent.rowcount == 1 else None


def open_session(connection: sqlite3.Connection, person_id: int | None, now_ms: int) -> str:
    """Log a browser in; its token. Drops sessions that are over."""
    token = secrets.token_urlsafe(32)
    connection.execute("DELETE FROM sessions WHERE expires_at_ms <= ?", [now_ms])
    connection.execute(
        "INSERT INTO sessions (token_sha256, person_id, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?)",
        [hash_of(token), person_id, now_ms, now_ms + SESSION_LIFETIME_MS],
    )
    return token


def give_session(connection: sqlite3.Connection, token: str, person_id: int) -> None:
    """A session that was opened by a link is a person's from now on."""
    connection.execute(
        "UPDATE sessions SET person_id = ? WHERE token_sha256 = ? AND person_id IS NULL",
        [person_id, hash_of(token)],
    )


def find_session(connection: sqlite3.Connection, token: str, now_ms: int) -> Session | None:
    """Whose session a browser's token is; None where it is not good now."""
    row = connection.execute(
        """
        SELECT people.id, people.name, people.role
        FROM sessions LEFT JOIN people ON people.id = sessions.person_id
        WHERE token_sha256 = ? AND expires_at_ms > ?
        """,
        [hash_of(token), now_ms],
    ).fetchone()
    return None if row is None else Session(row["id"], row["name"], row["role"])


def end_session(connection: sqlite3.Connection, token: str) -> None:
    """Log out."""
    connection.execute("DELETE FROM sessions WHERE token_sha256 = ?", [hash_of(token)])


def end_sessions_of(connection: sqlite3.Connection, person_id: int | None, *, but: str = "") -> int:
    """Log a person out everywhere; ``but`` is the token of the browser that stays. How many ended.

    Without a person: those that were opened by links.
    """
    return connection.execute(
        "DELETE FROM sessions WHERE person_id IS ? AND token_sha256 <> ?", [person_id, hash_of(but)]
    ).rowcount

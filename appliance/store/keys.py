"""API keys: only their hashes are kept, with what each may do and from where.

Each key is 256 random bits, so a plain SHA-256 is enough to keep it (nobody can guess through it), and
looking it up by its hash tells an attacker nothing about how near a guess came.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

KEY_PREFIX = "sl_"
"""Marks a text as a key of this program, for people and for scanners of leaked secrets."""

LAST_USE_GRAIN_MS = 60 * 1000
"""The last use of a key is noted once in so long: reading the API must not wear the memory card."""

Network = IPv4Network | IPv6Network


class Scope(StrEnum):
    """What a key may do; each stands for itself, none includes another."""

    SEND = "send"
    """Put messages into the queue, see and take back those of its own, previews and forecasts."""
    READ = "read"
    """Messages of everybody, and how SIMs and ports stand."""
    INBOX = "inbox"
    """What was received."""
    MODEMS = "modems"
    """What a technician does to ports and SIMs."""
    ADMIN = "admin"
    """Plans, groups, accounts, keys, people, settings; messages of others."""


EVERY_SCOPE = frozenset(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What people decide about a key. A limit that is None is none."""

    name: str
    account_id: int = 1
    """Who sends with it; 1 is the box itself."""
    scopes: frozenset[Scope] = EVERY_SCOPE
    messages_per_minute: int | None = None
    """Within any 60 seconds."""
    messages_per_day: int | None = None
    """Within any 24 hours."""
    requests_per_minute: int | None = None
    networks: tuple[Network, ...] = ()
    """From where it may be used; none: from anywhere."""
    expires_at_ms: int | None = None
    is_sandbox: bool = False
    """Sends to the simulated network only."""
    test_allowance: int | None = None
    """So many real messages it may send in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Terms):
    """A key as the box knows it: never the key itself."""

    id: int
    created_at_ms: int
    last_used_at_ms: int | None = None
    last_used_from: str | None = None
    """The address of the client."""
    revoked_at_ms: int | None = None


def new_key() -> str:
    """A fresh API key; the only time that anyone sees it."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def any_key(connection: sqlite3.Connection) -> bool:
    """Whether there ever was an API key on this box."""
    return connection.execute("SELECT 1 FROM api_keys LIMIT 1").fetchone() is not None


def add_key(connection: sqlite3.Connection, name: str, key: str, now_ms: int, *, account_id: int = 1) -> int:
    """A key that may do everything, such as the first one of a box; returns its row id."""
    return add(connection, Terms(name=name, account_id=account_id), key, now_ms)


def add(connection: sqlite3.Connection, terms: Terms, key: str, now_ms: int) -> int:
    """Store the hash of ``key`` with its terms; returns its row id."""
    cursor = connection.execute(
        """
        INSERT INTO api_keys (
            key_sha256, created_at_ms, name, account_id, scopes, messages_per_minute, messages_per_day,
            requests_per_minute, networks, expires_at_ms, is_sandbox, test_allowance
        ) VALUES (
            :hash, :now, :name, :account_id, :scopes, :messages_per_minute, :messages_per_day,
            :requests_per_minute, :networks, :expires_at_ms, :is_sandbox, :test_allowance
        )
        """,
        {**_columns(terms), "hash": hash_of(key), "now": now_ms},
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def put(connection: sqlite3.Connection, key_id: int, terms: Terms) -> bool:
    """Other terms for a key in use; whether there is such a one."""
    cursor = connection.execute(
        """
        UPDATE api_keys SET
            name = :name, account_id = :account_id, scopes = :scopes,
            messages_per_minute = :messages_per_minute, messages_per_day = :messages_per_day,
            requests_per_minute = :requests_per_minute, networks = :networks, expires_at_ms = :expires_at_ms,
            is_sandbox = :is_sandbox, test_allowance = :test_allowance
        WHERE id = :id AND revoked_at_ms IS NULL
        """,
        {**_columns(terms), "id": key_id},
    )
    return cursor.rowcount == 1


def list_keys(connection: sqlite3.Connection) -> list[ApiKey]:
    """Every key, oldest first, revoked ones included."""
    return [_key_of(row) for row in connection.execute(f"SELECT {_READ} FROM api_keys ORDER BY id")]


def key_of_id(connection: sqlite3.Connection, key_id: int) -> ApiKey | None:
    """A key by its number, revoked ones included."""
    row = connection.execute(f"SELECT {_READ} FROM api_keys WHERE id = ?", [key_id]).fetchone()
    return None if row is None else _key_of(row)


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
    digest = hash_of(key)
    row = connection.execute(
        f"SELECT key_sha256, {_READ} FROM api_keys WHERE key_sha256 = ? AND revoked_at_ms IS NULL",
        [digest],
    ).fetchone()
    if row is None or not hmac.compare_digest(row["key_sha256"], digest):
        return None
    return _key_of(row)


def is_use_worth_noting(key: ApiKey, now_ms: int) -> bool:
    """Whether the last noted use is older than :data:`LAST_USE_GRAIN_MS`, or in the future."""
    return key.last_used_at_ms is None or abs(now_ms - key.last_used_at_ms) >= LAST_USE_GRAIN_MS


def note_use(connection: sqlite3.Connection, key_id: int, now_ms: int, remote: str | None = None) -> None:
    """Remember when a key was used last, and from which address."""
    connection.execute(
        "UPDATE api_keys SET last_used_at_ms = ?, last_used_from = ? WHERE id = ?", [now_ms, remote, key_id]
    )


def hash_of(secret: str) -> str:
    """What is kept of a secret that is 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


_READ = """
    id, name, account_id, scopes, messages_per_minute, messages_per_day, requests_per_minute, networks,
    expires_at_ms, is_sandbox, test_allowance, created_at_ms, last_used_at_ms, last_used_from, revoked_at_ms
"""


_NAMES = tuple(name.strip() for name in _READ.split(","))
_COLUMNS = len(_NAMES)


def _columns(terms: Terms) -> dict[str, str | int | None]:
    return {
        "name": terms.name,
        "account_id": terms.account_id,
        "scopes": " ".join(sorted(terms.scopes)),
        "messages_per_minute": terms.messages_per_minute,
        "messages_per_day": terms.messages_per_day,
        "requests_per_minute": terms.requests_per_minute,
        "networks": " ".join(map(str, terms.networks)),
        "expires_at_ms": terms.expires_at_ms,
        "is_sandbox": int(terms.is_sandbox),
        "test_allowance": terms.test_allowance,
    }


def _key_of(row: sqlite3.Row) -> ApiKey:
    # Each request and each message that is stored reads its key anew, so that a revoked one stops at once; it is nearly
    # always what it was.
    return _key_of_values(*row[-_COLUMNS:])


@lru_cache(64)
def _key_of_values(*values: Any) -> ApiKey:
    row = dict(zip(_NAMES, values, strict=True))
    return ApiKey(
        id=row["id"],
        name=row["name"],
        account_id=row["account_id"],
        scopes=_scopes(row["scopes"]),
        messages_per_minute=row["messages_per_minute"],
        messages_per_day=row["messages_per_day"],
        requests_per_minute=row["requests_per_minute"],
        networks=_networks(row["networks"]),
        expires_at_ms=row["expires_at_ms"],
        is_sandbox=bool(row["is_sandbox"]),
        test_allowance=row["test_allowance"],
        created_at_ms=row["created_at_ms"],
        last_used_at_ms=row["last_used_at_ms"],
        last_used_from=row["last_used_from"],
        revoked_at_ms=row["revoked_at_ms"],
    )


# Both are read with each request, and are among a handful of texts on any box.
@lru_cache(256)
def _scopes(kept: str) -> frozenset[Scope]:
    return frozenset(Scope(each) for each in kept.split())


@lru_cache(256)
def _networks(kept: str) -> tuple[Network, ...]:
    return tuple(ip_network(each) for each in kept.split())

"""Accounts: who sends. While several wait in one priority, each gets its share by weight."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

BOX = 1
"""The account of everything that was given no other: the page, and keys that nobody put into one."""


@dataclass(frozen=True, slots=True)
class Account:
    """A department, or an application."""

    id: int
    name: str
    weight: int = 1
    """Of the parts that go while several accounts wait in one priority; 1 or more."""


def list_accounts(connection: sqlite3.Connection) -> list[Account]:
    """Every account, the box's first."""
    return [Account(*row) for row in connection.execute("SELECT id, name, weight FROM accounts ORDER BY id")]


def find(connection: sqlite3.Connection, account_id: int) -> Account | None:
    """The account of an id."""
    row = connection.execute("SELECT id, name, weight FROM accounts WHERE id = ?", [account_id]).fetchone()
    return None if row is None else Account(*row)


def weights(connection: sqlite3.Connection) -> dict[int, int]:
    """The weight of each account."""
    return dict(connection.execute("SELECT id, weight FROM accounts").fetchall())


def add(connection: sqlite3.Connection, name: str, weight: int) -> int:
    """A new account; its id. IntegrityError: its name is taken."""
    cursor = connection.execute("INSERT INTO accounts (name, weight) VALUES (?, ?)", [name, weight])
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def put(connection: sqlite3.Connection, account: Account) -> bool:
    """Another name or weight; whether there is such an account. IntegrityError: its name is taken."""
    cursor = connection.execute(
        "UPDATE accounts SET name = ?, weight = ? WHERE id = ?", [account.name, account.weight, account.id]
    )
    return cursor.rowcount == 1


def remove(connection: sqlite3.Connection, account_id: int) -> bool:
    """Take an account away; its keys and messages are the box's from then on. Whether there was one.

    The box's own can't be taken away.
    """
    if account_id == BOX or find(connection, account_id) is None:
        return False
    connection.execute("UPDATE api_keys SET account_id = ? WHERE account_id = ?", [BOX, account_id])
    connection.execute(
        "UPDATE messages SET account_id = ? WHERE account_id = ? AND state IN ('held', 'queued')",
        [BOX, account_id],
    )
    connection.execute("DELETE FROM accounts WHERE id = ?", [account_id])
    return True


def of_key(connection: sqlite3.Connection, api_key_id: int | None) -> int:
    """The account that a key sends for."""
    row = connection.execute("SELECT account_id FROM api_keys WHERE id = ?", [api_key_id]).fetchone()
    return BOX if row is None else int(row[0])

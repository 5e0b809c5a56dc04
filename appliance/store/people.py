"""People who log in with a name and a password; of a password only its argon2id hash is kept."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from appliance.store.keys import EVERY_SCOPE, Scope


class Role(StrEnum):
    """What a person may do: :data:`MAY`."""

    ADMIN = "admin"
    OPERATOR = "operator"
    TECHNICIAN = "technician"
    VIEWER = "viewer"


MAY: dict[Role, frozenset[Scope]] = {
    Role.ADMIN: EVERY_SCOPE,
    Role.OPERATOR: EVERY_SCOPE - {Scope.ADMIN},
    Role.TECHNICIAN: frozenset({Scope.READ, Scope.MODEMS}),
    Role.VIEWER: frozenset({Scope.READ, Scope.INBOX}),
}
"""The one table of what each role may do: on pages, and with the API from a browser."""

READS_TEXTS = frozenset({Role.ADMIN, Role.OPERATOR, Role.VIEWER})
"""Who sees what people wrote, and to whom; from the others :mod:`appliance.web.masking` hides it."""


MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may log in; ``password`` is never part of it."""

    id: int
    name: str
    role: Role
    has_password: bool
    created_at_ms: int
    password_at_ms: int | None
    last_login_at_ms: int | None
    last_login_from: str | None


def list_people(connection: sqlite3.Connection) -> list[Person]:
    """Everybody, by name."""
    return [_person(row) for row in connection.execute(f"SELECT {_READ} FROM people ORDER BY name")]


def names_of_who_may(connection: sqlite3.Connection, scope: Scope) -> list[str]:
    """A few of those who can be asked to do it: the administrators first."""
    roles = [each for each in Role if scope in MAY[each]]
    found = [each for each in list_people(connection) if each.role in roles]
    return [each.name for each in sorted(found, key=lambda each: roles.index(each.role))][:MOST_NAMED]


def find_person(connection: sqlite3.Connection, person_id: int) -> Person | None:
    """One of them."""
    row = connection.execute(f"SELECT {_READ} FROM people WHERE id = ?", [person_id]).fetchone()
    return None if row is None else _person(row)


def hash_of_password(connection: sqlite3.Connection, name: str) -> tuple[int, str] | None:
    """The number of a person and the argon2id hash of the password; None where either is missing."""
    row = connection.execute(
        "SELECT id, password FROM people WHERE name = ? AND password IS NOT NULL", [name]
    ).fetchone()
    return None if row is None else (int(row["id"]), str(row["password"]))


def add_person(connection: sqlite3.Connection, name: str, role: Role, now_ms: int) -> int:
    """Somebody without a password yet; the number of the row."""
    cursor = connection.execute(
        "INSERT INTO people (name, role, created_at_ms) VALUES (?, ?, ?)", [name, role.value, now_ms]
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def put_role(connection: sqlite3.Connection, person_id: int, role: Role) -> None:
    """Another role, for open sessions too."""
    connection.execute("UPDATE people SET role = ? WHERE id = ?", [role.value, person_id])


def put_password(connection: sqlite3.Connection, person_id: int, hashed: str, now_ms: int) -> None:
    """Another password, as its hash."""
    connection.execute(
        "UPDATE people SET password = ?, password_at_ms = ? WHERE id = ?", [hashed, now_ms, person_id]
    )


def rehash(connection: sqlite3.Connection, person_id: int, before: str, hashed: str) -> None:
    """The same password hashed by newer parameters, unless it was changed meanwhile."""
    connection.execute(
        "UPDATE people SET password = ? WHERE id = ? AND password = ?", [hashed, person_id, before]
    )


def note_login(connection: sqlite3.Connection, person_id: int, now_ms: int, remote: str) -> None:
    """Remember the last log-in."""
    connection.execute(
        "UPDATE people SET last_login_at_ms = ?, last_login_from = ? WHERE id = ?",
        [now_ms, remote, person_id],
    )


def remove_person(connection: sqlite3.Connection, person_id: int) -> None:
    """The sessions go along."""
    connection.execute("DELETE FROM people WHERE id = ?", [person_id])


_READ = """
    id, name, role, password IS NOT NULL AS has_password, created_at_ms, password_at_ms, last_login_at_ms,
    last_login_from
"""


def _person(row: sqlite3.Row) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        has_password=bool(row["has_password"]),
        created_at_ms=row["created_at_ms"],
        password_at_ms=row["password_at_ms"],
        last_login_at_ms=row["last_login_at_ms"],
        last_login_from=row["last_login_from"],
    )

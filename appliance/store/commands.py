"""What someone wants of a port, and the pool's answer: a row, like everything between the two.

A row is written by who asks, answered by the pool, and deleted by who reads the answer: an answer may
show texts and numbers, so it does not stay. What nobody fetched is dropped with the next question.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

FORGOTTEN_AFTER_MS = 60_000


class PortCommand(StrEnum):
    """What can be asked of a port."""

    TRACE = "trace"
    """The last bytes of its line, as lines for people, with numbers and texts masked."""
    TRACE_PLAIN = "trace-plain"
    """The same, not masked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that waits for its answer."""

    id: int
    port_name: str
    command: PortCommand


def ask(connection: sqlite3.Connection, port_name: str, command: PortCommand, now_ms: int) -> int:
    """Ask something of a port; returns the id under which the answer will be."""
    connection.execute(
        "DELETE FROM port_commands WHERE abs(asked_at_ms - ?) > ?", [now_ms, FORGOTTEN_AFTER_MS]
    )
    cursor = connection.execute(
        "INSERT INTO port_commands (port_name, command, asked_at_ms) VALUES (?, ?, ?)",
        [port_name, command, now_ms],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def unanswered(connection: sqlite3.Connection) -> list[Asked]:
    """What the pool has not answered yet, oldest first."""
    rows = connection.execute(
        "SELECT id, port_name, command FROM port_commands WHERE answer IS NULL ORDER BY id"
    )
    return [Asked(row["id"], row["port_name"], PortCommand(row["command"])) for row in rows]


def answer(connection: sqlite3.Connection, command_id: int, text: str) -> None:
    """Answer a command; one that was withdrawn meanwhile stays so."""
    connection.execute(
        "UPDATE port_commands SET answer = ? WHERE id = ? AND answer IS NULL", [text, command_id]
    )


def answer_of(connection: sqlite3.Connection, command_id: int) -> str | None:
    """The answer, or None while there is none."""
    row = connection.execute("SELECT answer FROM port_commands WHERE id = ?", [command_id]).fetchone()
    return None if row is None else row["answer"]


def withdraw(connection: sqlite3.Connection, command_id: int) -> None:
    """Delete a command with its answer."""
    connection.execute("DELETE FROM port_commands WHERE id = ?", [command_id])

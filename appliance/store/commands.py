"""What someone wants of a port, and the pool's answer: a row, like everything between the two.

A row is written by who asks, taken up and answered by the pool, and deleted by who reads the answer: question and
answer may show texts and numbers, so neither stays. What nobody fetched is dropped with the next question.

A command is begun at most once: that it was is on disk before the modem is told anything, so a pool that was killed
meanwhile does not, after its start, top up a card a second time. One that nobody took up in time is not begun late.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FORGOTTEN_AFTER_MS = 15 * 60_000
"""So old, a row is of nobody: longer than the longest command takes and its answer is awaited."""

STALE_AFTER_MS = 60_000
"""Whoever asked has gone by then: a command that waited for longer for a pool to start is not begun any more."""

Args = Mapping[str, str | int]


class PortCommand(StrEnum):
    """What can be asked of a port, with the arguments that it takes."""

    TRACE = "trace"
    """The last bytes of its line, as lines for people, with numbers and texts masked."""
    TRACE_PLAIN = "trace-plain"
    """The same, not masked."""
    RECORD_START = "record-start"
    """Write what is said on the line to a file of ``DIR/recordings`` from now on. ``plain`` = 1: not masked.

    ``from_the_beginning`` = 1: with the port brought up anew at its beginning, so that it can be played back.
    """
    RECORD_STOP = "record-stop"
    """End that; the text of the answer is the name of the file."""
    IDENTIFY = "identify"
    """Show which slot this is: its stick blinks with traffic, the wall points at it. ``seconds``: for how long."""
    RESTART = "restart"
    """Reset the modem as the ladder would. ``rung``: a :class:`RestartRung`."""
    RELEASE = "release"
    """End the quarantine of the port, and try it again from the first."""
    AT = "at"
    """One line to the modem as it is. ``line``: 'AT…'. Refused where it is banned; the answer is the text."""
    USSD = "ussd"
    """``code``: '*100#'. The network's answer is the text."""
    PIN_NOW = "pin-now"
    """Open the port again at once, so that the PIN that was just entered is tried."""


class RestartRung(StrEnum):
    """How far a restart goes, mildest first."""

    SOFT = "soft"
    """``ATZ``: its settings are forgotten, and the port is brought up anew."""
    RADIO = "radio"
    """``AT+CFUN=1,1``, or what its profile has in its place: the whole modem starts anew."""
    USB = "usb"
    """Its USB device is taken off the bus and put on again, which also reaches a modem that hears no commands."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A command that waits to be taken up."""

    id: int
    port_name: str
    command: PortCommand
    args: Args = field(default_factory=dict)
    asked_by: str = ""
    """A name for people: of the API key, 'page', or the user of the command line."""
    asked_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, as a code of :mod:`appliance.sentences` and its arguments."""

    code: str
    args: Args = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a command."""

    ok: bool
    said: Said
    """What happened, or why it did not and what to do."""
    text: str = ""
    """What the modem or the network said, or a trace: several lines, not to be kept."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far a command is, for who waits for it."""

    command: PortCommand
    port_name: str
    began: bool
    progress: Said | None
    answer: Answer | None


def ask(
    connection: sqlite3.Connection,
    port_name: str,
    command: PortCommand,
    now_ms: int,
    *,
    args: Args | None = None,
    asked_by: str = "",
) -> int:
    """Ask something of a port; returns the id under which the answer will be."""
    connection.execute(
        "DELETE FROM port_commands WHERE abs(asked_at_ms - ?) > ?", [now_ms, FORGOTTEN_AFTER_MS]
    )
    cursor = connection.execute(
        "INSERT INTO port_commands (port_name, command, args, asked_by, asked_at_ms) VALUES (?, ?, ?, ?, ?)",
        [port_name, command, _json(args or {}), asked_by, now_ms],
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def unbegun(connection: sqlite3.Connection) -> list[Asked]:
    """What the pool has not taken up yet, oldest first. A command of another release is left out."""
    rows = connection.execute(
        """
        SELECT id, port_name, command, args, asked_by, asked_at_ms FROM port_commands
        WHERE began_at_ms IS NULL ORDER BY id
        """
    )
    known = frozenset(PortCommand)
    return [
        Asked(
            row["id"],
            row["port_name"],
            PortCommand(row["command"]),
            json.loads(row["args"]),
            row["asked_by"],
            row["asked_at_ms"],
        )
        for row in rows
        if row["command"] in known
    ]


def begin(connection: sqlite3.Connection, command_id: int, now_ms: int) -> bool:
    """The pool takes a command up; False where it was withdrawn or begun before."""
    cursor = connection.execute(
        "UPDATE port_commands SET began_at_ms = ? WHERE id = ? AND began_at_ms IS NULL", [now_ms, command_id]
    )
    return cursor.rowcount == 1


def note_progress(connection: sqlite3.Connection, command_id: int, said: Said) -> None:
    """What is being done at this instant."""
    connection.execute(
        "UPDATE port_commands SET progress = ?, progress_args = ? WHERE id = ? AND done_at_ms IS NULL",
        [said.code, _json(said.args), command_id],
    )


def answer(connection: sqlite3.Connection, command_id: int, answer: Answer, now_ms: int) -> None:
    """Answer a command; one that was withdrawn meanwhile stays so."""
    connection.execute(
        """
        UPDATE port_commands SET ok = ?, reason = ?, reason_args = ?, answer = ?, done_at_ms = ?,
            began_at_ms = coalesce(began_at_ms, ?)
        WHERE id = ? AND done_at_ms IS NULL
        """,
        [
            int(answer.ok),
            answer.said.code,
            _json(answer.said.args),
            answer.text,
            now_ms,
            now_ms,
            command_id,
        ],
    )


def interrupt_all(connection: sqlite3.Connection, now_ms: int) -> None:
    """At the start of the pool: what an earlier run began has no one who would answer it."""
    connection.execute(
        """
        UPDATE port_commands SET ok = 0, reason = 'command.interrupted', done_at_ms = ?
        WHERE began_at_ms IS NOT NULL AND done_at_ms IS NULL
        """,
        [now_ms],
    )


def course_of(connection: sqlite3.Connection, command_id: int) -> Course | None:
    """How far a command is, or None where there is no such one (any more)."""
    row = connection.execute("SELECT * FROM port_commands WHERE id = ?", [command_id]).fetchone()
    if row is None:
        return None
    progress = (
        None if row["progress"] is None else Said(row["progress"], json.loads(row["progress_args"] or "{}"))
    )
    answered = None
    if row["done_at_ms"] is not None:
        said = Said(row["reason"], json.loads(row["reason_args"] or "{}"))
        answered = Answer(bool(row["ok"]), said, row["answer"] or "")
    return Course(
        PortCommand(row["command"]), row["port_name"], row["began_at_ms"] is not None, progress, answered
    )


def answer_of(connection: sqlite3.Connection, command_id: int) -> Answer | None:
    """The answer, or None while there is none."""
    course = course_of(connection, command_id)
    return None if course is None else course.answer


def withdraw(connection: sqlite3.Connection, command_id: int) -> None:
    """Delete a command with its answer. One that was begun goes on to its end all the same."""
    connection.execute("DELETE FROM port_commands WHERE id = ?", [command_id])


def _json(args: Args) -> str:
    return json.dumps(dict(args), ensure_ascii=False)

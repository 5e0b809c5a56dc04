"""Tests between the box's own SIMs: a real message from one to another, recognised by a token in its text."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOKEN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXY346789"
"""What is not taken for something else when a person reads it aloud."""

_TOKEN = re.compile(rf"Simloft loop test ([{TOKEN_LETTERS}]{{10}})", re.ASCII)


class AlreadyBegunError(Exception):
    """Somebody else has begun or ended this test at the same moment; the transaction is undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopTest:
    """One message from a SIM to a SIM, with what became of it. Instants are UTC in milliseconds."""

    id: int
    run: str
    """The same for tests that were asked for together."""
    from_sim_id: int
    to_sim_id: int
    recipient: str | None
    """The number that was believed to be the receiver's; None until one is known."""
    token: str
    message_seq: int | None
    """None until it is in the queue."""
    began_at_ms: int
    """When it was asked for, and from then on when it was put into the queue."""
    ends_at_ms: int
    sent_at_ms: int | None
    delivered_at_ms: int | None
    received_at_ms: int | None
    received_sim_id: int | None
    sender: str | None
    """The sender's number, as the network told the receiver."""
    done_at_ms: int | None
    result: str | None
    """A code of :mod:`appliance.sentences`."""
    result_args: dict[str, str | int]

    @property
    def passed(self) -> bool:
        return self.result is not None and self.result.startswith("loop-test.passed")


def text_of(token: str) -> str:
    """What goes on the air; GSM-7, one part."""
    return f"Simloft loop test {token}"


def token_in(text: str) -> str | None:
    """The token of a received text, if it is a message of a test."""
    found = _TOKEN.search(text)
    return None if found is None else found[1]


def add(
    connection: sqlite3.Connection,
    pairs: Sequence[tuple[int, int]],
    *,
    now_ms: int,
    limit_ms: int,
) -> str:
    """Note tests that are to be made, each from a SIM to a SIM; returns their run."""
    run = secrets.token_hex(8)
    for from_sim_id, to_sim_id in pairs:
        token = "".join(secrets.choice(TOKEN_LETTERS) for _ in range(10))
        connection.execute(
            """
            INSERT INTO loop_tests (run, from_sim_id, to_sim_id, recipient, token, began_at_ms, ends_at_ms)
            VALUES (?, ?, ?, '', ?, ?, ?)
            """,
            (run, from_sim_id, to_sim_id, token, now_ms, now_ms + limit_ms),
        )
    return run


def note_begun(
    connection: sqlite3.Connection,
    test_id: int,
    *,
    message_seq: int,
    recipient: str,
    now_ms: int,
    limit_ms: int,
) -> None:
    """Its message is in the queue, in the transaction that put it there. Raises :class:`AlreadyBegunError`."""
    cursor = connection.execute(
        """
        UPDATE loop_tests SET message_seq = ?, recipient = ?, began_at_ms = ?, ends_at_ms = ?
        WHERE id = ? AND message_seq IS NULL AND done_at_ms IS NULL
        """,
        (message_seq, recipient, now_ms, now_ms + limit_ms, test_id),
    )
    if cursor.rowcount != 1:
        raise AlreadyBegunError


def recognise(
    connection: sqlite3.Connection, sim_id: int, sender: str, text: str | None, received_at_ms: int
) -> None:
    """A SIM received a text: if it is one of a test, the test has arrived. Called for each received message."""
    token = None if text is None else token_in(text)
    if token is None:
        return
    connection.execute(
        """
        UPDATE loop_tests SET received_at_ms = ?, received_sim_id = ?, sender = ?
        WHERE token = ? AND received_at_ms IS NULL
        """,
        (received_at_ms, sim_id, sender, token),
    )


def note_progress(
    connection: sqlite3.Connection, test_id: int, *, sent_at_ms: int | None, delivered_at_ms: int | None
) -> None:
    """When its message was sent and delivered, as far as that is known."""
    connection.execute(
        "UPDATE loop_tests SET sent_at_ms = ?, delivered_at_ms = ? WHERE id = ? AND done_at_ms IS NULL",
        (sent_at_ms, delivered_at_ms, test_id),
    )


def end(
    connection: sqlite3.Connection, test_id: int, result: str, args: Mapping[str, str | int], now_ms: int
) -> bool:
    """A test is over; False where it was already."""
    cursor = connection.execute(
        "UPDATE loop_tests SET done_at_ms = ?, result = ?, result_args = ? WHERE id = ? AND done_at_ms IS NULL",
        (now_ms, result, json.dumps(dict(args), ensure_ascii=False), test_id),
    )
    return cursor.rowcount == 1


def is_any_open(connection: sqlite3.Connection) -> bool:
    """Whether some test is not over."""
    row = connection.execute("SELECT EXISTS (SELECT 1 FROM loop_tests WHERE done_at_ms IS NULL)").fetchone()
    return bool(row[0])


def open_tests(connection: sqlite3.Connection) -> list[LoopTest]:
    """The tests that are not over, in the order in which they were asked for."""
    return _read(connection, "WHERE done_at_ms IS NULL ORDER BY id")


def of_run(connection: sqlite3.Connection, run: str) -> list[LoopTest]:
    """The tests that were asked for together."""
    return _read(connection, "WHERE run = ? ORDER BY id", run)


def recent(connection: sqlite3.Connection, *, limit: int, sim_id: int | None = None) -> list[LoopTest]:
    """The newest tests, newest first; of one SIM, on either side, where that is given."""
    if sim_id is None:
        return _read(connection, "ORDER BY id DESC LIMIT ?", limit)
    return _read(
        connection, "WHERE from_sim_id = ? OR to_sim_id = ? ORDER BY id DESC LIMIT ?", sim_id, sim_id, limit
    )


def _read(connection: sqlite3.Connection, condition: str, *values: str | int) -> list[LoopTest]:
    rows = connection.execute(f"SELECT * FROM loop_tests {condition}", values)
    return [
        LoopTest(
            **{
                **dict(row),
                "recipient": row["recipient"] or None,
                "result_args": json.loads(row["result_args"] or "{}"),
            }
        )
        for row in rows
    ]

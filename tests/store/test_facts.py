"""What a writer remembers is what the rows say: whoever changes them, and whatever is undone."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from appliance.store.database import connect
from appliance.store.facts import Facts, FactualConnection


def _number(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT number FROM kept").fetchone()[0]
    return found


class Reader:
    """Reads, and counts how often."""

    def __init__(self) -> None:
        self.reads = 0

    def __call__(self, connection: sqlite3.Connection) -> int:
        self.reads += 1
        return _number(connection)


@pytest.fixture
def writer(tmp_path: Path) -> contextlib.closing[FactualConnection]:
    connection = connect(tmp_path / "kept.db")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE kept (number INTEGER)")
    connection.execute("INSERT INTO kept VALUES (1)")
    connection.facts = Facts()
    return contextlib.closing(connection)


def ask(connection: FactualConnection, read: Reader) -> int:
    """In a transaction of its own."""
    facts = connection.facts
    assert facts is not None
    connection.execute("BEGIN IMMEDIATE")
    facts.begun(connection)
    found = facts.get(connection, "number", read)
    connection.execute("COMMIT")
    assert found == _number(connection)
    return found


def test_it_is_read_once_while_nobody_writes(writer: contextlib.closing[FactualConnection]) -> None:
    read = Reader()
    with writer as connection:
        assert [ask(connection, read) for _ in range(3)] == [1, 1, 1]
    assert read.reads == 1


def test_another_connection_has_changed_it(
    writer: contextlib.closing[FactualConnection], tmp_path: Path
) -> None:
    read = Reader()
    with writer as connection, contextlib.closing(connect(tmp_path / "kept.db")) as other:
        ask(connection, read)
        other.execute("UPDATE kept SET number = 2")
        assert ask(connection, read) == 2


def test_the_writer_itself_has_changed_it(writer: contextlib.closing[FactualConnection]) -> None:
    read = Reader()
    with writer as connection:
        ask(connection, read)
        connection.execute("UPDATE kept SET number = 3")
        assert ask(connection, read) == 3


def test_what_was_undone_is_forgotten(writer: contextlib.closing[FactualConnection]) -> None:
    read = Reader()
    with writer as connection:
        facts = connection.facts
        assert facts is not None
        connection.execute("BEGIN IMMEDIATE")
        facts.begun(connection)
        connection.execute("UPDATE kept SET number = 4")
        facts.put(connection, "number", 4)
        assert facts.get(connection, "number", read) == 4
        connection.execute("ROLLBACK")
        facts.forget()
        assert ask(connection, read) == 1


def test_what_the_writer_says_to_leave_it_alone_leaves_it_known(
    writer: contextlib.closing[FactualConnection],
) -> None:
    read = Reader()
    with writer as connection:
        ask(connection, read)
        connection.execute("CREATE TABLE other (number INTEGER)")
        assert connection.facts is not None
        connection.facts.get(connection, "number", read)
        connection.execute("INSERT INTO other VALUES (1)")
        connection.facts.keep(connection)
        ask(connection, read)
    assert read.reads == 1

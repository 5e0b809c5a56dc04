"""Group commit in a loop: the promises of the thread's writer, kept without a thread for the changes."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from appliance.store.database import connect, prepare
from appliance.store.errors import StoreBusyError, StoreError, StoreFullError
from appliance.store.loop_writer import LoopCommitWriter
from appliance.store.writer import GroupCommitWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    database = tmp_path / "simloft.db"
    prepare(database)
    connection = connect(database)
    connection.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, note TEXT)")
    connection.close()
    return database


def add(number: int, note: str = "") -> Callable[[sqlite3.Connection], int]:
    def change(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO notes VALUES (?, ?)", (number, note))
        return number

    return change


def numbers(path: Path) -> list[int]:
    connection = connect(path, read_only=True)
    try:
        return [row[0] for row in connection.execute("SELECT number FROM notes ORDER BY number")]
    finally:
        connection.close()


def run(path: Path, test: Callable[[LoopCommitWriter], Awaitable[None]]) -> None:
    async def body() -> None:
        writer = LoopCommitWriter(path)
        try:
            await test(writer)
        finally:
            await writer.close()

    asyncio.run(asyncio.wait_for(body(), 30))


def test_many_tasks_share_a_commit(path: Path) -> None:
    async def test(writer: LoopCommitWriter) -> None:
        statements: list[str] = []
        await writer.write(lambda connection: connection.set_trace_callback(statements.append))
        answers = await asyncio.gather(*(writer.write(add(number)) for number in range(150)))
        assert answers == list(range(150))
        assert statements.count("COMMIT") == 2, "the one that set the trace, and one for all"

    run(path, test)
    assert numbers(path) == list(range(150))


def test_changes_gather_while_a_commit_waits_for_the_disk(path: Path) -> None:
    async def test(writer: LoopCommitWriter) -> None:
        commits: list[str] = []
        await writer.write(lambda connection: connection.set_trace_callback(commits.append))

        async def chain(start: int) -> None:
            for number in range(start, start + 10):
                await writer.write(add(number))

        await asyncio.gather(*(chain(start) for start in range(0, 100, 10)))
        assert commits.count("COMMIT") <= 12

    run(path, test)
    assert len(numbers(path)) == 100


def test_a_change_that_fails_fails_alone(path: Path) -> None:
    async def test(writer: LoopCommitWriter) -> None:
        doubled = [1, 2, 2, 3, 4, 4, 5]
        answers = await asyncio.gather(*(writer.write(add(each)) for each in doubled), return_exceptions=True)
        assert sum(isinstance(each, StoreError) for each in answers) == 2
        assert await writer.write(add(6)) == 6

    run(path, test)
    assert numbers(path) == [1, 2, 3, 4, 5, 6]


def test_a_change_that_raises_leaves_nothing_of_itself(path: Path) -> None:
    def change(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO notes VALUES (1, '')")
        raise ZeroDivisionError

    async def test(writer: LoopCommitWriter) -> None:
        with pytest.raises(ZeroDivisionError):
            await writer.write(change)
        await writer.write(add(2))

    run(path, test)
    assert numbers(path) == [2]


def test_a_cancelled_caller_s_change_is_written_all_the_same(path: Path) -> None:
    async def test(writer: LoopCommitWriter) -> None:
        task = asyncio.ensure_future(writer.write(add(1)))
        await asyncio.sleep(0)
        task.cancel()

    run(path, test)
    assert numbers(path) == [1]


def test_what_was_asked_before_the_end_is_written_and_nothing_after(path: Path) -> None:
    async def body() -> None:
        writer = LoopCommitWriter(path)
        asked = [asyncio.ensure_future(writer.write(add(number))) for number in range(20)]
        await asyncio.sleep(0)
        await writer.close()
        await asyncio.gather(*asked)
        with pytest.raises(StoreError, match="shutting down"):
            await writer.write(add(99))

    asyncio.run(body())
    assert numbers(path) == list(range(20))


def test_a_full_disk_is_named_and_what_was_written_stays(path: Path) -> None:
    async def test(writer: LoopCommitWriter) -> None:
        await writer.write(add(1))
        await writer.write(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchone())
        with pytest.raises(StoreFullError):
            await asyncio.gather(*(writer.write(add(number, "x" * 3_000)) for number in range(2, 40)))
        await writer.write(lambda connection: connection.execute("PRAGMA max_page_count = 99999").fetchone())
        await writer.write(add(1_000))

    run(path, test)
    assert numbers(path)[0] == 1
    assert numbers(path)[-1] == 1_000


def test_a_database_held_by_another_is_waited_for_without_holding_up_the_loop(path: Path) -> None:
    other = connect(path)

    async def test(writer: LoopCommitWriter) -> None:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(writer.write(add(1)))
        turns = 0
        while turns < 20:
            await asyncio.sleep(0.001)
            turns += 1
        assert not writing.done()
        other.execute("COMMIT")
        assert await writing == 1

    run(path, test)
    other.close()


def test_a_database_held_for_too_long_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.store.loop_writer.BUSY_TIMEOUT_S", 0.03)
    other = connect(path)

    async def test(writer: LoopCommitWriter) -> None:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusyError):
            await asyncio.gather(writer.write(add(1)), writer.write(add(2)))
        other.execute("COMMIT")
        assert await writer.write(add(1)) == 1

    run(path, test)
    other.close()


def test_two_processes_that_write_all_the_time_both_get_on(path: Path) -> None:
    """The pool's writer and the web's, each committing without a pause."""
    stop = threading.Event()
    others = 0

    def write_on() -> None:
        nonlocal others
        writer = GroupCommitWriter(path)
        while not stop.is_set():
            writer.write_blocking(add(1_000_000 + others))
            others += 1
        writer.close()

    thread = threading.Thread(target=write_on)
    thread.start()

    async def test(writer: LoopCommitWriter) -> None:
        for number in range(100):
            await writer.write(add(number))

    try:
        run(path, test)
    finally:
        stop.set()
        thread.join()
    assert others > 10


def test_who_only_looks_waits_for_no_disk(path: Path) -> None:
    async def test(writer: LoopCommitWriter) -> None:
        log = path.with_name("simloft.db-wal")
        await writer.write(add(1))
        before = log.stat().st_mtime_ns
        for _ in range(10):
            assert await writer.write(lambda connection: connection.execute("SELECT 1").fetchone()[0]) == 1
        assert log.stat().st_mtime_ns == before

    run(path, test)

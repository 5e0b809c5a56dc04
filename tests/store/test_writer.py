"""Group commit: many share one fsync, one that fails fails alone, what was answered survives a kill."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.store.database import connect, prepare
from appliance.store.errors import StoreBusyError, StoreError, StoreFullError, StoreTooNewError
from appliance.store.writer import GroupCommitWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    database = tmp_path / "simloft.db"
    prepare(database)
    connection = connect(database)
    connection.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY, note TEXT)")
    connection.close()
    return database


def add(number: int, note: str = "") -> object:
    def change(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO notes VALUES (?, ?)", (number, note))
        return number

    return change


def fill(writer: GroupCommitWriter) -> None:
    for number in range(2, 500):
        writer.write_blocking(add(number, "x" * 2_000))


def numbers(path: Path) -> list[int]:
    connection = connect(path, read_only=True)
    try:
        return [row[0] for row in connection.execute("SELECT number FROM notes ORDER BY number")]
    finally:
        connection.close()


def commits_of(path: Path, writes: int) -> int:
    """How many transactions ``writes`` concurrent changes took."""

    async def write_all() -> int:
        writer = GroupCommitWriter(path)
        begun = 0

        def change(number: int, connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO notes VALUES (?, '')", (number,))

        def count(statement: str) -> None:
            nonlocal begun
            begun += statement.startswith("BEGIN")

        await writer.write(lambda connection: connection.set_trace_callback(count))
        await asyncio.gather(
            *(
                writer.write(lambda connection, number=number: change(number, connection))
                for number in range(writes)
            )
        )
        writer.close()
        return begun

    return asyncio.run(write_all())


def test_many_tasks_share_a_commit(path: Path) -> None:
    assert commits_of(path, 300) < 30
    assert numbers(path) == list(range(300))


def test_threads_are_answered_when_it_is_on_disk(path: Path) -> None:
    writer = GroupCommitWriter(path)
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: writer.write_blocking(add(number)), range(200)))
    assert answers == list(range(200)) == numbers(path)
    writer.close()


def test_a_change_that_fails_fails_alone(path: Path) -> None:
    async def write_all() -> list[object]:
        writer = GroupCommitWriter(path)
        doubled = [1, 2, 2, 3, 4, 4, 5]
        answers = await asyncio.gather(*(writer.write(add(each)) for each in doubled), return_exceptions=True)
        writer.close()
        return list(answers)

    answers = asyncio.run(write_all())
    assert numbers(path) == [1, 2, 3, 4, 5]
    assert sum(isinstance(each, StoreError) for each in answers) == 2


def test_a_change_that_raises_leaves_nothing_of_itself(path: Path) -> None:
    def change(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO notes VALUES (1, '')")
        raise ZeroDivisionError

    writer = GroupCommitWriter(path)
    with pytest.raises(ZeroDivisionError):
        writer.write_blocking(change)
    assert writer.write_blocking(add(2)) == 2
    writer.close()
    assert numbers(path) == [2]


def test_what_was_asked_before_the_end_is_written_and_nothing_after(path: Path) -> None:
    async def write_all() -> None:
        writer = GroupCommitWriter(path)
        asked = [asyncio.ensure_future(writer.write(add(number))) for number in range(20)]
        await asyncio.sleep(0)
        await asyncio.to_thread(writer.close)
        await asyncio.gather(*asked)
        with pytest.raises(StoreError, match="shutting down"):
            await writer.write(add(99))

    asyncio.run(write_all())
    assert numbers(path) == list(range(20))


def test_a_cancelled_caller_s_change_is_written_all_the_same(path: Path) -> None:
    async def write_and_cancel() -> None:
        writer = GroupCommitWriter(path)
        task = asyncio.ensure_future(writer.write(add(1)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.to_thread(writer.close)

    asyncio.run(write_and_cancel())
    assert numbers(path) == [1]


def test_a_full_disk_is_named_and_what_was_written_stays(path: Path) -> None:
    writer = GroupCommitWriter(path)
    writer.write_blocking(add(1))
    pages = writer.write_blocking(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    writer.write_blocking(
        lambda connection: connection.execute(f"PRAGMA max_page_count = {pages + 1}").fetchone()
    )
    with pytest.raises(StoreFullError, match="The disk is full"):
        fill(writer)
    kept = numbers(path)
    assert kept[0] == 1
    writer.write_blocking(lambda connection: connection.execute("PRAGMA max_page_count = 100000").fetchone())
    assert writer.write_blocking(add(1_000)) == 1_000
    assert numbers(path) == [*kept, 1_000]
    writer.close()


def test_a_database_held_by_another_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.store.database.BUSY_TIMEOUT_S", 0.05)
    other = connect(path)
    writer = GroupCommitWriter(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError):
        writer.write_blocking(add(1))
    other.execute("COMMIT")
    assert writer.write_blocking(add(1)) == 1
    writer.close()
    other.close()


def test_what_was_answered_survives_a_kill(path: Path) -> None:
    """A process that prints each number once its write is answered, killed in the middle."""
    program = f"""
import asyncio, itertools
from pathlib import Path
from appliance.store.writer import GroupCommitWriter
writer = GroupCommitWriter(Path({str(path)!r}))
async def write(number):
    await writer.write(lambda c: c.execute("INSERT INTO notes VALUES (?, '')", (number,)))
    print(number, flush=True)
async def main():
    for start in itertools.count(0, 8):
        await asyncio.gather(*(write(start + each) for each in range(8)))
asyncio.run(main())
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    answered = {int(process.stdout.readline()) for _ in range(200)}
    os.kill(process.pid, signal.SIGKILL)
    answered |= {int(line) for line in process.stdout.read().split()}
    process.wait()
    assert answered <= set(numbers(path))


def test_a_database_of_a_newer_release_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "simloft.db"
    prepare(path)
    connection = connect(path)
    table = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE '%migrations%'").fetchone()[0]
    connection.execute(
        f"INSERT INTO {table} (migration_set, name, applied_at) VALUES ('simloft', 'from_the_future', '')"
    )
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNewError, match="newer release"):
        prepare(path)
    assert path.read_bytes() == before

"""Two writers of one database take turns: neither starves the other."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest

from appliance.store.database import prepare
from appliance.store.errors import StoreBusyError
from appliance.store.loop_writer import LoopCommitWriter
from appliance.store.turn import Turn
from appliance.store.writer import GroupCommitWriter
from tests.box import eventually


def somebody_waits(database: Path) -> bool:
    descriptor = os.open(f"{database}.next", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_who_just_wrote_queues_behind_who_waits(tmp_path: Path) -> None:
    database = tmp_path / "simloft.db"
    ours, theirs = Turn(database), Turn(database)
    order: list[str] = []

    def they() -> None:
        with theirs.taken():
            order.append("theirs")

    thread = threading.Thread(target=they)
    with ours.taken():
        thread.start()
        eventually(lambda: somebody_waits(database), what="the other one waits")
        order.append("ours")
    with ours.taken():
        order.append("ours again")
    thread.join()
    assert order == ["ours", "theirs", "ours again"]
    ours.close()
    theirs.close()


def test_a_turn_that_never_ends_is_not_waited_for_without_end(tmp_path: Path) -> None:
    """A process that was stopped (SIGSTOP, Ctrl-Z) in its turn."""
    database = tmp_path / "simloft.db"
    ours, theirs = Turn(database), Turn(database, limit_s=0.05)
    with ours.taken(), pytest.raises(StoreBusyError):
        theirs.take()
    with theirs.taken():
        assert not ours.take_at_once()
    assert ours.take_at_once()
    ours.hand_over()
    ours.close()
    theirs.close()


def test_the_turn_of_a_process_that_was_killed_passes_on(tmp_path: Path) -> None:
    database = tmp_path / "simloft.db"
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        with Turn(database).taken():
            os.write(write_end, b"taken")
            threading.Event().wait()
    assert os.read(read_end, 5) == b"taken"
    os.kill(child, 9)
    os.waitpid(child, 0)
    turn = Turn(database)
    with turn.taken():
        pass
    turn.close()
    os.close(read_end)
    os.close(write_end)


def test_a_loop_takes_its_turn_only_if_it_needs_not_wait(tmp_path: Path) -> None:
    mine, other = Turn(tmp_path / "simloft.db"), Turn(tmp_path / "simloft.db")
    assert mine.take_at_once()
    assert not other.take_at_once()
    mine.hand_over()
    assert other.take_at_once()
    other.hand_over()
    with other.taken():
        assert not mine.take_at_once()
    assert mine.take_at_once()
    for each in (mine, other):
        each.close()


def test_a_writer_whose_turn_does_not_come_says_so_and_goes_on_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "simloft.db"
    prepare(database)
    monkeypatch.setattr("appliance.store.writer.Turn", partial(Turn, limit_s=0.05))
    monkeypatch.setattr("appliance.store.loop_writer.Turn", partial(Turn, limit_s=0.05))
    other = Turn(database)

    def look(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT count(*) FROM messages").fetchone()[0])

    async def in_the_loop() -> None:
        writer = LoopCommitWriter(database)
        with other.taken(), pytest.raises(StoreBusyError):
            await writer.write(look)
        assert await writer.write(look) == 0
        await writer.close()

    asyncio.run(in_the_loop())
    writer = GroupCommitWriter(database)
    with other.taken(), pytest.raises(StoreBusyError):
        writer.write_blocking(look)
    assert writer.write_blocking(look) == 0
    writer.close()
    other.close()

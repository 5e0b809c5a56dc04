"""Two writers of one database take turns: neither starves the other."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

from appliance.store.turn import Turn
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

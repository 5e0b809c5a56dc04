"""What a writer waits for, in made-up time and without threads; and what becomes of it when its process is killed."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from appliance.store.turn import Turn
from tests.simulation.loop import VirtualLoop

LOOK_S = 0.001

FULL = "database or disk is full"


@dataclass(slots=True)
class DiskHabits:
    """How slow a disk is, and how often it refuses."""

    slowest_s: float = 0.02
    full_rate: float = 0.0


class SlowDisk:
    """A `Disk` whose commits take a while, during which everything else goes on."""

    def __init__(
        self, loop: VirtualLoop, random: Random, habits: DiskHabits, note: Callable[[str], None]
    ) -> None:
        self._loop = loop
        self._random = random
        self._habits = habits
        self._note = note
        self._pending: tuple[sqlite3.Connection, asyncio.Future[None]] | None = None
        self._refused: sqlite3.Connection | None = None
        """What could not be committed, and may not be rolled back yet."""
        self.commits = 0

    def take(self, turn: Turn) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self._loop.create_future()
        self._look(turn, future)
        return future

    def _look(self, turn: Turn, future: asyncio.Future[None]) -> None:
        if future.done():
            return
        if turn.take_at_once():
            future.set_result(None)
        else:
            self._loop.call_later(LOOK_S, self._look, turn, future)

    def commit(self, connection: sqlite3.Connection) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self._loop.create_future()
        self._pending = (connection, future)
        self._loop.call_later(self._random.random() * self._habits.slowest_s, self._commit)
        return future

    def _commit(self) -> None:
        assert self._pending is not None
        (connection, future), self._pending = self._pending, None
        if self._habits.full_rate and self._random.random() < self._habits.full_rate:
            self._note("disk full")
            self._refused = connection
            error = sqlite3.OperationalError(FULL)
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            if not future.done():
                future.set_exception(error)
            return
        connection.execute("COMMIT")
        self.commits += 1
        if not future.done():
            future.set_result(None)

    def close(self) -> None:
        pass

    def kill(self) -> None:
        """Its process is gone: what was being committed is on disk or is not, and nobody learns which."""
        if self._pending is None:
            if self._refused is not None and self._refused.in_transaction:
                self._refused.execute("ROLLBACK")
            return
        (connection, _), self._pending = self._pending, None
        is_on_disk = self._random.random() < 0.5
        self._note(f"killed in a commit, which {'is' if is_on_disk else 'is not'} on disk")
        connection.execute("COMMIT" if is_on_disk else "ROLLBACK")


def open_files(directory: Path, names: Iterable[str]) -> set[int]:
    """The descriptors of this process for the files of those names in ``directory``."""
    wanted = {str(directory / name) for name in names}
    found = set()
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names are all that is wanted
        try:
            if os.readlink(f"/proc/self/fd/{descriptor}") in wanted:  # noqa: PTH115
                found.add(int(descriptor))
        except OSError:
            continue
    return found


def let_go(descriptors: Iterable[int]) -> None:
    """Drop the locks held by these, as the kernel does for a process that is killed; the numbers stay taken."""
    nowhere = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for descriptor in descriptors:
            os.dup2(nowhere, descriptor, inheritable=False)
    finally:
        os.close(nowhere)

"""The pool as a process: it is started, stopped, and killed at any await."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from pathlib import Path
from random import Random

from appliance.pool.pool import Pool
from appliance.pool.settings import PoolSettings
from tests.simulation.clocks import clock_of_nobody
from tests.simulation.disk import DiskHabits, SlowDisk, let_go, open_files
from tests.simulation.lines import Street
from tests.simulation.loop import LIFE, VirtualLoop

LOCKS = ("pool.lock", "simloft.db.next", "simloft.db.now")


class Box:
    """One data directory, and the pool that works on it, life after life."""

    def __init__(
        self,
        loop: VirtualLoop,
        directory: Path,
        settings: Callable[[Callable[[], SlowDisk]], PoolSettings],
        street: Street,
        *,
        random: Random,
        disk_habits: DiskHabits,
        note: Callable[[str], None],
        complain: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._directory = directory
        self._settings = settings(self._new_disk)
        self._street = street
        self._random = random
        self._disk_habits = disk_habits
        self._note = note
        self._complain = complain
        self._disks: list[SlowDisk] = []
        self._not_ours: set[int] = set()
        self._pool: Pool | None = None
        self._task: asyncio.Task[None] | None = None
        self._steps_left: int | None = None
        self._then: Callable[[], None] = lambda: None
        self.lives = 0
        self.kills = 0
        loop.before_step = self._before_step

    def _new_disk(self) -> SlowDisk:
        disk = SlowDisk(self._loop, self._random, self._disk_habits, self._note)
        self._disks.append(disk)
        return disk

    @property
    def database(self) -> Path:
        """The one file that outlives every process."""
        return self._directory / "simloft.db"

    @property
    def is_up(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def commits(self) -> int:
        """How many transactions of all lives are on disk."""
        return sum(disk.commits for disk in self._disks)

    def start(self) -> None:
        """A new process."""
        self._not_ours = open_files(self._directory, LOCKS)
        self.lives += 1
        context = contextvars.copy_context()
        context.run(LIFE.set, self.lives)
        self._note(f"pool {self.lives} starts")
        self._task = self._loop.create_task(context.run(self._run), context=context)

    async def _run(self) -> None:
        self._pool = Pool(self._settings)
        try:
            await self._pool.run()
        except Exception as error:
            logging.getLogger("simloft.pool").exception("the pool ended")
            self._complain(f"the pool ended with {type(error).__name__}: {error}")

    async def stop(self) -> None:
        """End in order."""
        if self._pool is not None and self._task is not None:
            self._note(f"pool {self.lives} is told to stop")
            self._steps_left = None
            self._pool.stop()
            await self._task

    # -- the death of a process -------------------------------------------------------------------------------

    def kill_in(self, steps: int, then: Callable[[], None]) -> None:
        """Kill it before the so-many-eth step of any of its tasks from now on, and call ``then``."""
        self._steps_left, self._then = steps, then

    def _before_step(self) -> None:
        if self._steps_left is None:
            return
        self._steps_left -= 1
        if self._steps_left <= 0:
            self._steps_left = None
            self.kill()
            self._then()

    def kill(self) -> None:
        """SIGKILL: no step of it is run any more, its locks are let go, its lines are open to others."""
        self._note(f"pool {self.lives} is killed")
        self.kills += 1
        self._steps_left = None
        self._loop.kill(self.lives)
        if self._disks:
            self._disks[-1].kill()
        let_go(open_files(self._directory, LOCKS) - self._not_ours)
        self._street.forget(self.lives)
        clock_of_nobody()
        self._task = None

"""Group commit for a process that is one asyncio loop: changes run in the loop, only the commit leaves it.

The same promises as :class:`appliance.store.writer.GroupCommitWriter`, made for many small changes at a high rate. A
writer thread that runs the changes would fight the loop for Python's lock at each of their statements, and at each
read and write of a modem's line; the commit is one call, which waits for the disk without that lock. While it waits,
the loop serves the modems, and further changes gather.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance.store.database import BUSY_LOOK_S, BUSY_TIMEOUT_S, connect, is_busy
from appliance.store.errors import StoreError, store_error_from
from appliance.store.facts import Facts
from appliance.store.turn import Turn
from appliance.store.writer import Change

T = TypeVar("T")

GATHER_S = 0.001
"""For so long a transaction waits for changes that are about to come: less than the disk takes for one."""

LARGEST_BATCH = 200
"""Changes of one transaction: they hold up the loop for some 0.1 ms each."""


class Disk(Protocol):
    """What a writer has to wait for: whose turn it is, and the disk. A test may replace it by one without threads."""

    def take(self, turn: Turn) -> asyncio.Future[None]:
        """Done when the turn is ours. Fails as :meth:`Turn.take` does."""

    def commit(self, connection: sqlite3.Connection) -> asyncio.Future[None]:
        """Done when the transaction is on disk. Fails as SQLite does."""

    def close(self) -> None:
        """Nothing is asked for after this."""


class Witness(Protocol):
    """Who keeps in memory what it read in the transactions of a writer, and changes it in them."""

    def begun(self, connection: sqlite3.Connection) -> None:
        """A transaction begins."""

    def outdate(self) -> None:
        """It has a change of which the witness does not know what it does."""

    def committed(self) -> None:
        """It is on disk."""

    def undone(self) -> None:
        """It was rolled back; its changes are run again, each alone, or fail."""


class _Nobody:
    """Remembers nothing."""

    def begun(self, connection: sqlite3.Connection) -> None: ...

    def outdate(self) -> None: ...

    def committed(self) -> None: ...

    def undone(self) -> None: ...


class LoopCommitWriter:
    """The process's only writing connection. To be made and used in the loop."""

    def __init__(self, path: Path, disk: Disk | None = None, facts: Facts | None = None) -> None:
        """With ``facts`` its changes may remember there what they read."""
        self._connection = connect(path)
        self._connection.facts = facts
        self._facts = facts
        self._connection.execute("PRAGMA busy_timeout = 0")
        self._turn = Turn(path)
        self._loop = asyncio.get_running_loop()
        self._disk: Disk = disk or _DiskThread(self._loop)
        self._jobs: deque[_Job] = deque()
        self._alone: deque[_Job] = deque()
        """Changes of a transaction that failed: each gets one of its own, so that one that fails fails alone."""
        self._cycle: asyncio.Task[None] | None = None
        self._closed = False
        self.witness: Witness = _Nobody()
        self.expected: Callable[[], int] = _none
        """How many more changes are about to come, as far as anybody knows."""
        self._gathered: asyncio.Future[None] | None = None

    async def close(self) -> None:
        """Commit what was asked for before this call, then close the connection."""
        self._closed = True
        if self._cycle is not None:
            await asyncio.wait([self._cycle])
        self._disk.close()
        self._connection.close()
        self._turn.close()

    async def write(self, change: Change[T], *, is_watched: bool = False) -> T:
        """Run ``change`` in the next transaction; return its value once that is on disk.

        ``is_watched``: it tells the witness itself what it does. Raises what ``change`` raised, or a
        :class:`StoreError` where the disk or the database refused.
        A cancelled caller's change is written all the same.
        """
        if self._closed:
            raise StoreError("The box is shutting down; ask again after its start.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.append(_Job(change, future, is_watched))
        if self._cycle is None:
            self._cycle = self._loop.create_task(self._run())
        elif self._gathered is not None and len(self._jobs) >= self.expected():
            _settle(self._gathered, None)
        return await future

    async def _run(self) -> None:
        """Transaction after transaction, until nothing is left to write."""
        try:
            while self._alone or self._jobs:
                if not self._alone and len(self._jobs) < self.expected():
                    await self._gather()
                if not self._alone and self.expected():
                    # Modems that have just answered are served first: their prompts wait, and more changes come of it.
                    await asyncio.sleep(0)
                await self._one_transaction(self._next_batch())
        finally:
            self._cycle = None

    async def _gather(self) -> None:
        """Until as many changes are here as are still to come, or a moment has passed.

        One half of the modems then works while the results of the other half are written.
        """
        gathered = self._gathered = self._loop.create_future()
        timer = self._loop.call_later(GATHER_S, _settle, gathered, None)
        await gathered
        self._gathered = None
        timer.cancel()

    def _next_batch(self) -> list[_Job]:
        if self._alone:
            return [self._alone.popleft()]
        if len(self._jobs) <= LARGEST_BATCH:
            batch = list(self._jobs)
            self._jobs.clear()
            return batch
        return [self._jobs.popleft() for _ in range(LARGEST_BATCH)]

    async def _one_transaction(self, batch: list[_Job]) -> None:
        try:
            if not self._turn.take_at_once():
                await self._disk.take(self._turn)
        except (StoreError, OSError) as error:
            _fail(batch, error)
            return
        try:
            await self._begin()
            await self._commit(batch)
        except sqlite3.Error as error:
            _fail(batch, store_error_from(error))
        finally:
            self._turn.hand_over()

    async def _commit(self, batch: list[_Job]) -> None:
        connection, witness = self._connection, self.witness
        try:
            witness.begun(connection)
            if self._facts is not None:
                self._facts.begun(connection)
            changes_before = connection.total_changes
            for job in batch:
                job.value = job.change(connection)
                if not job.is_watched:
                    witness.outdate()
            if connection.total_changes == changes_before:
                # They only looked: there is nothing to wait for.
                connection.execute("COMMIT")
            else:
                await self._disk.commit(connection)
        except Exception as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            witness.undone()
            if self._facts is not None:
                self._facts.forget()
            if len(batch) > 1:
                self._alone.extend(batch)
            else:
                batch[0].fail(store_error_from(error) if isinstance(error, sqlite3.Error) else error)
            return
        witness.committed()
        for job in batch:
            job.succeed()

    async def _begin(self) -> None:
        """Take the write lock from whoever writes without taking turns, without blocking the loop for it."""
        deadline = self._loop.time() + BUSY_TIMEOUT_S
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if not is_busy(error) or self._loop.time() > deadline:
                    raise
                await asyncio.sleep(BUSY_LOOK_S)
            else:
                return


def _fail(batch: list[_Job], error: Exception) -> None:
    """The transaction was not even begun: none of its changes was run."""
    for job in batch:
        job.fail(error)


class _DiskThread:
    """One thread for the one thing that waits for the disk. An executor would cost more than the commit itself."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._asked: queue.SimpleQueue[tuple[Callable[[], object], asyncio.Future[None]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._serve, name="group-commit", daemon=True)
        self._thread.start()

    def take(self, turn: Turn) -> asyncio.Future[None]:
        return self._run(turn.take)

    def commit(self, connection: sqlite3.Connection) -> asyncio.Future[None]:
        return self._run(lambda: connection.execute("COMMIT"))

    def _run(self, call: Callable[[], object]) -> asyncio.Future[None]:
        """Have the thread make ``call``; the future is done when it has, or failed as it failed."""
        future: asyncio.Future[None] = self._loop.create_future()
        self._asked.put((call, future))
        return future

    def close(self) -> None:
        """End the thread after what it was asked for."""
        self._asked.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (asked := self._asked.get()) is not None:
            call, future = asked
            error: Exception | None = None
            try:
                call()
            except Exception as raised:
                error = raised
            try:
                self._loop.call_soon_threadsafe(_settle, future, error)
            except RuntimeError:
                # The loop has ended, and nobody waits.
                return


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _none() -> int:
    return 0


class _Job:
    __slots__ = ("change", "future", "is_watched", "value")

    def __init__(self, change: Change[Any], future: asyncio.Future[Any], is_watched: bool) -> None:
        self.change = change
        self.future = future
        self.is_watched = is_watched
        self.value: Any = None

    def succeed(self) -> None:
        if not self.future.done():
            self.future.set_result(self.value)

    def fail(self, error: Exception) -> None:
        if not self.future.done():
            self.future.set_exception(error)

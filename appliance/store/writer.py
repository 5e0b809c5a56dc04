"""The one writer of a process: gathers what its tasks want written into one transaction and one fsync.

Who calls :meth:`GroupCommitWriter.write` (asyncio) or :meth:`GroupCommitWriter.write_blocking` (threads)
is answered when the change is on disk, never before. While a commit waits for the disk, further changes
gather for the next one; that is what lets many modems, or many HTTP requests, share one fsync.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance.store.database import begin_writing, connect
from appliance.store.errors import StoreError, store_error_from
from appliance.store.turn import Turn

T = TypeVar("T")

Change = Callable[[sqlite3.Connection], T]
"""Reads and writes inside the shared transaction and returns a value. It may be run a second time (when
another change of the same transaction failed), so it has no effect outside of the connection."""

LARGEST_BATCH = 500


class LoopWriter(Protocol):
    """What a coroutine writes with."""

    async def write(self, change: Change[T]) -> T:
        """Run ``change`` in the next transaction; return its value once that is on disk."""


class GroupCommitWriter:
    """A thread with the process's only writing connection."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self._turn = Turn(path)
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Commit what was asked for before this call, then end the thread and close the connection."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._thread.join()
            self._connection.close()
            self._turn.close()

    async def write(self, change: Change[T]) -> T:
        """Run ``change`` in the next transaction; return its value once that is on disk.

        Raises what ``change`` raised, or a :class:`StoreError` where the disk or the database refused.
        A cancelled caller's change is written all the same.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put(_Job(change, future, loop))
        return await future

    def write_blocking(self, change: Change[T]) -> T:
        """The same for a thread, such as one that answers an HTTP request."""
        future: Future[T] = Future()
        self._put(_Job(change, future, None))
        return future.result()

    def write_later(self, change: Change[T]) -> Future[T]:
        """The same for who does not wait, such as the server's loop; what became of it is in the future."""
        future: Future[T] = Future()
        self._put(_Job(change, future, None))
        return future

    def _put(self, job: _Job) -> None:
        if self._closed:
            raise StoreError("The box is shutting down; ask again after its start.")
        self._queue.put(job)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            try:
                self._turn.take()
            except (StoreError, OSError) as error:
                _answer([(first, None, error)])
                continue
            try:
                # What gathered while another process had its turn shares this one.
                batch, is_last = self._gathered(first)
                answers = self._commit(batch)
            finally:
                self._turn.hand_over()
            _answer(answers)
            if is_last:
                return

    def _gathered(self, first: _Job) -> tuple[list[_Job], bool]:
        batch = [first]
        while len(batch) < LARGEST_BATCH:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False

    def _commit(self, batch: list[_Job]) -> list[_Answer]:
        try:
            return self._in_one_transaction(batch)
        except Exception as error:
            if len(batch) == 1:
                named = store_error_from(error) if isinstance(error, sqlite3.Error) else error
                return [(batch[0], None, named)]
        # One change of many failed: each gets a transaction of its own, so that it fails alone.
        return [answer for job in batch for answer in self._commit([job])]

    def _in_one_transaction(self, batch: list[_Job]) -> list[_Answer]:
        connection = self._connection
        begin_writing(connection)
        try:
            answers: list[_Answer] = [(job, job.change(connection), None) for job in batch]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return answers


class _Job:
    __slots__ = ("change", "future", "loop")

    def __init__(
        self,
        change: Change[Any],
        future: asyncio.Future[Any] | Future[Any],
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self.change = change
        self.future = future
        self.loop = loop


_Answer = tuple[_Job, Any, BaseException | None]


def _answer(answers: list[_Answer]) -> None:
    # One wake-up of an event loop for a whole batch: call_soon_threadsafe costs a system call each.
    by_loop: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for answer in answers:
        loop = answer[0].loop
        if loop is None:
            _settle([answer])
        else:
            by_loop.setdefault(loop, []).append(answer)
    for loop, of_loop in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, of_loop)
        except RuntimeError:
            # The loop ended; the change is on disk, and nobody waits for the answer.
            continue


def _settle(answers: list[_Answer]) -> None:
    for job, value, error in answers:
        if job.future.done():
            continue
        if error is None:
            job.future.set_result(value)
        else:
            job.future.set_exception(error)

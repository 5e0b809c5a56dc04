"""Whose turn it is to write: processes that share a database take turns, in the order in which they asked.

SQLite has one writer at a time, and who finds it taken sleeps for up to 100 ms before looking again. A
process that writes without a pause then starves the others: posting to the API held up the pool for
seconds. Two locks of the kernel give a fair hand-over instead: who waits holds the *next* lock, so that
whoever just wrote queues behind it. They are looked at often rather than waited for, because flock(2) has
no time limit, and a process that was stopped in its turn must not silence the others for ever.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from appliance.store.database import BUSY_TIMEOUT_S
from appliance.store.errors import StoreBusyError

LOOK_S = 0.000_5
"""Between two looks: what a hand-over may cost, a fraction of the commit that it waits for."""


class Turn:
    """The turns of one database; every writer of :mod:`appliance.store` takes them."""

    def __init__(self, database: Path, limit_s: float = BUSY_TIMEOUT_S) -> None:
        self._limit_s = limit_s
        # Two open files of one directory entry each: flock(2) locks open files, and the kernel lets go of
        # them when a process ends, however it ends.
        self._next = _lock_file(database.with_name(f"{database.name}.next"))
        self._now = _lock_file(database.with_name(f"{database.name}.now"))

    def close(self) -> None:
        """Let go of both files."""
        os.close(self._next)
        os.close(self._now)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the turn, have it, and hand it over."""
        self.take()
        try:
            yield
        finally:
            self.hand_over()

    def take(self) -> None:
        """Wait for the turn; it is ours until :meth:`hand_over`.

        Raises :class:`StoreBusyError` where it does not come within the time limit of the database.
        """
        deadline = time.monotonic() + self._limit_s
        _wait_for(self._next, deadline)
        try:
            _wait_for(self._now, deadline)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def take_at_once(self) -> bool:
        """Take the turn if nobody has it or waits for it; for a loop, which must not wait."""
        if not _locked(self._next):
            return False
        try:
            return _locked(self._now)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def hand_over(self) -> None:
        """Whoever waits is next."""
        fcntl.flock(self._now, fcntl.LOCK_UN)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _wait_for(descriptor: int, deadline: float) -> None:
    while not _locked(descriptor):
        if time.monotonic() > deadline:
            raise StoreBusyError("Another program holds the database for too long. Ask again in a moment.")
        time.sleep(LOOK_S)


def _lock_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

"""Whose turn it is to write: processes that share a database take turns, in the order in which they asked.

SQLite has one writer at a time, and who finds it taken sleeps for up to 100 ms before looking again. A
process that writes without a pause then starves the others: posting to the API held up the pool for
seconds. Two locks of the kernel give a fair hand-over instead: who waits holds the *next* lock, so that
whoever just wrote queues behind it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Turn:
    """The turns of one database; every writer of :mod:`appliance.store` takes them."""

    def __init__(self, database: Path) -> None:
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
        """Wait for the turn; it is ours until :meth:`hand_over`."""
        fcntl.flock(self._next, fcntl.LOCK_EX)
        fcntl.flock(self._now, fcntl.LOCK_EX)
        fcntl.flock(self._next, fcntl.LOCK_UN)

    def take_at_once(self) -> bool:
        """Take the turn if nobody has it or waits for it; for a loop, which must not wait."""
        try:
            fcntl.flock(self._next, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._now, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)
        return True

    def hand_over(self) -> None:
        """Whoever waits is next."""
        fcntl.flock(self._now, fcntl.LOCK_UN)


def _lock_file(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

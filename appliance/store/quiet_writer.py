"""Writing that gives way: for work that has time, in a process in which others write.

It takes the turn only while nobody has it or waits for it, never for much longer than a commit and :data:`LONGEST_S`,
and rests after each transaction for longer than that took.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from appliance.store.database import begin_writing, connect
from appliance.store.errors import StoreBusyError, store_error_from
from appliance.store.turn import Turn

T = TypeVar("T")

LONGEST_S = 0.020
"""What a transaction is meant to take, beyond the shortest commit of this disk."""
REST_FACTOR = 4.0
"""A rest after each transaction, in times of what that took."""
WAIT_S = 60.0
LOOK_S = 0.005
FEWEST_ROWS, MOST_ROWS = 20, 500


class QuietWriter:
    """A writing connection of its own, without foreign keys.

    A row of ``parts`` is named by reports without an index, so that with foreign keys each deletion would look through
    all of them; who deletes here names what goes with it (:func:`appliance.store.retention_rules.goes_with`).
    """

    def __init__(self, path: Path, *, rest_factor: float = REST_FACTOR, wait_s: float = WAIT_S) -> None:
        self.connection = connect(path)
        self.connection.execute("PRAGMA foreign_keys = OFF")
        self._turn = Turn(path)
        self._rest_factor = rest_factor
        self._wait_s = wait_s
        self._rows = FEWEST_ROWS
        self._shortest_commit_s = float("inf")
        self.last_s = 0.0
        """What the last transaction took beyond the shortest commit so far."""

    def close(self) -> None:
        """Let go of the database."""
        self.connection.close()
        self._turn.close()

    def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """What ``change`` returns, when it is on disk.

        Raises what ``change`` raises, :class:`StoreBusyError` where there was never room for it, or another
        :class:`~appliance.store.errors.StoreError`.
        """
        with _Polite(self._turn, self._wait_s):
            began = time.monotonic()
            try:
                begin_writing(self.connection)
                try:
                    value = change(self.connection)
                    changed = time.monotonic()
                    self.connection.execute("COMMIT")
                except BaseException:
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise store_error_from(error) from error
            ended = time.monotonic()
        took_s = ended - began
        self._shortest_commit_s = min(self._shortest_commit_s, ended - changed)
        self.last_s = took_s - self._shortest_commit_s
        time.sleep(took_s * self._rest_factor)
        return value

    def in_steps(self, keys: Sequence[T], change: Callable[[sqlite3.Connection, Sequence[T]], int]) -> int:
        """``change`` with all of ``keys``, as many at a time as fit the time; the sum of what it returns."""
        done, total = 0, 0
        while done < len(keys):
            some = keys[done : done + self._rows]
            total += self.write(lambda connection, some=some: change(connection, some))  # type: ignore[misc]
            done += len(some)
            self._rows = self.fitting(self._rows, FEWEST_ROWS, MOST_ROWS)
        return total

    def fitting(self, size: int, fewest: int, most: int) -> int:
        """How much to do at once after the last transaction, which did ``size``."""
        if self.last_s > LONGEST_S:
            return max(fewest, size // 2)
        return min(most, size + size // 4 + 1) if self.last_s < LONGEST_S / 2 else size

    def checkpoint(self, mode: str) -> tuple[bool, int, int]:
        """``PASSIVE`` or ``TRUNCATE``: whether it was held up, pages in the log, and how many of them are copied."""
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            if mode == "PASSIVE":
                row = self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            else:
                with _Polite(self._turn, self._wait_s):
                    row = self.connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        except sqlite3.Error as error:
            raise store_error_from(error) from error
        return bool(row[0]), int(row[1]), int(row[2])


class _Polite:
    """The turn, taken only where nobody is waiting for it."""

    def __init__(self, turn: Turn, wait_s: float) -> None:
        self._turn = turn
        self._wait_s = wait_s

    def __enter__(self) -> None:
        deadline = time.monotonic() + self._wait_s
        while not self._turn.take_at_once():
            if time.monotonic() > deadline:
                raise StoreBusyError("The database is busy; housekeeping waits for a quieter time.")
            time.sleep(LOOK_S)

    def __exit__(self, *_: object) -> None:
        self._turn.hand_over()

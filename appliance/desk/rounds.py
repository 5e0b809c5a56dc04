"""The desk's work by the clock: one thread of the web process that does what is due, and sleeps until the next is.

There is one web process to a box, so each piece of work has one worker. What goes wrong is logged and tried again;
no work keeps another from being done.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.desk.balance_round import balance_round
from appliance.desk.keep_alive_round import keep_alive_round
from appliance.desk.loop_test_round import advance as loop_test_round
from appliance.desk.swap import advance as swap_round
from appliance.desk.tools import Duty, Tools
from appliance.store import balance, keep_alive, loop_tests, swaps
from appliance.store.clock import now_ms
from appliance.store.database import connect

log = logging.getLogger("simloft.rounds")

LOOK_S = 1.0
"""Between two looks at whether the database changed; that costs one read of shared memory."""
LONGEST_SLEEP_MS = 600_000
"""A clock that was set, or a person's new settings, are noticed within this."""
OTHER_LEADER_S = 10.0
RETRY_READING_S = 5.0
FIRST_RETRY_MS, LONGEST_RETRY_MS = 5_000, 600_000


def _nothing(_: sqlite3.Connection) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A duty, by name for the log."""

    name: str
    duty: Duty
    waits_for_news: Callable[[sqlite3.Connection], bool] = _nothing
    """Whether a change of the database may make it due: asked after each change, so it is one cheap query."""


OWN_TASKS = (
    Task(name="balance", duty=balance_round, waits_for_news=balance.is_anything_open),
    Task(name="loop-test", duty=loop_test_round, waits_for_news=loop_tests.is_any_open),
    Task(name="swap", duty=swap_round, waits_for_news=swaps.is_any_open),
    Task(name="keep-alive", duty=keep_alive_round, waits_for_news=keep_alive.is_anything_open),
)
"""What is done whatever else is: others add theirs where they make the :class:`Rounds`."""


class _Diary:
    """When one task is due, and how often in a row it failed."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.due_ms = 0
        self.failures = 0

    def do(self, tools: Tools, reader: sqlite3.Connection, at_ms: int) -> None:
        """Do it, and note when it is due next. Never raises for what goes wrong in it."""
        try:
            next_ms = self.task.duty(tools, reader, at_ms)
        except Exception as error:
            wait_ms = min(FIRST_RETRY_MS << min(self.failures, 16), LONGEST_RETRY_MS)
            self.failures += 1
            self.due_ms = at_ms + wait_ms
            # Not the error's own words: they may hold a number or a text.
            frames = traceback.extract_tb(error.__traceback__)
            log.error(
                "%s failed (%s at %s:%s); tried again in %d s",
                self.task.name,
                type(error).__name__,
                frames[-1].filename,
                frames[-1].lineno,
                wait_ms // 1000,
            )
            return
        self.failures = 0
        latest_ms = at_ms + LONGEST_SLEEP_MS
        # Never at once again: a duty that is always due must not turn into a busy loop.
        self.due_ms = latest_ms if next_ms is None else max(min(next_ms, latest_ms), at_ms + 1)


def _locked(lock: int) -> bool:
    """Whether this process has the lock; the kernel gives it back however the process ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Rounds:
    """Runs the tasks until it is stopped."""

    def __init__(
        self,
        tools: Tools,
        tasks: Sequence[Task] = OWN_TASKS,
        *,
        clock: Callable[[], int] = now_ms,
        look_s: float = LOOK_S,
        name: str = "rounds",
    ) -> None:
        """``name`` is of its thread and of the file of its lock: rounds of different names run at the same time."""
        self._tools = tools
        self._name = name
        self._diaries = [_Diary(each) for each in tasks]
        self._clock = clock
        self._look_s = look_s
        self._stop = threading.Event()
        self._version = -1
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, limit_s: float = 5.0) -> None:
        """Begin nothing new, and wait for what is being done. What is half done goes on after the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(limit_s)

    def once(self, reader: sqlite3.Connection) -> int:
        """Do what is due at this instant, by the clock or by news; the instant at which something is due next."""
        at_ms = self._clock()
        version = int(reader.execute("PRAGMA data_version").fetchone()[0])
        news, self._version = version != self._version, version
        for each in self._diaries:
            if self._stop.is_set():
                break
            is_behind = each.due_ms > at_ms + LONGEST_SLEEP_MS  # The clock was set back.
            if each.due_ms <= at_ms or is_behind or (news and each.task.waits_for_news(reader)):
                each.do(self._tools, reader, at_ms)
        return min((each.due_ms for each in self._diaries), default=at_ms + LONGEST_SLEEP_MS)

    def _run(self) -> None:
        lock = os.open(self._tools.database.with_name(f"{self._name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # A second web process on the same box must not ask and write a second time: it waits, and takes over.
            while not self._stop.is_set() and not _locked(lock):
                self._stop.wait(OTHER_LEADER_S)
            self._lead()
        finally:
            os.close(lock)

    def _lead(self) -> None:
        while not self._stop.is_set():
            try:
                with contextlib.closing(connect(self._tools.database, read_only=True)) as reader:
                    self._go_round(reader)
            except sqlite3.Error as error:
                log.error("the database can't be read (%s); tried again", type(error).__name__)
                self._stop.wait(RETRY_READING_S)

    def _go_round(self, reader: sqlite3.Connection) -> None:
        while not self._stop.is_set():
            due_ms = self.once(reader)
            while not self._stop.is_set() and self._clock() < due_ms:
                self._stop.wait(self._look_s)
                if int(reader.execute("PRAGMA data_version").fetchone()[0]) != self._version:
                    break

"""The time of the box for processes that do not make it: those of the office follow what the pool has marked."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from appliance.store import clock, clock_marks
from appliance.store.clock import Reckoning
from appliance.store.clock_judgement import Mark, Reading, at_start
from appliance.store.database import connect

LOOK_MS = 250
"""How long a mark of the pool may go unnoticed."""


class Follower:
    """Reckons as the pool does; safe for threads. Give it to :func:`appliance.store.clock.reckon_by`."""

    def __init__(self, database: Path) -> None:
        self._reader = connect(database, read_only=True)
        self._lock = threading.Lock()
        self._looked_ms = -LOOK_MS
        self._found: Reckoning | None = None

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._reader.close()

    def __call__(self) -> Reckoning | None:
        """What to reckon by now; None: by the wall clock."""
        boottime_ms = clock.boottime_ms()
        if boottime_ms - self._looked_ms >= LOOK_MS:
            with self._lock:
                self._looked_ms = boottime_ms
                try:
                    self._found = reckoning_of(self._reader)
                except sqlite3.Error:
                    # It is closed, or busy beyond all patience: what was found before is still the best there is.
                    return self._found
        return self._found


def reading(*, is_proved: bool = False) -> Reading:
    """The clocks as they are now."""
    wall_ms = clock.wall_ms()
    return Reading(clock.boot_id(), clock.boottime_ms(), wall_ms, is_proved or clock.is_proved(wall_ms))


def reckoning_of(connection: sqlite3.Connection) -> Reckoning | None:
    """By what the box reckons. Until a pool has begun in this start of the system: as it would begin."""
    now, mark = reading(), clock_marks.latest(connection)
    if mark is not None and mark.is_of(now):
        return reckoning_by(mark)
    if not now.boot_id:
        return None
    judged = at_start(mark, clock_marks.last_instant(connection), now)
    return Reckoning(now.boot_id, judged.at_ms - now.boottime_ms)


def reckoning_by(mark: Mark) -> Reckoning:
    """The time of the box since ``mark``."""
    return Reckoning(mark.boot_id, mark.at_ms - mark.boottime_ms)

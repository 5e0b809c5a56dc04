"""The clock that plans count with, kept by the pool: it notices what is done to the wall clock, and sets the box's.

Setting it moves what the whole pool remembers, so the pool ends in order and begins anew for it, in the same process:
nothing that is with a modem is cut off, and nothing in memory is of the old time (:attr:`LedgerClock.is_due`).
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import replace
from pathlib import Path

from appliance.pool.durable import DurableWriter
from appliance.store import clock, clock_hold, clock_marks, events, queue
from appliance.store.clock import Reckoning
from appliance.store.clock_follower import reading, reckoning_by
from appliance.store.clock_judgement import EARLIEST_MS, Judged, Mark, Reading, Trust, at_start, while_running
from appliance.store.clock_shift import Shift, shift
from appliance.store.database import connect

_log = logging.getLogger("simloft.pool")

NETWORK_AGREES_MS = 10 * 60_000
"""A network's clock within this is a witness for ours."""

LEFT_ALONE_MS = 5_000
"""A step of so little is taken over at the next start: no port is stopped for it."""


class LedgerClock:
    """One for each pool; to be used in its loop."""

    def __init__(self, database: Path, *, is_simulated: bool, look_s: float) -> None:
        self._database = database
        self._is_simulated = is_simulated
        self._look_s = look_s
        self._mark: Mark | None = None
        self._reckoning: Reckoning | None = None
        self._network_ahead_ms: int | None = None
        """The network's time minus the time since the start of the system, as it was heard last."""
        self.is_due = asyncio.Event()
        """The clock of the box is to be set: whoever keeps time by it ends, and :meth:`begin` is called again."""

    def end(self) -> None:
        """Nobody reckons by it any more."""
        clock.reckon_by(None)

    async def begin(self, writer: DurableWriter) -> None:
        """Find out what time it is, set what was told by another clock, and reckon by it from now on."""
        self.is_due.clear()
        self._go_by(await writer.write(self._begin))

    def network_said(self, at_ms: int) -> None:
        """A network told the time. A simulated one has it from this very box, so it is no witness."""
        if not self._is_simulated:
            self._network_ahead_ms = at_ms - clock.boottime_ms()

    async def run(self, writer: DurableWriter) -> None:
        """Look after the wall clock until cancelled. Writes only where something has changed."""
        reader = connect(self._database, read_only=True)
        try:
            while True:
                await asyncio.sleep(self._look_s)
                await self._look(reader, writer)
        finally:
            reader.close()

    async def _look(self, reader: sqlite3.Connection, writer: DurableWriter) -> None:
        before = self._mark
        if before is None or self.is_due.is_set():
            return
        now = self._read(reader)
        judged = while_running(before, now)
        if abs(judged.step_ms) > LEFT_ALONE_MS:
            self.is_due.set()
        elif judged.trust is not before.trust:
            mark = replace(before, wall_ms=before.at_ms - judged.at_ms + now.wall_ms, trust=judged.trust)
            await writer.write(lambda connection: _trust_changes(connection, before, mark, now))
            self._mark = mark
        elif _is_behind(judged, now) and clock_hold.is_any_early(reader, now.wall_ms):
            await writer.write(lambda connection: _hold(connection, judged, now, is_first=False))

    def _go_by(self, mark: Mark) -> None:
        self._mark, self._reckoning = mark, reckoning_by(mark)
        clock.reckon_by(lambda: self._reckoning)

    def _begin(self, connection: sqlite3.Connection) -> Mark:
        now = self._read(connection)
        before = clock_marks.latest(connection)
        last_ms = clock_marks.last_instant(connection)
        guessed_ms = clock_marks.guessed_since(connection)
        judged = at_start(before, last_ms, now, guessed_ms=guessed_ms)
        is_same_start = before is not None and before.is_of(now)
        if judged.step_ms > 0 and not is_same_start and guessed_ms is not None:
            shift(connection, Shift(judged.step_ms, guessed_ms, earlier_is_proved=True), now.boot_id)
        elif judged.step_ms:
            shift(connection, _shift_by(connection, judged, now), now.boot_id)
        if judged.step_ms < 0:
            queue.demote(connection, judged.at_ms)
        mark = Mark(now.boot_id, now.boottime_ms, judged.at_ms, now.wall_ms, judged.trust)
        clock_marks.add(connection, mark)
        if judged.trust is Trust.DOUBTED:
            _hold(connection, judged, now, is_first=not is_same_start)
        else:
            clock_hold.release(connection, judged.at_ms)
        _tell(connection, before, mark, judged.step_ms)
        return mark

    def _read(self, connection: sqlite3.Connection) -> Reading:
        now = reading()
        if now.is_proved:
            return now
        return replace(now, is_proved=self._network_agrees(now) or clock_marks.is_confirmed(connection, now))

    def _network_agrees(self, now: Reading) -> bool:
        if self._network_ahead_ms is None:
            return False
        return abs(now.boottime_ms + self._network_ahead_ms - now.wall_ms) <= NETWORK_AGREES_MS


def _shift_by(connection: sqlite3.Connection, judged: Judged, now: Reading) -> Shift:
    first = clock_marks.first_of(connection, now.boot_id)
    before = clock_marks.last_before(connection, now.boot_id) if first is not None else None
    # Where this start of the system has no mark yet, all that is known is older than now.
    began_ms = judged.at_ms - judged.step_ms + 1 if first is None else first.at_ms
    return Shift(judged.step_ms, began_ms, before is not None and before.trust is Trust.PROVED)


def _is_behind(judged: Judged, now: Reading) -> bool:
    """The wall clock is behind the box's and may be right all the same."""
    return judged.trust is Trust.DOUBTED and EARLIEST_MS <= now.wall_ms < judged.at_ms


def _hold(connection: sqlite3.Connection, judged: Judged, now: Reading, *, is_first: bool) -> None:
    if _is_behind(judged, now):
        clock_hold.hold_scheduled(connection, at_ms=judged.at_ms, wall_ms=now.wall_ms)
    elif is_first:
        clock_hold.hold_stale(connection, at_ms=judged.at_ms, wall_ms=now.wall_ms)


def _trust_changes(connection: sqlite3.Connection, before: Mark, mark: Mark, now: Reading) -> None:
    """The box goes on by the same time; something came to speak for the wall clock, or against it."""
    clock_marks.add(connection, mark)
    judged = Judged(mark.reckoned_ms(now), mark.trust)
    if mark.trust is Trust.DOUBTED:
        _hold(connection, judged, now, is_first=False)
    else:
        clock_hold.release(connection, judged.at_ms)
    _tell(connection, before, replace(mark, at_ms=judged.at_ms, wall_ms=now.wall_ms), 0)


def _tell(connection: sqlite3.Connection, before: Mark | None, mark: Mark, step_ms: int) -> None:
    args = {"box_ms": mark.at_ms, "wall_ms": mark.wall_ms}
    if mark.trust is Trust.DOUBTED and (before is None or before.trust is not Trust.DOUBTED):
        _log.warning(
            "The wall clock leapt and nothing speaks for it: the box goes on by the time that has passed."
        )
        events.add(connection, events.EventKind.CLOCK, "event.clock-doubted", args, at_ms=mark.at_ms)
    elif step_ms:
        _log.warning(
            "The clock of the box is set by %+.1f s; what counts on is moved with it.", step_ms / 1000
        )
        args["seconds"] = step_ms // 1000
        events.add(connection, events.EventKind.CLOCK, "event.clock-set", args, at_ms=mark.at_ms)

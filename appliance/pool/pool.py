"""The pool as a whole: one process, one loop, one writer, a task for each port."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

from appliance.modem.discovery import Discovery, Slot
from appliance.modem.session import PortState
from appliance.pool import notify
from appliance.pool.bell import doorbell
from appliance.pool.carrier_watch import CarrierWatch
from appliance.pool.commander import Commander
from appliance.pool.durable import DurableWriter
from appliance.pool.evidence import Evidence
from appliance.pool.housekeeping import Housekeeper, Lookout
from appliance.pool.ledger_clock import LedgerClock
from appliance.pool.port import PortKeeper
from appliance.pool.profile_watch import refresh_profiles
from appliance.pool.settings import Finder, PoolSettings
from appliance.pool.shared import SharedByPorts
from appliance.pool.turns import Turns
from appliance.pool.waiting import first_of
from appliance.pool.wall import Place, condition_of
from appliance.store import commands, ports, recordings, recovery, standings
from appliance.store.clock import now_ms
from appliance.store.errors import StoreError, store_error_from
from appliance.store.loop_writer import LoopCommitWriter
from appliance.store.recovery import Recovered
from appliance.store.sealing import Opener, keys_of_the_pool

_log = logging.getLogger("simloft.pool")

_LOCK_LOOK_S = 0.1


class PoolBusyError(Exception):
    """Another pool works on this database; the text is a sentence for a person."""


@contextlib.asynccontextmanager
async def only_pool(lock: Path, limit_s: float, stopping: asyncio.Event) -> AsyncIterator[None]:
    """Hold the lock of a database: two pools would each take the other's sends for lost.

    A pool that is ending (its box was killed, and it waits for the network's last answers) is waited for.
    Raises :class:`PoolBusyError` where another one still holds it after ``limit_s``.
    """
    held = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = asyncio.get_running_loop().time() + limit_s
        while not _locked(held):
            if stopping.is_set() or asyncio.get_running_loop().time() > deadline:
                raise PoolBusyError(
                    f"Another pool works on the data in {lock.parent} already. Stop that one first."
                )
            await asyncio.sleep(_LOCK_LOOK_S)
        yield
    finally:
        os.close(held)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Pool:
    """All ports of a box, from the start of the process to its end."""

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._keepers: dict[str, PortKeeper] = {}
        self._port_tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin to end; :meth:`run` returns when that is done."""
        self._stopping.set()

    async def run(self) -> None:
        """Run until :meth:`stop`. Raises :class:`PoolBusyError` or :class:`StoreError` where it can't begin."""
        async with only_pool(self._settings.lock, self._settings.timings.predecessor_s, self._stopping):
            disk = self._settings.surroundings.disk
            writer = LoopCommitWriter(self._settings.database, None if disk is None else disk())
            try:
                await self._run(writer)
            finally:
                await writer.close()

    async def _run(self, writer: LoopCommitWriter) -> None:
        """Run, and begin anew whenever the clock of the box is set, so that nothing in memory is of another time."""
        settings = self._settings
        clock = LedgerClock(
            settings.database, is_simulated=settings.simulated, look_s=settings.timings.look_s
        )
        try:
            while not self._stopping.is_set():
                durable = DurableWriter(writer, settings.timings)
                if await self._begun(durable, clock):
                    await self._serve(durable, clock)
        finally:
            clock.end()
        with contextlib.suppress(StoreError):
            await writer.write(self._end)

    async def _serve(self, durable: DurableWriter, clock: LedgerClock) -> None:
        """Until the pool is to end, or the clock is to be set: what is with the modems is awaited and written."""
        settings, ending = self._settings, asyncio.Event()
        self._keepers, self._port_tasks = {}, []
        shared = SharedByPorts(durable, Turns(), settings, ending, clock=clock, opener=self._opener())
        with doorbell(settings.doorbell, shared.turns.ring):
            async with asyncio.TaskGroup() as group:
                housekeeper = Housekeeper(durable, shared.turns, settings)
                commander = Commander(durable, self._keepers, settings.database.parent)
                lookout = Lookout(settings.database, shared.turns, commander, settings.timings.look_s)
                background = [
                    group.create_task(self._keep_going(partial(self._discover, shared))),
                    group.create_task(self._keep_going(housekeeper.run)),
                    group.create_task(self._keep_going(lookout.run)),
                    group.create_task(self._keep_going(partial(clock.run, durable))),
                    group.create_task(self._keep_going(CarrierWatch(durable, shared.turns, settings).run)),
                    group.create_task(notify.feed_watchdog()),
                ]
                notify.tell("READY=1")
                await first_of(self._stopping.wait(), clock.is_due.wait())
                if self._stopping.is_set():
                    notify.tell("STOPPING=1")
                ending.set()
                for task in background:
                    task.cancel()
                await commander.close()
                await self._wind_up(durable)
            shared.turns.cancel_alarm()

    def _opener(self) -> Opener | None:
        """The key to the PINs; a disk that gives none costs the PINs, not the pool."""
        try:
            return keys_of_the_pool(self._settings.database.parent)
        except OSError as error:
            _log.error("The key to the PINs can't be read or made (%s); no PIN is tried.", error.strerror)
            return None

    async def _begun(self, durable: DurableWriter, clock: LedgerClock) -> bool:
        """Know the time and file what the last run left, as soon as the disk takes that; False where the pool stops
        before.
        """

        async def begin() -> Recovered:
            await clock.begin(durable)
            return await durable.write(self._begin)

        beginning = asyncio.create_task(begin())
        await first_of(beginning, self._stopping.wait())
        if not beginning.done():
            beginning.cancel()
            return False
        recovered = beginning.result()
        if recovered != Recovered():
            _log.warning(
                "after the last run: %d messages are uncertain, %d go on, %d are queued again",
                recovered.uncertain,
                recovered.continuing,
                recovered.queued,
            )
        return True

    async def _keep_going(self, task: Callable[[], Awaitable[None]]) -> None:
        """Run ``task`` for ever, and again where it fails: the ports must not end because something else does."""
        while True:
            try:
                await task()
            except Exception as error:
                named = store_error_from(error) if isinstance(error, sqlite3.Error) else error
                _log.error("%s (%s); it is tried again", named, type(error).__name__)
                _log.debug("where it happened", exc_info=error)
                await asyncio.sleep(self._settings.timings.retry_write_longest_s)

    def _begin(self, connection: sqlite3.Connection) -> Recovered:
        at_ms = now_ms()
        unseen = condition_of(PortState.ABSENT, {"device": "", "detail": "not there"})
        ports.forget_all(connection, unseen, at_ms)
        commands.interrupt_all(connection, at_ms)
        recordings.end_all(connection, at_ms)
        resend_after_ms = int(self._settings.timings.resend_after_s * 1000)
        return recovery.recover(connection, at_ms, resend_after_ms=resend_after_ms)

    def _end(self, connection: sqlite3.Connection) -> None:
        at_ms = now_ms()
        commands.interrupt_all(connection, at_ms)
        recordings.end_all(connection, at_ms)
        for port in ports.list_ports(connection):
            ports.note_condition(connection, port.id, ports.STOPPED, at_ms)

    async def _discover(self, shared: SharedByPorts) -> None:
        """Look for ports, for ever: what appears is kept from then on, whether it is there or not."""
        settings = self._settings
        discovery = self._finder()
        told = False
        try:
            while True:
                await refresh_profiles(settings.profiles, shared.writer)
                found = discovery.found()
                for name, slot in found.items():
                    if name not in self._keepers:
                        await self._keep(slot, shared)
                for name, keeper in self._keepers.items():
                    keeper.presence.see(found.get(name))
                if not found and not told:
                    told = True
                    patterns = " ".join(settings.port_patterns)
                    _log.warning("No port is there that %s names; the pool looks again and again.", patterns)
                await discovery.changed(settings.timings.scan_s)
        finally:
            discovery.close()

    def _finder(self) -> Finder:
        settings = self._settings
        if settings.surroundings.finder is not None:
            return settings.surroundings.finder()
        return Discovery(
            settings.port_patterns, allow=settings.allow, deny=settings.deny, book=settings.profiles
        )

    async def _keep(self, slot: Slot, shared: SharedByPorts) -> None:
        name = slot.name
        unseen = condition_of(PortState.ABSENT, {"device": name, "detail": "not there"})
        evidence = Evidence(name, shared.writer, self._settings.ladder)

        def declare(connection: sqlite3.Connection) -> int:
            port_id = ports.declare(
                connection, name, unseen, simulated=self._settings.simulated, now_ms=now_ms()
            )
            evidence.remembered(port_id, standings.standing_of(connection, port_id))
            return port_id

        port_id = 0 if slot.must_prove else await shared.writer.write(declare)
        place = Place(name, port_id, unseen, shared.writer, declare=declare)
        keeper = PortKeeper(name, place, shared, evidence)
        self._keepers[name] = keeper
        self._port_tasks.append(asyncio.create_task(keeper.run(), name=name))

    async def _wind_up(self, durable: DurableWriter) -> None:
        """Wait for what is with the modems, but not for ever: the rest is uncertain at the next start."""
        if not self._port_tasks:
            return
        if not self._stopping.is_set():
            # The clock is to be set, which is no reason to leave a send in doubt: every answer is awaited.
            limit_s = self._settings.modem_limits.submit_s + self._settings.timings.stop_s
            await first_of(self._stopping.wait(), asyncio.wait(self._port_tasks), limit_s=limit_s)
        _, pending = await asyncio.wait(self._port_tasks, timeout=self._settings.timings.stop_s)
        durable.give_up_soon()
        for task in pending:
            task.cancel()
        if pending:
            _log.warning("%d modems did not answer in time; what they send is uncertain", len(pending))
            await asyncio.wait(pending, timeout=self._settings.timings.stop_s)

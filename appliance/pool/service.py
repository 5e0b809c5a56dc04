"""A modem in service, from bring-up until its line, its card or the pool ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from appliance.modem.session import (
    Bearings,
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    LateRefused,
    LineError,
    LineLost,
    MessageStored,
    ModemEvent,
    ModemSession,
    NetworkStatus,
    NetworkTimeHeard,
    PortState,
    Registration,
    RegistrationChanged,
    ReportArrived,
    ReportStored,
    SimChanged,
    SimInserted,
    SimRemoved,
    StorageFull,
)
from appliance.pool.calls import Calls
from appliance.pool.card import Card
from appliance.pool.claims import Claim
from appliance.pool.clocks import NetworkClock
from appliance.pool.gate import FULL_MEMORY, REGISTRATION, ROAMING, UNSEEN_CARD, Gate
from appliance.pool.memory_sender import MemorySender
from appliance.pool.receiver import Receiver
from appliance.pool.sender import Sender
from appliance.pool.shared import SharedByPorts
from appliance.pool.standing import Pause, ServiceStanding
from appliance.pool.waiting import first_of
from appliance.pool.wall import Place
from appliance.pool.watcher import Watcher
from appliance.store import events
from appliance.store.clock import now_ms
from appliance.store.sims import Sim

_log = logging.getLogger("simloft.pool")


class CardMovedError(Exception):
    """The card was taken out, put in or changed; the line is as it was."""

    def __init__(self, error: LineError) -> None:
        super().__init__(str(error))
        self.error = error


class Service:
    """One open modem with its SIM: sends, receives, and tells the wall."""

    def __init__(
        self, session: ModemSession, place: Place, sim: Sim, shared: SharedByPorts, bearings: Bearings
    ) -> None:
        self._session = session
        self._place = place
        self._sim = sim
        self._shared = shared
        self._timings = shared.settings.timings
        self._standing = ServiceStanding(
            device=place.name,
            sim_name=sim.name,
            roaming_rule=shared.settings.roaming,
            registration=bearings.registration,
            operator=bearings.operator,
        )
        self._gate = Gate(self._gate_changed)
        self._over = asyncio.Event()
        self.has_sent = asyncio.Event()
        """Set once the network has taken something from this modem."""
        self._why: LineError | CardMovedError | None = None
        self._claim = Claim(place.name, self._hear_of_others)
        self._clock = NetworkClock(place, shared.writer, shared.clock)
        self._calls = Calls(session, place, sim.id, shared)
        self._times: list[NetworkTimeHeard] = []
        self._time_heard = asyncio.Event()
        self._card_moved = asyncio.Event()
        self._memory = (
            None
            if session.outbox is None
            else MemorySender(
                session.outbox,
                session.send_written,
                sim.id,
                place.name,
                writer=shared.writer,
                turns=shared.turns,
                look_s=self._timings.outbox_look_s,
            )
        )
        self._sender = Sender(
            session,
            Card.of(sim, place.port_id, bearings.form),
            writer=shared.writer,
            turns=shared.turns,
            gate=self._gate,
            drain_memory=self._memory_is_full,
            on_pause=self._pauses,
            settings=shared.settings,
            scheduler=shared.scheduler,
            memory=self._memory,
        )
        self._receiver = Receiver(
            session,
            sim_id=sim.id,
            port_id=place.port_id,
            port_name=place.name,
            sender=self._sender,
            writer=shared.writer,
            turns=shared.turns,
            gate=self._gate,
            intake=shared.intake,
            settings=shared.settings,
            on_listed=self._memory_listed,
        )

        self._watcher = Watcher(
            session,
            self._timings,
            is_busy=lambda: self._sender.is_busy,
            list_memory=self._receiver.look_into_memory,
            on_status=self._hear_status,
            random=shared.settings.surroundings.random,
        )

    @property
    def is_sending(self) -> bool:
        """Whether a part is with the modem at this instant."""
        return self._sender.is_busy

    @property
    def sim(self) -> Sim:
        return self._sim

    def leave(self) -> None:
        """End in order: :meth:`run` returns once what was begun is over."""
        self._over.set()

    # -- what the modem tells ---------------------------------------------------------------------------------

    def hear(self, event: ModemEvent) -> None:
        """Something that the modem tells of its own accord. Nothing is awaited here."""
        match event:
            case (
                MessageStored()
                | ReportStored()
                | DeliverArrived()
                | ReportArrived()
                | LateAccepted()
                | LateRefused()
            ):
                self._receiver.hear(event)
            case RegistrationChanged(registration):
                self._hear_registration(registration)
            case SimRemoved():
                self._end(CardMovedError(LineError(PortState.NO_SIM, detail="taken out")))
            case SimChanged():
                self._end(CardMovedError(LineError(PortState.SIM_BUSY, detail="another card")))
            case SimInserted():
                # Said as well after a PIN, or by a card that was there all the time.
                self._card_moved.set()
            case StorageFull():
                self._memory_is_full()
            case NetworkTimeHeard():
                self._times = [event]
                self._time_heard.set()
            case IncomingCall():
                self._calls.hear(event)
            case LineLost(reason):
                self._end(LineError(PortState.LINE_LOST, detail=reason))
            case _:
                pass

    def _hear_registration(self, registration: Registration) -> None:
        if registration is Registration.UNKNOWN:
            return
        if registration.can_send != self._standing.has_network:
            # The first sign of a card that was taken out, where the modem does not speak of that; or of another one.
            self._gate.set(UNSEEN_CARD, stands=registration.can_send)
            self._card_moved.set()
        self._stands(registration=registration)

    def _hear_of_others(self, ports: Sequence[str]) -> None:
        self._stands(others=tuple(ports))

    def _memory_is_full(self) -> None:
        """Nothing comes any more, and it may refuse to send: it is emptied before anything else."""
        self._gate.set(FULL_MEMORY, stands=True)
        self._stands(memory_is_full=True)
        self._receiver.look_into_memory()

    def _gate_changed(self) -> None:
        if self._standing.memory_is_full and not self._gate.has(FULL_MEMORY):
            self._stands(memory_is_full=False)

    def _memory_listed(self, is_freed: bool) -> None:
        was_full = self._standing.memory_is_full or self._standing.memory_is_stuck
        is_stuck = was_full and not is_freed
        if is_stuck != self._standing.memory_is_stuck:
            self._stands(memory_is_stuck=is_stuck)

    def _pauses(self, pause: Pause | None) -> None:
        if pause is None:
            self.has_sent.set()
        if pause != self._standing.pause:
            self._stands(pause=pause)

    def _stands(self, **changed: Any) -> None:
        """Something changed: the gate, the wall and what waiting messages say follow from it."""
        self._standing = replace(self._standing, **changed)
        self._gate.set(REGISTRATION, stands=not self._standing.has_network)
        self._gate.set(ROAMING, stands=self._standing.roams_and_waits)
        self._place.hold(self._standing.hold())
        if self._standing.sends or self._standing.others:
            self._place.show(self._standing.condition())

    def _end(self, why: LineError | CardMovedError) -> None:
        if not self._over.is_set():
            self._why = why
            self._over.set()

    # -- the life of the service ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve. Raises what ended it: ``LineError``, ``PortTroubleError``; returns when the pool stops."""
        # First what waits in the memory: a full one receives nothing, and reports may settle what is uncertain.
        self._gate.set(FULL_MEMORY, stands=True)
        self._receiver.look_into_memory()
        receiving = asyncio.create_task(self._receiver.run())
        sending = asyncio.create_task(self._send())
        watching = asyncio.create_task(self._watcher.run())
        listening = asyncio.create_task(self._watcher.listen())
        calling = asyncio.create_task(self._calls.run())
        clock = asyncio.create_task(self._note_time())
        card = asyncio.create_task(self._look_at_card())
        memory = asyncio.create_task(self._ask_memory())
        others = (watching, listening, calling, clock, card, memory)
        tasks = (receiving, sending, *others)
        self._shared.claims.enter(self._sim.id, self._claim)
        try:
            await first_of(*tasks, self._over.wait(), self._shared.stopping.wait())
        finally:
            self._place.hold(None)
            try:
                await self._wind_up(receiving, sending, others)
            finally:
                self._shared.claims.leave(self._sim.id, self._claim)
        errors = [task.exception() for task in tasks if not task.cancelled()]
        for error in errors:
            if error is not None:
                raise error
        if self._why is not None:
            raise self._why

    async def _wind_up(
        self,
        receiving: asyncio.Task[None],
        sending: asyncio.Task[None],
        others: tuple[asyncio.Task[None], ...],
    ) -> None:
        """End in order: what is with the modem is awaited and written, what came directly is stored."""
        for each in others:
            each.cancel()
        if self._standing.sends:
            self._sender.stop()
        else:
            sending.cancel()
        self._receiver.stop()
        try:
            # Sending first: its last answer may be the one to which an early report belongs.
            await asyncio.wait([sending])
            await asyncio.wait([receiving, *others])
        except asyncio.CancelledError:
            for each in (sending, receiving):
                each.cancel()
            raise
        finally:
            await self._receiver.finish()
            await self._calls.finish()

    async def _send(self) -> None:
        lock = self._shared.claims.lock(self._sim.id)
        if lock.locked():
            await self._say_clone()
        async with lock:
            await self._place.claim(self._sim, int(self._timings.resend_after_s * 1000))
            if self._memory is not None:
                await self._memory.begin()
            self._stands(sends=True)
            _log.info("%s: ready with SIM …%s", self._place.name, self._sim.identity[-5:])
            await self._sender.run()

    async def _ask_memory(self) -> None:
        if self._memory is None:
            await self._over.wait()
        else:
            await self._memory.run()

    async def _say_clone(self) -> None:
        args: dict[str, str | int] = {"port": ", ".join(self._standing.others)}
        _log.warning("%s: its SIM is in %s too, and only that one sends", self._place.name, args["port"])
        await self._shared.writer.write(
            partial(
                events.add,
                kind=events.EventKind.SIM_CLONE,
                reason="sim.clone",
                args=args,
                at_ms=now_ms(),
                port_id=self._place.port_id,
                sim_id=self._sim.id,
            )
        )

    async def _hear_status(self, status: NetworkStatus) -> None:
        self._stands(operator=status.operator)
        self._hear_registration(status.registration)
        await self._place.note_network(status)

    async def _look_at_card(self) -> None:
        """What the session finds to be another card, or none, it tells."""
        while True:
            await self._card_moved.wait()
            self._card_moved.clear()
            await self._session.card()
            if not (self._over.is_set() or self._card_moved.is_set()):
                self._gate.set(UNSEEN_CARD, stands=False)

    async def _note_time(self) -> None:
        while True:
            await self._time_heard.wait()
            self._time_heard.clear()
            for heard in self._times:
                await self._clock.heard(heard)

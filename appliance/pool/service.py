"""A modem in service, from bring-up until its line, its card or the pool ends it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial

from appliance.modem.session import (
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    LateRefused,
    LineError,
    LineLost,
    MessageStored,
    ModemEvent,
    ModemSession,
    PortState,
    Registration,
    RegistrationChanged,
    ReportArrived,
    ReportStored,
    SimRemoved,
)
from appliance.pool.calls import MissedCalls
from appliance.pool.card import Card
from appliance.pool.durable import DurableWriter
from appliance.pool.gate import FULL_MEMORY, REGISTRATION, Gate
from appliance.pool.receiver import Receiver
from appliance.pool.sender import Sender
from appliance.pool.settings import PoolSettings
from appliance.pool.turns import Turns
from appliance.pool.waiting import first_of
from appliance.pool.wall import Place, condition_of
from appliance.store import events
from appliance.store.clock import now_ms
from appliance.store.ports import Condition
from appliance.store.sims import Sim

_log = logging.getLogger("simloft.pool")


@dataclass(slots=True)
class SharedByPorts:
    """What the ports of a pool have in common."""

    writer: DurableWriter
    turns: Turns
    settings: PoolSettings
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    sim_locks: dict[int, asyncio.Lock] = field(default_factory=dict)
    """One for each SIM: of two ports that show the same one, only one sends."""
    sim_places: dict[int, str] = field(default_factory=dict)
    """The port that sends for a SIM, or did so last."""

    def sim_lock(self, sim_id: int) -> asyncio.Lock:
        return self.sim_locks.setdefault(sim_id, asyncio.Lock())


_STATE_BY_REGISTRATION = {
    Registration.DENIED: PortState.REGISTRATION_DENIED,
    Registration.SEARCHING: PortState.REGISTERING,
}


class Service:
    """One open modem with its SIM: sends, receives, and tells the wall."""

    def __init__(self, session: ModemSession, place: Place, sim: Sim, shared: SharedByPorts) -> None:
        self._session = session
        self._place = place
        self._sim = sim
        self._shared = shared
        self._timings = shared.settings.timings
        self._gate = Gate()
        self._over = asyncio.Event()
        self._why: LineError | None = None
        self._sends = False
        self._missed: asyncio.Queue[str | None] = asyncio.Queue()
        self._calls = MissedCalls(self._timings.call_ends_s, self._missed.put_nowait)
        self._sender = Sender(
            session,
            Card.of(sim, place.port_id),
            writer=shared.writer,
            turns=shared.turns,
            gate=self._gate,
            drain_memory=self._look_into_memory,
            settings=shared.settings,
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
            settings=shared.settings,
        )

    def _look_into_memory(self) -> None:
        self._receiver.look_into_memory()

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
                self._end(LineError(PortState.NO_SIM, detail="taken out"))
            case IncomingCall():
                self._calls.hear(event)
            case LineLost(reason):
                self._end(LineError(PortState.LINE_LOST, detail=reason))
            case _:
                pass

    def _hear_registration(self, registration: Registration) -> None:
        if registration is Registration.UNKNOWN:
            return
        self._gate.set(REGISTRATION, stands=not registration.can_send)
        if not self._sends:
            return
        if registration.can_send:
            self._show(PortState.READY)
        else:
            state = _STATE_BY_REGISTRATION.get(registration, PortState.NO_NETWORK)
            self._show(state, registration.value)

    def _show(self, state: PortState, detail: str = "") -> None:
        self._place.show(condition_of(state, {"device": self._place.name, "detail": detail}))

    def _end(self, why: LineError | None) -> None:
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
        watching = asyncio.create_task(self._watch())
        noting = asyncio.create_task(self._note_calls())
        tasks = (receiving, sending, watching, noting)
        try:
            await first_of(*tasks, self._over.wait(), self._shared.stopping.wait())
        finally:
            await self._wind_up(receiving, sending, (watching, noting))
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
        if self._sends:
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
            self._calls.end()
            await self._note_missed()

    async def _send(self) -> None:
        lock = self._shared.sim_lock(self._sim.id)
        if lock.locked():
            await self._say_clone()
        async with lock:
            await self._place.claim(self._sim, int(self._timings.resend_after_s * 1000))
            self._shared.sim_places[self._sim.id] = self._place.name
            self._sends = True
            self._show(PortState.READY)
            _log.info("%s: ready with SIM …%s", self._place.name, self._sim.identity[-5:])
            await self._sender.run()

    async def _say_clone(self) -> None:
        args: dict[str, str | int] = {"port": self._shared.sim_places.get(self._sim.id, "")}
        _log.warning("%s: its SIM is in %s too, and only that one sends", self._place.name, args["port"])
        self._place.show(Condition(state=PortState.READY.value, reason="sim.clone", args=args))
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

    async def _watch(self) -> None:
        """What a modem does not announce, asked for now and then."""
        loop = asyncio.get_running_loop()
        listed_at = loop.time()
        while True:
            await asyncio.sleep(self._timings.network_s)
            if not self._sender.is_busy:
                status = await self._session.network()
                self._hear_registration(status.registration)
                await self._place.note_network(status)
            if loop.time() - listed_at >= self._timings.list_memory_s:
                listed_at = loop.time()
                self._receiver.look_into_memory()

    async def _note_calls(self) -> None:
        while True:
            await self._note_call(await self._missed.get())

    async def _note_missed(self) -> None:
        while not self._missed.empty():
            await self._note_call(self._missed.get_nowait())

    async def _note_call(self, number: str | None) -> None:
        reason = "event.missed-call" if number else "event.missed-call-unknown"
        await self._shared.writer.write(
            partial(
                events.add,
                kind=events.EventKind.MISSED_CALL,
                reason=reason,
                args={"caller": number} if number else {},
                at_ms=now_ms(),
                port_id=self._place.port_id,
                sim_id=self._sim.id,
            )
        )

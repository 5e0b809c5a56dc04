"""One opening of a port: bring its modem up, serve, and wait beside it while only its card or network is missing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from appliance.modem.at.trace import Trace
from appliance.modem.discovery import Slot
from appliance.modem.session import (
    Bearings,
    CardPresence,
    LineError,
    ModemSession,
    PortState,
    RegistrationChanged,
    SimInserted,
    SimRemoved,
)
from appliance.pool.card_wait import CARD_STATES, CardWait
from appliance.pool.ear import Ear
from appliance.pool.evidence import Evidence, symptom_of
from appliance.pool.ladder import Climb, Stop
from appliance.pool.port_pins import PortPins
from appliance.pool.rungs import Rung
from appliance.pool.service import CardMovedError, Service
from appliance.pool.shared import SharedByPorts
from appliance.pool.waiting import first_of
from appliance.pool.wall import Place, condition_of
from appliance.pool.wanted import ON_THE_LINE, Wanted

_log = logging.getLogger("simloft.pool")


class JudgedError(Exception):
    """The modem does not work, and the ladder has said what is next."""

    def __init__(self, step: Climb | Stop, error: LineError) -> None:
        super().__init__(str(error))
        self.step = step
        self.error = error


class ResetGivenError(Exception):
    """The modem was told to restart: the line is closed, and it comes back by itself."""

    def __init__(self, rung: Rung) -> None:
        super().__init__(rung.value)
        self.rung = rung


class Visit:
    """One open line. Its keeper may look at :attr:`session` and :attr:`service` meanwhile."""

    def __init__(
        self,
        slot: Slot,
        device: str,
        *,
        place: Place,
        shared: SharedByPorts,
        evidence: Evidence,
        trace: Trace,
        woken: asyncio.Event,
        quietly: bool,
    ) -> None:
        self._slot = slot
        self._device = device
        self._place = place
        self._shared = shared
        self._evidence = evidence
        self._trace = trace
        self._woken = woken
        self._quietly = quietly
        self._pins = PortPins(place, shared.writer, shared.opener)
        self._ear = Ear()
        self._wanted: Wanted | None = None
        self._may_leave = asyncio.Event()
        """The bring-up is at a step that can be broken off for what a person wants."""
        self._is_registering = False
        self._is_unplugged = False
        self.session: ModemSession | None = None
        self.service: Service | None = None
        self.askings = 0
        """How often the card was asked and could not be used."""
        self.was_well = False
        """The modem has answered as it should, whatever its card is like."""

    def leave_for(self, wanted: Wanted) -> None:
        """A person wants this done, as soon as what the modem sends is over. What is no command is its keeper's."""
        self._wanted = wanted
        if self.service is not None:
            self.service.leave()
        if self._is_registering:
            self._may_leave.set()
        self._woken.set()

    def unplugged(self) -> None:
        """The device has gone, whether its line says so or not."""
        self._is_unplugged = True
        if self.session is not None:
            self.session.unplugged()

    async def run(self, rung: Rung | None, impossible: Mapping[Rung, str] | None) -> None:
        """Until the line, the modem or the pool ends it. ``rung`` is taken first.

        ``impossible`` None: failures are not judged by the ladder. Raises ``LineError``, :class:`JudgedError`,
        ``PortTroubleError``, :class:`ResetGivenError`.
        """
        settings = self._shared.settings
        session = await ModemSession.open(
            self._device,
            on_event=self._ear,
            limits=settings.modem_limits,
            trace=self._trace,
            profiles=settings.profiles,
            open_line=settings.surroundings.open_line,
        )
        self.session = session
        try:
            if self._is_unplugged:
                session.unplugged()
            await self._place.opened(self._device, self._slot.usb_path)
            if rung is not None:
                await self._reset(session, rung)
            await self._serve(session, impossible)
        finally:
            self.session = None
            await session.close()

    async def _serve(self, session: ModemSession, impossible: Mapping[Rung, str] | None) -> None:
        times, state = 0, None
        while not self._shared.stopping.is_set():
            try:
                waits_for = await self._once(session)
                if self._wanted is None:
                    if waits_for is None:
                        return
                    times, state = (times + 1 if waits_for is state else 1), waits_for
                    await self._card_wait(session).until_worth_asking(waits_for, times)
                if self._wanted is not None and not await self._as_wanted(session, self._wanted):
                    return
            except LineError as error:
                if impossible is None or not await self._goes_on(session, error, impossible):
                    raise

    async def _once(self, session: ModemSession) -> PortState | None:
        """Bring up and serve; the state of the card that ended it, or None where this line is done with."""
        self._ear.was_told(SimRemoved, RegistrationChanged)  # What is so now is asked now.
        try:
            bearings = await self._brought_up(session)
        except LineError as error:
            shown = await self._pins.ended(error)
            if shown.state not in CARD_STATES:
                raise
            await self._is_well()
            self._show(shown)
            if shown.state is PortState.NO_SIM:
                await self._pins.card_gone()
            self.askings += 1
            return shown.state
        if bearings is None:
            return None
        await self._is_well()
        sim = await self._place.found(bearings)
        self._ear.was_told(SimInserted)  # known by now
        service = Service(session, self._place, sim, self._shared, bearings)
        self.service = service
        self._ear.given_to(service.hear)
        proving = asyncio.create_task(self._is_well_once_it_has_sent(service))
        try:
            await self._served(service)
        except CardMovedError as moved:
            await self._pins.card_gone()
            self._show(moved.error)
            if await session.card_in() is CardPresence.PRESENT:
                # It has not noticed (many don't, and tell the number of the card that is gone), until it looks anew.
                await session.wake_card()
            # What is in there now is asked at once, on the line as it is.
            self._woken.set()
            return moved.error.state
        finally:
            proving.cancel()
        return None

    async def _served(self, service: Service) -> None:
        """Until it is over. From then on it hears nothing: it would call a port ready of which the card is gone."""
        try:
            await service.run()
        finally:
            self.service = None
            self._ear.taken_back()

    async def _is_well_once_it_has_sent(self, service: Service) -> None:
        await service.has_sent.wait()
        await self._evidence.well(has_sent=True)

    async def _is_well(self) -> None:
        self.was_well = True
        if not self._place.is_proven:
            await self._place.prove()
            await self._place.opened(self._device, self._slot.usb_path)
        await self._evidence.well()

    def _card_wait(self, session: ModemSession) -> CardWait:
        shared = self._shared
        return CardWait(
            session, self._ear, shared.settings.timings, woken=self._woken, stopping=shared.stopping
        )

    async def _goes_on(self, session: ModemSession, error: LineError, impossible: Mapping[Rung, str]) -> bool:
        """Whether the lowest rung was taken on this very line; every other one needs another opening."""
        symptom = symptom_of(error)
        if symptom is None or not self._place.is_proven:
            return False
        step = await self._evidence.failed(symptom, error.args_for_person.get("detail", ""), impossible)
        if not (isinstance(step, Climb) and step.rung is Rung.ESCAPE):
            raise JudgedError(step, error) from error
        self._show(error)
        await first_of(self._shared.stopping.wait(), limit_s=step.pause_ms / 1000)
        try:
            await session.escape()
        except LineError as again:
            return await self._goes_on(session, again, impossible)
        return True

    async def _reset(self, session: ModemSession, rung: Rung) -> None:
        """ATZ, and go on; or a restart of the modem, and come back. What can't be given is no news."""
        limit_s = self._shared.settings.timings.rung_s
        try:
            async with asyncio.timeout(limit_s):
                if rung is Rung.SOFT_RESET:
                    await session.reset_soft()
                elif rung is Rung.RADIO_RESET:
                    await session.reset_radio()
        except (LineError, TimeoutError) as error:
            _log.info("%s: %s: %s", self._place.name, rung, error)
        if rung is Rung.RADIO_RESET:
            await self._until_line_drops()
            raise ResetGivenError(rung)

    async def _as_wanted(self, session: ModemSession, wanted: Wanted) -> bool:
        """Give the command that a person wants; whether this line goes on."""
        if wanted.rung not in ON_THE_LINE and not wanted.is_over:
            return False
        self._wanted = None
        self._may_leave.clear()
        if wanted.is_over:
            return True  # Whoever asked has given it up.
        if not await self._is_obeyed(session, wanted.rung):
            wanted.refuse("command.restart-refused", port=self._place.name)
            return True
        if wanted.rung is Rung.RADIO_RESET:
            await self._until_line_drops()
        wanted.take()
        if wanted.rung is Rung.RADIO_RESET:
            raise ResetGivenError(wanted.rung)
        return True

    async def _is_obeyed(self, session: ModemSession, rung: Rung) -> bool:
        """Whether the modem took the reset; one that says nothing any more has, as some restart without an OK."""
        give = session.reset_radio if rung is Rung.RADIO_RESET else session.reset_soft
        try:
            async with asyncio.timeout(self._shared.settings.timings.rung_s):
                if await give():
                    return True
                await session.check()
        except (LineError, TimeoutError):
            return rung is Rung.RADIO_RESET
        return False

    async def _until_line_drops(self) -> None:
        """A modem says OK a second or two before it goes: what is brought up meanwhile is what it was before."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._shared.settings.timings.reset_shows_s
        try:
            while (left_s := deadline - loop.time()) > 0 and not self._shared.stopping.is_set():
                self._ear.was_told()
                await first_of(self._ear.news(), self._shared.stopping.wait(), limit_s=left_s)
        except LineError:
            return

    async def _brought_up(self, session: ModemSession) -> Bearings | None:
        """What was found; None where the pool stops before. A card that is pulled meanwhile begins it anew."""
        while True:
            bringing = asyncio.create_task(
                session.bring_up(pin_for=self._pins, on_progress=self._progress, hint=self._slot.hint)
            )
            pulled = asyncio.create_task(self._card_is_pulled())
            try:
                await first_of(bringing, pulled, self._shared.stopping.wait(), self._may_leave.wait())
            finally:
                self._is_registering = False
                pulled.cancel()
                if not bringing.done():
                    bringing.cancel()
                    await asyncio.wait([bringing])
            if not bringing.cancelled():
                return bringing.result()
            if self._shared.stopping.is_set() or self._may_leave.is_set():
                return None

    async def _card_is_pulled(self) -> None:
        while not self._ear.was_told(SimRemoved):
            await self._ear.news()

    def _progress(self, state: PortState, args: dict[str, str]) -> None:
        # No other step is long, and one of them is the PIN.
        self._is_registering = state is PortState.REGISTERING
        if self._is_registering and self._wanted is not None and not self._wanted.is_over:
            self._may_leave.set()
        # A port that was tried in vain keeps its reason on the wall until there is another one.
        if not self._quietly or state in (PortState.SIM_BUSY, PortState.REGISTERING):
            self._place.show(condition_of(state, {"device": self._device, **args}))

    def _show(self, error: LineError) -> None:
        self._place.show(
            condition_of(error.state, {"device": self._device, "detail": "", **error.args_for_person})
        )

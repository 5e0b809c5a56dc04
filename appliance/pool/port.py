"""One port, watched over: open, bring up, serve until it is lost; and what is done where it does not work.

A hang of one modem costs the others nothing: each port is a task of its own, and nothing is shared but the writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from appliance.modem.at.trace import Trace
from appliance.modem.discovery import Slot
from appliance.modem.session import LineError, ModemSession, PortState
from appliance.pool.evidence import WORDS, Evidence, skipped_code
from appliance.pool.ladder import Climb, OpenAfter
from appliance.pool.presence import Presence
from appliance.pool.resets import Resets
from appliance.pool.rungs import Rung, Symptom
from appliance.pool.sender import PortTroubleError
from appliance.pool.service import Service
from appliance.pool.shared import SharedByPorts
from appliance.pool.ttys import Ttys, may_be_another
from appliance.pool.visit import JudgedError, ResetGivenError, Visit
from appliance.pool.waiting import first_of
from appliance.pool.wall import Place, condition_of
from appliance.pool.wanted import ON_THE_LINE, Wanted
from appliance.store.errors import StoreError

_log = logging.getLogger("simloft.pool")

PROOFS = 3
"""So often a device is asked that nothing but its answers shows to be a modem; then it is left alone."""


class PortKeeper:
    """Keeps one port in service as long as the pool runs."""

    def __init__(self, name: str, place: Place, shared: SharedByPorts, evidence: Evidence) -> None:
        self.name = name
        self.presence = Presence(name, shared.vanished)
        self.trace = Trace()
        """What was said last on this port, by whatever modem; it outlives a session that failed."""
        self._place = place
        self._shared = shared
        self._timings = shared.settings.timings
        self._evidence = evidence
        self._resets = Resets(shared)
        self._woken = asyncio.Event()
        self._released = asyncio.Event()
        self._visit: Visit | None = None
        self._failures = 0
        self._rung: Rung | None = None
        """To be taken at the next opening."""
        self._patient_until = 0.0
        """A modem that restarts, or was just plugged in, may be mute until then, by the clock of the loop."""
        self._wanted: Wanted | None = None
        self._wanting = asyncio.Event()
        self._ttys = Ttys()

    # -- for the technician -----------------------------------------------------------------------------------

    @property
    def session(self) -> ModemSession | None:
        """The open line, if there is one; its calls take turns with what the port does itself."""
        return None if self._visit is None else self._visit.session

    @property
    def service(self) -> Service | None:
        """What sends and receives here, if the modem is ready."""
        return None if self._visit is None else self._visit.service

    @property
    def place(self) -> Place:
        return self._place

    @property
    def askings(self) -> int:
        """How often the card was asked on the open line and could not be used."""
        return 0 if self._visit is None else self._visit.askings

    def wake(self) -> None:
        """Ask the card again now: a PIN was entered, or somebody looks."""
        self._woken.set()

    def release(self) -> None:
        """End a quarantine, with new budgets, and try at once."""
        self._released.set()
        self._woken.set()

    def restart(self, rung: Rung, meanwhile: Callable[[], None] | None = None) -> Wanted | None:
        """Take a rung for a person, as soon as what the modem sends is over; None where there is nothing to do it to.

        ``meanwhile`` is called when the old line is closed and the new one is not open yet.
        """
        there = self.presence.is_there if rung is Rung.USB_RESET else self.session is not None
        if not there or self._evidence.quarantine is not None:
            return None
        wanted = Wanted(rung, meanwhile)
        slot = self.presence.slot
        why_not = None if rung is not Rung.USB_RESET or slot is None else self._resets.never(slot)
        if why_not is not None:
            wanted.refuse(skipped_code(why_not), port=self.name, rung=WORDS[rung])
            return wanted
        self._wanted = wanted
        self._wanting.set()
        if self._visit is not None:
            self._visit.leave_for(wanted)
        return wanted

    # -- the life of a port -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until the pool stops."""
        stopping = self._shared.stopping
        showing = asyncio.create_task(self._place.run())
        try:
            while not stopping.is_set():
                slot = self.presence.slot
                if self._wanted is not None:
                    await self._as_wanted(slot)
                elif self._evidence.quarantine is not None:
                    await self._left_alone()
                elif slot is None:
                    self._show_trouble(LineError(PortState.ABSENT, detail="not there"))
                    await first_of(stopping.wait(), self.presence.comes())
                else:
                    await self._keep_open(slot)
        finally:
            self.trace.stop_recording()
            showing.cancel()
            await asyncio.wait([showing])
            with contextlib.suppress(StoreError):
                await self._place.write()

    async def _keep_open(self, slot: Slot) -> None:
        """Once through: open, serve, and what follows from how that ended."""
        loop = asyncio.get_running_loop()
        if self.presence.has_come:
            # What was just plugged in is starting: that it says nothing yet is no sign.
            self._patient_until = max(self._patient_until, loop.time() + self._timings.boot_s)
        self.presence.taken()
        began = loop.time()
        pause_s = 0.0
        try:
            await self._open(slot)
        except JudgedError as judged:
            self._show_trouble(judged.error)
            pause_s = await self._climb(judged.step) if isinstance(judged.step, Climb) else 0.0
        except ResetGivenError as given:
            self._place.show(condition_of(PortState.OPENING))
            self._be_patient(given.rung)
            pause_s = self._timings.reset_looks_s
        except LineError as error:
            pause_s = await self._after_line_error(error)
        except StoreError as error:
            _log.warning("%s: %s", self.name, error)
        except PortTroubleError as trouble:
            pause_s = await self._after_failing(trouble, slot)
        except Exception as error:
            _log.error("%s: unexpected %s (%s); it is opened again", self.name, type(error).__name__, error)
            _log.debug("where it happened", exc_info=error)
        settled = loop.time() - began >= self._timings.settled_after_s
        self._failures = 0 if settled else self._failures + 1
        await self._rest(pause_s)

    async def _open(self, slot: Slot) -> None:
        devices = self._ttys.in_order(slot)
        patient = asyncio.get_running_loop().time() < self._patient_until
        for device in devices:
            is_last = device == devices[-1]
            judges = is_last and not patient
            try:
                await self._open_tty(slot, device, judges=judges)
                return
            except LineError as error:
                if is_last or not may_be_another(error) or self.presence.has_gone:
                    raise

    async def _open_tty(self, slot: Slot, device: str, *, judges: bool) -> None:
        visit = Visit(
            slot,
            device,
            place=self._place,
            shared=self._shared,
            evidence=self._evidence,
            trace=self.trace,
            woken=self._woken,
            quietly=self._failures > 0,
        )
        rung, self._rung = self._rung, None
        self._visit = visit
        leaving = asyncio.create_task(self._leave_with_device(visit))
        try:
            await visit.run(rung, self._resets.impossible(slot) if judges else None)
        finally:
            leaving.cancel()
            self._visit = None
            if visit.was_well:
                self._ttys.spoke(device, slot)
                self._patient_until = 0.0

    async def _leave_with_device(self, visit: Visit) -> None:
        """A line may outlive its device, when its other end is no USB: what discovery says counts."""
        await self.presence.goes()
        visit.unplugged()

    # -- what follows -----------------------------------------------------------------------------------------

    async def _after_line_error(self, error: LineError) -> float:
        """Seconds to wait at least."""
        self._show_trouble(error)
        if error.state is not PortState.LINE_LOST:
            return 0.0
        return await self._count_loss(error.args_for_person.get("detail", ""))

    async def _count_loss(self, detail: str) -> float:
        """A line that is lost again and again is opened later and later, and then not at all."""
        loop = asyncio.get_running_loop()
        lost_at = loop.time()
        if lost_at < self._patient_until:
            return self._timings.reset_looks_s
        await self._settle_loss()
        if self._shared.vanished.with_others(self.presence.went_at if self.presence.has_gone else lost_at):
            return 0.0
        step = await self._evidence.lost(detail)
        return step.pause_ms / 1000 if isinstance(step, OpenAfter) else 0.0

    async def _settle_loss(self) -> None:
        """Until discovery has seen what vanished, so that a hub that went is not taken for one stick."""
        await first_of(
            self._shared.stopping.wait(), self.presence.goes(), limit_s=self._timings.loss_settles_s
        )

    async def _after_failing(self, trouble: PortTroubleError, slot: Slot) -> float:
        _log.warning("%s: %s; it is opened again", self.name, trouble)
        if not trouble.is_fault_of_modem:
            return 0.0
        step = await self._evidence.failed(Symptom.FAILING, str(trouble), self._resets.impossible(slot))
        return await self._climb(step) if isinstance(step, Climb) else 0.0

    async def _climb(self, step: Climb) -> float:
        """Take a rung, or leave it for the next opening; seconds to wait before that."""
        pause_s = step.pause_ms / 1000
        if step.rung not in (Rung.USB_RESET, Rung.HUB_POWER):
            self._rung = step.rung if step.rung in (Rung.SOFT_RESET, Rung.RADIO_RESET) else None
            return pause_s
        await first_of(self._shared.stopping.wait(), self.presence.goes(), limit_s=pause_s)
        slot = self.presence.slot
        if slot is None or self._shared.stopping.is_set():
            # Nothing is reset that is absent.
            await self._evidence.not_possible(step.rung, "absent")
            return 0.0
        why_not = await self._resets.take(step.rung, slot)
        if why_not is not None:
            await self._evidence.not_possible(step.rung, why_not)
            return 0.0
        self._be_patient(step.rung)
        return self._timings.reset_looks_s

    async def _as_wanted(self, slot: Slot | None) -> None:
        """What a person asked for that is done with the line closed; what was no more to be done is dropped."""
        wanted, self._wanted = self._wanted, None
        self._wanting.clear()
        if wanted is None or wanted.is_over:
            return
        if wanted.rung in ON_THE_LINE:
            wanted.refuse("command.restart-not-given", port=self.name)
            return
        if wanted.rung is Rung.USB_RESET:
            why_not = "absent" if slot is None else await self._resets.take(wanted.rung, slot)
            if why_not is not None:
                wanted.refuse(skipped_code(why_not), port=self.name, rung=WORDS[wanted.rung])
                return
            self._be_patient(wanted.rung)
        self._place.show(condition_of(PortState.OPENING))
        wanted.take()

    def _be_patient(self, rung: Rung) -> None:
        settles_s = self._shared.settings.ladder.rungs[rung].settles_ms / 1000
        self._patient_until = asyncio.get_running_loop().time() + settles_s

    async def _rest(self, least_s: float) -> None:
        """Before the next try, longer each time; a device that comes anew is opened at once, unless it flaps."""
        if self._evidence.quarantine is not None:
            return
        stopping = self._shared.stopping
        if self._wanted is not None and self._wanted.is_over:
            # It was done on the line, or given up.
            self._wanted = None
            self._wanting.clear()
        if self._evidence.flaps and self._wanted is None:
            await self._stay_away(least_s)
            return
        pause_s = self._timings.reopen_first_s * 2 ** min(max(0, self._failures - 1), 16)
        pause_s = max(least_s, min(self._timings.reopen_longest_s, pause_s))
        if not self._place.is_proven and self._failures >= PROOFS:
            pause_s = self._timings.unproven_s
        patient_s = self._patient_until - asyncio.get_running_loop().time()
        if patient_s > 0:
            pause_s = min(pause_s, self._timings.reset_looks_s)
        self._released.clear()
        await first_of(
            *(stopping.wait(), self.presence.comes(), self._released.wait(), self._wanting.wait()),
            limit_s=pause_s,
        )

    async def _stay_away(self, pause_s: float) -> None:
        """What flaps is opened once it has stayed for a while; each time that it goes again counts."""
        stopping = self._shared.stopping
        released, wanting = self._released, self._wanting
        while self._evidence.quarantine is None and not any(
            each.is_set() for each in (stopping, released, wanting)
        ):
            if not self.presence.is_there:
                self._show_trouble(LineError(PortState.LINE_LOST, detail="flaps"))
                await first_of(stopping.wait(), self.presence.comes(), released.wait(), wanting.wait())
            self.presence.taken()
            await first_of(
                *(stopping.wait(), self.presence.goes(), released.wait(), wanting.wait()), limit_s=pause_s
            )
            if not self.presence.has_gone:
                return
            step = await self._evidence.lost("flaps")
            pause_s = step.pause_ms / 1000 if isinstance(step, OpenAfter) else 0.0

    async def _left_alone(self) -> None:
        """In quarantine: until a person, another device, or the time for a single try ends it."""
        condition = self._evidence.condition()
        if condition is not None and condition != self._place.condition:
            self._place.show(condition)
        if self._released.is_set():
            self._released.clear()
            await self._evidence.release(by_person=True)
            self._failures = 0
            return
        self._woken.clear()
        self.presence.taken()
        gone_s = self._evidence.gone_s
        there = self.presence.is_there
        await first_of(
            *(self._shared.stopping.wait(), self._released.wait()),
            *(self.presence.comes(), self.presence.goes()),
            limit_s=self._evidence.until_probe_s() if there else max(0.0, gone_s - self.presence.away_s),
        )
        if self._released.is_set() or self._shared.stopping.is_set():
            return
        slot = self.presence.slot
        if slot is None:
            if self.presence.away_s >= gone_s:
                await self._evidence.release(by_person=False)
        elif self.presence.has_come and (self._evidence.ends_by_plug or self.presence.is_another):
            await self._evidence.release(by_person=False)
        elif self._evidence.until_probe_s() <= 0:
            await self._keep_open(slot)
            if self._evidence.until_probe_s() <= 0:
                await self._evidence.probed_in_vain()

    def _show_trouble(self, error: LineError) -> None:
        condition = condition_of(error.state, {"device": self.name, "detail": "", **error.args_for_person})
        if condition.state != self._place.condition.state:
            _log.info("%s: %s", self.name, error)
        self._place.show(condition)

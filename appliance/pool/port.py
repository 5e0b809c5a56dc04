"""One port, watched over: open, bring up, serve until it is lost, and again after a while.

A hang of one modem costs the others nothing: each port is a task of its own, and nothing is shared but the writer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from appliance.modem.at.trace import Trace
from appliance.modem.session import Bearings, LineError, ModemEvent, ModemSession, PortState
from appliance.pool.sender import PortTroubleError
from appliance.pool.service import Service, SharedByPorts
from appliance.pool.waiting import first_of
from appliance.pool.wall import Place, condition_of
from appliance.store.errors import StoreError

_log = logging.getLogger("simloft.pool")


class Presence:
    """Whether the device of a port is there, as the last scan saw it."""

    def __init__(self) -> None:
        self._device: object = None
        self._came = asyncio.Event()

    def see(self, device: object) -> None:
        """``device`` tells one device from the next that has its name; None: nothing is there."""
        if device is not None and device != self._device:
            self._came.set()
        self._device = device

    @property
    def is_there(self) -> bool:
        return self._device is not None

    async def comes(self) -> None:
        """Until a device appears that was not there before."""
        await self._came.wait()

    def taken(self) -> None:
        """What is there now is being opened."""
        self._came.clear()


class _Ear:
    """Hears a modem from its opening on; what it tells before its SIM is known waits."""

    def __init__(self) -> None:
        self._early: list[ModemEvent] = []
        self._hear: Callable[[ModemEvent], None] = self._early.append

    def __call__(self, event: ModemEvent) -> None:
        self._hear(event)

    def given_to(self, hear: Callable[[ModemEvent], None]) -> None:
        self._hear = hear
        for event in self._early:
            hear(event)


class PortKeeper:
    """Keeps one port in service as long as the pool runs."""

    def __init__(self, name: str, place: Place, shared: SharedByPorts) -> None:
        self.name = name
        self.presence = Presence()
        self.trace = Trace()
        """What was said last on this port, by whatever modem; it outlives a session that failed."""
        self._place = place
        self._shared = shared
        self._timings = shared.settings.timings
        self._failures = 0

    async def run(self) -> None:
        """Until the pool stops."""
        stopping = self._shared.stopping
        showing = asyncio.create_task(self._place.run())
        try:
            while not stopping.is_set():
                if self.presence.is_there:
                    await self._once()
                    await self._rest()
                else:
                    self._show_trouble(LineError(PortState.ABSENT, detail="not there"))
                    await first_of(stopping.wait(), self.presence.comes())
        finally:
            showing.cancel()

    async def _once(self) -> None:
        """Open, bring up and serve; returns when the port is closed again."""
        self.presence.taken()
        began = asyncio.get_running_loop().time()
        try:
            await self._serve()
        except LineError as error:
            self._show_trouble(error)
        except StoreError as error:
            _log.warning("%s: %s", self.name, error)
        except PortTroubleError as trouble:
            _log.warning("%s: %s; it is opened again", self.name, trouble)
        except Exception as error:
            _log.error("%s: unexpected %s (%s); it is opened again", self.name, type(error).__name__, error)
            _log.debug("where it happened", exc_info=error)
        lasted_s = asyncio.get_running_loop().time() - began
        self._failures = 0 if lasted_s >= self._timings.settled_after_s else self._failures + 1

    async def _rest(self) -> None:
        """Before the next try, longer each time; a device that comes anew is opened at once."""
        pause_s = self._timings.reopen_first_s * 2 ** min(max(0, self._failures - 1), 16)
        await first_of(
            self._shared.stopping.wait(),
            self.presence.comes(),
            limit_s=min(self._timings.reopen_longest_s, pause_s),
        )

    def _show_trouble(self, error: LineError) -> None:
        condition = condition_of(error.state, {"device": self.name, "detail": "", **error.args_for_person})
        if condition.state != self._place.condition.state:
            _log.info("%s: %s", self.name, error)
        self._place.show(condition)

    async def _serve(self) -> None:
        ear = _Ear()
        limits = self._shared.settings.modem_limits
        session = await ModemSession.open(self.name, on_event=ear, limits=limits, trace=self.trace)
        try:
            bearings = await self._brought_up(session)
            if bearings is None:
                return
            sim = await self._place.found(bearings)
            service = Service(session, self._place, sim, self._shared)
            ear.given_to(service.hear)
            await service.run()
        finally:
            await session.close()

    async def _brought_up(self, session: ModemSession) -> Bearings | None:
        """What was found; None where the pool stops before."""
        bringing = asyncio.create_task(session.bring_up(on_progress=self._progress))
        try:
            await first_of(bringing, self._shared.stopping.wait())
        finally:
            if not bringing.done():
                bringing.cancel()
                await asyncio.wait([bringing])
        return None if bringing.cancelled() else bringing.result()

    def _progress(self, state: PortState, args: dict[str, str]) -> None:
        # A port that was tried in vain keeps its reason on the wall until there is another one.
        if self._failures == 0:
            self._place.show(condition_of(state, {"device": self.name, **args}))

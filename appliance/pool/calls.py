"""Incoming calls, noted as missed once they stop ringing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Protocol

from appliance.modem.session import IncomingCall
from appliance.pool.shared import SharedByPorts
from appliance.pool.wall import Place
from appliance.store import events
from appliance.store.clock import now_ms


class MissedCalls:
    """One modem's calls. ``RING`` and ``+CLIP`` come again every few seconds while it rings."""

    def __init__(self, over_after_s: float, on_missed: Callable[[str | None], None]) -> None:
        self._over_after_s = over_after_s
        self._on_missed = on_missed
        self._number: str | None = None
        self._timer: asyncio.TimerHandle | None = None

    def hear(self, call: IncomingCall) -> None:
        """It rings."""
        if self._timer is not None:
            self._timer.cancel()
            if call.number is not None and self._number not in (None, call.number):
                # Another one calls before the first call was seen to end.
                self._over()
        self._number = call.number or self._number
        self._timer = asyncio.get_running_loop().call_later(self._over_after_s, self._over)

    def end(self) -> None:
        """The port closes: a call that rings now is noted now."""
        if self._timer is not None:
            self._timer.cancel()
            self._over()

    def _over(self) -> None:
        number, self._number, self._timer = self._number, None, None
        self._on_missed(number)


class HangsUp(Protocol):
    """What this needs of a modem session."""

    async def hang_up(self) -> object: ...


class Calls:
    """The calls of one port in service: each is an event once it is over, and is ended where the settings say so."""

    def __init__(self, session: HangsUp, place: Place, sim_id: int, shared: SharedByPorts) -> None:
        self._session = session
        self._place = place
        self._sim_id = sim_id
        self._shared = shared
        self._over: list[str | None] = []
        self._rings = False
        self._news = asyncio.Event()
        self._missed = MissedCalls(shared.settings.timings.call_ends_s, self._ends)

    def hear(self, call: IncomingCall) -> None:
        """It rings."""
        self._missed.hear(call)
        self._rings = True
        self._news.set()

    def _ends(self, number: str | None) -> None:
        self._over.append(number)
        self._news.set()

    async def run(self) -> None:
        """Note and hang up, until cancelled. Raises ``LineError`` where the modem is mute or gone."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._rings and self._shared.settings.hang_up_calls:
                # Its turn on the line comes after what is being sent.
                await self._session.hang_up()
            self._rings = False
            await self._note_all()

    async def finish(self) -> None:
        """The port closes: a call that rings now is noted now."""
        self._missed.end()
        await self._note_all()

    async def _note_all(self) -> None:
        while self._over:
            await self._note(self._over.pop(0))

    async def _note(self, number: str | None) -> None:
        reason = "event.missed-call" if number else "event.missed-call-unknown"
        await self._shared.writer.write(
            partial(
                events.add,
                kind=events.EventKind.MISSED_CALL,
                reason=reason,
                args={"caller": number} if number else {},
                at_ms=now_ms(),
                port_id=self._place.port_id,
                sim_id=self._sim_id,
            )
        )

"""What a modem does not announce, asked for now and then: one command, and none while it sends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Protocol

from appliance.modem.session import LineError, NetworkStatus, PortState
from appliance.pool.settings import Timings

MOST_LEFT_OUT = 8
"""Glances after a listing: one for each command that it took (``+CPMS`` and ``+CMGL`` of each memory), but no more."""

BABBLE_OCTETS_PER_S = 200
"""Unreadable octets: a modem says none, a bad plug a few, a device that babbles up to 11,520 at 115,200 baud."""

LONGEST_BUSY_TURNS = 4
"""So often a glance waits for a SIM that sends without a pause; then it is made between two sends."""


class Glances(Protocol):
    """What this needs of a modem session."""

    @property
    def commands(self) -> int: ...

    @property
    def last_heard_at(self) -> float: ...

    @property
    def garbage_octets(self) -> int: ...

    async def glance(self) -> NetworkStatus: ...

    async def check(self) -> None: ...


class Watcher:
    """Watches over one modem in service. A glance that is answered is the proof of life."""

    def __init__(
        self,
        session: Glances,
        timings: Timings,
        *,
        is_busy: Callable[[], bool],
        list_memory: Callable[[], None],
        on_status: Callable[[NetworkStatus], Awaitable[None]],
        random: Random,
    ) -> None:
        self._session = session
        self._timings = timings
        self._is_busy = is_busy
        self._list_memory = list_memory
        self._on_status = on_status
        self._random = random

    async def run(self) -> None:
        """Until cancelled. Raises ``LineError`` where the modem is mute or gone."""
        loop = asyncio.get_running_loop()
        glance_s = self._timings.glance_s
        listed_at, has_listed, skipped = loop.time(), False, 0
        # Not all modems of a box at one instant.
        await asyncio.sleep(glance_s * self._random.uniform(0.5, 1.0))
        while True:
            before = self._session.commands
            if not has_listed and loop.time() - listed_at >= self._timings.list_memory_s:
                listed_at, has_listed = loop.time(), True
                self._list_memory()
            elif self._is_busy() and skipped < LONGEST_BUSY_TURNS:
                skipped += 1
            else:
                has_listed, skipped = False, 0
                await self._glance()
            await asyncio.sleep(glance_s)
            given = self._session.commands - before
            if has_listed and not self._is_busy():
                await asyncio.sleep(glance_s * min(max(given - 1, 0), MOST_LEFT_OUT))

    async def listen(self) -> None:
        """A line that babbles is found by what comes, before any question is lost in it. Raises ``LineError``."""
        while True:
            before = self._session.garbage_octets
            await asyncio.sleep(self._timings.babble_look_s)
            unreadable = self._session.garbage_octets - before
            if unreadable >= BABBLE_OCTETS_PER_S * self._timings.babble_look_s:
                raise LineError(PortState.GARBLED, detail=f"{unreadable} unreadable octets")

    async def _glance(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        status = await self._session.glance()
        if self._session.last_heard_at < asked_at:
            # Not a word: whether it lives is asked at once, not at the next turn.
            await self._session.check()
            return
        await self._on_status(status)

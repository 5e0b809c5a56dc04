"""A modem that answers and whose card can't be used yet: when it is worth asking again, on the same open line."""

from __future__ import annotations

import asyncio
from typing import Protocol

from appliance.modem.session import (
    CardPresence,
    PortState,
    RegistrationChanged,
    SimChanged,
    SimInserted,
    SimRemoved,
)
from appliance.pool.ear import Ear
from appliance.pool.settings import Timings
from appliance.pool.waiting import first_of

LOCKED = frozenset(
    {PortState.PIN_REQUIRED, PortState.WRONG_PIN, PortState.PIN_NOT_TRIED, PortState.PUK_REQUIRED}
)
"""Only a person or another card changes these."""

CARD_STATES = LOCKED | {
    PortState.NO_SIM,
    PortState.SIM_FAILURE,
    PortState.SIM_BUSY,
    PortState.NO_SMSC,
    PortState.REGISTRATION_DENIED,
    PortState.NO_NETWORK,
}
"""States in which the modem itself is well, so that its line stays open."""

_CARD_MOVED = (SimInserted, SimChanged)


class LooksAtCard(Protocol):
    """What this needs of a modem session."""

    async def card_in(self) -> CardPresence: ...

    async def wake_card(self) -> None: ...


class CardWait:
    """Waits beside one open modem. Raises ``LineError`` where that one is mute or gone."""

    def __init__(
        self,
        session: LooksAtCard,
        ear: Ear,
        timings: Timings,
        *,
        woken: asyncio.Event,
        stopping: asyncio.Event,
    ) -> None:
        self._session = session
        self._ear = ear
        self._timings = timings
        self._woken = woken
        self._stopping = stopping

    async def until_worth_asking(self, state: PortState, times: int) -> None:
        """Until the card may be in another state; ``times`` is how often in a row it was in this one."""
        if state is PortState.NO_SIM:
            await self._for_a_card()
        elif state in LOCKED:
            await self._for_a_person()
        else:
            await self._for_a_while(times)

    async def _for_a_card(self) -> None:
        """A card that is put in is seen within two seconds; after minutes without one, a little later.

        Many modems notice no card before their radio was off and on again, so that is done now and then.
        """
        timings, loop = self._timings, asyncio.get_running_loop()
        began = woken_at = loop.time()
        wake_s = timings.card_wake_first_s
        while True:
            soon = loop.time() - began < timings.card_soon_for_s
            if await self._news_within(
                timings.card_look_s if soon else timings.card_look_later_s, _CARD_MOVED
            ):
                return
            if loop.time() - woken_at >= wake_s:
                await self._session.wake_card()
                # Somebody may stand there with a card in his hand; later it is worth a try now and then.
                woken_at = loop.time()
                wake_s = wake_s if soon else min(wake_s * 2, timings.card_wake_longest_s)
            if await self._session.card_in() is CardPresence.PRESENT:
                return

    async def _for_a_person(self) -> None:
        """A PIN that is entered rings (:attr:`woken`); a card that is taken out is seen."""
        while not await self._news_within(self._timings.card_look_later_s, (*_CARD_MOVED, SimRemoved)):
            if await self._session.card_in() is CardPresence.REMOVED:
                return

    async def _for_a_while(self, times: int) -> None:
        """What passes by itself, or once the network changes its mind."""
        timings = self._timings
        pause_s = min(timings.card_retry_longest_s, timings.card_retry_first_s * 2 ** min(times - 1, 16))
        await self._news_within(pause_s, (*_CARD_MOVED, SimRemoved, RegistrationChanged))

    async def _news_within(self, limit_s: float, kinds: tuple[type, ...]) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit_s
        while True:
            if self._ear.was_told(*kinds) or self._woken.is_set() or self._stopping.is_set():
                self._woken.clear()
                return True
            left_s = deadline - loop.time()
            if left_s <= 0:
                return False
            await first_of(self._ear.news(), self._woken.wait(), self._stopping.wait(), limit_s=left_s)

"""Hears a modem from its opening on, whoever listens at present."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from appliance.modem.session import (
    LineError,
    LineLost,
    ModemEvent,
    NetworkTimeHeard,
    PortState,
    RegistrationChanged,
    SignalChanged,
    StorageFull,
)

MOST_EARLY = 1000
"""Of what is told while no SIM is known: a modem that never stops talking fills no memory."""


_ONLY_THE_LATEST = (SignalChanged, RegistrationChanged, NetworkTimeHeard, StorageFull)
"""What some modems say every few seconds, also while they wait for a PIN or a network for hours."""


class Ear:
    """What a modem tells before its SIM is known waits for the service."""

    def __init__(self) -> None:
        self._early: list[ModemEvent] = []
        self._hear: Callable[[ModemEvent], None] | None = None
        self._news = asyncio.Event()
        self._lost: LineLost | None = None

    def __call__(self, event: ModemEvent) -> None:
        if isinstance(event, LineLost):
            self._lost = event
        if self._hear is not None:
            self._hear(event)
        else:
            self._keep(event)
        self._news.set()

    def _keep(self, event: ModemEvent) -> None:
        """For the service: of what only the latest counts, that, so that it leaves room for what must not be lost."""
        if isinstance(event, _ONLY_THE_LATEST):
            self._early = [each for each in self._early if type(each) is not type(event)]
        if len(self._early) < MOST_EARLY:
            self._early.append(event)

    def given_to(self, hear: Callable[[ModemEvent], None]) -> None:
        """All goes to ``hear`` from now on, first what waited."""
        early, self._early, self._hear = self._early, [], hear
        for event in early:
            hear(event)

    def taken_back(self) -> None:
        """The service is over; what is told waits again."""
        self._hear = None

    async def news(self) -> None:
        """Until something is told after the last :meth:`was_told`."""
        await self._news.wait()

    def was_told(self, *kinds: type[ModemEvent]) -> bool:
        """Whether one of these kinds waits; those that do are taken. LineError where the line is lost."""
        self._news.clear()
        if self._lost is not None:
            raise LineError(PortState.LINE_LOST, detail=self._lost.reason)
        rest = [event for event in self._early if not isinstance(event, kinds)]
        found = len(rest) < len(self._early)
        self._early = rest
        return found

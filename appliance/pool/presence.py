"""Whether the device of a port is there, as discovery saw it last, and what came and went meanwhile."""

from __future__ import annotations

import asyncio
from collections import deque

from appliance.modem.discovery import Slot

TOGETHER_S = 2.0
"""Devices that vanish within so long of each other hung on something that vanished."""
A_HUB = 3
"""So many of them are a hub, which is no fault of each."""


class Vanished:
    """When devices of the pool vanished: a hub that loses its power is not eight sticks that flap."""

    def __init__(self) -> None:
        self._at: deque[tuple[float, str]] = deque(maxlen=256)

    def note(self, port_name: str) -> None:
        """The device of a port has vanished now."""
        self._at.append((asyncio.get_running_loop().time(), port_name))

    def with_others(self, at: float) -> bool:
        """Whether what vanished at that time of the loop did so with a whole hub."""
        return len({name for when, name in self._at if abs(when - at) <= TOGETHER_S}) >= A_HUB


class Presence:
    """One slot over time."""

    def __init__(self, name: str, vanished: Vanished) -> None:
        self._name = name
        self._vanished = vanished
        self._slot: Slot | None = None
        self._came = asyncio.Event()
        self._went = asyncio.Event()
        self._away_since = asyncio.get_running_loop().time()
        self._last: Slot | None = None
        """What was there last, also while nothing is."""
        self._is_another = False

    def see(self, slot: Slot | None) -> None:
        """Discovery finds ``slot`` now; None or one without devices: nothing is there."""
        seen = slot if slot is not None and slot.is_there else None
        if self._slot is not None and (seen is None or seen.mark != self._slot.mark):
            self._goes()
        if seen is not None and self._slot is None:
            self._comes(seen)
        self._slot = seen

    def _goes(self) -> None:
        self._slot = None
        self._away_since = asyncio.get_running_loop().time()
        self._vanished.note(self._name)
        self._went.set()

    def _comes(self, seen: Slot) -> None:
        last, self._last = self._last, seen
        self._is_another = last is not None and (last.usb_id, last.hint) != (seen.usb_id, seen.hint)
        self._came.set()

    @property
    def slot(self) -> Slot | None:
        """What is there now."""
        return self._slot

    @property
    def is_there(self) -> bool:
        return self._slot is not None

    @property
    def is_another(self) -> bool:
        """Whether what is there is no device of the kind that was there before."""
        return self._is_another

    @property
    def went_at(self) -> float:
        """When something vanished here the last time, by the clock of the loop."""
        return self._away_since

    @property
    def away_s(self) -> float:
        """For how long nothing is there."""
        return 0.0 if self.is_there else asyncio.get_running_loop().time() - self._away_since

    @property
    def has_come(self) -> bool:
        """Whether a device appeared after the last :meth:`taken`."""
        return self._came.is_set()

    async def comes(self) -> None:
        """Until a device appears that was not there at the last :meth:`taken`."""
        await self._came.wait()

    async def goes(self) -> None:
        """Until the device vanishes that was there at the last :meth:`taken`."""
        await self._went.wait()

    @property
    def has_gone(self) -> bool:
        """Whether it has, if only for a moment."""
        return self._went.is_set()

    def taken(self) -> None:
        """What is there now is what counts from now on."""
        self._came.clear()
        self._went.clear()

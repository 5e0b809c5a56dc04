"""Whether a SIM may begin to send: open while nothing stands in its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

FULL_MEMORY = "full memory"
"""The modem's memory was not emptied yet; a full one may refuse to send."""
REGISTRATION = "registration"
"""No network has the SIM at present."""
ROAMING = "roaming"
"""The SIM is in a foreign network, from which the box may not send."""
UNSEEN_CARD = "unseen card"
"""A network has the SIM again, and it may be another one."""


class Gate:
    """Closed by obstacles with names, each of which goes away for itself."""

    def __init__(self, on_change: Callable[[], None] | None = None) -> None:
        self._on_change = on_change
        self._obstacles: set[str] = set()
        self._opened = asyncio.Event()
        self._opened.set()

    @property
    def is_open(self) -> bool:
        return not self._obstacles

    def has(self, obstacle: str) -> bool:
        """Whether ``obstacle`` stands in the way."""
        return obstacle in self._obstacles

    def set(self, obstacle: str, *, stands: bool) -> None:
        """``obstacle`` stands in the way from now on, or doesn't any more."""
        if stands == self.has(obstacle):
            return
        if stands:
            self._obstacles.add(obstacle)
            self._opened.clear()
        else:
            self._obstacles.discard(obstacle)
            if not self._obstacles:
                self._opened.set()
        if self._on_change is not None:
            self._on_change()

    async def opened(self) -> None:
        """Until nothing stands in the way."""
        await self._opened.wait()

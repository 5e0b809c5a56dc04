"""Whether a SIM may begin to send: open while nothing stands in its way."""

from __future__ import annotations

import asyncio

FULL_MEMORY = "full memory"
"""The modem's memory was not emptied yet; a full one may refuse to send."""
REGISTRATION = "registration"
"""No network has the SIM at present."""


class Gate:
    """Closed by obstacles with names, each of which goes away for itself."""

    def __init__(self) -> None:
        self._obstacles: set[str] = set()
        self._opened = asyncio.Event()
        self._opened.set()

    @property
    def is_open(self) -> bool:
        return not self._obstacles

    def set(self, obstacle: str, *, stands: bool) -> None:
        """``obstacle`` stands in the way from now on, or doesn't any more."""
        if stands:
            self._obstacles.add(obstacle)
            self._opened.clear()
            return
        self._obstacles.discard(obstacle)
        if not self._obstacles:
            self._opened.set()

    async def opened(self) -> None:
        """Until nothing stands in the way."""
        await self._opened.wait()

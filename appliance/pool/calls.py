"""Incoming calls, noted as missed once they stop ringing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from appliance.modem.session import IncomingCall


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

"""Time as the bank sees it: an event loop's timers and a wall clock, both of which a test may replace."""

from collections.abc import Callable
from typing import Any, Protocol


class Cancellable(Protocol):
    """A timer that has not fired yet."""

    def cancel(self) -> None:
        """The callback will not be called."""


class Timers(Protocol):
    """What the bank needs of an event loop; `asyncio.AbstractEventLoop` is one."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Cancellable:
        """Calls `callback(*args)` after `delay` seconds."""


WallClock = Callable[[], float]
"""Seconds since the epoch, as `time.time` gives them."""

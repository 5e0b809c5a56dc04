"""Clocks that a test sets, for everything that runs in its process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from appliance.store import clock
from appliance.store.clock import SystemClocks

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
YEAR_MS = 365 * DAY_MS


class SetClocks:
    """The system's, with a wall clock that may be set, and starts of the system as often as wanted."""

    def __init__(self) -> None:
        self._system = SystemClocks()
        self._began_ms = 0
        self._boots = 1
        self.wall_ahead_ms = 0
        self.proves = False

    def wall_ms(self) -> int:
        return self._system.wall_ms() + self.wall_ahead_ms

    def boottime_ms(self) -> int:
        return self._system.boottime_ms() - self._began_ms

    def boot_id(self) -> str:
        return f"boot {self._boots}"

    def is_proved(self, wall_ms: int) -> bool:
        return self.proves

    def leap(self, by_ms: int) -> None:
        """The wall clock is set."""
        self.wall_ahead_ms += by_ms

    def leap_to(self, wall_ms: int) -> None:
        """The wall clock is set to an instant, from which it goes on."""
        self.wall_ahead_ms = wall_ms - self._system.wall_ms()

    def boot(self) -> None:
        """The system starts anew, a moment after it went down."""
        self._boots += 1
        self._began_ms = self._system.boottime_ms()


@contextlib.contextmanager
def set_clocks() -> Iterator[SetClocks]:
    clocks = SetClocks()
    with clock.read_from(clocks):
        yield clocks
    clock.reckon_by(None)

"""The clocks of a simulated box: one that anybody may set, and one that only goes on."""

from __future__ import annotations

from appliance.store import clock
from tests.simulation.loop import VirtualLoop

BEGIN_S = 1_790_000_000
"""When all runs begin by the network's clock: 2026-09-21T14:13:20Z."""


class SimulatedClocks:
    """`Clocks` for the box, and the true time for the network."""

    def __init__(self, loop: VirtualLoop, begin_s: float) -> None:
        self._loop = loop
        self._begin_s = begin_s
        self._booted_at_s = 0.0
        self._boots = 1
        self.offset_ms = 0
        """How far the box's wall clock is from the network's."""
        self.is_kept = False
        """Something keeps the system's clock, and says so."""
        self.was_lost = False
        """The system began once with a wrong clock, so that nobody on the box could know what time it was."""

    def true_s(self) -> float:
        """The network's clock, in seconds since 1970."""
        return self._begin_s + self._loop.time()

    def true_ms(self) -> int:
        return int(self.true_s() * 1000)

    def wall_ms(self) -> int:
        return self.true_ms() + self.offset_ms

    def boottime_ms(self) -> int:
        return int((self._loop.time() - self._booted_at_s) * 1000) + 1000

    def boot_id(self) -> str:
        return f"boot-{self._boots}"

    def is_proved(self, wall_ms: int) -> bool:
        return self.is_kept and abs(wall_ms - self.true_ms()) < 2000

    def boot(self, offset_ms: int) -> None:
        """The system starts anew, its wall clock as far from the truth as that."""
        self._boots += 1
        self._booted_at_s = self._loop.time()
        self.offset_ms = offset_ms
        self.was_lost |= offset_ms != 0

    def put_right(self) -> None:
        """The wall clock is right again, and somebody says so."""
        self.offset_ms, self.is_kept = 0, True


def clock_of_nobody() -> None:
    """Forget by what a process reckoned that is gone."""
    if hasattr(clock, "reckon_by"):
        clock.reckon_by(None)

"""How delivery reports come to one SIM: as they should, early, twice, as an interim one first, or all in one storm."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.modem.simulator.clock import Timers

INTERIM_CONGESTION = 0x20


@dataclass(frozen=True, slots=True)
class ReportHabits:
    """`delay_s` None leaves the network's own. `again_after_s`: the same report once more (None: not).

    `interim`: the TP-ST of a report that comes in due time, the true one `final_after_s` later. `hold_s`: reports are
    kept until so long after the first and then come at once, last one first. `national`: the recipient stands there
    without country code.
    """

    delay_s: float | None = None
    again_after_s: float | None = None
    interim: int | None = None
    final_after_s: float = 2.0
    hold_s: float = 0.0
    national: bool = False


GOOD_HABITS = ReportHabits()


class ReportSchedule:
    """When `give(status)` is called for one part."""

    def __init__(self, timers: Timers) -> None:
        self._timers = timers
        self._held: dict[str, list[Callable[[], object]]] = {}

    def plan(
        self, sim: str, habits: ReportHabits, delay_s: float, status: int, give: Callable[[int], object]
    ) -> None:
        """Reports on one part as these habits have it. A delay of 0 by habit is before anything else happens."""
        if habits.hold_s:
            self._hold(sim, habits.hold_s, lambda: give(status))
            return
        if habits.interim is not None:
            self._after(delay_s, lambda: give(habits.interim or INTERIM_CONGESTION))
            self._after(delay_s + habits.final_after_s, lambda: give(status))
        elif habits.delay_s == 0.0:
            give(status)
        else:
            self._after(delay_s if habits.delay_s is None else habits.delay_s, lambda: give(status))
        if habits.again_after_s is not None:
            self._after(delay_s + habits.again_after_s, lambda: give(status))

    def _after(self, delay_s: float, call: Callable[[], object]) -> None:
        self._timers.call_later(delay_s, call)

    def _hold(self, sim: str, hold_s: float, call: Callable[[], object]) -> None:
        held = self._held.setdefault(sim, [])
        if not held:
            self._after(hold_s, lambda: self._release(sim))
        held.append(call)

    def _release(self, sim: str) -> None:
        for call in reversed(self._held.pop(sim, [])):
            call()

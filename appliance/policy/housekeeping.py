"""When the box keeps its own house, and which time it believes in while it throws things away. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

HOUR_MS = 3_600_000

CATCH_UP = 8
"""A clock that was set forward is followed so many times as fast as time goes: a wrong year is put right long before
a year's messages are taken for old, and a box that was off for a month is up to date within days."""

ONCE_A_DAY_MS = 20 * HOUR_MS
OVERDUE_MS = 72 * HOUR_MS
"""A box that is switched off every night does the work of the night when it has nothing else to do."""


@dataclass(frozen=True, slots=True)
class Night:
    """The hours in which nobody minds, in the zone of the box; from 22 to 5 goes over midnight."""

    from_hour: int = 2
    to_hour: int = 5

    def holds(self, now_ms: int, zone: tzinfo) -> bool:
        """Whether an instant is in it."""
        hour = datetime.fromtimestamp(now_ms / 1000, zone).hour
        if self.from_hour < self.to_hour:
            return self.from_hour <= hour < self.to_hour
        return hour >= self.from_hour or hour < self.to_hour


def is_night_work_due(
    night: Night, zone: tzinfo, *, last_ms: int | None, now_ms: int, is_quiet: bool
) -> bool:
    """Whether to do now what is done once a day, if it was done last at ``last_ms``."""
    # A clock that was set back counts as a day that passed.
    since_ms = ONCE_A_DAY_MS if last_ms is None or last_ms > now_ms else now_ms - last_ms
    if night.holds(now_ms, zone):
        return since_ms >= ONCE_A_DAY_MS
    return is_quiet and since_ms >= OVERDUE_MS


def advanced(believed_ms: int, now_ms: int, elapsed_ms: int) -> int:
    """The latest instant that is believed in, after ``elapsed_ms`` in which the clock came to show ``now_ms``.

    What is old is told by the earlier of this and the clock.
    """
    return max(believed_ms, min(now_ms, believed_ms + CATCH_UP * elapsed_ms))

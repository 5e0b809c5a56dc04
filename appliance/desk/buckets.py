"""How many requests a key may make: a token bucket for each key, in the memory of the process.

Messages are counted in the database (:mod:`appliance.desk.key_limits`), because each of them costs; a request costs a
millisecond, so that forgetting the buckets with a restart harms nobody.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request found in the bucket."""

    is_allowed: bool
    left: int
    """Requests that may follow at once."""
    full_in_s: int
    """Until as many may follow at once as there may be in a minute."""
    wait_s: int
    """Until one more is let through; 0 where this one was."""


class Buckets:
    """One for the process; safe for its threads. Bounded by the keys of the box that have such a limit."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[int, tuple[float, float]] = {}
        """Of each key: when it was last looked at, and how many tokens there were then."""

    def take(self, key_id: int, per_minute: int) -> Taken:
        """One request of a key that may make so many in a minute, a whole minute's at once where it was quiet."""
        with self._lock:
            now = self._clock()
            at, level = self._levels.get(key_id, (now, float(per_minute)))
            level = min(float(per_minute), level + max(0.0, now - at) * per_minute / MINUTE_S)
            # What sums of floating point lack of a whole token is no reason to wait for it.
            is_allowed = level >= 1.0 - 1e-9
            if is_allowed:
                level = max(0.0, level - 1.0)
            self._levels[key_id] = (now, level)
        return Taken(
            is_allowed,
            int(level + 1e-9),
            math.ceil((per_minute - level) * MINUTE_S / per_minute),
            0 if is_allowed else max(1, math.ceil((1.0 - level) * MINUTE_S / per_minute)),
        )

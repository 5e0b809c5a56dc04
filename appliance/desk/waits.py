"""Ever longer waits for who guesses passwords: by the address that asks, and by the name that is asked for."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

FREE_TRIES = 5
LONGEST_WAIT_S = 300.0
"""By name too, so that nobody is kept out of his own box for long; a log-in link opens it at any time."""
FORGOTTEN_AFTER_S = 3600.0


class Waits:
    """Counts tries; after the free ones each next one waits twice as long. One for the process, safe for threads."""

    def __init__(self, *, most: int = 2000, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()
        """How many, and when the latest was."""

    def begin(self, *sources: Hashable) -> float:
        """Count a try of each source and return 0; or count none and return for how many seconds it has to wait.

        It counts before the password is looked at, so that many at once are no way around it.
        """
        with self._lock:
            now = self._clock()
            wait_s = max(self._wait_s(each, now) for each in sources)
            if wait_s > 0:
                return wait_s
            for each in sources:
                tries, latest = self._tries.pop(each, (0, now))
                self._tries[each] = (1 if now - latest > FORGOTTEN_AFTER_S else tries + 1, now)
            while len(self._tries) > self._most:
                self._tries.popitem(last=False)
            return 0.0

    def was_right(self, *sources: Hashable) -> None:
        """Forget the tries of who turned out to know the password."""
        with self._lock:
            for each in sources:
                self._tries.pop(each, None)

    def _wait_s(self, source: Hashable, now: float) -> float:
        tries, latest = self._tries.get(source, (0, now))
        if tries < FREE_TRIES:
            return 0.0
        wait_s = min(LONGEST_WAIT_S, 2.0 ** min(tries - FREE_TRIES, 20))
        return max(0.0, latest + wait_s - now)

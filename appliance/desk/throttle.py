"""Slows down whoever guesses keys or log-in links. Keys can't be guessed; this keeps the noise down."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class Throttle:
    """Counts failures by client address in fixed windows; forgets the oldest addresses first."""

    def __init__(
        self,
        *,
        most_failures: int = 20,
        window_s: float = 60.0,
        most_clients: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_failures = most_failures
        self._window_s = window_s
        self._most_clients = most_clients
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def failed(self, client: str) -> float:
        """Note a failure; returns for how many seconds this client is refused an answer, 0 for not at all."""
        now = self._clock()
        with self._lock:
            since, count = self._failures.pop(client, (now, 0))
            if now - since >= self._window_s:
                since, count = now, 0
            self._failures[client] = (since, count + 1)
            while len(self._failures) > self._most_clients:
                self._failures.popitem(last=False)
            return since + self._window_s - now if count + 1 > self._most_failures else 0.0

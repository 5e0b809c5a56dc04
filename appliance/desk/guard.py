"""What the doors of a process remember about those who knock: guesses, requests, and uses that were noted."""

from __future__ import annotations

import threading

from appliance.desk.buckets import Buckets
from appliance.desk.bursts import Bursts
from appliance.desk.passwords import Cells
from appliance.desk.throttle import Throttle
from appliance.desk.waits import Waits
from appliance.store import keys
from appliance.store.keys import ApiKey


class Guard:
    """One for the process; safe for its threads."""

    def __init__(self) -> None:
        self.guesses = Throttle()
        self.buckets = Buckets()
        self.logins = Waits()
        self.bursts = Bursts()
        self.cells = Cells()
        self._lock = threading.Lock()
        self._noted_at_ms: dict[int, int] = {}

    def should_note(self, key: ApiKey, now_ms: int) -> bool:
        """Whether the use of a key is to be noted now: by one of many requests that come at the same time."""
        if not keys.is_use_worth_noting(key, now_ms):
            return False
        with self._lock:
            noted_at_ms = self._noted_at_ms.get(key.id)
            if noted_at_ms is not None and abs(now_ms - noted_at_ms) < keys.LAST_USE_GRAIN_MS:
                return False
            self._noted_at_ms[key.id] = now_ms
            return True

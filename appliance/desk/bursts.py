"""Wrong passwords and keys, noted in the history once for each burst, however many there are of them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import StrEnum

from appliance.store import events
from appliance.store.errors import StoreError
from appliance.store.events import EventKind
from appliance.store.writer import GroupCommitWriter

OVER_AFTER_S = 900.0
"""A burst is over when so long nothing wrong came from the address."""
MOST_NOTED_AN_HOUR = 20
"""Of all addresses: whoever has many must not fill the history."""
MOST_ADDRESSES = 1000


class Guess(StrEnum):
    """What was wrong: the sentence of the event."""

    PASSWORD = "event.wrong-passwords"
    KEY = "event.wrong-keys"


class Bursts:
    """One for the process; safe for its threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: OrderedDict[tuple[Guess, str], float] = OrderedDict()
        self._noted: deque[float] = deque(maxlen=MOST_NOTED_AN_HOUR)

    def note(self, writer: GroupCommitWriter, guess: Guess, address: str, now_ms: int) -> None:
        """Something wrong came from an address; an event where it is the first of a burst. Waits for no disk."""
        if not self._begins(guess, address):
            return
        with contextlib.suppress(StoreError):
            writer.write_later(
                lambda connection: events.add(
                    connection, EventKind.TECHNICIAN, guess.value, {"address": address[:60]}, at_ms=now_ms
                )
            )

    def _begins(self, guess: Guess, address: str) -> bool:
        now = self._clock()
        with self._lock:
            latest = self._latest.pop((guess, address), None)
            self._latest[guess, address] = now
            while len(self._latest) > MOST_ADDRESSES:
                self._latest.popitem(last=False)
            if latest is not None and now - latest < OVER_AFTER_S:
                return False
            if len(self._noted) == MOST_NOTED_AN_HOUR and now - self._noted[0] < 3600:
                return False
            self._noted.append(now)
            return True

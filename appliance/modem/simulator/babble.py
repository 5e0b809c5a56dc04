"""A device that talks without end and without sense: a modem at another speed, a GPS receiver, a broken firmware."""

from collections.abc import Callable
from random import Random

from appliance.modem.simulator.clock import Cancellable, Timers

EVERY_S = 0.02
FULL_LINE_SPEED = 11_520
"""Octets a second at 115,200 baud, eight data bits and no parity."""


class Babbler:
    """Says `octets_per_s` of garbage until it is stopped.

    `lines`: printable lines with CR LF, which is worse for who reads lines; else octets of every value.
    """

    def __init__(
        self, put: Callable[[bytes], None], timers: Timers, *, octets_per_s: int, lines: bool
    ) -> None:
        self._put = put
        self._timers = timers
        self._octets = max(1, round(octets_per_s * EVERY_S))
        self._garbage = _garbage(lines)
        self._at = 0
        self._next: Cancellable | None = None

    def start(self) -> None:
        """Begins."""
        self._say()

    def stop(self) -> None:
        """Ends."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _say(self) -> None:
        end = self._at + self._octets
        said = self._garbage[self._at : end]
        while len(said) < self._octets:
            said += self._garbage[: self._octets - len(said)]
        self._at = end % len(self._garbage)
        self._put(said)
        self._next = self._timers.call_later(EVERY_S, self._say)


def _garbage(lines: bool) -> bytes:
    random = Random(7)
    if not lines:
        return random.randbytes(65536)
    letters = b"$GPRMC,+:0123456789ABCDEF^*"
    made = bytearray()
    while len(made) < 65536:
        made += bytes(random.choice(letters) for _ in range(random.randrange(1, 80))) + b"\r\n"
    return bytes(made)

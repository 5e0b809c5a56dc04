"""The way from a modem to its tty: whole answers as a rule, or a few octets at a time, as a slow line cuts them."""

from collections.abc import Callable

from appliance.modem.simulator.clock import Timers


class Mouth:
    """`write` keeps the order. `chunk` octets at a time (0: all at once), `every_s` apart."""

    def __init__(self, put: Callable[[bytes], None], timers: Timers) -> None:
        self._put = put
        self._timers = timers
        self._waiting = bytearray()
        self.chunk = 0
        self.every_s = 0.002

    def write(self, octets: bytes) -> None:
        """Says it now, or in its turn."""
        if not self.chunk and not self._waiting:
            self._put(octets)
            return
        begun = bool(self._waiting)
        self._waiting += octets
        if not begun:
            self._say()

    def fall_silent(self) -> None:
        """What is not said yet will not be."""
        self._waiting.clear()

    def _say(self) -> None:
        if not self._waiting:
            return
        count = self.chunk or len(self._waiting)
        self._put(bytes(self._waiting[:count]))
        del self._waiting[:count]
        if self._waiting:
            self._timers.call_later(self.every_s, self._say)

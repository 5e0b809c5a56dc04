"""An incoming call as the terminal sees it: RING or +CRING every few seconds, and +CLIP (27.007 clauses 6.11, 7.6)."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.modem.simulator.clock import Cancellable, Timers

RING_EVERY_S = 3.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and how often it rings before they give up. `number` None: withheld (+CLIP with type 128)."""

    number: str | None
    rings: int = 5
    every_s: float = RING_EVERY_S


class CallDesk:
    """The one call that a modem may have."""

    def __init__(
        self, timers: Timers, say: Callable[[str], None], is_switched_on: Callable[[str], bool]
    ) -> None:
        self._timers = timers
        self._say = say
        self._is_switched_on = is_switched_on
        self._caller: Caller | None = None
        self._rung = 0
        self._next: Cancellable | None = None
        self.hung_up = 0

    @property
    def is_ringing(self) -> bool:
        """Somebody calls."""
        return self._caller is not None

    def ring(self, caller: Caller) -> None:
        """Somebody calls; a caller of before is forgotten."""
        self._end()
        self._caller, self._rung = caller, 0
        self._ring_once()

    def hang_up(self) -> None:
        """ATH, AT+CHUP: the caller hears the engaged tone."""
        if self._caller is not None:
            self.hung_up += 1
            self._end()

    def give_up(self) -> None:
        """The caller rings off."""
        if self._caller is not None:
            self._end()
            self._say("NO CARRIER")

    def forget(self) -> None:
        """The radio is off: there is no call any more, and nobody is told."""
        self._end()

    def _ring_once(self) -> None:
        caller = self._caller
        assert caller is not None
        if self._rung >= caller.rings:
            self.give_up()
            return
        self._rung += 1
        self._say("+CRING: VOICE" if self._is_switched_on("+CRC") else "RING")
        if self._is_switched_on("+CLIP"):
            self._say(_clip(caller.number))
        self._next = self._timers.call_later(caller.every_s, self._ring_once)

    def _end(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._caller = None


def _clip(number: str | None) -> str:
    if number is None:
        return '+CLIP: "",128,,,,1'
    return f'+CLIP: "{number}",{145 if number.startswith("+") else 129},,,,0'

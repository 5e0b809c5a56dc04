"""What a command comes to: lines and OK, a question for more text, or an answer that comes later."""

from collections.abc import Callable
from dataclasses import dataclass

from appliance.modem.simulator.errors import AtError


@dataclass(frozen=True, slots=True)
class Lines:
    """Information text, then OK (or `final`, for the few commands that end otherwise)."""

    lines: tuple[str, ...] = ()
    final: str = "OK"


DONE = Lines()


@dataclass(frozen=True, slots=True)
class Silence:
    """The final result is lost between modem and terminal; the modem takes the next command."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """`> `: the terminal gives text up to Ctrl-Z, then `finish` says what came of it.

    `limit`: octets kept of the text. `by_lines`: each CR within is answered with another `> `. `wide`: the text is in
    units of two octets, and so are Ctrl-Z and ESC (Huawei's CDMA modems).
    """

    finish: "Callable[[bytes], Outcome]"
    limit: int
    by_lines: bool = False
    wide: bool = False


class Later:
    """An answer that the network owes.

    Resolved once; resolved before the terminal asks, it is as good as an immediate one.
    """

    __slots__ = ("_listener", "_result")

    def __init__(self) -> None:
        self._result: Lines | AtError | Silence | None = None
        self._listener: Callable[[Lines | AtError | Silence], None] | None = None

    def resolve(self, result: Lines | AtError | Silence) -> None:
        """The answer is there."""
        if self._result is not None:
            return
        self._result = result
        if self._listener is not None:
            self._listener(result)

    def listen(self, listener: Callable[[Lines | AtError | Silence], None]) -> None:
        """Calls `listener` with the answer, now or when it comes."""
        if self._result is not None:
            listener(self._result)
        else:
            self._listener = listener


Outcome = Lines | Silence | Prompt | Later

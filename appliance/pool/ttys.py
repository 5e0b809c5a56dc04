"""Which tty of a device speaks AT: the one that did the last time, else each in turn, the likeliest first."""

from __future__ import annotations

from collections.abc import Hashable

from appliance.modem.discovery import Slot
from appliance.modem.session import LineError, PortState

_NOT_THIS_ONE = frozenset(
    {PortState.NO_ANSWER, PortState.GARBLED, PortState.NO_MODEM, PortState.ABSENT, PortState.LINE_LOST}
)


class Ttys:
    """Of one port."""

    def __init__(self) -> None:
        self._good: tuple[str, Hashable] | None = None

    def in_order(self, slot: Slot) -> tuple[str, ...]:
        """Those to try."""
        if self._good is not None and self._good[1] == slot.mark and self._good[0] in slot.devices:
            return (self._good[0],)
        return slot.devices

    def spoke(self, device: str, slot: Slot) -> None:
        """This one speaks AT, as long as the device does not come anew."""
        self._good = (device, slot.mark)


def may_be_another(error: LineError) -> bool:
    """Whether another tty of the same device may do better."""
    return error.state in _NOT_THIS_ONE

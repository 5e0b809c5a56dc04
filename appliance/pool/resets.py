"""The rungs that take the power, or the right to be there, from a USB device; the helper does what needs root."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from appliance.modem.discovery import Slot
from appliance.pool.rungs import Rung
from appliance.pool.shared import SharedByPorts
from appliance.usb.request import PASSING, NotPossible, Why

_USB_RUNGS = (Rung.USB_RESET, Rung.HUB_POWER)


class Resets:
    """Of one port. The pool takes one at a time: eight devices that come back at once are a storm."""

    def __init__(self, shared: SharedByPorts) -> None:
        self._shared = shared
        self._impossible: dict[Rung, str] = {}

    def impossible(self, slot: Slot) -> Mapping[Rung, str]:
        """The rungs that can't be taken here, each with a code that says why."""
        why_not = self.never(slot)
        return self._impossible if why_not is None else dict.fromkeys(_USB_RUNGS, why_not)

    def never(self, slot: Slot) -> str | None:
        """Why none of them can be taken at such a place, as a code; None: one may be."""
        if slot.usb_path is None:
            return "no-usb"
        if slot.shares_device:
            return "shared"
        return Why.NO_HELPER.value if self._shared.settings.usb_reset is None else None

    async def take(self, rung: Rung, slot: Slot) -> str | None:
        """Take one; the code of a reason where it turned out not to be possible."""
        helper = self._shared.settings.usb_reset
        if helper is None or slot.usb_path is None:
            return Why.NO_HELPER.value
        async with self._shared.one_reset:
            asked = helper.reauthorize if rung is Rung.USB_RESET else helper.power_cycle
            try:
                async with asyncio.timeout(self._shared.settings.timings.usb_rung_s):
                    result = await asked(slot.usb_path)
            except TimeoutError:
                return Why.NO_HELPER.value
        if isinstance(result, NotPossible):
            if result.reason not in PASSING:
                self._impossible[rung] = result.reason.value
            return result.reason.value
        return None

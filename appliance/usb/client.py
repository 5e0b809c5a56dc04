"""Asks for resets of USB devices: the helper where one listens, else sysfs itself where this user may write there."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from appliance.usb.device import UsbDevices
from appliance.usb.request import (
    LONGEST_LINE,
    USB_PATH,
    Done,
    NotPossible,
    Op,
    Request,
    Result,
    Why,
    answer_from_line,
)

DEFAULT_SOCKET = Path("/run/simloft-usb/helper.sock")

LIMIT_S = 60.0
"""Others may be before us, and uhubctl takes up to 20 s twice."""


class UsbResets:
    """What the pool may ask for; it never raises for what the system refuses."""

    def __init__(
        self, helper: Path = DEFAULT_SOCKET, devices: UsbDevices | None = None, *, limit_s: float = LIMIT_S
    ) -> None:
        self._helper = helper
        self._devices = devices or UsbDevices()
        self._limit_s = limit_s

    async def reauthorize(self, usb_path: str) -> Result:
        """Have the kernel forget the device at ``usb_path`` (``1-1.4.2``) and set it up anew."""
        if USB_PATH.fullmatch(usb_path) is None:
            return NotPossible(Why.BAD_REQUEST)
        result = await self._ask(Request(Op.REAUTHORIZE, usb_path))
        if result != NotPossible(Why.NO_HELPER) or not self._devices.may_be_written(usb_path):
            return result
        try:
            # Shielded: one who gives up waiting must not leave the device without its rights.
            await asyncio.shield(asyncio.to_thread(self._devices.reauthorize, usb_path))
        except OSError as error:
            return NotPossible(Why.FAILED, error.strerror or type(error).__name__)
        return Done()

    async def power_cycle(self, usb_path: str) -> Result:
        """Have the hub take the power off the device's port and give it again."""
        if USB_PATH.fullmatch(usb_path) is None:
            return NotPossible(Why.BAD_REQUEST)
        return await self._ask(Request(Op.POWER_CYCLE, usb_path))

    async def _ask(self, request: Request) -> Result:
        try:
            async with asyncio.timeout(self._limit_s):
                reader, writer = await asyncio.open_unix_connection(self._helper, limit=LONGEST_LINE)
                try:
                    writer.write(request.to_line())
                    await writer.drain()
                    return answer_from_line(await reader.readline())
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
        except (FileNotFoundError, ConnectionRefusedError, PermissionError):
            return NotPossible(Why.NO_HELPER)
        except (OSError, TimeoutError, ValueError) as error:
            return NotPossible(Why.NO_HELPER, type(error).__name__)

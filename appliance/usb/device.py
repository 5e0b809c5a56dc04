"""USB devices in sysfs: whether one has ttys, and taking away and giving back its right to be there."""

from __future__ import annotations

import os
import time
from pathlib import Path

UNAUTHORIZED_S = 1.0
"""How long the device stays without the right to be there; its drivers let go of it at once."""

HUB_CLASS = "09"


class UsbDevices:
    """The USB devices of a sysfs (another root than ``/`` is for tests)."""

    def __init__(self, root: Path = Path("/"), *, unauthorized_s: float = UNAUTHORIZED_S) -> None:
        self._directory = root / "sys/bus/usb/devices"
        self._unauthorized_s = unauthorized_s

    def exists(self, usb_path: str) -> bool:
        return (self._directory / usb_path / "authorized").exists()

    def has_tty(self, usb_path: str) -> bool:
        """Whether a tty belongs to the device now: ``1-1:1.0/ttyUSB0`` (usb-serial) or ``1-1:1.0/tty/ttyACM0``."""
        device = self._directory / usb_path
        if _read(device / "bDeviceClass") == HUB_CLASS:
            return False
        interfaces = list(device.glob(f"{usb_path}:*"))
        return any(any(each.glob("ttyUSB*")) or any(each.glob("tty/tty*")) for each in interfaces)

    def with_ttys(self) -> set[str]:
        """The places of all devices that have ttys now."""
        try:
            names = [entry.name for entry in self._directory.iterdir() if ":" not in entry.name]
        except OSError:
            return set()
        return {name for name in names if self.has_tty(name)}

    def may_be_written(self, usb_path: str) -> bool:
        """Whether this user may reset the device without any helper (a udev rule gives that right)."""
        return os.access(self._directory / usb_path / "authorized", os.W_OK)

    def unauthorize(self, usb_path: str) -> None:
        """Raises OSError where the kernel or the file system refuses."""
        (self._directory / usb_path / "authorized").write_text("0")

    def authorize(self, usb_path: str) -> None:
        """The same the other way round."""
        (self._directory / usb_path / "authorized").write_text("1")

    def reauthorize(self, usb_path: str) -> None:
        """Both, with a pause in between; whatever happens, the right is given back."""
        try:
            self.unauthorize(usb_path)
            time.sleep(self._unauthorized_s)
        finally:
            self.authorize(usb_path)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""

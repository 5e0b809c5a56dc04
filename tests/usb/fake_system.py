"""A sysfs with USB devices in it, and a uhubctl that only notes what it was asked."""

from __future__ import annotations

import os
import threading
from pathlib import Path

LISTING = "Current status for hub {hub} [2109:2813 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, {how}]\n"


class FakeSystem:
    """Its root directory is ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.devices = root / "sys/bus/usb/devices"
        self.devices.mkdir(parents=True)
        self.programs = root / "bin"
        self.programs.mkdir()

    def plug(self, usb_path: str, *ttys: str, device_class: str = "00") -> Path:
        """A device with a tty on each of its interfaces, or with one interface and no tty."""
        device = self.devices / usb_path
        device.mkdir()
        (device / "authorized").write_text("1")
        (device / "bDeviceClass").write_text(f"{device_class}\n")
        for number, tty in enumerate(ttys or ("",)):
            interface = device / f"{usb_path}:1.{number}"
            interface.mkdir()
            if tty.startswith("ttyACM"):
                (interface / "tty" / tty).mkdir(parents=True)
            elif tty:
                (interface / tty).mkdir()
        return device

    def authorized(self, usb_path: str) -> str:
        return (self.devices / usb_path / "authorized").read_text()

    def with_uhubctl(self, *hubs: str, how: str = "ppps", fails: bool = False) -> Path:
        """A uhubctl that knows ``hubs``; the file in which its arguments are noted."""
        noted = self.root / "uhubctl.log"
        listings = "".join(
            f'  *"-l {hub} "*) echo "{LISTING.format(hub=hub, how=how).strip()}";;\n' for hub in hubs
        )
        program = self.programs / "uhubctl"
        program.write_text(
            f'#!/bin/sh\necho "$*" >> {noted}\ncase "$* " in\n{listings}'
            '  *) echo "No compatible devices detected!" >&2; exit 1;;\nesac\n'
            + ('case "$*" in *cycle*) echo "libusb: no access" >&2; exit 1;; esac\n' if fails else "")
        )
        program.chmod(0o755)
        return noted


class Overheard:
    """What is written, piece by piece, into a file that tells: a device's ``authorized``."""

    def __init__(self, file: Path) -> None:
        file.unlink()
        os.mkfifo(file)
        self._descriptor = os.open(file, os.O_RDWR)
        self._pieces: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while piece := os.read(self._descriptor, 1):
            if piece == b".":
                return
            self._pieces.append(piece.decode())

    def pieces(self) -> list[str]:
        """All that was written; to be asked once."""
        os.write(self._descriptor, b".")
        self._thread.join(5)
        os.close(self._descriptor)
        return self._pieces

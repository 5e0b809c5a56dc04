"""A place for one modem, with what is in it now."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One port of the box, found under a name that stays when the system renumbers its ttys."""

    name: str
    """``usb-1-1.4.2`` by the place on the USB, ``usb-1-1.4.2:1.2`` for one tty of a bare bridge with several; the
    path as it was configured where there is no USB device behind it."""
    devices: tuple[str, ...] = ()
    """Nodes to try as the AT port, best first; empty: nothing is there now."""
    usb_path: str | None = None
    """The device in the kernel's words (``1-1.4.2``), which is what a reset needs."""
    shares_device: bool = False
    """Other lines hang on the same USB device, each a modem of its own: a reset takes them along."""
    usb_id: str | None = None
    """``vvvv:pppp``, in lower case."""
    hint: str | None = None
    """The profile that the USB id speaks for."""
    must_prove: bool = False
    """Nothing says that this is a modem: it is a port only once it answered AT and +CGMI like one."""
    mark: Hashable = None
    """Differs when the device came anew, even under its old name; None where nothing is there."""

    @property
    def is_there(self) -> bool:
        return bool(self.devices)

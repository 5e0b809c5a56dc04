"""What udev and sysfs say of a USB device and of each of its ttys, as frozen values for rules that are pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UsbDevice:
    """One device on the USB."""

    usb_path: str
    """The kernel's name: bus, then the ports of the hubs on the way (``1-1.4.2``). The one honest place: serial
    numbers and IMEIs of cheap sticks repeat."""
    usb_id: str
    """``vvvv:pppp`` in lower case, as the device says it."""
    serial: str = ""
    product: str = ""
    manufacturer: str = ""
    interfaces: int | None = None
    """How many the device has (bNumInterfaces)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tty:
    """One tty of a USB device."""

    node: str
    """``/dev/ttyUSB2``."""
    device: UsbDevice
    interface: int
    """bInterfaceNumber."""
    interface_path: str
    """The kernel's name of the interface (``1-1.4.2:1.2``)."""
    port_number: int = 0
    """Where a driver makes several ttys of one interface."""
    interface_class: int = 0xFF
    interface_subclass: int = 0xFF
    interface_protocol: int = 0xFF
    driver: str = ""
    """Of the interface: ``option``, ``cdc_acm``, ``ftdi_sio``."""
    port_type: str = ""
    """What ModemManager's udev rules, where they are installed, call this port: the rest of the name of the property
    that begins with ``ID_MM_PORT_TYPE_`` (``AT_PRIMARY``, ``QCDM``)."""
    is_ignored: bool = False
    """udev rules tell ModemManager to leave this port alone (ID_MM_DEVICE_IGNORE)."""
    mark: Hashable = None
    """Differs when the node was made anew."""

    @property
    def name(self) -> str:
        """``ttyUSB2``."""
        return self.node.rpartition("/")[2]

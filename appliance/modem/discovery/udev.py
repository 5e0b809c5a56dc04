"""Reads ttys of USB devices from udev and sysfs, and hears when they come and go (pyudev; no rules in here)."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Collection, Hashable, Iterator
from pathlib import Path
from typing import Any

from appliance.modem.discovery.facts import Tty, UsbDevice

_log = logging.getLogger("simloft.discovery")

UDEVD = "/run/udev/control"
"""There while udevd runs: then its events are heard, which come when the node has its owner; else the kernel's."""
PORT_TYPE = "ID_MM_PORT_TYPE_"


class Udev:
    """The system's devices. Without libudev or netlink it is empty or mute, and says so once."""

    def __init__(self) -> None:
        self._context: Any = None
        self._monitor: Any = None
        try:
            import pyudev  # noqa: PLC0415 - it looks for libudev while it is imported
        except (ImportError, OSError) as error:
            _log.warning("USB devices can't be told apart: libudev is missing (%s)", error)
            return
        self._context = pyudev.Context()
        try:
            source = "udev" if Path(UDEVD).exists() else "kernel"
            monitor = pyudev.Monitor.from_netlink(self._context, source=source)
            monitor.filter_by("tty")
            monitor.filter_by("usb", "usb_device")
            monitor.start()
        except OSError as error:
            _log.warning("plugging is seen by looking only: the system tells nothing (%s)", error)
            return
        self._monitor = monitor

    def fileno(self) -> int | None:
        """Readable when something came or went; None where nobody tells."""
        return None if self._monitor is None else int(self._monitor.fileno())

    def drain(self) -> bool:
        """Take what was told; whether there was anything. A buffer that ran over counts as told."""
        told = False
        try:
            while self._monitor.poll(timeout=0) is not None:
                told = True
        except OSError as error:
            _log.debug("events of udev were lost: %s", error)
            return True
        return told

    def close(self) -> None:
        """Hear no more. Idempotent."""
        self._monitor = self._context = None

    def ttys(self) -> list[Tty]:
        """Every tty that a USB device has now."""
        return list(self._ttys()) if self._context is not None else []

    def _ttys(self) -> Iterator[Tty]:
        for device in self._context.list_devices(subsystem="tty"):
            if "/virtual/" in device.sys_path or not device.device_node:
                continue
            # A device may go while it is read: what is half there is not there.
            with contextlib.suppress(LookupError, OSError, ValueError):
                tty = _tty(device)
                if tty is not None:
                    yield tty

    def devices(self, without: Collection[str]) -> list[tuple[UsbDevice, frozenset[int]]]:
        """USB devices with the classes of their interfaces, but for those at the places ``without``."""
        found: list[tuple[UsbDevice, frozenset[int]]] = []
        if self._context is None:
            return found
        for device in self._context.list_devices(subsystem="usb", DEVTYPE="usb_device"):
            if device.sys_name in without:
                continue
            with contextlib.suppress(LookupError, OSError, ValueError):
                interfaces = self._context.list_devices(
                    subsystem="usb", parent=device, DEVTYPE="usb_interface"
                )
                classes = {
                    _hexadecimal(interface, "bInterfaceClass", 0xFF)
                    for interface in interfaces
                    if interface.sys_name.startswith(f"{device.sys_name}:")
                }
                found.append((_usb_device(device), frozenset(classes)))
        return found


def _tty(device: Any) -> Tty | None:
    usb = device.find_parent("usb", "usb_device")
    interface = device.find_parent("usb", "usb_interface")
    if usb is None or interface is None:
        return None
    return Tty(
        node=device.device_node,
        device=_usb_device(usb),
        interface=_hexadecimal(interface, "bInterfaceNumber", 0),
        interface_path=interface.sys_name,
        port_number=_port_number(device),
        interface_class=_hexadecimal(interface, "bInterfaceClass", 0xFF),
        interface_subclass=_hexadecimal(interface, "bInterfaceSubClass", 0xFF),
        interface_protocol=_hexadecimal(interface, "bInterfaceProtocol", 0xFF),
        driver=interface.driver or device.properties.get("ID_USB_DRIVER", ""),
        port_type=_port_type(device),
        is_ignored=device.properties.get("ID_MM_DEVICE_IGNORE") == "1",
        mark=_mark(device),
    )


def _usb_device(usb: Any) -> UsbDevice:
    vendor, product = _text(usb, "idVendor").lower(), _text(usb, "idProduct").lower()
    interfaces = _text(usb, "bNumInterfaces")
    return UsbDevice(
        usb_path=usb.sys_name,
        usb_id=f"{vendor}:{product}",
        serial=_text(usb, "serial"),
        product=_text(usb, "product"),
        manufacturer=_text(usb, "manufacturer"),
        interfaces=int(interfaces) if interfaces.isdigit() else None,
    )


def _mark(device: Any) -> Hashable:
    """Differs when the node was made anew. Times of files don't serve: udev touches nodes at each event."""
    with contextlib.suppress(OSError):
        return (
            device.properties.get("USEC_INITIALIZED"),
            os.lstat(device.sys_path).st_ino,
            os.lstat(device.device_node).st_ino,
        )
    return None


def _port_number(device: Any) -> int:
    """Of the usb-serial port whose tty this is; drivers of other kinds make one tty an interface."""
    text = _text(device, "port_number") or (_text(device.parent, "port_number") if device.parent else "")
    return int(text) if text.isdigit() else 0


def _port_type(device: Any) -> str:
    for name, value in device.properties.items():
        if name.startswith(PORT_TYPE) and value == "1":
            return str(name.removeprefix(PORT_TYPE))
    return ""


def _text(device: Any, attribute: str) -> str:
    value: bytes | None = device.attributes.get(attribute)
    return (value or b"").decode("utf-8", errors="replace").strip()


def _hexadecimal(device: Any, attribute: str, default: int) -> int:
    text = _text(device, attribute)
    return int(text, 16) if text else default

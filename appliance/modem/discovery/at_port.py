"""Which tty of a modem takes AT commands: by its profile's table, by what the device says, else a likely order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from appliance.modem.discovery.facts import Tty

HUAWEI = "12d1"
HUAWEI_PCUI = (0x02, 0x12)
"""bInterfaceProtocol of the port for AT commands and URCs, whatever the product: ff/01/02 and ff/02/02 (ModemManager
77-mm-huawei-net-port-types.rules), ff/xx/12 of newer firmware (kernel, drivers/usb/serial/option.c)."""

HUAWEI_MODEM = (0x01, 0x10, 0x61)
"""Of the port for data calls: it takes commands too, and says less of its own accord."""

UNCLAIMED = 1000

OTHER_PORT_TYPES = ("QCDM", "GPS", "AUDIO", "QMI", "MBIM")
"""Ports of ModemManager's rules that take no AT commands."""

LIKELY_INTERFACES = (2, 1, 3, 0, 4, 5)
"""Of Qualcomm's usual layout (diag, NMEA, AT, modem) and of ZTE's (AT on 1 or 2, 77-mm-zte-port-types.rules)."""

VENDOR = 0xFF
CDC = 0x02
"""Interface classes: the vendor's own; CDC-ACM, whose first port is the one for commands (u-blox, Cinterion)."""


class UsbBook(Protocol):
    """Who knows what profiles say of USB ids; it may learn more while the box runs."""

    def usb_table(self) -> Mapping[str, UsbPorts]: ...


class UsbPorts(Protocol):
    """What a profile says of a USB id."""

    @property
    def profile_name(self) -> str: ...
    @property
    def at_interface(self) -> int | None: ...
    @property
    def at_protocols(self) -> tuple[int, ...]: ...
    @property
    def is_bare_bridge(self) -> bool: ...


def ports_of(usb_id: str, table: Mapping[str, UsbPorts]) -> UsbPorts | None:
    """The entry of a product, or else of all of its vendor's (``vvvv:*``)."""
    return table.get(usb_id) or table.get(f"{usb_id.partition(':')[0]}:*")


def hint_of(ports: UsbPorts | None) -> str | None:
    """The profile that a USB id speaks for; a bridge says nothing of what is behind it."""
    return None if ports is None or ports.is_bare_bridge else ports.profile_name


def is_named(tty: Tty, ports: UsbPorts | None) -> bool:
    """Whether the table or the device itself says that this, and no other, is the port for AT commands."""
    is_second_best = tty.device.usb_id.startswith(HUAWEI) and tty.interface_protocol in HUAWEI_MODEM
    return _claim(tty, ports) is not None and not is_second_best


def _claim(tty: Tty, ports: UsbPorts | None) -> int | None:
    """How good the word is that this is the AT port (0 is best); None: nothing says so."""
    if tty.port_type in OTHER_PORT_TYPES:
        return None
    protocols = ports.at_protocols if ports is not None else ()
    if not protocols and tty.device.usb_id.startswith(HUAWEI):
        protocols = HUAWEI_PCUI
    if tty.interface_class == VENDOR and tty.interface_protocol in protocols:
        return protocols.index(tty.interface_protocol)
    if ports is not None and ports.at_interface is not None:
        return len(protocols) if (tty.interface, tty.port_number) == (ports.at_interface, 0) else None
    return len(protocols) if tty.port_type == "AT_PRIMARY" else None


def in_order(ttys: Iterable[Tty], ports: UsbPorts | None) -> list[Tty]:
    """The ttys of one modem, the likeliest AT port first."""

    def rank(tty: Tty) -> tuple[int, bool, bool, int, int]:
        claim = _claim(tty, ports)
        return (
            UNCLAIMED if claim is None else claim,
            tty.port_type in OTHER_PORT_TYPES,
            not tty.port_type.startswith("AT"),
            _likely(tty),
            tty.port_number,
        )

    return sorted(ttys, key=rank)


def _likely(tty: Tty) -> int:
    if tty.interface_class == CDC or tty.interface not in LIKELY_INTERFACES:
        return tty.interface
    return LIKELY_INTERFACES.index(tty.interface)

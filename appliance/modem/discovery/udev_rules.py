"""udev rules for the modems of a box: ModemManager keeps off them, the box may reset them. Made from profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from appliance.modem.discovery.at_port import UsbPorts
from appliance.modem.discovery.permission import Kind, Pattern

_HEAD = """\
# Made by `simloft udev-rules` from what the profiles know of USB ids; make it anew when they change:
#     simloft udev-rules | sudo tee /etc/udev/rules.d/60-simloft.rules
#     sudo udevadm control --reload && sudo udevadm trigger
# Each rule marks the device and its ttys for ModemManager as none of its business (ID_MM_DEVICE_IGNORE, which it
# asks of both), and lets the group "{group}" take a device's rights and give them back (a reset).
ACTION!="add|change|move|bind", GOTO="simloft_end"
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", GOTO="simloft_tty"
SUBSYSTEM=="usb", ENV{{DEVTYPE}}=="usb_device", GOTO="simloft_device"
GOTO="simloft_end"
"""

_BRIDGES = """\
# Bare serial bridges are not in here: there may be anything behind them. Those that the settings allow are, when this
# is made with them: simloft udev-rules --config FILE
"""


def udev_rules(table: Mapping[str, UsbPorts], allow: Iterable[str] = (), *, group: str = "simloft") -> str:
    """The text of a rules file for all known modems, and for the USB ids among ``allow`` (``[discovery]``)."""
    known = [usb_id for usb_id, ports in table.items() if not ports.is_bare_bridge]
    allowed = [pattern.text for pattern in map(Pattern.from_text, allow) if pattern.kind is Kind.USB_ID]
    products = _by_vendor([*known, *allowed])
    lines = [_HEAD.format(group=group)]
    lines += ['LABEL="simloft_device"', *_rules("ATTR", products, ""), ""]
    lines += [
        'ENV{ID_MM_DEVICE_IGNORE}!="1", GOTO="simloft_end"',
        f'RUN+="/bin/chgrp {group} /sys%p/authorized", RUN+="/bin/chmod 0664 /sys%p/authorized"',
        'GOTO="simloft_end"',
        "",
        'LABEL="simloft_tty"',
        *_rules("ATTRS", products, ', GROUP="dialout", MODE="0660"'),
        "",
    ]
    return "\n".join([*lines, _BRIDGES + 'LABEL="simloft_end"', ""])


def _by_vendor(usb_ids: Iterable[str]) -> dict[str, list[str]]:
    products: dict[str, list[str]] = {}
    for usb_id in sorted(set(usb_ids)):
        vendor, _, product = usb_id.partition(":")
        products.setdefault(vendor, []).append(product)
    return {vendor: ["*"] if "*" in each else each for vendor, each in products.items()}


def _rules(match: str, products: Mapping[str, list[str]], also: str) -> Iterator[str]:
    for vendor, each in products.items():
        yield (
            f'{match}{{idVendor}}=="{vendor}", {match}{{idProduct}}=="{"|".join(each)}", '
            f'ENV{{ID_MM_DEVICE_IGNORE}}="1"{also}'
        )

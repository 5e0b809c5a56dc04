"""Sticks that still show their drive of drivers instead of a modem, because nobody has switched them over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.modem.discovery.facts import UsbDevice

MASS_STORAGE = 0x08

_FIRST_SHOWN: dict[str, str] = {
    # Ids under which modems show a CD-ROM at first: usb_modeswitch's 40-usb_modeswitch.rules (usb-modeswitch-data
    # 20191128), the vendors of modems only.
    "12d1": "*",
    "19d2": "*",
    "1c9e": "*",
    "0af0": "*",
    "05c6": "0010 1000 2000 2001 6503 9024 98ff f000",
    "05c7": "1000",
    "07d1": "a800 a804 f000",
    "0b3c": "c700 f000 f00c f017",
    "1004": "1000 607f 610c 613a 613f 614e 6156 6190 61dd 61e7 61eb 6327",
    "106c": "3b03 3b05 3b06 3b11 3b14",
    "1199": "0fff",
    "1266": "1000",
    "1410": "5010 5020 5023 5030 5031 5041 5055 5059",
    "15eb": "7153 a403",
    "16d8": "6281 6803 6804 700a 700b f000",
    "1726": "1900 f00e",
    "1a8d": "1000 2000",
    "1bbb": "000f 00ca 011f 022c 025e f000 f017 f052",
    "1da5": "f000",
    "1e0e": "f000",
    "1ee8": "*",
    "2001": "98ff a401 a403 a405 a406 a407 a40a a40d a706 a707 a708 a805 a809 a80b ab00",
    "201e": "1023 2009",
    "2020": "0002 2030 f00e f00f",
    "2077": "1000 f000",
    "20a6": "f00a f00e",
    "21f5": "1000 3010",
    "22de": "6801 6802 6803",
    "230d": "0001 0003 0007 000b 000c 000d 0101 0103",
    "2357": "0200 0600 f000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A modem that has no ttys, and will have none before it is switched over."""

    device: UsbDevice

    def __str__(self) -> str:
        name = " ".join(part for part in (self.device.manufacturer, self.device.product) if part)
        return (
            f"The stick at {self.device.usb_path} ({self.device.usb_id}{' ' if name else ''}{name}) still shows its "
            "CD-ROM with drivers and no modem. Install usb-modeswitch (sudo apt-get install usb-modeswitch) and plug "
            "the stick in again."
        )


def stuck(devices: Iterable[tuple[UsbDevice, frozenset[int]]]) -> list[Stuck]:
    """Those that are stuck of ``devices`` without ttys, each with the classes of its interfaces."""
    return [
        Stuck(device=device)
        for device, classes in devices
        if MASS_STORAGE in classes
        and device.manufacturer.lower() != "android"
        and _is_first_shown(device.usb_id)
    ]


def _is_first_shown(usb_id: str) -> bool:
    vendor, _, product = usb_id.partition(":")
    products = _FIRST_SHOWN.get(vendor, "")
    return products == "*" or product in products.split()

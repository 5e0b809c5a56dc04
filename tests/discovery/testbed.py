"""A bed of mock USB devices (umockdev), run by the system's Python because only that has python3-gi.

Reads one JSON object a line: ``{"op": "plug", …}`` or ``{"op": "unplug", "usb_path": …}``; answers each with a line.
The first line it writes is the directory of the bed, for ``UMOCKDEV_DIR`` of the processes under test.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import gi  # type: ignore[import-untyped, import-not-found, unused-ignore]

gi.require_version("UMockdev", "1.0")
from gi.repository import UMockdev  # type: ignore[import-untyped, import-not-found, unused-ignore]  # noqa: E402

PAUSE_S = 0.003


def let_them_read() -> None:
    """Before each event: umockdev ends where a socket of a listener is full, which it is with ten unread events
    (net.unix.max_dgram_qlen); the kernel's own holds thousands."""
    time.sleep(PAUSE_S)


class Bed:
    def __init__(self) -> None:
        self.bed = UMockdev.Testbed.new()
        self.root = Path(self.bed.get_root_dir())
        (self.root / "dev").mkdir(exist_ok=True)
        self.plugged: dict[str, list[tuple[str, str]]] = {}
        self.events = 0

    def plug(self, device: dict[str, Any]) -> None:
        """A device with its interfaces and ttys, in the order in which the kernel tells of them."""
        usb_path = device["usb_path"]
        vendor, product = device["usb_id"].split(":")
        attributes = {"idVendor": vendor, "idProduct": product, "bNumInterfaces": str(device["interfaces"])}
        attributes |= {name: device[name] for name in ("serial", "product", "manufacturer") if name in device}
        usb = self._add("usb", usb_path, None, attributes, {"DEVTYPE": "usb_device"})
        made = [(usb, "")]
        for each in device["parts"]:
            interface = self._add(
                "usb",
                f"{usb_path}:1.{each['interface']}",
                usb,
                {
                    "bInterfaceNumber": f"{each['interface']:02x}",
                    "bInterfaceClass": f"{each.get('class', 255):02x}",
                    "bInterfaceSubClass": f"{each.get('subclass', 255):02x}",
                    "bInterfaceProtocol": f"{each.get('protocol', 255):02x}",
                },
                {"DEVTYPE": "usb_interface"},
            )
            made.append((interface, ""))
            if "tty" not in each:
                continue
            node = self.root / "dev" / each["tty"]
            node.symlink_to(each.get("target") or os.ttyname(os.openpty()[1]))
            minor = str(len(self.plugged) * 8 + each["interface"])
            properties = {"DEVNAME": f"/dev/{each['tty']}", "MAJOR": "188", "MINOR": minor}
            properties |= {
                "ID_PATH": f"platform-xhci-usb-0:{usb_path.partition('-')[2]}:1.{each['interface']}"
            }
            properties |= {"ID_USB_DRIVER": device.get("driver", "option")}
            properties |= device.get("properties", {})
            made.append((self._add("tty", each["tty"], interface, {}, properties), str(node)))
        self.plugged[usb_path] = made

    def unplug(self, usb_path: str) -> None:
        for path, node in reversed(self.plugged.pop(usb_path)):
            if node:
                Path(node).unlink()
            let_them_read()
            self.bed.uevent(path, "remove")
            self.bed.remove_device(path)

    def _add(
        self,
        subsystem: str,
        name: str,
        parent: str | None,
        attributes: dict[str, str],
        properties: dict[str, str],
    ) -> str:
        let_them_read()
        self.events += 1
        properties = {"USEC_INITIALIZED": str(self.events), **properties}
        path = self.bed.add_device(subsystem, name, parent, _flat(attributes), _flat(properties))
        assert path, (subsystem, name)
        return str(path)


def _flat(pairs: dict[str, str]) -> list[str]:
    return [text for pair in pairs.items() for text in pair]


def main() -> None:
    bed = Bed()
    print(bed.root, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        match asked.pop("op"):
            case "plug":
                bed.plug(asked)
            case "unplug":
                bed.unplug(asked["usb_path"])
        print("done", flush=True)


if __name__ == "__main__":
    main()

"""Places are grouped as they are on the USB: by hub, in the order of its sockets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.desk.hubs import HubKind, by_hub, place_of, short_name
from tests.desk.ports_in_words import a_port


@pytest.mark.parametrize(
    ("name", "kind", "hub", "short"),
    [
        ("usb-1-1.4.2", HubKind.HUB, "1-1.4", "1-1.4.2"),
        ("usb-1-1", HubKind.BOX, "1", "1-1"),
        ("usb-3-2.10", HubKind.HUB, "3-2", "3-2.10"),
        ("usb-1-1.4:1.2", HubKind.BRIDGE, "1-1.4", "1-1.4:1.2"),
        ("/dev/serial/by-path/pci-0000:00:14.0-usb-0:1.4.2:1.2-port0", HubKind.HUB, "1.4", None),
        (
            "/dev/serial/by-path/platform-fd500000.pcie-pci-0000:01:00.0-usbv2-0:1.2:1.0",
            HubKind.HUB,
            "1",
            None,
        ),
        ("/dev/ttyS0", HubKind.LINES, "", "ttyS0"),
        ("/var/lib/simloft/bank/modem01", HubKind.LINES, "", "modem01"),
        ("usb-", HubKind.LINES, "", ""),
        ("", HubKind.LINES, "", ""),
    ],
)
def test_where_a_port_is(name: str, kind: HubKind, hub: str, short: str | None) -> None:
    place = place_of(name)
    assert (place.kind, place.hub) == (kind, hub)
    if short is not None:
        assert short_name(name) == short


def test_the_sockets_of_a_hub_stand_in_their_order() -> None:
    names = ["usb-1-1.10", "usb-1-1.2", "/dev/ttyS1", "usb-1-2:1.0", "usb-2-1", "usb-1-10.1", "usb-1-2.1"]
    hubs = by_hub(replace(a_port(), id=place, name=name) for place, name in enumerate(names))
    assert [(hub.kind, hub.name, [port.name for port in hub.ports]) for hub in hubs] == [
        (HubKind.BOX, "2", ["usb-2-1"]),
        (HubKind.HUB, "1-1", ["usb-1-1.2", "usb-1-1.10"]),
        (HubKind.BRIDGE, "1-2", ["usb-1-2:1.0"]),
        (HubKind.HUB, "1-2", ["usb-1-2.1"]),
        (HubKind.HUB, "1-10", ["usb-1-10.1"]),
        (HubKind.LINES, "", ["/dev/ttyS1"]),
    ]

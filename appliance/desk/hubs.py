"""Where a port is on the USB tree, so that the wall shows the places of a hub together and in their order.

A USB path is ``bus-port.port.port``: each number is the port of a hub on the way (Linux ``Documentation/ABI/
testing/sysfs-bus-usb``). The last one is the place on its hub; what stands before it names the hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from appliance.store.ports import Port

# 'usb-1-1.4.2', and 'usb-1-1.4.2:1.3' for one line of a bridge that has several.
_OWN_NAME = re.compile(r"usb-(?P<path>[0-9]+-[0-9]+(?:\.[0-9]+)*)(?::[0-9]+\.(?P<line>[0-9]+))?(?:[^0-9].*)?")
# What udev calls it in /dev/serial/by-path: 'pci-0000:00:14.0-usb-0:1.4.2:1.2-port0'.
_BY_PATH = re.compile(r"(?:.*/)?(?P<bus>[^/]*-usb(?:v[0-9])?-[0-9]+):(?P<path>[0-9]+(?:\.[0-9]+)*):.*")


class HubKind(StrEnum):
    """What a group of places is."""

    BOX = "box"
    """The USB sockets of the box itself."""
    HUB = "hub"
    BRIDGE = "bridge"
    """One device with many lines, each a modem of its own: a modem pool."""
    LINES = "lines"
    """Serial lines that udev knows no USB path of."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a port is: the group, and its order in it."""

    kind: HubKind
    hub: str
    """As it is named for people: '1-1.4'. Empty for lines."""
    order: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Hub:
    """A group of places."""

    kind: HubKind
    name: str
    ports: tuple[Port, ...]


def place_of(name: str) -> Place:
    """Where the port of a name is."""
    if found := _OWN_NAME.fullmatch(name):
        path, line = found["path"], found["line"]
        if line is not None:
            return Place(HubKind.BRIDGE, path, _order(line))
        hub, _, last = path.rpartition(".")
        if hub:
            return Place(HubKind.HUB, hub, _order(last))
        bus, _, last = path.partition("-")
        return Place(HubKind.BOX, bus, _order(last))
    if found := _BY_PATH.fullmatch(name):
        hub, _, last = found["path"].rpartition(".")
        return Place(HubKind.HUB if hub else HubKind.BOX, hub or found["bus"], _order(last))
    return Place(HubKind.LINES, "", _order(name))


def by_hub(ports: Iterable[Port]) -> tuple[Hub, ...]:
    """The ports in groups: the box's own sockets first, then hubs and bridges by their path, then other lines."""
    groups: dict[tuple[int, tuple[tuple[int, str], ...], HubKind, str], list[tuple[Place, Port]]] = {}
    for port in ports:
        place = place_of(port.name)
        rank = {HubKind.BOX: 0, HubKind.LINES: 2}.get(place.kind, 1)
        groups.setdefault((rank, _order(place.hub), place.kind, place.hub), []).append((place, port))
    return tuple(
        Hub(kind, name, tuple(port for _, port in sorted(found, key=lambda each: each[0].order)))
        for (_, _, kind, name), found in sorted(groups.items(), key=lambda each: each[0])
    )


def short_name(name: str) -> str:
    """What a place without a label is called: '1-1.4.2' for a USB path, the end of a path else."""
    return name.rsplit("/", 1)[-1].removeprefix("usb-")


def _order(text: str) -> tuple[tuple[int, str], ...]:
    """``modem2`` before ``modem10``."""
    return tuple(
        (int(each), "") if each.isdigit() else (-1, each) for each in re.findall(r"[0-9]+|[^0-9]+", text)
    )

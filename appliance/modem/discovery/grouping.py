"""From ttys of USB devices to slots: which belong together, which may be opened, and why the others not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from appliance.modem.discovery.at_port import UsbPorts, hint_of, in_order, is_named, ports_of
from appliance.modem.discovery.facts import Tty, UsbDevice
from appliance.modem.discovery.permission import Kind, Permission
from appliance.modem.discovery.slot import Slot

MODEM_DRIVERS = frozenset({"option", "option1", "qcserial", "sierra", "hso"})
"""Kernel drivers that bind to modems only, by ids of their own (drivers/usb/serial/{option,qcserial,sierra}.c,
drivers/net/usb/hso.c): what they drive is a modem, even where no profile knows it."""


class Verdict(StrEnum):
    """What becomes of a tty."""

    USED = "used"
    """The AT port of its slot."""
    SPARE = "spare"
    """Another port of a modem: tried only where the AT port is mute."""
    BY_PATH = "by-path"
    """It, or another port of its modem, is given by its very path."""
    DENIED = "denied"
    BRIDGE = "bridge"
    """A bare USB-serial bridge, behind which there may be anything."""
    UNKNOWN = "unknown"
    """Nothing says that the device is a modem."""
    UNNAMED = "unnamed"
    """A modem, but the settings name other ports and not this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the settings ask for, in terms of nodes."""

    every_modem: bool = False
    """The word "usb"."""
    by_path: frozenset[str] = frozenset()
    """Nodes that are given by their very path, so that discovery keeps off their modems."""
    by_glob: frozenset[str] = frozenset()
    """Nodes that a pattern matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One device, or one tty of a bare bridge, with what becomes of it."""

    device: UsbDevice
    ttys: tuple[tuple[Tty, Verdict], ...]
    """The likeliest AT port first."""
    slot: Slot | None = None
    is_certain: bool = True
    """False while another tty of the device may come that is the better AT port."""


def survey(
    ttys: Iterable[Tty], table: Mapping[str, UsbPorts], wanted: Wanted, permission: Permission
) -> list[Place]:
    """Every USB device with ttys, in the order of the places on the USB."""
    places: list[Place] = []
    for group in _by_device(ttys):
        device = group[0].device
        ports = ports_of(device.usb_id, table)
        if ports is not None and ports.is_bare_bridge:
            for tty in sorted(group, key=lambda tty: (tty.interface, tty.port_number)):
                places.append(_place_of_bridge(tty, wanted, permission, alone=len(group) == 1))
        else:
            places.append(_place_of_modem(device, group, ports, wanted, permission))
    return places


def _by_device(ttys: Iterable[Tty]) -> Iterator[list[Tty]]:
    groups: dict[str, list[Tty]] = {}
    for tty in ttys:
        groups.setdefault(tty.device.usb_path, []).append(tty)
    for usb_path in sorted(groups, key=place_order):
        yield groups[usb_path]


def place_order(usb_path: str) -> tuple[int, ...]:
    """``1-1.4`` before ``1-1.10``."""
    return tuple(int(number) for number in usb_path.replace("-", ".").split(".") if number.isdigit())


def _place_of_bridge(tty: Tty, wanted: Wanted, permission: Permission, *, alone: bool) -> Place:
    verdict = _bridge_verdict(tty, wanted, permission)
    slot = None
    if verdict is Verdict.USED:
        named_by_person = tty.node in wanted.by_glob or permission.allows(tty) in (Kind.USB_PATH, Kind.TTY)
        slot = _slot(
            [tty],
            name=_name_of_one(tty, alone=alone),
            hint=None,
            must_prove=not named_by_person,
            shares_device=not alone,
        )
    return Place(device=tty.device, ttys=((tty, verdict),), slot=slot)


def _bridge_verdict(tty: Tty, wanted: Wanted, permission: Permission) -> Verdict:
    if tty.node in wanted.by_path:
        return Verdict.BY_PATH
    if permission.denies(tty):
        return Verdict.DENIED
    if tty.node in wanted.by_glob or (wanted.every_modem and permission.allows(tty)):
        return Verdict.USED
    return Verdict.BRIDGE


def _name_of_one(tty: Tty, *, alone: bool) -> str:
    if alone and tty.device.interfaces in (None, 1) and tty.port_number == 0:
        return f"usb-{tty.device.usb_path}"
    port = f"-port{tty.port_number}" if tty.port_number else ""
    return f"usb-{tty.interface_path}{port}"


def _place_of_modem(
    device: UsbDevice, group: list[Tty], ports: UsbPorts | None, wanted: Wanted, permission: Permission
) -> Place:
    if any(tty.node in wanted.by_path for tty in group):
        return _unused(device, in_order(group, ports), Verdict.BY_PATH)
    open_to_us = [tty for tty in group if not permission.denies(tty)]
    is_modem = ports is not None or any(tty.driver in MODEM_DRIVERS for tty in group)
    chosen = _chosen(open_to_us, is_modem, wanted, permission)
    if not chosen:
        return _unused(device, in_order(group, ports), _why_not(group, open_to_us, is_modem))
    order = in_order(chosen, ports)
    slot = _slot(
        order,
        name=f"usb-{device.usb_path}",
        hint=hint_of(ports),
        must_prove=not is_modem and permission.allows(order[0]) not in (Kind.USB_PATH, Kind.TTY),
    )
    verdicts = [(tty, Verdict.SPARE if place else Verdict.USED) for place, tty in enumerate(order)]
    rest = [tty for tty in in_order(group, ports) if tty not in chosen]
    verdicts += [(tty, Verdict.DENIED if permission.denies(tty) else Verdict.UNNAMED) for tty in rest]
    certain = is_named(order[0], ports) or device.interfaces == 1
    return Place(device=device, ttys=tuple(verdicts), slot=slot, is_certain=certain)


def _chosen(ttys: list[Tty], is_modem: bool, wanted: Wanted, permission: Permission) -> list[Tty]:
    """Those of a device's ttys that may be opened: the word "usb" means all of a modem's."""
    if wanted.every_modem:
        if is_modem:
            return ttys
        allowed = [tty for tty in ttys if permission.allows(tty)]
        if allowed:
            return allowed
    return [tty for tty in ttys if tty.node in wanted.by_glob]


def _why_not(group: Collection[Tty], open_to_us: Collection[Tty], is_modem: bool) -> Verdict:
    if not open_to_us and group:
        return Verdict.DENIED
    return Verdict.UNNAMED if is_modem else Verdict.UNKNOWN


def _unused(device: UsbDevice, ttys: Iterable[Tty], verdict: Verdict) -> Place:
    return Place(device=device, ttys=tuple((tty, verdict) for tty in ttys))


def _slot(
    ttys: list[Tty], *, name: str, hint: str | None, must_prove: bool, shares_device: bool = False
) -> Slot:
    first = ttys[0]
    return Slot(
        name=name,
        devices=tuple(tty.node for tty in ttys),
        usb_path=first.device.usb_path,
        shares_device=shares_device,
        usb_id=first.device.usb_id,
        hint=hint,
        must_prove=must_prove,
        mark=(first.node, first.mark),
    )

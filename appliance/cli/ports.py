"""``simloft ports``: every USB device with serial lines: which is a modem, which line the box uses, why not the others.

It only looks: no line is opened and nothing is sent.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator
from typing import Any

from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.options import add_port_option, add_settings_options, profile_book, settings_from
from appliance.config import Settings
from appliance.modem.discovery import EVERY_MODEM, Discovery, Place, Verdict

WORDS = {
    Verdict.USED: "used: takes the commands",
    Verdict.SPARE: "not used: another line of the same modem, tried only where the first one is mute",
    Verdict.BY_PATH: "given by its path in the settings",
    Verdict.DENIED: "left alone: [discovery] deny names it",
    Verdict.BRIDGE: "left alone: a serial bridge, and anything may be behind it. If modems are: [discovery] "
    'allow = ["{usb_id}"]',
    Verdict.UNKNOWN: "left alone: nothing says that this is a modem. If it is one: [discovery] "
    'allow = ["{usb_id}"]',
    Verdict.UNNAMED: "not used: the settings name other ports",
}


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("ports", help="list serial devices and what they are", description=__doc__)
    add_settings_options(parser)
    add_port_option(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    discovery = discovery_of(settings)
    try:
        places, stuck = discovery.survey(), discovery.stuck()
    finally:
        discovery.close()
    if namespace.json:
        told = {"devices": [_as_json(place) for place in places], "stuck": [str(each) for each in stuck]}
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return EXIT_OK
    if not places and not stuck:
        print("No USB device with a serial line is plugged in. Is the hub plugged in, and has it power?")
    for line in _lines(places):
        print(line)
    for each in stuck:
        print(each)
    if places and settings.is_simulated:
        print("No port is given (--port or ports = […]), so this is what --port usb would use.")
    return EXIT_OK


def discovery_of(settings: Settings) -> Discovery:
    """What the pool would find with these settings; where they give no port, with the word "usb"."""
    return Discovery(
        settings.ports or (EVERY_MODEM,),
        allow=settings.discovery.allow,
        deny=settings.discovery.deny,
        book=profile_book(settings),
    )


def _lines(places: Iterable[Place]) -> Iterator[str]:
    for place in places:
        device, slot = place.device, place.slot
        name = " ".join(part for part in (device.manufacturer, device.product) if part)
        profile = f"  profile {slot.hint}" if slot is not None and slot.hint else ""
        port = slot.name if slot is not None else "no port"
        yield f"{device.usb_path}  {device.usb_id}  {name or 'no name'}: {port}{profile}"
        for tty, verdict in place.ttys:
            words = WORDS[verdict].format(usb_id=device.usb_id)
            yield f"    {tty.node}  interface {tty.interface}  {tty.driver or 'no driver'}  {words}"
        if slot is not None and slot.must_prove:
            yield "    It becomes a port once it answers AT and +CGMI as a modem does."


def _as_json(place: Place) -> dict[str, object]:
    device, slot = place.device, place.slot
    return {
        "usb_path": device.usb_path,
        "usb_id": device.usb_id,
        "manufacturer": device.manufacturer,
        "product": device.product,
        "serial": device.serial,
        "port": None if slot is None else slot.name,
        "profile": None if slot is None else slot.hint,
        "must_prove": slot is not None and slot.must_prove,
        "ttys": [
            {"device": tty.node, "interface": tty.interface, "driver": tty.driver, "verdict": verdict.value}
            for tty, verdict in place.ttys
        ],
    }

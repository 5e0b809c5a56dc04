"""What the doctor finds about serial devices: missing, forbidden, taken by other programs, or not modems yet."""

from __future__ import annotations

import contextlib
import grp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from appliance.cli.finding import Finding, Status
from appliance.cli.plugged import choose_ports
from appliance.cli.ports import WORDS, discovery_of
from appliance.cli.programs import me, programs_that_hold, running_programs
from appliance.config import Settings
from appliance.modem.discovery import EVERY_MODEM, Discovery, Place, Verdict
from appliance.usb.device import UsbDevices

RULES = (
    "simloft udev-rules | sudo tee /etc/udev/rules.d/60-simloft.rules, then "
    "sudo udevadm control --reload && sudo udevadm trigger"
)
BRLTTY_RULES = ("/usr/lib/udev/rules.d", "/lib/udev/rules.d", "/etc/udev/rules.d")
BRLTTY_TAKES = ("10c4:ea60", "1a86:7523")
"""USB ids that its rules take whatever the device says of itself (brltty, Autostart/Udev), and that bridges have."""
_SBIN = ":/usr/sbin:/sbin"


def findings(settings: Settings) -> Iterator[Finding]:
    """About the ports that a box with these settings runs on."""
    chosen = choose_ports(settings).settings
    with contextlib.closing(discovery_of(chosen)) as discovery:
        places = discovery.survey()
        if chosen.is_simulated:
            yield Finding(
                "ports",
                Status.NOTE,
                "no port is given, so the box runs on simulated modems",
                'For real ones: simloft run --port usb, or ports = ["usb"] in the settings file.',
            )
        else:
            yield from _ports(chosen, discovery)
            used = [place for place in places if place.slot is not None]
            yield from _modem_manager(used)
            yield from _brltty(used)
            yield from _resets(used, chosen.usb_helper)
        yield from _left_alone(places)
        yield from _stuck(discovery)


def _ports(settings: Settings, discovery: Discovery) -> Iterator[Finding]:
    slots = discovery.found()
    for slot in slots.values():
        if slot.is_there:
            yield _port(slot.name, slot.devices[0])
        else:
            yield _nothing_at(slot.name)
    for pattern in settings.ports:
        if pattern not in slots and not slots:
            yield _nothing_at(pattern)


def _nothing_at(pattern: str) -> Finding:
    if pattern == EVERY_MODEM:
        return Finding(
            "ports",
            Status.PROBLEM,
            "no modem that is known is plugged in",
            "Is the hub powered and plugged in? `simloft ports` lists what is there, and why it is not used.",
        )
    return Finding(
        "ports",
        Status.PROBLEM,
        f"nothing is at {pattern}",
        "Is the hub powered and plugged in? `simloft ports` lists what is there.",
    )


def _port(name: str, device: str) -> Finding:
    about = f"port {name}" if name == device else f"port {name} ({device})"
    if not os.access(device, os.R_OK | os.W_OK):
        return _forbidden(about, device)
    holders = sorted({program for program in programs_that_hold(device) if program != "simloft"})
    if "ModemManager" in holders:
        return Finding(about, Status.PROBLEM, "ModemManager has it open", f"{RULES}; then plug it in again.")
    if holders:
        return Finding(
            about, Status.NOTE, f"is open in {', '.join(holders)}", "Fine if that is the box itself."
        )
    return Finding(about, Status.OK, "may be used")


def _forbidden(about: str, device: str) -> Finding:
    try:
        group = grp.getgrgid(Path(device).stat().st_gid).gr_name
    except (KeyError, OSError):
        group = "dialout"
    if group == "root":
        return Finding(
            about, Status.PROBLEM, f"{me()} may not use it (it belongs to root alone)", f"{RULES}."
        )
    return Finding(
        about,
        Status.PROBLEM,
        f"{me()} may not use it (it belongs to group {group})",
        f"sudo usermod -aG {group} {me()}, then log in anew.",
    )


def _modem_manager(used: list[Place]) -> Iterator[Finding]:
    if not any(name == "ModemManager" for _, name in running_programs()):
        return
    not_told = [place.device.usb_path for place in used if not all(tty.is_ignored for tty, _ in place.ttys)]
    if not_told:
        yield Finding(
            "ModemManager",
            Status.PROBLEM,
            f"it is running, and was not told to leave alone what is at {', '.join(not_told)}",
            f"{RULES}; or sudo systemctl disable --now ModemManager",
        )
    elif used:
        yield Finding("ModemManager", Status.OK, "it is running, and was told to leave the modems alone")


def _brltty(used: list[Place]) -> Iterator[Finding]:
    running = any(name == "brltty" for _, name in running_programs())
    rules = [path for directory in BRLTTY_RULES for path in Path(directory).glob("*brltty*.rules")]
    wanted = sorted({place.device.usb_id for place in used} & set(BRLTTY_TAKES))
    if running or (rules and wanted):
        yield Finding(
            "brltty",
            Status.PROBLEM if running else Status.NOTE,
            "it takes serial bridges such as CP210x and CH34x for Braille displays, and their ttys vanish",
            "Where nobody reads Braille on this machine: sudo apt-get remove brltty",
        )


def _resets(used: list[Place], helper: Path) -> Iterator[Finding]:
    """Whether a modem that hangs can be reset without hands."""
    if not used:
        return
    if os.access(helper, os.W_OK):
        if shutil.which("uhubctl", path=os.environ.get("PATH", "") + _SBIN) is None:
            yield Finding(
                "resets",
                Status.NOTE,
                "the helper is there, but can't switch the power of a hub's ports",
                "For hubs that can: sudo apt-get install uhubctl",
            )
        else:
            yield Finding("resets", Status.OK, "the helper is there")
    elif helper.exists():
        yield Finding(
            "resets",
            Status.PROBLEM,
            f"{me()} may not ask the helper that resets USB devices",
            f"sudo usermod -aG simloft {me()}, then log in anew.",
        )
    elif not all(UsbDevices().may_be_written(place.device.usb_path) for place in used):
        yield Finding(
            "resets",
            Status.NOTE,
            "nothing here may reset USB devices: a modem that hangs for good waits for hands",
            "sudo systemctl enable --now simloft-usb-helper (see systemd/README.md)",
        )


def _left_alone(places: list[Place]) -> Iterator[Finding]:
    for place in places:
        verdicts = {verdict for _, verdict in place.ttys}
        if place.slot is None and verdicts <= {Verdict.BRIDGE, Verdict.UNKNOWN}:
            nodes = ", ".join(tty.node for tty, _ in place.ttys)
            words = WORDS[place.ttys[0][1]].format(usb_id=place.device.usb_id)
            yield Finding(
                "other devices", Status.NOTE, f"{nodes}: {words.partition('. ')[0]}", _advice(words)
            )


def _advice(words: str) -> str:
    return words.partition(". ")[2]


def _stuck(discovery: Discovery) -> Iterator[Finding]:
    for each in discovery.stuck():
        has_switch = shutil.which("usb_modeswitch", path=os.environ.get("PATH", "") + _SBIN) is not None
        yield Finding(
            "sticks",
            Status.PROBLEM,
            f"what is at {each.device.usb_path} ({each.device.usb_id}) still shows its CD-ROM and no modem",
            "Unplug it and plug it in again; if that does not help: journalctl -t usb_modeswitch"
            if has_switch
            else "sudo apt-get install usb-modeswitch, then unplug it and plug it in again.",
        )

"""Power of a hub's port, by way of uhubctl, and only where the hub switches each port by itself."""

from __future__ import annotations

import re
import shutil
import subprocess

from appliance.usb.request import Done, NotPossible, Result, Why, hub_and_port

LIMIT_S = 20.0
OFF_S = 2
"""How long the port is without power: long enough for the capacitors of a stick."""

_SBIN = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"


def power_cycle(usb_path: str, *, search: str | None = None) -> Result:
    """Off and on again. ``search``: where uhubctl is looked for, as in ``PATH``."""
    program = shutil.which("uhubctl", path=search or _SBIN)
    if program is None:
        return NotPossible(Why.NO_UHUBCTL)
    hub, port = hub_and_port(usb_path)
    try:
        listed = _run(program, "-l", hub, "-p", str(port))
        if not switches_ports(listed.stdout, hub):
            return NotPossible(Why.NO_POWER_SWITCH, hub)
        cycled = _run(program, "-l", hub, "-p", str(port), "-a", "cycle", "-d", str(OFF_S))
    except (OSError, subprocess.TimeoutExpired) as error:
        return NotPossible(Why.FAILED, f"uhubctl: {type(error).__name__}")
    if cycled.returncode:
        return NotPossible(Why.FAILED, f"uhubctl: {cycled.stderr.strip()[:150]}")
    return Done()


def switches_ports(listing: str, hub: str) -> bool:
    """Whether ``uhubctl`` says ``ppps`` (per-port power switching) of just this hub.

    ``Current status for hub 1-1 [2109:2813 VIA Labs, Inc. USB2.0 Hub, USB 2.10, 4 ports, ppps]``; one that switches
    all its ports together says ``ganged``, and a stick must not take seven others with it.
    """
    heading = re.compile(rf"^Current status for hub {re.escape(hub)} \[.*\bppps\b.*\]", re.MULTILINE)
    return heading.search(listing) is not None


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LIMIT_S,
        stdin=subprocess.DEVNULL,
        env={"PATH": _SBIN, "LC_ALL": "C"},
        check=False,
    )

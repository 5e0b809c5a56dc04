"""``simloft usb-helper``: resets USB devices for the pool, which is never root.

It runs as root, needs nothing but Python's standard library, and does two things for members of one group:
take a USB device's authorization and give it back, and switch the power of its hub's port where the hub can.
Devices without a tty are never touched.
"""

from __future__ import annotations

import argparse
import grp
import logging
import os
from pathlib import Path
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.usb.client import DEFAULT_SOCKET
from appliance.usb.device import UsbDevices
from appliance.usb.helper import Helper, serve


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("usb-helper", help="reset USB devices for the pool", description=__doc__)
    parser.add_argument(
        "--socket", type=Path, default=DEFAULT_SOCKET, metavar="PATH", help=f"default: {DEFAULT_SOCKET}"
    )
    parser.add_argument("--group", metavar="NAME", help="who may ask (default: the group it runs as)")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="where sys/ is (for tests)"
    )
    parser.add_argument("--search", metavar="PATH", help="directories where uhubctl is looked for")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    socket: Path = namespace.socket
    helper = Helper(UsbDevices(namespace.root), socket.with_name("without-rights"), search=namespace.search)
    try:
        serve(helper, socket, _group(namespace.group))
    except OSError as error:
        raise CommandError(
            f"The socket {socket} can't be made ({error.strerror}). Is its directory there, and may "
            "this user write in it?",
            EXIT_UNAVAILABLE,
        ) from error
    return EXIT_OK


def _group(name: str | None) -> int:
    if name is None:
        return os.getegid()
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError as error:
        raise CommandError(
            f"There is no group “{name}”. Make it: sudo groupadd --system {name}", EXIT_USAGE
        ) from error

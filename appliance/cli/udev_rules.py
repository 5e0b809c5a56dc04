"""``simloft udev-rules``: print udev rules that keep ModemManager off the box's modems and let the box reset them."""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.options import add_settings_options, profile_book, settings_from
from appliance.modem.discovery.udev_rules import udev_rules


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("udev-rules", help="print udev rules for the modems", description=__doc__)
    add_settings_options(parser)
    parser.add_argument(
        "--group", default="simloft", metavar="NAME", help="who may reset modems (default: simloft)"
    )
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    table = profile_book(settings).usb_table()
    print(udev_rules(table, settings.discovery.allow, group=namespace.group), end="")
    return EXIT_OK

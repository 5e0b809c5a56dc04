"""``simloft trace``: what the box and a modem said to each other of late, for one port.

Numbers and texts are masked unless --plain is given. It works for a port that never got ready, too.
"""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.asking import PORT_HELP, ask_port, port_named, show
from appliance.cli.options import add_settings_options
from appliance.cli.view import view_of
from appliance.store.commands import PortCommand


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("trace", help="the last bytes of a port", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("place", metavar="PORT", help=PORT_HELP)
    parser.add_argument(
        "--plain", action="store_true", help="show numbers and texts too; keep it to yourself"
    )
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        port = port_named(view.connection, namespace.place)
        command = PortCommand.TRACE_PLAIN if namespace.plain else PortCommand.TRACE
        return show(view, ask_port(view, port, command), as_json=False, text_only=True)

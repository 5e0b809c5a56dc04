"""``simloft clock``: what time it is on the box; exit code 1 where nobody knows for certain."""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

from appliance.cli.asking import ME
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_UNAVAILABLE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, view_of
from appliance.desk.box_clock import box_clock, confirm
from appliance.store.doorbell import ring
from appliance.store.errors import StoreError
from appliance.store.writer import GroupCommitWriter
from appliance.web.represent import clock_object


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("clock", help="what time it is on the box", description=__doc__)
    add_settings_options(parser)
    parser.add_argument(
        "act",
        nargs="?",
        choices=["confirm"],
        help="say that the clock of the system, which the box doubts, is right",
    )
    parser.add_argument("--json", action="store_true", help="the object of the API")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "confirm":
            return _confirm(view)
        found = box_clock(view.connection)
        if namespace.json:
            print_json(clock_object(found, view.words))
        else:
            print(view.words.sentence(found.code, found.args))
        return EXIT_PROBLEM if found.is_doubted else EXIT_OK


def _confirm(view: View) -> int:
    try:
        with contextlib.closing(GroupCommitWriter(view.settings.database)) as writer:
            wall_ms = confirm(writer, lambda: ring(view.settings.doorbell), ME)
    except StoreError as error:
        raise CommandError(str(error), EXIT_UNAVAILABLE) from error
    print(view.words.sentence("clock.confirmed", {"wall_ms": wall_ms}))
    return EXIT_OK

"""``simloft inbox``: what was received, newest first."""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.options import add_settings_options
from appliance.cli.view import one_line, print_json, print_table, view_of
from appliance.store import inbox
from appliance.web.represent import inbox_object


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("inbox", help="list what was received", description=__doc__)
    add_settings_options(parser)
    parser.add_argument(
        "--from", dest="sender", metavar="NUMBER", help="only from this sender, as it is shown"
    )
    parser.add_argument("--limit", type=int, default=20, help="how many (default: 20)")
    parser.add_argument("--json", action="store_true", help="the objects of the API")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        found = inbox.page(view.connection, limit=max(1, namespace.limit), sender=namespace.sender)
        if namespace.json:
            print_json([inbox_object(each) for each in found])
        elif found:
            print_table(
                [
                    (
                        view.words.exact(each.received_at_ms),
                        each.sender,
                        each.sim_label or each.sim_msisdn or each.sim_iccid or "",
                        one_line(
                            each.text if each.text is not None else f"[{view.words.inbox_kind(each.kind)}]"
                        ),
                    )
                    for each in found
                ]
            )
        else:
            print("Nothing was received yet.")
    return EXIT_OK

"""``simloft forecast N``: when a batch of N messages would be done with today's SIMs, and which runs out of what."""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.account import account_named
from appliance.cli.asking import accepted
from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.options import add_settings_options
from appliance.cli.view import print_json, print_table, view_of, visible
from appliance.desk.forecast import forecast_batch
from appliance.desk.submission import Priority
from appliance.web.api_forecast import batch_from, forecast_object


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("forecast", help="when a batch would be done", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("messages", type=int, metavar="N", help="how many messages")
    parser.add_argument("--parts", type=int, help="parts of each (default: 1)")
    parser.add_argument("--text", help="instead of --parts: the text")
    parser.add_argument("--priority", choices=[each.name.lower() for each in Priority], default="bulk")
    parser.add_argument("--account", metavar="NAME", help="in whose name; see `simloft account`")
    parser.add_argument("--json", action="store_true", help="the object of the API")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        members = {
            name: getattr(namespace, name)
            for name in ("messages", "parts", "text", "priority")
            if getattr(namespace, name) is not None
        }
        if namespace.account is not None:
            members["account"] = account_named(view.connection, namespace.account).id
        batch = accepted(view, batch_from(members))
        told = forecast_batch(view.connection, view.book, batch, view.now_ms)
        if namespace.json:
            print_json(forecast_object(told, view.book, view.words))
            return EXIT_OK
        for each in told.sentences:
            print(visible(view.words.reason(each)))
        rows = []
        for share in told.sims:
            limit = share.first_limit
            runs_out = (
                "" if limit is None else f"{view.words.limit(limit.limit)} {view.words.clock(limit.at_ms)}"
            )
            done = "" if share.done_at_ms is None else view.words.clock(share.done_at_ms)
            idle = "" if share.idle is None else view.words.reason(share.idle)
            rows.append((share.name, str(share.messages), done, runs_out or idle))
        if rows:
            print_table(rows)
    return EXIT_OK

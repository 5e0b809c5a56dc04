"""``simloft waiting``: why the queue waits: what by which reason, what changes next, what each SIM has left."""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of
from appliance.desk.submission import Priority
from appliance.desk.waiting import Overview, overview
from appliance.web.represent import reason_object
from appliance.web.represent_plan import use_objects


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("waiting", help="why the queue waits", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        seen = overview(view.connection, view.book, view.now_ms)
        if namespace.json:
            print_json(_object(view, seen))
        else:
            _show(view, seen)
    return EXIT_OK


def _object(view: View, seen: Overview) -> dict[str, object]:
    return {
        "waiting": seen.counted,
        "is_more": seen.is_more,
        "reasons": [
            {
                "priority": Priority(each.priority).name.lower(),
                "count": each.count,
                "is_more": each.is_more,
                "reason": reason_object(each.reason, view.words),
                "first": each.example.id,
            }
            for each in seen.groups
        ],
        "sims": [
            {
                "id": each.standing.sim_id,
                "name": each.standing.name,
                "reason": None if each.holds is None else reason_object(each.holds, view.words),
                "used": use_objects(each.uses),
            }
            for each in seen.sims
        ],
    }


def _show(view: View, seen: Overview) -> None:
    if not seen.groups:
        print("Nothing waits.")
    else:
        print_table(
            [
                (
                    f"{each.count}{'+' if each.is_more else ''}",
                    view.words.priority(each.priority),
                    view.words.reason(each.reason),
                )
                for each in seen.groups
            ]
        )
    if seen.sims:
        print()
        rows = []
        for each in seen.sims:
            left = ", ".join(f"{view.words.limit(use.limit)} {use.used}/{use.most}" for use in each.uses)
            rows.append(
                (each.standing.name, left, "" if each.holds is None else view.words.reason(each.holds))
            )
        print_table(rows)

"""``simloft loop-test``: a real message from one SIM of the box to another, with its time and what was learnt.

Without names, around a ring through all SIMs that are ready. It costs one message for each test, and keeps to the
limits of each SIM. It learns the numbers of the senders, where at least one number in the box is known.
Exit code 1: a test did not pass.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from appliance.cli.asking import ME, accepted, office
from appliance.cli.desk_tools import tools_of
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of, visible
from appliance.cli.which_sim import HELP, sim_named
from appliance.desk import loop_test
from appliance.desk.loop_test_round import advance
from appliance.store import loop_tests
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.loop_tests import LoopTest

LOOK_EVERY_S = 0.2
SHOWN = 20


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "loop-test", help="send a message from one SIM of the box to another", description=__doc__
    )
    add_settings_options(parser)
    parser.add_argument("--from", dest="sender", metavar="SIM", help=f"who sends: {HELP}")
    parser.add_argument("--to", dest="receiver", metavar="SIM", help="who receives")
    parser.add_argument(
        "--all", action="store_true", help="around a ring through all SIMs (what is done anyway)"
    )
    parser.add_argument("--list", action="store_true", help="only list the latest tests")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.list:
            _show(view, loop_tests.recent(view.connection, limit=SHOWN), as_json=namespace.json)
            return EXIT_OK
        sender = sim_named(view.connection, namespace.sender).id if namespace.sender else None
        receiver = sim_named(view.connection, namespace.receiver).id if namespace.receiver else None
        with office(view.settings) as writer:
            run = accepted(
                view,
                loop_test.start(
                    writer,
                    lambda: ring(view.settings.doorbell),
                    ME,
                    from_sim_id=sender,
                    to_sim_id=receiver,
                    now_ms=now_ms(),
                ),
            )
            tools = tools_of(view.settings, writer)
            while True:
                advance(tools, view.connection, now_ms())
                tests = loop_tests.of_run(view.connection, run)
                if all(each.done_at_ms is not None for each in tests):
                    break
                time.sleep(LOOK_EVERY_S)
        _show(view, tests, as_json=namespace.json)
        return EXIT_OK if all(each.passed for each in tests) else EXIT_PROBLEM


def _show(view: View, tests: list[LoopTest], *, as_json: bool) -> None:
    if as_json:
        print_json([_object(view, each) for each in tests])
    elif not tests:
        print("No test was made yet.")
    else:
        print_table([(view.words.exact(each.began_at_ms), _said(view, each)) for each in tests])


def _said(view: View, test: LoopTest) -> str:
    if test.result is None:
        return "…"
    said = view.words.sentence(test.result, test.result_args)
    why = test.result_args.get("why")
    return visible(said if why is None else f"{said} {view.words.sentence(str(why), test.result_args)}")


def _object(view: View, test: LoopTest) -> dict[str, object]:
    names = {
        role: "" if sim is None else sim.name
        for role, sim in (
            ("from", view.book.sim(test.from_sim_id)),
            ("to", view.book.sim(test.to_sim_id)),
        )
    }
    instants = {
        name: None if at_ms is None else view.words.rfc3339(at_ms)
        for name, at_ms in (
            ("began_at", test.began_at_ms),
            ("sent_at", test.sent_at_ms),
            ("received_at", test.received_at_ms),
            ("delivered_at", test.delivered_at_ms),
            ("done_at", test.done_at_ms),
        )
    }
    return {
        **names,
        "passed": test.passed,
        "result": {"code": test.result, "text": _said(view, test)},
        **instants,
    }

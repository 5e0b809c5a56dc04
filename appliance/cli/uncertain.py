"""``simloft uncertain``: messages of which nobody knows whether they were sent, and what is to become of them.

simloft uncertain                          list them, newest first
simloft uncertain resend ID…               send them again: who got one gets it twice
simloft uncertain mark-sent ID…            they were sent, as you know
simloft uncertain undo ID…                 uncertain again, as long as nothing has followed
simloft uncertain mark-sent --all          all that are uncertain now, 500 at most
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from appliance.cli.asking import office
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, one_line, print_json, print_table, view_of
from appliance.desk.actions import MOST_AT_ONCE, Acted, Action, act_on_several
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.life import MessageState
from appliance.store.message_lists import PATIENCE_S, Filters, list_messages
from appliance.store.messages import Message

ACTIONS = (Action.RESEND, Action.MARK_SENT, Action.UNDO)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "uncertain",
        help="messages of which nobody knows whether they were sent; settle them",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument(
        "act",
        nargs="?",
        default="list",
        choices=("list", *(each.value for each in ACTIONS)),
        metavar="ACT",
        help="list, resend, mark-sent, undo",
    )
    parser.add_argument("id", nargs="*", metavar="ID", help="which messages")
    parser.add_argument("--all", action="store_true", help="all that are uncertain now")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        wanted = Filters(states=frozenset({MessageState.UNCERTAIN}))
        found = list_messages(view.connection, wanted, limit=MOST_AT_ONCE, budget_s=PATIENCE_S).messages
        if namespace.act == "list":
            _list(view, found, as_json=namespace.json)
            return EXIT_OK
        ids = [each.id for each in found] if namespace.all else namespace.id
        if not ids:
            raise CommandError("Name messages by their ids, or give --all.", EXIT_USAGE)
        with office(view.settings) as writer:
            acted = act_on_several(
                writer,
                ids[:MOST_AT_ONCE],
                Action(namespace.act),
                now_ms(),
                lambda: _ring(view),
            )
        _show(view, acted, as_json=namespace.json)
    return EXIT_OK if acted.done else EXIT_PROBLEM


def _ring(view: View) -> None:
    ring(view.settings.doorbell)


def _list(view: View, found: Sequence[Message], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {"id": each.id, "to": each.recipient, "text": each.text, "reason": each.reason}
                for each in found
            ]
        )
    elif found:
        print_table(
            [
                (
                    each.id,
                    view.words.exact(each.accepted_at_ms),
                    each.recipient,
                    one_line(each.text, 30),
                    view.words.sentence(each.reason, each.reason_args),
                )
                for each in found
            ]
        )
    else:
        print("No message is uncertain.")


def _show(view: View, acted: Acted, *, as_json: bool) -> None:
    if as_json:
        print_json({"done": acted.done, "too_late": [each for each, _ in acted.too_late]})
        return
    for message_id in acted.done:
        print(f"{message_id}  done")
    for message_id, state in acted.too_late:
        said = "no such message" if state is None else f"not possible: {view.words.message_state(state)}"
        print(f"{message_id}  {said}")

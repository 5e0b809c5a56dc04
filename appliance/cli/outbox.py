"""``simloft outbox``: outgoing messages with their state and the reason for it; newest first."""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, one_line, print_json, print_table, print_text, view_of, visible
from appliance.desk.sims import reason_of
from appliance.store import messages
from appliance.store.life import MessageState
from appliance.store.message_lists import PATIENCE_S, Filters, list_messages
from appliance.store.messages import Message
from appliance.web.objects import messages as objects
from appliance.web.represent import message_object, part_object


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("outbox", help="list outgoing messages, or show one", description=__doc__)
    add_settings_options(parser)
    parser.add_argument("id", nargs="?", help="show this message with its parts")
    parser.add_argument("--state", choices=[each.value for each in MessageState], help="only these")
    parser.add_argument("--limit", type=int, default=20, help="how many (default: 20)")
    parser.add_argument("--json", action="store_true", help="the objects of the API")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.id:
            _show(view, namespace.id, as_json=namespace.json)
            return EXIT_OK
        wanted = Filters(states=frozenset({MessageState(namespace.state)}) if namespace.state else None)
        limit = max(1, namespace.limit)
        found = list_messages(view.connection, wanted, limit=limit, budget_s=PATIENCE_S).messages
        if namespace.json:
            print_json([_object(view, each) for each in found])
        elif found:
            print_table([_row(view, each) for each in found])
        else:
            print("There are no messages. `simloft send +8613912345678 你好` makes one.")
    return EXIT_OK


def _object(view: View, message: Message) -> objects.Message:
    reason = reason_of(view.connection, message, view.book, view.now_ms)
    return message_object(message, reason, view.book, view.words)


def _row(view: View, message: Message) -> tuple[str, ...]:
    reason = reason_of(view.connection, message, view.book, view.now_ms)
    return (
        message.id,
        view.words.exact(message.accepted_at_ms),
        message.recipient,
        view.words.message_state(message.state),
        one_line(message.text, 30),
        view.words.reason(reason),
    )


def _show(view: View, message_id: str, *, as_json: bool) -> None:
    message = messages.get(view.connection, message_id)
    if message is None:
        raise CommandError(f"There is no message {message_id}. `simloft outbox` lists them.")
    parts = messages.parts_of(view.connection, message.seq)
    if as_json:
        print_json({**_object(view, message), "parts": [part_object(each, view.book) for each in parts]})
        return
    print_table([_row(view, message)])
    print_text(message.text)
    for part in parts:
        sim = view.book.sim(part.sim_id)
        print(
            f"  attempt {part.attempt}, part {part.number}: {view.words.part_state(part.state)}, "
            f"SIM {visible(sim.name) if sim else part.sim_id}, port {visible(part.port_name or '-')}"
        )

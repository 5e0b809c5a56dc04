"""``simloft aliyun``: receivers that are told as Aliyun tells them: SmsReport (what became of it), SmsUp (replies).

simloft aliyun                                   list them
simloft aliyun add "http://10.0.0.5/sms/report" --what report
simloft aliyun add "http://10.0.0.5/sms/up" --what up
simloft aliyun remove 3

`simloft api-key aliyun KEY` makes the AccessKey that a program signs with.
"""

from __future__ import annotations

import argparse
from typing import Any

from appliance.cli.asking import ME, accepted, office
from appliance.cli.exit_codes import EXIT_OK, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of, visible
from appliance.desk.outbox import OutboxRules
from appliance.desk.webhook_secrets import Vault
from appliance.desk.webhooks import create_webhook, remove_webhook
from appliance.store import webhooks
from appliance.store.clock import now_ms
from appliance.store.webhooks import Webhook

DIALECT = "aliyun"
_REPORTS = tuple(f"message.{each}" for each in ("delivered", "undelivered", "failed", "expired", "cancelled"))
KINDS = {"report": _REPORTS, "up": ("inbound.received",), "both": (*_REPORTS, "inbound.received")}
"""What each word of ``--what`` is told of."""


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "aliyun",
        help="receivers that are told as Aliyun tells them",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument(
        "act",
        choices=("list", "add", "remove"),
        nargs="?",
        default="list",
        metavar="ACT",
        help="list, add, remove",
    )
    parser.add_argument("receiver", nargs="?", metavar="URL", help="add: its address; remove: its number")
    parser.add_argument("--what", choices=tuple(KINDS), default="both", help="what it is told of")
    parser.add_argument("--name", default="", help="what people call it")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "list":
            _list(view, as_json=namespace.json)
            return EXIT_OK
        if namespace.receiver is None:
            raise CommandError("Name its URL, or its number where it is to be removed.", EXIT_USAGE)
        done = _add(view, namespace) if namespace.act == "add" else _remove(view, namespace.receiver)
        if namespace.json:
            print_json(_as_object(done))
        else:
            print(visible(f"{done.id}: {done.url}"))
    return EXIT_OK


def _add(view: View, namespace: argparse.Namespace) -> Webhook:
    members = {"url": namespace.receiver, "name": namespace.name, "kinds": KINDS[namespace.what]}
    rules = OutboxRules(allow_loopback=view.settings.webhooks.allow_loopback)
    vault = Vault(view.settings.data)
    with office(view.settings) as writer:
        made = create_webhook(writer, vault, rules, ME, members, now_ms=now_ms(), dialect=DIALECT)
    return accepted(view, made).webhook


def _remove(view: View, given: str) -> Webhook:
    known = {str(each.id): each for each in _receivers(view)}
    if given not in known:
        raise CommandError(f"There is no receiver {given}; `simloft aliyun` lists them.", EXIT_USAGE)
    with office(view.settings) as writer:
        return accepted(view, remove_webhook(writer, ME, known[given].id, now_ms=now_ms()))


def _receivers(view: View) -> list[Webhook]:
    return [each for each in webhooks.list_webhooks(view.connection) if each.dialect == DIALECT]


def _list(view: View, *, as_json: bool) -> None:
    found = _receivers(view)
    if as_json:
        print_json([_as_object(each) for each in found])
        return
    rows = [("id", "name", "what", "on", "url")]
    rows += [
        (str(each.id), each.name, _what(each), "yes" if each.is_on else "no", each.url) for each in found
    ]
    print_table(rows)


def _what(receiver: Webhook) -> str:
    return next((word for word, kinds in KINDS.items() if set(kinds) == set(receiver.kinds)), "other")


def _as_object(receiver: Webhook) -> dict[str, object]:
    return {
        "id": receiver.id,
        "name": receiver.name,
        "url": receiver.url,
        "what": _what(receiver),
        "is_on": receiver.is_on,
    }

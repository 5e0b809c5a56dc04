"""``simloft kannel``: services that are told of what is received as a Kannel gateway tells them (its ``get-url``).

simloft kannel                                       list them
simloft kannel add "http://10.0.0.5/mo?from=%p&text=%a"
simloft kannel add URL --max-messages 1              the text that it answers with goes back, as one message at most
simloft kannel remove 3
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

DIALECT = "kannel"
MOST_REPLIES = 10


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "kannel",
        help="services that are told of what is received",
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
    parser.add_argument("service", nargs="?", metavar="URL", help="add: its get-url; remove: its number")
    parser.add_argument("--name", default="", help="what people call it")
    parser.add_argument(
        "--max-messages",
        type=int,
        default=0,
        choices=range(MOST_REPLIES + 1),
        metavar="N",
        help=f"parts of the longest reply that is sent of what it answers (0 to {MOST_REPLIES}; 0, the default: none)",
    )
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "list":
            _list(view, as_json=namespace.json)
            return EXIT_OK
        if namespace.service is None:
            raise CommandError("Name its URL, or its number where it is to be removed.", EXIT_USAGE)
        service = _add(view, namespace) if namespace.act == "add" else _remove(view, namespace.service)
        if namespace.json:
            print_json(_as_object(service))
        else:
            print(visible(f"{service.id}: {service.url}"))
    return EXIT_OK


def _add(view: View, namespace: argparse.Namespace) -> Webhook:
    members = {"url": namespace.service, "name": namespace.name, "kinds": ("inbound.received",)}
    rules = OutboxRules(allow_loopback=view.settings.webhooks.allow_loopback)
    with office(view.settings) as writer:
        made = create_webhook(
            writer,
            Vault(view.settings.data),
            rules,
            ME,
            members,
            now_ms=now_ms(),
            dialect=DIALECT,
            options={"max_messages": namespace.max_messages},
        )
    return accepted(view, made).webhook


def _remove(view: View, given: str) -> Webhook:
    known = {str(each.id): each for each in _services(view)}
    if given not in known:
        raise CommandError(f"There is no service {given}; `simloft kannel` lists them.", EXIT_USAGE)
    with office(view.settings) as writer:
        return accepted(view, remove_webhook(writer, ME, known[given].id, now_ms=now_ms()))


def _services(view: View) -> list[Webhook]:
    return [each for each in webhooks.list_webhooks(view.connection) if each.dialect == DIALECT]


def _list(view: View, *, as_json: bool) -> None:
    found = _services(view)
    if as_json:
        print_json([_as_object(each) for each in found])
        return
    rows = [("id", "name", "replies", "on", "url")]
    rows += [
        (
            str(each.id),
            each.name,
            str(each.options.get("max_messages", 0)),
            "yes" if each.is_on else "no",
            each.url,
        )
        for each in found
    ]
    print_table(rows)


def _as_object(service: Webhook) -> dict[str, object]:
    return {
        "id": service.id,
        "name": service.name,
        "url": service.url,
        "max_messages": service.options.get("max_messages", 0),
        "is_on": service.is_on,
    }

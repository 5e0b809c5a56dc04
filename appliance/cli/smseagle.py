"""``simloft smseagle``: programs that are told of what is received as an SMSEagle tells them (its "Callback URL").

simloft smseagle                                       list them
simloft smseagle add http://10.0.0.5/sms.php           by POST; with --get by GET
simloft smseagle add URL --apikey SECRET               what it is shown as apikey
simloft smseagle remove 3
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

DIALECT = "smseagle"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "smseagle",
        help="programs that are told of what is received as an SMSEagle tells them",
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
    parser.add_argument("callback", nargs="?", metavar="URL", help="add: the URL; remove: its number")
    parser.add_argument("--name", default="", help="what people call it")
    parser.add_argument("--get", action="store_true", help="by GET instead of POST")
    parser.add_argument("--apikey", default="", help="what it is shown to know the box by")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "list":
            _list(view, as_json=namespace.json)
            return EXIT_OK
        if namespace.callback is None:
            raise CommandError("Name its URL, or its number where it is to be removed.", EXIT_USAGE)
        done = _add(view, namespace) if namespace.act == "add" else _remove(view, namespace.callback)
        if namespace.json:
            print_json(_as_object(done))
        else:
            print(visible(f"{done.id}: {done.url}"))
    return EXIT_OK


def _add(view: View, namespace: argparse.Namespace) -> Webhook:
    options = {"method": "GET" if namespace.get else "POST"}
    if namespace.apikey:
        options["apikey"] = namespace.apikey
    with office(view.settings) as writer:
        made = create_webhook(
            writer,
            Vault(view.settings.data),
            OutboxRules(allow_loopback=view.settings.webhooks.allow_loopback),
            ME,
            {"url": namespace.callback, "name": namespace.name, "kinds": ("inbound.received",)},
            now_ms=now_ms(),
            dialect=DIALECT,
            options=options,
        )
    return accepted(view, made).webhook


def _remove(view: View, given: str) -> Webhook:
    known = {str(each.id): each for each in _callbacks(view)}
    if given not in known:
        raise CommandError(f"There is no callback {given}; `simloft smseagle` lists them.", EXIT_USAGE)
    with office(view.settings) as writer:
        return accepted(view, remove_webhook(writer, ME, known[given].id, now_ms=now_ms()))


def _callbacks(view: View) -> list[Webhook]:
    return [each for each in webhooks.list_webhooks(view.connection) if each.dialect == DIALECT]


def _list(view: View, *, as_json: bool) -> None:
    found = _callbacks(view)
    if as_json:
        print_json([_as_object(each) for each in found])
        return
    rows = [("id", "name", "method", "on", "url")]
    rows += [
        (str(each.id), each.name, str(each.options.get("method")), "yes" if each.is_on else "no", each.url)
        for each in found
    ]
    print_table(rows)


def _as_object(callback: Webhook) -> dict[str, object]:
    return {
        "id": callback.id,
        "name": callback.name,
        "url": callback.url,
        "method": callback.options.get("method"),
        "is_on": callback.is_on,
    }

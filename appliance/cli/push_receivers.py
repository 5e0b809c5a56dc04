"""What the commands of the dialects have in common that tell others of changes: list, add and remove who is told."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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
from appliance.store.webhooks import Options, Webhook

INBOUND = ("inbound.received",)


@dataclass(frozen=True, slots=True)
class Receivers:
    """Those of one dialect, and what is particular about them."""

    dialect: str
    """Also the name of the command."""
    called: str
    """What one of them is called in a sentence."""
    member: str
    """What is told of each beside what all have: its name in JSON."""
    heading: str
    """The same in the table."""
    value: Callable[[Webhook], object]
    kinds: Callable[[argparse.Namespace], tuple[str, ...]] = lambda _: INBOUND
    """What a new one is told of."""
    options: Callable[[argparse.Namespace], Options] = lambda _: {}
    """Of the dialect, for a new one."""

    def all(self, view: View) -> list[Webhook]:
        """Every one there is."""
        return [each for each in webhooks.list_webhooks(view.connection) if each.dialect == self.dialect]

    def as_object(self, receiver: Webhook) -> dict[str, object]:
        """One as JSON."""
        return {
            "id": receiver.id,
            "name": receiver.name,
            "url": receiver.url,
            self.member: self.value(receiver),
            "is_on": receiver.is_on,
        }


def add_receivers_parser(
    subparsers: Any, receivers: Receivers, *, summary: str, description: str | None, url_help: str
) -> argparse.ArgumentParser:
    """Declare the command; the dialect adds options of its own."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        receivers.dialect,
        help=summary,
        description=description,
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
    parser.add_argument("url", nargs="?", metavar="URL", help=url_help)
    parser.add_argument("--name", default="", help="what people call it")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=partial(_run, receivers))
    return parser


def _run(receivers: Receivers, namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "list":
            _list(view, receivers, as_json=namespace.json)
            return EXIT_OK
        if namespace.url is None:
            raise CommandError("Name its URL, or its number where it is to be removed.", EXIT_USAGE)
        act = _add if namespace.act == "add" else _remove
        done = act(view, receivers, namespace)
        if namespace.json:
            print_json(receivers.as_object(done))
        else:
            print(visible(f"{done.id}: {done.url}"))
    return EXIT_OK


def _add(view: View, receivers: Receivers, namespace: argparse.Namespace) -> Webhook:
    members = {"url": namespace.url, "name": namespace.name, "kinds": receivers.kinds(namespace)}
    rules = OutboxRules(allow_loopback=view.settings.webhooks.allow_loopback)
    with office(view.settings) as writer:
        made = create_webhook(
            writer,
            Vault(view.settings.data),
            rules,
            ME,
            members,
            now_ms=now_ms(),
            dialect=receivers.dialect,
            options=receivers.options(namespace),
        )
    return accepted(view, made).webhook


def _remove(view: View, receivers: Receivers, namespace: argparse.Namespace) -> Webhook:
    known = {str(each.id): each for each in receivers.all(view)}
    given = namespace.url
    if given not in known:
        raise CommandError(
            f"There is no {receivers.called} {given}; `simloft {receivers.dialect}` lists them.", EXIT_USAGE
        )
    with office(view.settings) as writer:
        return accepted(view, remove_webhook(writer, ME, known[given].id, now_ms=now_ms()))


def _list(view: View, receivers: Receivers, *, as_json: bool) -> None:
    found = receivers.all(view)
    if as_json:
        print_json([receivers.as_object(each) for each in found])
        return
    rows = [("id", "name", receivers.heading, "on", "url")]
    rows += [
        (str(each.id), each.name, str(receivers.value(each)), "yes" if each.is_on else "no", each.url)
        for each in found
    ]
    print_table(rows)

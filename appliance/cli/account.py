"""``simloft account``: in whose name messages go. While several wait, each gets its share by weight.

simloft account                        list them, with their keys and what waits
simloft account create "Shop" --weight 3
simloft account set Shop --weight 5 --name "Shops"
simloft account key Shop 4             the API key 4 (`simloft api-key list`) sends in its name from now on
simloft account remove Shop            its keys send in the name of the box then
"""

from __future__ import annotations

import argparse
from sqlite3 import Connection
from typing import Any

from appliance.cli.asking import ME, accepted, office
from appliance.cli.exit_codes import EXIT_OK, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of, visible
from appliance.cli.which_named import one_named
from appliance.desk import accounts as desk
from appliance.desk.fields import read_members
from appliance.desk.mistake import Refusal
from appliance.store import accounts
from appliance.store.accounts import Account
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.writer import GroupCommitWriter

ACTS = ("list", "create", "set", "key", "remove")
COUNTED_AT_MOST = 10_000


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "account",
        help="in whose name messages go, and what share each gets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument("act", choices=ACTS, nargs="?", default="list", metavar="ACT", help=", ".join(ACTS))
    parser.add_argument("account", nargs="?", metavar="NAME", help="its name or number")
    parser.add_argument("key", nargs="?", type=int, metavar="KEY", help="key: the number of the API key")
    parser.add_argument("--weight", type=int, help="its share beside others that wait (1 to 1000)")
    parser.add_argument("--name", help="set: another name")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def account_named(connection: Connection, given: str) -> Account:
    """The account; ends the command with a sentence where there is none."""
    return one_named(accounts.list_accounts(connection), given, "account")


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "list":
            _list(view, as_json=namespace.json)
            return EXIT_OK
        if namespace.account is None:
            raise CommandError("Name the account, too.", EXIT_USAGE)
        with office(view.settings) as writer:
            done = accepted(view, _act(view, writer, namespace))
        if namespace.json:
            print_json({"id": done.id, "name": done.name, "weight": done.weight})
        else:
            print(visible(f"{done.name}: weight {done.weight}"))
    return EXIT_OK


def _act(view: View, writer: GroupCommitWriter, namespace: argparse.Namespace) -> Account | Refusal:
    at_ms = now_ms()

    def ring_pool() -> None:
        ring(view.settings.doorbell)

    given = {"name": namespace.name, "weight": namespace.weight}
    members = read_members(desk.CHANGED_ACCOUNT_FIELDS, given)
    if isinstance(members, Refusal):
        return members
    if namespace.act == "create":
        name, weight = namespace.account, members.get("weight", 1)
        return desk.create_account(writer, ring_pool, ME, name, weight, now_ms=at_ms)
    account = account_named(view.connection, namespace.account)
    match namespace.act:
        case "set":
            return desk.change_account(writer, ring_pool, ME, account.id, members, now_ms=at_ms)
        case "key":
            if namespace.key is None:
                raise CommandError("Name the key by its number in `simloft api-key list`.", EXIT_USAGE)
            return desk.give_key(writer, ME, namespace.key, account.id, now_ms=at_ms)
        case _:
            return desk.remove_account(writer, ring_pool, ME, account.id, now_ms=at_ms)


def _list(view: View, *, as_json: bool) -> None:
    found = desk.standings(view.connection, COUNTED_AT_MOST)
    if as_json:
        print_json(
            [
                {
                    "id": each.account.id,
                    "name": each.account.name,
                    "weight": each.account.weight,
                    "waiting": each.waiting,
                    "keys": [{"id": key.id, "name": key.name} for key in each.keys],
                }
                for each in found
            ]
        )
        return
    rows = [("id", "name", "weight", "waiting", "keys")]
    rows += [
        (
            str(each.account.id),
            each.account.name,
            str(each.account.weight),
            f"{each.waiting}{'+' if each.waiting >= COUNTED_AT_MOST else ''}",
            ", ".join(f"{key.id} {key.name}" for key in each.keys),
        )
        for each in found
    ]
    print_table(rows)

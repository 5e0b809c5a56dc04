"""``simloft api-key``: make, list, change and revoke the keys with which applications use the API.

simloft api-key new "till 2" --scopes send --account Shop --messages-per-day 500
simloft api-key new "dashboard" --scopes read --networks 192.168.1.0/24 --expires 2027-06-30
simloft api-key new "developer" --scopes send,read,inbox --sandbox
simloft api-key set 4 --messages-per-day 0            0 takes a limit away, '' the networks or the date
simloft api-key aliyun 4                               an AccessKey for a program that speaks to Aliyun
simloft api-key revoke 4

A key is shown once, when it is made; the box keeps only its hash. Without --scopes it may do everything.
"""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from appliance.cli.account import account_named
from appliance.cli.asking import ME, accepted, office
from appliance.cli.exit_codes import EXIT_OK, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of, visible
from appliance.desk import aliyun_keys, api_keys
from appliance.desk.api_keys import CHANGED_KEY_FIELDS, KEY_FIELDS
from appliance.desk.fields import read_members
from appliance.desk.instants import typed_instant
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.webhook_secrets import Vault
from appliance.store import accounts, keys
from appliance.store.clock import now_ms
from appliance.store.keys import EVERY_SCOPE, ApiKey, Scope

_NUMBERS = ("messages_per_minute", "messages_per_day", "requests_per_minute", "test_allowance")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "api-key",
        help="make, list, change and revoke API keys",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    new = actions.add_parser("new", aliases=["create"], help="make a key and print it, once")
    new.add_argument("name", help="what uses it, such as “till 2”")
    new.add_argument("--sandbox", action="store_true", help="for the simulated network only")
    _add_terms(new)
    new.set_defaults(func=_new)
    change = actions.add_parser("set", help="change what a key may do")
    change.add_argument("id", type=int, help="its number in the list")
    change.add_argument("--name", help="another name")
    _add_terms(change)
    change.set_defaults(func=_set)
    listing = actions.add_parser("list", help="list the keys (never the keys themselves)")
    listing.add_argument("--json", action="store_true", help="as a JSON list")
    listing.set_defaults(func=_list)
    aliyun = actions.add_parser("aliyun", help="make an AccessKey for programs of Aliyun's, shown once")
    aliyun.add_argument("key", help="number or name of the API key, whose terms hold for it")
    aliyun.add_argument("--remove", action="store_true", help="take it away instead")
    aliyun.set_defaults(func=_aliyun)
    revoke = actions.add_parser("revoke", help="make a key useless, for ever")
    revoke.add_argument("id", type=int, help="its number in the list")
    revoke.set_defaults(func=_revoke)


def _add_terms(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--account", metavar="NAME", help="in whose name it sends (see `simloft account`); else the box's"
    )
    parser.add_argument("--scopes", help=f"what it may do, with commas: {','.join(Scope)}")
    parser.add_argument("--messages-per-minute", type=int, metavar="N", help="within any 60 seconds")
    parser.add_argument("--messages-per-day", type=int, metavar="N", help="within any 24 hours")
    parser.add_argument("--requests-per-minute", type=int, metavar="N", help="requests of any kind")
    parser.add_argument("--networks", help="from where alone, with commas: 192.168.1.0/24,2001:db8::/32")
    parser.add_argument("--expires", metavar="TIME", help="until when: 2027-06-30 or 2027-06-30 18:00")
    parser.add_argument(
        "--test-allowance", type=int, metavar="N", help="so many real messages in all; -1 takes it away"
    )


def _members(view: View, given: argparse.Namespace) -> dict[str, Any]:
    """What is given, as the fields of the desk have it; None for what is taken away."""
    members: dict[str, Any] = {}
    if given.name is not None:
        members["name"] = given.name
    if given.account is not None:
        members["account_id"] = account_named(view.connection, given.account).id
    for name in ("scopes", "networks"):
        if getattr(given, name) is not None:
            members[name] = [each.strip() for each in getattr(given, name).split(",") if each.strip()]
    for name in _NUMBERS:
        number = getattr(given, name)
        if number is not None:
            taken_away = -1 if name == "test_allowance" else 0
            members[name] = None if number == taken_away else number
    if given.expires is not None:
        members["expires_at"] = _instant(view, given.expires) if given.expires.strip() else None
    return members


def _instant(view: View, typed: str) -> str:
    end = f"{typed} 23:59" if _DAY.fullmatch(typed.strip()) else typed
    at_ms = typed_instant(end, ZoneInfo(view.settings.time_zone), now_ms(), "/expires_at")
    if isinstance(at_ms, Mistake):
        raise CommandError(view.words.sentence(at_ms.code, at_ms.args), EXIT_USAGE)
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _new(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        members = {"scopes": [each.value for each in Scope], **_members(view, namespace)}
        members["sandbox"] = namespace.sandbox
        values = accepted(view, read_members(KEY_FIELDS, members))
        with office(view.settings) as writer:
            made = accepted(view, api_keys.make_key(writer, ME, EVERY_SCOPE, values, now_ms=now_ms()))
    print(made.secret)
    return EXIT_OK


def _set(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        members = _members(view, namespace)
        if not members:
            raise CommandError("Say what to change; `simloft api-key set --help` lists it.", EXIT_USAGE)
        values = accepted(view, read_members(CHANGED_KEY_FIELDS, members))
        given = {name: values.get(name) for name in members}
        with office(view.settings) as writer:
            changed: ApiKey | Refusal = api_keys.change_key(
                writer, ME, EVERY_SCOPE, namespace.id, given, now_ms=now_ms()
            )
            key = accepted(view, changed)
    print(visible(f"{key.name}: {api_keys.words_of(key.scopes)}"))
    return EXIT_OK


def _list(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        found = keys.list_keys(view.connection)
        names = {each.id: each.name for each in accounts.list_accounts(view.connection)}
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "account": names.get(key.account_id),
            "scopes": api_keys.words_of(key.scopes),
            "messages_per_minute": key.messages_per_minute,
            "messages_per_day": key.messages_per_day,
            "requests_per_minute": key.requests_per_minute,
            "networks": ", ".join(map(str, key.networks)),
            "sandbox": key.is_sandbox,
            "test_allowance": key.test_allowance,
            "expires_at": _shown(key.expires_at_ms),
            "created_at": _shown(key.created_at_ms),
            "last_used_at": _shown(key.last_used_at_ms),
            "last_used_from": key.last_used_from,
            "revoked_at": _shown(key.revoked_at_ms),
        }
        for key in found
    ]
    if namespace.json:
        print_json(rows)
    elif rows:
        shown = {"id": "id", "name": "name", "account": "account", "scopes": "scopes"}
        shown |= {"created_at": "made", "last_used_at": "last used", "last_used_from": "from"}
        shown |= {"expires_at": "expires", "revoked_at": "revoked"}
        table = [tuple(shown.values())]
        table += [tuple(str(row[name] or "") for name in shown) for row in rows]
        print_table(table)
    else:
        print("There are no keys yet. `simloft api-key new NAME` makes one.")
    return EXIT_OK


def _aliyun(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        in_use = [each for each in keys.list_keys(view.connection) if each.revoked_at_ms is None]
        found = [each for each in in_use if namespace.key in {str(each.id), each.name}]
        if len(found) != 1:
            raise CommandError(
                f"There is no key {namespace.key} in use. `simloft api-key list` lists them.", EXIT_USAGE
            )
        with office(view.settings) as writer:
            if namespace.remove:
                aliyun_keys.remove_pair(writer, ME, found[0].id, now_ms=now_ms())
                return EXIT_OK
            vault = Vault(view.settings.data)
            pair = accepted(
                view, aliyun_keys.make_pair(writer, vault, ME, EVERY_SCOPE, found[0].id, now_ms=now_ms())
            )
    print(f"AccessKeyId: {pair.access_key_id}\nAccessKeySecret: {pair.secret}")
    return EXIT_OK


def _revoke(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view, office(view.settings) as writer:
        done = api_keys.revoke_key(writer, ME, namespace.id, now_ms=now_ms())
        if isinstance(done, Refusal):
            raise CommandError(f"There is no key {namespace.id} in use. `simloft api-key list` lists them.")
    print(f"Key {namespace.id} is of no use any more.")
    return EXIT_OK


def _shown(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

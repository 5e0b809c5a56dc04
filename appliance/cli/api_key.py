"""``simloft api-key``: make, list and revoke the keys with which applications use the API.

A key is shown once, when it is made; the box keeps only its hash.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from datetime import UTC, datetime
from typing import Any

from appliance.cli.account import account_named
from appliance.cli.exit_codes import EXIT_OK, CommandError
from appliance.cli.options import add_settings_options, require_store, settings_from, write_once
from appliance.cli.view import print_table
from appliance.config import Settings
from appliance.store import accounts, keys
from appliance.store.accounts import BOX
from appliance.store.clock import now_ms
from appliance.store.database import connect


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("api-key", help="make, list and revoke API keys", description=__doc__)
    add_settings_options(parser)
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    new = actions.add_parser("new", aliases=["create"], help="make a key and print it, once")
    new.add_argument("name", help="what uses it, such as “till 2”")
    new.add_argument(
        "--account", metavar="NAME", help="in whose name it sends (see `simloft account`); else the box's"
    )
    new.set_defaults(func=_new)
    listing = actions.add_parser("list", help="list the keys (never the keys themselves)")
    listing.add_argument("--json", action="store_true", help="as a JSON list")
    listing.set_defaults(func=_list)
    revoke = actions.add_parser("revoke", help="make a key useless, for ever")
    revoke.add_argument("id", type=int, help="its number in the list")
    revoke.set_defaults(func=_revoke)


def _settings(namespace: argparse.Namespace) -> Settings:
    settings = settings_from(namespace)
    require_store(settings)
    return settings


def _new(namespace: argparse.Namespace) -> int:
    key, settings, account_id = keys.new_key(), _settings(namespace), BOX
    if namespace.account is not None:
        with contextlib.closing(connect(settings.database, read_only=True)) as connection:
            account_id = account_named(connection, namespace.account).id
    write_once(
        settings,
        lambda connection: keys.add_key(connection, namespace.name, key, now_ms(), account_id=account_id),
    )
    print(key)
    return EXIT_OK


def _list(namespace: argparse.Namespace) -> int:
    with contextlib.closing(connect(_settings(namespace).database, read_only=True)) as connection:
        found = keys.list_keys(connection)
        names = {each.id: each.name for each in accounts.list_accounts(connection)}
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "account": names.get(key.account_id),
            "created_at": _shown(key.created_at_ms),
            "last_used_at": _shown(key.last_used_at_ms),
            "revoked_at": _shown(key.revoked_at_ms),
        }
        for key in found
    ]
    if namespace.json:
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    elif rows:
        print_table(
            [
                ("id", "name", "account", "made", "last used", "revoked"),
                *(tuple(str(v or "") for v in row.values()) for row in rows),
            ]
        )
    else:
        print("There are no keys yet. `simloft api-key new NAME` makes one.")
    return EXIT_OK


def _revoke(namespace: argparse.Namespace) -> int:
    settings = _settings(namespace)
    if not write_once(settings, lambda connection: keys.revoke_key(connection, namespace.id, now_ms())):
        raise CommandError(f"There is no key {namespace.id} in use. `simloft api-key list` lists them.")
    print(f"Key {namespace.id} is of no use any more.")
    return EXIT_OK


def _shown(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""``simloft person``: people who log in to the page with a name and a password.

simloft person                               list them
simloft person add "Li Lei" --role operator  asks for the password; --password-stdin reads it from a pipe
simloft person role "Li Lei" viewer          admin, operator, technician or viewer
simloft person password "Li Lei"             sets another one, and logs them out everywhere
simloft person remove "Li Lei"

admin: everything. operator: everything but plans, accounts, keys and people. viewer: looks, and changes nothing.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import UTC, datetime
from typing import Any

from appliance.cli.asking import ME, accepted, office
from appliance.cli.exit_codes import EXIT_OK, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of, visible
from appliance.cli.which_named import one_named
from appliance.desk import people as desk
from appliance.desk.mistake import Refusal
from appliance.store import people
from appliance.store.clock import now_ms
from appliance.store.people import Person, Role
from appliance.store.writer import GroupCommitWriter

ACTS = ("list", "add", "role", "password", "remove")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "person",
        help="people who log in with a name and a password",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument("act", choices=ACTS, nargs="?", default="list", metavar="ACT", help=", ".join(ACTS))
    parser.add_argument("person", nargs="?", metavar="NAME", help="the name to log in with")
    parser.add_argument("new_role", nargs="?", metavar="ROLE", help="role: the new one")
    parser.add_argument("--role", choices=[each.value for each in Role], help="add: what they may do")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "list":
            _list(view, as_json=namespace.json)
            return EXIT_OK
        if namespace.person is None:
            raise CommandError("Name the person, too.", EXIT_USAGE)
        with office(view.settings) as writer:
            done = accepted(view, _act(view, writer, namespace))
    print(visible(f"{done.name}: {done.role.value}"))
    return EXIT_OK


def _act(view: View, writer: GroupCommitWriter, given: argparse.Namespace) -> Person | Refusal:
    if given.act == "add":
        role = Role(given.role or Role.ADMIN)
        return desk.add_person(writer, ME, given.person, role, _password(given), now_ms=now_ms())
    person = one_named(people.list_people(view.connection), given.person, "person")
    match given.act:
        case "role":
            if given.new_role not in tuple(Role):
                raise CommandError(f"Name the role: {', '.join(Role)}.", EXIT_USAGE)
            return desk.set_role(writer, ME, person.id, Role(given.new_role), now_ms=now_ms())
        case "password":
            return desk.set_password(writer, ME, person, _password(given), now_ms=now_ms())
        case _:
            return desk.remove_person(writer, ME, person.id, now_ms=now_ms())


def _password(given: argparse.Namespace) -> str:
    """Never an argument of the command: those are seen by every program of the machine."""
    if given.password_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise CommandError("There is nobody to type a password. Use --password-stdin.", EXIT_USAGE)
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise CommandError("The two are not the same. Nothing was changed.", EXIT_USAGE)
    return password


def _list(view: View, *, as_json: bool) -> None:
    rows: list[dict[str, object]] = [
        {
            "id": each.id,
            "name": each.name,
            "role": each.role.value,
            "has_password": each.has_password,
            "last_login_at": _shown(each.last_login_at_ms),
            "last_login_from": each.last_login_from,
        }
        for each in people.list_people(view.connection)
    ]
    if as_json:
        print_json(rows)
    elif rows:
        table = [("id", "name", "role", "password", "last log-in", "from")]
        table += [
            (
                str(row["id"]),
                str(row["name"]),
                str(row["role"]),
                "set" if row["has_password"] else "none",
                str(row["last_login_at"] or ""),
                str(row["last_login_from"] or ""),
            )
            for row in rows
        ]
        print_table(table)
    else:
        print("Nobody logs in with a password yet. `simloft person add NAME` lets somebody.")


def _shown(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

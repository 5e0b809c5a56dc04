"""``simloft sim-group``: SIMs of one contract or for one purpose: limits of all together, and which sends first.

simloft sim-group                                   list them
simloft sim-group create "Contract A" --month 5000 --strategy fill
simloft sim-group set "Contract A" --day 800 --name "Contract B"    what is not given stays; 0 is no limit
simloft sim-group add "Contract A" 0042             put a SIM into it, out of the group that it was in
simloft sim-group take "Contract A" 0042            take it out
simloft sim-group remove "Contract A"               its SIMs stay, in no group
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from sqlite3 import Connection
from typing import Any

from appliance.cli.asking import ME, accepted, office
from appliance.cli.exit_codes import EXIT_OK, EXIT_USAGE, CommandError
from appliance.cli.options import add_settings_options
from appliance.cli.view import View, print_json, print_table, view_of, visible
from appliance.cli.which_named import one_named
from appliance.cli.which_sim import sim_named
from appliance.desk import groups as desk
from appliance.desk.fields import read_members
from appliance.desk.mistake import Refusal
from appliance.store import groups
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.groups import SimGroup, Strategy
from appliance.store.writer import GroupCommitWriter
from appliance.web.represent_plan import group_in_full

ACTS = ("list", "create", "set", "add", "take", "remove")
LIMITS = {
    "minute": ("parts_per_minute", "parts in any minute"),
    "hour": ("parts_per_hour", "parts in any hour"),
    "day": ("parts_per_day", "parts in any 24 hours"),
    "month": ("parts_per_month", "parts in a billing month"),
    "recipients": ("recipients_per_month", "different recipients in a billing month"),
    "contract-day": ("contract_day", "day on which its month begins (1 to 31)"),
}


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "sim-group",
        help="SIMs of one contract: what they may send together, and which first",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_settings_options(parser)
    parser.add_argument("act", choices=ACTS, nargs="?", default="list", metavar="ACT", help=", ".join(ACTS))
    parser.add_argument("group", nargs="?", metavar="GROUP", help="its name or number")
    parser.add_argument("sim", nargs="?", metavar="SIM", help="add, take: which SIM")
    parser.add_argument("--name", help="set: another name")
    parser.add_argument(
        "--strategy",
        choices=[each.value for each in Strategy],
        help="spread: the SIM that used least of its plan; fill: the cheapest first",
    )
    for option, (field, text) in LIMITS.items():
        parser.add_argument(f"--{option}", dest=field, type=int, metavar="N", help=text)
    parser.add_argument("--json", action="store_true", help="the objects of the API")
    parser.set_defaults(func=_run)


def group_named(connection: Connection, given: str) -> SimGroup:
    """The group; ends the command with a sentence where there is none."""
    return one_named(groups.list_groups(connection), given, "group")


def _run(namespace: argparse.Namespace) -> int:
    with view_of(namespace) as view:
        if namespace.act == "list":
            _list(view, as_json=namespace.json)
            return EXIT_OK
        if namespace.group is None:
            raise CommandError("Name the group, too.", EXIT_USAGE)
        if namespace.act in ("add", "take"):
            _move(view, namespace)
            return EXIT_OK
        with office(view.settings) as writer:
            done = accepted(view, _act(view, writer, namespace))
        if namespace.json:
            print_json(asdict(done))
        else:
            print(visible(f"{done.name}: {done.strategy}"))
    return EXIT_OK


def _act(view: View, writer: GroupCommitWriter, namespace: argparse.Namespace) -> SimGroup | Refusal:
    at_ms = now_ms()

    def ring_pool() -> None:
        ring(view.settings.doorbell)

    fields = [field for field, _ in LIMITS.values()]
    given: dict[str, object] = {name: getattr(namespace, name) for name in (*fields, "strategy")}
    if namespace.act == "create":
        members = read_members(desk.GROUP_FIELDS, {"name": namespace.group, **given})
        if isinstance(members, Refusal):
            return members
        return desk.create_group(writer, ring_pool, ME, members, now_ms=at_ms)
    group = group_named(view.connection, namespace.group)
    if namespace.act == "remove":
        return desk.remove_group(writer, ring_pool, ME, group.id, now_ms=at_ms)
    kept = {name: value for name, value in asdict(group).items() if name != "id"}
    given["name"] = namespace.name
    changed = {name: value for name, value in given.items() if value is not None}
    members = read_members(desk.GROUP_FIELDS, {**kept, **changed})
    if isinstance(members, Refusal):
        return members
    return desk.change_group(writer, ring_pool, ME, group.id, members, now_ms=at_ms)


def _move(view: View, namespace: argparse.Namespace) -> None:
    if namespace.sim is None:
        raise CommandError("Name the SIM, too.", EXIT_USAGE)
    group = group_named(view.connection, namespace.group)
    sim = sim_named(view.connection, namespace.sim)
    if namespace.act == "take" and sim.group_id != group.id:
        raise CommandError(f"{sim.name} is not in the group “{group.name}”.", EXIT_USAGE)
    target = group.id if namespace.act == "add" else None
    with office(view.settings) as writer:
        moved = desk.move_sim(
            writer, lambda: ring(view.settings.doorbell), ME, sim.id, target, now_ms=now_ms()
        )
        done = accepted(view, moved)
    said = view.words.sentence(done.code, done.args)
    if namespace.json:
        print_json({"reason": {"code": done.code, "text": said}})
    else:
        print(visible(said))


def _list(view: View, *, as_json: bool) -> None:
    found = groups.list_groups(view.connection)
    if as_json:
        print_json([group_in_full(view.connection, each, view.book, view.words) for each in found])
    elif not found:
        print('There are no groups. `simloft sim-group create "Contract A" --month 5000` makes one.')
    else:
        rows = [("id", "name", "strategy", "SIMs", *LIMITS)]
        for each in found:
            names = [view.book.cards[member].name for member in groups.members(view.connection, each.id)]
            limits = [getattr(each, field) for field, _ in LIMITS.values()]
            rows.append(
                (str(each.id), each.name, each.strategy, ", ".join(names), *(str(n or "-") for n in limits))
            )
        print_table(rows)

"""``simloft sim NAME plan``: every limit of one SIM, what is used of it, and how to change it."""

from __future__ import annotations

import argparse

from appliance.cli.asking import ME, accepted, office
from appliance.cli.exit_codes import EXIT_OK
from appliance.cli.view import View, print_json, print_table, visible
from appliance.desk.plan_standing import PlanStanding, plan_standing
from appliance.desk.plans import PLAN_FIELDS, as_typed, read_plan, set_plan, typed_plan
from appliance.desk.sims import read_book
from appliance.store import sims
from appliance.store.clock import now_ms
from appliance.store.doorbell import ring
from appliance.store.sims import Sim
from appliance.web.represent_plan import plan_in_full

AS_THE_BOX = "box"

OPTIONS = {
    "gap": ("minimum_gap_ms", "seconds between two parts, at least"),
    "jitter": ("gap_jitter_percent", "percent by which each gap is longer, at most"),
    "minute": ("parts_per_minute", "parts in any minute"),
    "hour": ("parts_per_hour", "parts in any hour"),
    "day": ("parts_per_day", "parts in any 24 hours"),
    "month": ("parts_per_month", "parts in a billing month"),
    "recipients": ("recipients_per_month", "different recipients in a billing month"),
    "per-recipient": ("parts_per_recipient_per_day", "parts to one recipient in any 24 hours"),
    "hours": ("sending_hours", "08:00-12:00, 14:00-21:00; 0: at any hour"),
    "contract-day": ("contract_day", "day on which its month begins (1 to 31)"),
    "reserve": ("reserve_percent", "percent of each limit that bulk leaves to others"),
    "warm-up": ("warm_up_days", "days in which the limit of a new card grows"),
    "allowance": ("allowance_parts", "parts of a month that cost nothing"),
    "price-on-net": ("price_on_net_micros", "of a part in its own network, as in 0.05"),
    "price-off-net": ("price_off_net_micros", "of a part to another network"),
    "price-abroad": ("price_abroad_micros", "of a part abroad"),
    "on-net": ("on_net_prefixes", "beginnings of numbers in its own network, as in +86139"),
}


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """An option for each field of a plan."""
    group = parser.add_argument_group(
        "plan", f"0: no limit; “{AS_THE_BOX}”: as the box has it; without any option the plan is only shown"
    )
    for option, (field, text) in OPTIONS.items():
        group.add_argument(f"--{option}", dest=field, metavar="VALUE", help=text)


def run_plan(view: View, sim: Sim, namespace: argparse.Namespace) -> int:
    """Change what is given, then show all of it."""
    given = {name: value for name in PLAN_FIELDS if (value := getattr(namespace, name)) is not None}
    if given:
        as_box = [name for name, value in given.items() if value.strip() == AS_THE_BOX]
        own = accepted(view, read_plan(typed_plan({n: v for n, v in given.items() if n not in as_box})))
        with office(view.settings) as writer:
            refused = set_plan(
                writer,
                lambda: ring(view.settings.doorbell),
                ME,
                sim.id,
                {**dict.fromkeys(as_box), **own},
                only_given=True,
                now_ms=now_ms(),
            )
        accepted(view, refused)
    at_ms = now_ms()
    book = read_book(view.connection, view.book.default_plan, at_ms)
    standing = plan_standing(
        view.connection,
        sims.get(view.connection, sim.id),
        book,
        at_ms,
        most_parts=view.settings.most_parts,
    )
    if namespace.json:
        print_json(plan_in_full(standing, book, view.words))
    else:
        _show(view, standing)
    return EXIT_OK


def _show(view: View, standing: PlanStanding) -> None:
    rows = [("limit", "holds", "its own")]
    for option, (field, _) in OPTIONS.items():
        holds = as_typed(field, getattr(standing.plan, field))
        is_own = getattr(standing.card, field) is not None
        rows.append((option, holds or "-", "yes" if is_own else ""))
    print_table(rows)
    used = [f"{each.limit} {each.used}{f' / {each.most}' if each.most else ''}" for each in standing.uses]
    print("used: " + ", ".join(used))
    if standing.group is not None:
        print(visible(f"group: {standing.group.name}"))
    if standing.holds is not None:
        print(visible(view.words.reason(standing.holds)))
    for each in standing.remarks:
        print(visible(view.words.sentence(each.code, each.args)))

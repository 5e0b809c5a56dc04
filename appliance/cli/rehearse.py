"""``simloft rehearse PLAN``: days and months of a described bank and load through the real policy, in seconds.

  simloft rehearse docs/rehearse-example.toml         what each SIM did, waited for, and would cost
  simloft rehearse PLAN --days                        and how many parts each sent on each day
  simloft rehearse PLAN --seed 2                      with other chances
  simloft rehearse PLAN --json                        all of it as one JSON object

PLAN is a TOML file; docs/rehearsal.md tells its fields. No modem and no database is touched. Every limit is counted
anew from what the rehearsed network took; one that was exceeded is a fault of this program, and the exit code is 1.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE, CommandError
from appliance.cli.view import print_json, print_table
from appliance.desk.rehearsal_file import read_rehearsal
from appliance.desk.submission import Priority
from appliance.desk.toml_table import TomlMistakeError
from appliance.policy.rehearsal import rehearse
from appliance.policy.rehearsal_result import NOTHING, SENDING, Course, SimCourse

MICROS = 1_000_000
HOUR_MS = 3_600_000
MOST_NAMED = 3
"""Limits that are named beside a SIM, those first that held it longest."""


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "rehearse",
        help="run a described bank and load through the policy, months in seconds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("plan", type=Path, metavar="PLAN", help="a TOML file; see docs/rehearsal.md")
    parser.add_argument("--seed", type=int, help="of all chances (default: that of the file, or 1)")
    parser.add_argument("--days", action="store_true", help="parts of each SIM on each day")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    try:
        described = read_rehearsal(namespace.plan)
    except TomlMistakeError as error:
        raise CommandError(str(error), EXIT_USAGE) from error
    if namespace.seed is not None:
        described = replace(described, seed=namespace.seed)
    course = rehearse(described)
    if namespace.json:
        print_json(_object(course))
    else:
        _show(course, with_days=namespace.days)
    return EXIT_PROBLEM if course.broken else EXIT_OK


# -- for people -------------------------------------------------------------------------------------------------------


def _show(course: Course, *, with_days: bool) -> None:
    currency = course.rehearsal.currency
    print_table(
        [
            (
                "SIM",
                "messages",
                "parts",
                "refused",
                "busiest day",
                f"cost {currency}",
                "hours sending",
                "held, hours",
            ),
            *(_sim_row(each) for each in course.sims),
            ("together", *_together(course)),
        ]
    )
    print()
    print_table(
        [
            ("load", "accepted", "sent", "expired", "failed", "waiting", "last sent"),
            *(
                (
                    each.name,
                    *(
                        str(number)
                        for number in (each.accepted, each.sent, each.expired, each.failed, each.waiting)
                    ),
                    "-"
                    if each.last_sent_at_ms is None
                    else f"{course.local(each.last_sent_at_ms):%Y-%m-%d %H:%M}",
                )
                for each in course.loads
            ),
        ]
    )
    print()
    print_table(
        [
            ("priority", "sent", "half within", "99 % within"),
            *(
                (
                    Priority(priority).name.lower(),
                    str(len(each.values_ms)),
                    _lasted(each.percentile(50)),
                    _lasted(each.percentile(99)),
                )
                for priority, each in course.latencies.items()
            ),
        ]
    )
    if with_days:
        print()
        print_table(_days(course))
    print()
    for code, messages in course.waiting_by_reason.most_common():
        print(f"still waiting: {messages} ({_short(code)})")
    if course.broken:
        print(f"LIMITS EXCEEDED: {len(course.broken)}")
        for each in course.broken[:10]:
            print(
                f"  {each.who}: {each.limit} at {course.local(each.at_ms):%Y-%m-%d %H:%M:%S} ({each.detail})"
            )
    else:
        print(f"limits exceeded: 0, counted anew over {len(course.ledger)} parts")


def _sim_row(each: SimCourse) -> tuple[str, ...]:
    busiest = max(each.parts_by_day.values(), default=0)
    return (
        each.sim.name,
        str(each.messages),
        str(each.parts),
        str(each.refused),
        str(busiest),
        _money(each.cost_micros),
        _hours(each.spent_ms[SENDING]),
        ", ".join(f"{_short(code)} {_hours(ms)}" for code, ms in _held(each)[:MOST_NAMED]) or "-",
    )


def _together(course: Course) -> tuple[str, ...]:
    sims = course.sims
    return (
        str(sum(each.messages for each in sims)),
        str(sum(each.parts for each in sims)),
        str(sum(each.refused for each in sims)),
        "",
        _money(sum(each.cost_micros for each in sims)),
        _hours(sum(each.spent_ms[SENDING] for each in sims)),
        "",
    )


def _held(each: SimCourse) -> list[tuple[str, int]]:
    return [
        (code, ms) for code, ms in each.spent_ms.most_common() if code not in (SENDING, NOTHING) and ms > 0
    ]


def _days(course: Course) -> list[tuple[str, ...]]:
    days = sorted({day for each in course.sims for day in each.parts_by_day})
    rows: list[tuple[str, ...]] = [("day", *(each.sim.name for each in course.sims))]
    return rows + [(str(day), *(str(each.parts_by_day[day]) for each in course.sims)) for day in days]


def _short(code: str) -> str:
    """'day' of 'sim.at-limit.day', 'group: month' of 'group.at-limit.month'."""
    whose, _, what = code.partition(".")
    what = what.removeprefix("at-limit.") or whose
    return f"group: {what}" if whose == "group" else what


def _money(micros: int) -> str:
    return f"{micros / MICROS:.2f}"


def _hours(ms: int) -> str:
    return f"{ms / HOUR_MS:.1f}"


def _lasted(ms: int | None) -> str:
    if ms is None:
        return "-"
    if ms < 120_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms / 60_000:.0f} min" if ms < 3 * HOUR_MS else f"{ms / HOUR_MS:.1f} h"


# -- for programs -----------------------------------------------------------------------------------------------------


def _object(course: Course) -> dict[str, object]:
    """Times of a span in ms, money in millionths of the unit of the currency."""
    return {
        "seed": course.rehearsal.seed,
        "currency": course.rehearsal.currency,
        "accepted": course.accepted,
        "sent": course.sent,
        "expired": course.expired,
        "failed": course.failed,
        "waiting": course.waiting,
        "waiting_by_reason": dict(course.waiting_by_reason),
        "cost_micros": sum(each.cost_micros for each in course.sims),
        "sims": [
            {
                "name": each.sim.name,
                "messages": each.messages,
                "parts": each.parts,
                "refused": each.refused,
                "cost_micros": each.cost_micros,
                "parts_by_day": {str(day): each.parts_by_day[day] for day in sorted(each.parts_by_day)},
                "spent_ms": {code: ms for code, ms in each.spent_ms.most_common() if ms},
            }
            for each in course.sims
        ],
        "loads": [
            {
                "name": each.name,
                "accepted": each.accepted,
                "sent": each.sent,
                "expired": each.expired,
                "failed": each.failed,
                "waiting": each.waiting,
                "last_sent_at": None
                if each.last_sent_at_ms is None
                else course.local(each.last_sent_at_ms).isoformat(timespec="milliseconds"),
            }
            for each in course.loads
        ],
        "latency_ms": {
            Priority(priority).name.lower(): {"p50": each.percentile(50), "p99": each.percentile(99)}
            for priority, each in course.latencies.items()
        },
        "limits_exceeded": [
            {"who": each.who, "limit": each.limit, "at_ms": each.at_ms, "detail": each.detail}
            for each in course.broken
        ],
    }

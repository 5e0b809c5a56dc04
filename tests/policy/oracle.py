"""What a plan allows, judged the slow way from the ledger of the network: nothing of the code under test decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from appliance.policy.plan import Plan

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A part in the network's ledger."""

    at_ms: int
    recipient: str
    priority: int
    message: int = 0


def local(at_ms: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def last_day_of_month(day: date) -> int:
    following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (following - timedelta(days=1)).day


def month_of(at_ms: int, contract_day: int, zone: tzinfo) -> date:
    """The day on which the billing month of an instant begins, found by walking back day by day."""
    day = local(at_ms, zone).date()
    while day.day != min(contract_day, last_day_of_month(day)):
        day -= timedelta(days=1)
    return day


def minute_of_day(at_ms: int, zone: tzinfo) -> int:
    reading = local(at_ms, zone)
    return reading.hour * 60 + reading.minute


def is_open(plan: Plan, at_ms: int) -> bool:
    periods = plan.sending_hours.periods
    minute = minute_of_day(at_ms, plan.zone)
    return not periods or any(begin <= minute < end for begin, end in periods)


def share(most: int, percent: int, priority: int) -> int:
    kept = most * percent // 100
    return (most, most - kept // 2, most - kept)[priority]


def broken(plan: Plan, ledger: Sequence[Taken], first_answered_ms: int | None) -> list[str]:
    """Every limit that the ledger breaks."""
    ledger = sorted(ledger, key=lambda each: each.at_ms)
    found = [*_windows(plan, ledger), *_months(plan, ledger), *_recipients(plan, ledger)]
    if first_answered_ms is not None:
        found += _warm_up(plan, ledger, first_answered_ms)
    for earlier, later in pairwise(ledger):
        if later.at_ms - earlier.at_ms < plan.minimum_gap_ms:
            found.append("gap")
    found += ["hours" for each in ledger if not is_open(plan, each.at_ms)]
    return found


def _windows(plan: Plan, ledger: Sequence[Taken]) -> list[str]:
    found = []
    for name, length_ms, most in (
        ("minute", MINUTE_MS, plan.parts_per_minute),
        ("hour", HOUR_MS, plan.parts_per_hour),
        ("day", DAY_MS, plan.parts_per_day),
    ):
        for index, each in enumerate(ledger):
            inside = sum(1 for earlier in ledger[: index + 1] if each.at_ms - earlier.at_ms <= length_ms)
            if most and inside > share(most, plan.reserve_percent, each.priority):
                found.append(name)
    return found


def _months(plan: Plan, ledger: Sequence[Taken]) -> list[str]:
    found = []
    parts: Counter[date] = Counter()
    recipients: dict[date, set[str]] = {}
    for each in ledger:
        month = month_of(each.at_ms, plan.contract_day, plan.zone)
        parts[month] += 1
        most = share(plan.parts_per_month, plan.reserve_percent, each.priority)
        if plan.parts_per_month and parts[month] > most:
            found.append("month")
        known = recipients.setdefault(month, set())
        is_new = each.recipient not in known
        known.add(each.recipient)
        most = share(plan.recipients_per_month, plan.reserve_percent, each.priority)
        if plan.recipients_per_month and is_new and len(known) > most:
            found.append("recipients")
    return found


def _recipients(plan: Plan, ledger: Sequence[Taken]) -> list[str]:
    found = []
    for index, each in enumerate(ledger):
        same = [
            one
            for one in ledger[: index + 1]
            if one.recipient == each.recipient and each.at_ms - one.at_ms <= DAY_MS
        ]
        if plan.parts_per_recipient_per_day and len(same) > plan.parts_per_recipient_per_day:
            found.append("per-recipient")
    return found


def _warm_up(plan: Plan, ledger: Sequence[Taken], first_answered_ms: int) -> list[str]:
    found = []
    for index, each in enumerate(ledger):
        day = max(0, each.at_ms - first_answered_ms) // DAY_MS
        if day >= plan.warm_up_days:
            continue
        most = max(1, (plan.parts_per_day or 100) * (day + 1) // plan.warm_up_days)
        inside = [one for one in ledger[: index + 1] if each.at_ms - one.at_ms <= DAY_MS]
        is_alone = all(one.message == each.message for one in inside)
        if len(inside) > share(most, plan.reserve_percent, each.priority) and not is_alone:
            found.append("warm-up")
    return found

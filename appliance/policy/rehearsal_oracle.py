"""Whether a rehearsal kept every limit: counted anew from what the network took, with none of the policy's own code.

The network takes a part at some instant between its submission and its answer; those instants are what carriers count,
and what is counted here: every window by brute force over all parts, every month by the calendar.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from appliance.policy.plan import Plan
from appliance.policy.rehearsal_plan import BULK, OTP, Rehearsal

WINDOWS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


@dataclass(frozen=True, slots=True)
class Taken:
    """One part as the network saw it, refused ones included: what was given to it counts."""

    sim_id: int
    message: int
    parts: int
    """Of its message."""
    priority: int
    recipient: str
    submitted_at_ms: int
    at_ms: int
    is_first: bool
    """Nothing of its message was given to the network before."""
    is_accepted: bool = True


@dataclass(frozen=True, slots=True)
class Broken:
    """A limit that was exceeded."""

    who: str
    limit: str
    at_ms: int
    detail: str


def broken_limits(rehearsal: Rehearsal, ledger: Iterable[Taken]) -> tuple[Broken, ...]:
    """Every limit that was exceeded, by SIM and by group; empty is what must come out."""
    by_sim: dict[int, list[Taken]] = defaultdict(list)
    by_group: dict[str, list[Taken]] = defaultdict(list)
    groups = {sim.sim_id: sim.group for sim in rehearsal.sims}
    for each in ledger:
        by_sim[each.sim_id].append(each)
        group = groups[each.sim_id]
        if group is not None:
            by_group[group].append(each)
    found: list[Broken] = []
    for sim in rehearsal.sims:
        parts = sorted(by_sim[sim.sim_id], key=lambda each: each.at_ms)
        found += _of_one(sim.name, sim.plan, parts, rehearsal.zone)
        found += _gap(sim.name, sim.plan, parts)
        found += _warm_up(sim.name, sim.plan, parts, sim.sends_since_ms)
        for span in sim.outages + sim.rests:
            found += [
                Broken(sim.name, "away", each.submitted_at_ms, f"until {span.until_ms}")
                for each in parts
                if span.from_ms <= each.submitted_at_ms < span.until_ms
            ]
    for described in rehearsal.groups:
        parts = sorted(by_group[described.name], key=lambda each: each.at_ms)
        found += _of_one(described.name, described.plan, parts, rehearsal.zone)
    return tuple(found)


def _of_one(who: str, plan: Plan, parts: Sequence[Taken], zone: tzinfo) -> Iterator[Broken]:
    for limit, most in (
        ("minute", plan.parts_per_minute),
        ("hour", plan.parts_per_hour),
        ("day", plan.parts_per_day),
    ):
        yield from _window(who, limit, most, parts)
        yield from _reserve(who, limit, most, plan.reserve_percent, parts)
    yield from _months(who, plan, parts, zone)
    yield from _recipients(who, plan, parts)
    yield from _hours(who, plan, parts, zone)


def _window(who: str, limit: str, most: int, parts: Sequence[Taken]) -> Iterator[Broken]:
    """Closed windows: two parts exactly one window apart are both in it."""
    if most:
        for first, beyond in zip(parts, parts[most:], strict=False):
            if beyond.at_ms - first.at_ms <= WINDOWS_MS[limit]:
                yield Broken(who, limit, beyond.at_ms, f"{most + 1} parts where {most} may be")


def _reserve(who: str, limit: str, most: int, percent: int, parts: Sequence[Taken]) -> Iterator[Broken]:
    """Bulk begins only where it leaves its share of the window, notices where they leave half of that."""
    reserve = most * percent // 100
    if not reserve:
        return
    low = 0
    for index, each in enumerate(parts):
        while each.at_ms - parts[low].at_ms > WINDOWS_MS[limit]:
            low += 1
        if each.priority == OTP or not each.is_first:
            continue
        left = reserve if each.priority == BULK else reserve // 2
        # What was taken before it, and all of it: what is younger did not count when it began.
        if index - low + each.parts > most - left and left:
            yield Broken(who, f"{limit}-reserve", each.at_ms, f"{index - low} before it, {left} to be left")


def _gap(who: str, plan: Plan, parts: Sequence[Taken]) -> Iterator[Broken]:
    for earlier, later in pairwise(parts):
        if later.at_ms - earlier.at_ms < plan.minimum_gap_ms:
            yield Broken(who, "gap", later.at_ms, f"{later.at_ms - earlier.at_ms} ms after the one before")


def _warm_up(who: str, plan: Plan, parts: Sequence[Taken], since_ms: int) -> Iterator[Broken]:
    """On each day after a SIM's first sending its limit of 24 hours is a step higher, and whole on the last of them."""
    if not plan.warm_up_days or not parts:
        return
    since_ms = since_ms or parts[0].at_ms
    whole = plan.parts_per_day or 100
    low = 0
    for index, each in enumerate(parts):
        while each.at_ms - parts[low].at_ms > WINDOWS_MS["day"]:
            low += 1
        day = (each.at_ms - since_ms) // WINDOWS_MS["day"]
        most = max(1, whole * (day + 1) // plan.warm_up_days)
        # Where nothing went in 24 hours one message goes, however long.
        of_others = any(one.message != each.message for one in parts[low:index])
        if day < plan.warm_up_days and index - low + 1 > most and of_others:
            yield Broken(who, "warm-up", each.at_ms, f"{index - low + 1} on day {day}, where {most} may be")


def month_name(at_ms: int, contract_day: int, zone: tzinfo) -> tuple[int, int]:
    """Year and month in which the billing month of an instant begins."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    day = local.date()
    tomorrow_is_next = (day + timedelta(days=1)).month != day.month
    if day.day >= contract_day or tomorrow_is_next:
        return day.year, day.month
    before = day.replace(day=1) - timedelta(days=1)
    return before.year, before.month


def _months(who: str, plan: Plan, parts: Sequence[Taken], zone: tzinfo) -> Iterator[Broken]:
    if not (plan.parts_per_month or plan.recipients_per_month):
        return
    counted: Counter[tuple[int, int]] = Counter()
    people: dict[tuple[int, int], set[str]] = defaultdict(set)
    for each in parts:
        month = month_name(each.at_ms, plan.contract_day, zone)
        counted[month] += 1
        people[month].add(each.recipient)
        if plan.parts_per_month and counted[month] > plan.parts_per_month:
            yield Broken(who, "month", each.at_ms, f"{counted[month]} where {plan.parts_per_month} may be")
        if plan.recipients_per_month and len(people[month]) > plan.recipients_per_month:
            yield Broken(who, "recipients", each.at_ms, f"{len(people[month])} different recipients")


def _recipients(who: str, plan: Plan, parts: Sequence[Taken]) -> Iterator[Broken]:
    if plan.parts_per_recipient_per_day:
        to: dict[str, list[Taken]] = defaultdict(list)
        for each in parts:
            to[each.recipient].append(each)
        for of_one in to.values():
            yield from _window(who, "day", plan.parts_per_recipient_per_day, of_one)


def _hours(who: str, plan: Plan, parts: Sequence[Taken], zone: tzinfo) -> Iterator[Broken]:
    if not plan.sending_hours:
        return
    for each in parts:
        for at_ms in (each.submitted_at_ms, each.at_ms):
            local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
            minute = local.hour * 60 + local.minute
            if not any(begin <= minute < end for begin, end in plan.sending_hours.periods):
                yield Broken(who, "hours", at_ms, f"{local:%H:%M}")

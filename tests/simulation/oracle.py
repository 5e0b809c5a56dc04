"""Whether plans were kept, counted by brute force on the instants of the network's own ledger.

Knows nothing of the product's policy: for each part that the network took, how many lie in the window that ends with
it. Where a plan was changed while the part may have been on its way, the kindest of them counts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.simulation.limits import Contract, Limits, Together

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A part that the network took."""

    at_ms: int
    recipient: str
    priority: int
    number: int = 1
    """Which part of its message."""
    was_refused: bool = False
    """The SIM had tried to reach that recipient before. That counts like a message: whoever counts knows no better."""


def _kindest(plans: Sequence[Limits], name: str) -> int:
    """The most that any of them allows; 0 for no limit."""
    allowed = [int(getattr(each, name)) for each in plans]
    return 0 if not allowed or 0 in allowed else max(allowed)


def _usable(most: int, priority: int, reserve_percent: int) -> int:
    reserve = most * reserve_percent // 100
    return most - (0, reserve // 2, reserve)[priority]


def broken(
    taken: Sequence[Taken],
    contract: Contract,
    *,
    on_the_way_ms: Callable[[int], int],
    zone: ZoneInfo,
    has_calendar: bool = True,
) -> Iterator[str]:
    """A sentence for each part by which a plan was exceeded. ``taken`` in the order of time.

    ``has_calendar``: whether the box could know what day it was. ``on_the_way_ms``: how long before that instant a part
    that was taken then may have been begun.
    """
    for index, part in enumerate(taken):
        slack_ms = on_the_way_ms(part.at_ms)
        plans = contract.between(part.at_ms - slack_ms, part.at_ms)
        yield from _of_windows(taken, index, plans)
        gap_ms = min((each.minimum_gap_ms for each in plans), default=0)
        if gap_ms and index and part.at_ms - taken[index - 1].at_ms < gap_ms:
            yield f"minimum_gap_ms {gap_ms}: {part.at_ms - taken[index - 1].at_ms} at {part.at_ms}"
        yield from _of_recipient(taken, index, plans)
        if has_calendar:
            yield from _of_month(taken, index, plans, zone)
            yield from _out_of_hours(part, plans, slack_ms, zone)
            yield from _of_warm_up(taken, index, plans, slack_ms)


def broken_together(
    cards: Mapping[str, Sequence[Taken]],
    group: Together,
    *,
    on_the_way_ms: Callable[[int], int],
    zone: ZoneInfo,
    has_calendar: bool = True,
) -> Iterator[str]:
    """The same for the SIMs of a group: each of their parts beside all that those sent that were in it with it."""
    everything = sorted(
        ((part, iccid) for iccid, taken in cards.items() for part in taken), key=lambda each: each[0].at_ms
    )
    for part, iccid in everything:
        from_ms = part.at_ms - on_the_way_ms(part.at_ms)
        members = group.members(from_ms, part.at_ms)
        if iccid not in members:
            continue
        plans = group.contract.between(from_ms, part.at_ms)
        before = [
            each
            for each, whose in everything
            if whose in members and each.at_ms <= part.at_ms and each is not part
        ]
        taken = [*before, part]
        yield from _of_windows(taken, len(before), plans)
        if has_calendar:
            yield from _of_month(taken, len(before), plans, zone)


def _of_windows(taken: Sequence[Taken], index: int, plans: Sequence[Limits]) -> Iterator[str]:
    part = taken[index]
    reserve = min((each.reserve_percent for each in plans), default=0)
    for name, window_ms in (
        ("parts_per_minute", MINUTE_MS),
        ("parts_per_hour", HOUR_MS),
        ("parts_per_day", DAY_MS),
    ):
        most = _kindest(plans, name)
        count = index + 1 - bisect_left(taken, part.at_ms - window_ms, hi=index, key=lambda each: each.at_ms)
        if most and count > _usable(most, part.priority, reserve):
            yield f"{name} {most} (reserve {reserve} %, priority {part.priority}): {count} at {part.at_ms}"


NEW_SIMS_DAY = 100
"""What a SIM without a limit for the day grows to (docs/technician.md)."""


def _of_warm_up(taken: Sequence[Taken], index: int, plans: Sequence[Limits], slack_ms: int) -> Iterator[str]:
    """Of a message the first part decides: it begins with room for all of them, or where nothing went for a day."""
    part = taken[index]
    if part.number != 1 or not plans or any(not each.warm_up_days for each in plans):
        return
    day = (part.at_ms - taken[0].at_ms + slack_ms) // DAY_MS
    if day >= min(each.warm_up_days for each in plans):
        return
    most = max(
        max(1, (each.parts_per_day or NEW_SIMS_DAY) * (day + 1) // each.warm_up_days) for each in plans
    )
    count = sum(each.at_ms >= part.at_ms - DAY_MS for each in taken[: index + 1])
    if count > max(1, most):
        yield f"warm_up_days {plans[-1].warm_up_days}, day {day + 1}: {count} of {most} at {part.at_ms}"


def _of_month(taken: Sequence[Taken], index: int, plans: Sequence[Limits], zone: ZoneInfo) -> Iterator[str]:
    parts, recipients = _kindest(plans, "parts_per_month"), _kindest(plans, "recipients_per_month")
    if not (parts or recipients):
        return
    part = taken[index]
    reserve = min((each.reserve_percent for each in plans), default=0)
    counts, others = [], []
    for plan in plans:
        begins_ms = month_of(part.at_ms, plan.contract_day, zone)
        before = [each for each in taken[:index] if each.at_ms >= begins_ms]
        counts.append(len(before) + 1)
        # Whoever was written to in this month costs nothing new.
        known = {each.recipient for each in before}
        others.append(0 if part.recipient in known or part.was_refused else len(known) + 1)
    if parts and min(counts) > _usable(parts, part.priority, reserve):
        yield f"parts_per_month {parts} (reserve {reserve} %): {min(counts)} at {part.at_ms}"
    if recipients and min(others) > _usable(recipients, part.priority, reserve):
        yield f"recipients_per_month {recipients} (reserve {reserve} %): {min(others)} at {part.at_ms}"


def _of_recipient(taken: Sequence[Taken], index: int, plans: Sequence[Limits]) -> Iterator[str]:
    most, part = _kindest(plans, "parts_per_recipient_per_day"), taken[index]
    if not most:
        return
    count = sum(
        each.recipient == part.recipient and each.at_ms >= part.at_ms - DAY_MS for each in taken[: index + 1]
    )
    if count > most:
        yield f"parts_per_recipient_per_day {most}: {count} at {part.at_ms}"


def _out_of_hours(part: Taken, plans: Sequence[Limits], slack_ms: int, zone: ZoneInfo) -> Iterator[str]:
    if plans and not any(_is_open(each.sending_hours, part.at_ms, slack_ms, zone) for each in plans):
        yield f"sending_hours {plans[-1].sending_hours}: {local(part.at_ms, zone)}"


def _is_open(hours: str, at_ms: int, slack_ms: int, zone: ZoneInfo) -> bool:
    """Whether a part that was taken then may have been begun within the hours."""
    if not hours:
        return True
    for step_ms in range(0, slack_ms + 1, 15_000):
        moment = local(at_ms - step_ms, zone)
        minute = moment.hour * 60 + moment.minute
        for span in hours.split(","):
            begins, ends = (int(text[:2]) * 60 + int(text[3:]) for text in span.strip().split("-"))
            if (begins <= minute < ends) if begins < ends else (minute >= begins or minute < ends):
                return True
    return False


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    """That instant on the clocks of the box's zone."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def month_of(at_ms: int, contract_day: int, zone: ZoneInfo) -> int:
    """When the billing month began in which an instant lies."""
    day = local(at_ms, zone).date()
    begins = _day_in(day.year, day.month, contract_day)
    if begins > day:
        last = day.replace(day=1) - timedelta(days=1)
        begins = _day_in(last.year, last.month, contract_day)
    midnight = datetime(begins.year, begins.month, begins.day, tzinfo=zone)
    return int(midnight.timestamp() * 1000)


def _day_in(year: int, month: int, wanted: int) -> date:
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(wanted, (following - timedelta(days=1)).day))

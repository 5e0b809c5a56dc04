"""When a plan lets a message go, given what was used of it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

from appliance.policy.billing import billing_month
from appliance.policy.plan import DAY_MS, Limit, Plan, Urgency
from appliance.policy.usage import Usage

ANY_NUMBER = 1 << 30
SEND_MS = 10_000
"""What a part takes, about: a message of several is begun only where the sending hours leave it so much time."""


@dataclass(frozen=True, slots=True)
class Opening:
    """When a plan lets something go, and which limit holds it until then."""

    at_ms: int | None
    """None: never, because it has more parts than a window may hold."""
    limit: Limit | None
    """None: nothing holds it, it may go now."""
    is_reserve: bool = False
    """What is left of that limit is kept for what is more urgent."""
    is_group: bool = False
    """The limit is that of the SIM's group."""


def opening(
    plan: Plan,
    usage: Usage,
    parts: int,
    now_ms: int,
    *,
    recipient: str | None = "",
    priority: int = Urgency.CODE,
    group: Usage | None = None,
    is_held: bool = False,
    goes_on: bool = False,
) -> Opening:
    """The first instant from ``now_ms`` on at which ``parts`` more parts fit the plan all together.

    ``recipient`` None: whoever he is, so what is about recipients holds nothing.

    A message whose first part went when all of it fitted goes on without being held by a window again, as only its own
    parts were added meanwhile: ask for its next part with ``parts=1``, ``priority`` of a code, ``goes_on`` and, where
    its parts are held in the usage of its group (:meth:`Usage.hold`), ``is_held``.
    """
    if plan.is_unlimited and group is None:
        return Opening(now_ms, None)
    urgency = priority if priority < Urgency.BULK else Urgency.BULK
    at_ms, limit, is_reserve = _opens(plan, usage, _Asked(parts, now_ms, recipient, urgency), goes_on=goes_on)
    is_group = False
    if group is not None and at_ms is not None:
        asked = _Asked(0 if is_held else parts, now_ms, recipient, urgency)
        of_group = _opens(group.plan, group, asked)
        if of_group[0] is None or of_group[0] > at_ms:
            (at_ms, limit, is_reserve), is_group = of_group, True
    if at_ms is not None and plan.sending_hours:
        needs_ms = (parts - 1) * (plan.longest_gap_ms + SEND_MS)
        opens_ms = plan.sending_hours.opens_at(at_ms, plan.zone, needs_ms)
        if opens_ms > at_ms:
            at_ms, limit, is_reserve, is_group = opens_ms, Limit.SENDING_HOURS, False, False
    return Opening(at_ms, limit, is_reserve, is_group)


class _Asked(NamedTuple):
    """What is asked of one plan."""

    parts: int
    now_ms: int
    recipient: str | None
    urgency: int


Held = tuple[int | None, Limit | None, bool]
"""Until when (None: for ever), by which limit, and whether by its reserve only."""


def _opens(plan: Plan, usage: Usage, asked: _Asked, *, goes_on: bool = False) -> Held:
    """The same for one plan without its sending hours. Each of these limits, once open, stays open."""
    parts, now_ms, _, urgency = asked
    held: Held = (now_ms, None, False)
    if plan.minimum_gap_ms and usage.counted:
        last_ms = usage.counted[-1]
        held = _later(held, last_ms + plan.gap_after(last_ms), Limit.GAP)
    for limit, window_ms, shares in plan.shared_windows:
        most = shares[urgency]
        if parts > most:
            return None, limit, False
        opens_ms = _window_opens(usage, most - parts, window_ms, now_ms)
        if opens_ms > now_ms:
            kept = most < shares[0] and _window_opens(usage, shares[0] - parts, window_ms, now_ms) <= now_ms
            held = _later(held, opens_ms, limit, is_reserve=kept)
    if plan.month_shares is not None:
        most, used = plan.month_shares[urgency], usage.parts_in_month(now_ms)
        if parts > most:
            return None, Limit.MONTH, False
        if used + parts > most:
            kept = used + parts <= plan.month_shares[0]
            held = _later(held, _month_ends(usage, now_ms), Limit.MONTH, is_reserve=kept)
    if plan.warm_up_days and not goes_on:
        opens_ms, kept = _warm_up_opens(plan, usage, asked)
        held = _later(held, opens_ms, Limit.WARM_UP, is_reserve=kept)
    if asked.recipient is None or not plan.is_about_recipients:
        return held
    return _recipient_opens(plan, usage, asked, asked.recipient, held)


def _later(held: Held, opens_ms: int, limit: Limit, *, is_reserve: bool = False) -> Held:
    """The limit that holds for longer."""
    return (opens_ms, limit, is_reserve) if held[0] is not None and opens_ms > held[0] else held


def _window_opens(usage: Usage, may_stay: int, window_ms: int, now_ms: int) -> int:
    """When no more than ``may_stay`` parts are left in a closed window: one that counts as of t is out of it at
    t + window + 1; what is held counts as of now."""
    may_stay -= usage.held
    if may_stay < 0:
        return now_ms + window_ms + 1 if usage.held else now_ms
    counted = usage.counted
    return counted[-1 - may_stay] + window_ms + 1 if len(counted) > may_stay else now_ms


def _month_ends(usage: Usage, now_ms: int) -> int:
    if now_ms < usage.month_to_ms:
        return usage.month_to_ms
    return billing_month(now_ms, usage.plan.contract_day, usage.plan.zone)[1]


def _warm_up_opens(plan: Plan, usage: Usage, asked: _Asked) -> tuple[int, bool]:
    """As the limit of a day grows day by day, a message that does not fit today may fit tomorrow.

    Where nothing went in the last 24 hours one message may go whatever its parts, so that every SIM can begin.
    """
    parts, now_ms, _, urgency = asked
    began_ms = now_ms if usage.first_sent_at_ms is None else min(usage.first_sent_at_ms, now_ms)
    for day in range((now_ms - began_ms) // DAY_MS, plan.warm_up_days):
        whole = plan.warm_up_limit(day) or 0
        most = plan.shares(whole)[urgency]
        from_ms = max(now_ms, began_ms + day * DAY_MS)
        opens_ms = max(from_ms, _window_opens(usage, max(0, most - parts), DAY_MS, now_ms))
        if opens_ms < began_ms + (day + 1) * DAY_MS:
            kept = most < whole and _window_opens(usage, max(0, whole - parts), DAY_MS, now_ms) <= now_ms
            return opens_ms, kept
    return max(now_ms, began_ms + plan.warm_up_days * DAY_MS), False


def _recipient_opens(plan: Plan, usage: Usage, asked: _Asked, recipient: str, held: Held) -> Held:
    parts, now_ms, _, urgency = asked
    shares = plan.recipient_shares
    if shares is not None and not usage.is_known_in_month(recipient, now_ms):
        known = usage.recipients_in_month(now_ms)
        if known >= shares[urgency]:
            held = _later(held, _month_ends(usage, now_ms), Limit.RECIPIENTS, is_reserve=known < shares[0])
    most = plan.parts_per_recipient_per_day
    if most:
        if parts > most:
            return None, Limit.PER_RECIPIENT, False
        instants = usage.by_recipient.get(recipient, ())
        if len(instants) > most - parts:
            held = _later(held, instants[parts - most - 1] + DAY_MS + 1, Limit.PER_RECIPIENT)
    return held


def room(plan: Plan, usage: Usage, now_ms: int, priority: int, group: Usage | None = None) -> int:
    """How many parts of a priority fit now, whoever they are for; 0 where none does. The hot path's question.

    :data:`ANY_NUMBER` where nothing limits them. Sending hours hold one part here; a message of several needs more
    time before they end, which :func:`opening` asks for.
    """
    if plan.is_unlimited and group is None:
        return ANY_NUMBER
    urgency = min(priority, Urgency.BULK)
    most = _room(plan, usage, now_ms, urgency)
    if most > 0 and group is not None:
        most = min(most, _room(group.plan, group, now_ms, urgency))
    if most > 0 and plan.sending_hours and plan.sending_hours.opens_at(now_ms, plan.zone) > now_ms:
        return 0
    return most


def _room(plan: Plan, usage: Usage, now_ms: int, urgency: int) -> int:
    counted = usage.counted
    if plan.minimum_gap_ms and counted and counted[-1] + plan.gap_after(counted[-1]) > now_ms:
        return 0
    most = ANY_NUMBER
    for _, window_ms, shares in plan.shared_windows:
        free = shares[urgency] - usage.held - len(counted)
        if free < most:
            # Only where it may matter is it looked up which of them are still in the window.
            most = min(most, free + bisect_left(counted, now_ms - window_ms))
    if plan.month_shares is not None:
        most = min(most, plan.month_shares[urgency] - usage.parts_in_month(now_ms))
    if plan.warm_up_days and usage.first_sent_at_ms is not None:
        day = max(0, now_ms - usage.first_sent_at_ms) // DAY_MS
        limit, used = plan.warm_up_limit(day), usage.parts_since(now_ms - DAY_MS)
        if limit is not None and used:
            most = min(most, plan.shares(limit)[urgency] - used)
    return max(0, most)


def used_fraction(plan: Plan, usage: Usage, now_ms: int) -> float:
    """How much of its plan is used, 0 … 1 and more: that of its fullest limit of parts. 0 where it has none."""
    fullest = 0.0
    for _, window_ms, shares in plan.shared_windows:
        fullest = max(fullest, usage.parts_since(now_ms - window_ms) / shares[0])
    if plan.month_shares is not None:
        fullest = max(fullest, usage.parts_in_month(now_ms) / plan.month_shares[0])
    if plan.recipient_shares is not None:
        fullest = max(fullest, usage.recipients_in_month(now_ms) / plan.recipient_shares[0])
    return fullest

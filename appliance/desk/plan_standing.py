"""A plan beside what is used of it: for one SIM, and for a group together."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from appliance.desk.plans import Remark, remarks_on
from appliance.desk.sims import SimBook
from appliance.policy.ledger import read_group_usage, read_usage
from appliance.policy.own_plan import plan_of_group
from appliance.policy.plan import DAY_MS, WARM_UP_BASE, WINDOW_MS, Limit, Plan, Urgency
from appliance.policy.reason import Reason
from appliance.policy.usage import Usage
from appliance.store import groups, messages
from appliance.store.groups import SimGroup
from appliance.store.sims import Sim


@dataclass(frozen=True, slots=True)
class Use:
    """What is used of one limit."""

    limit: Limit
    used: int
    most: int
    """0: no limit."""
    bulk_most: int
    """What bulk may use of it, the reserve left out."""
    until_ms: int | None = None
    """When it begins anew; None for a sliding window, from which parts go one by one."""

    @property
    def left(self) -> int:
        """What may still go; of no meaning without a limit."""
        return max(0, self.most - self.used)


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """One SIM with its plan."""

    card: Sim
    plan: Plan
    """As it holds."""
    box: Plan
    group: SimGroup | None
    uses: tuple[Use, ...]
    warm_up_day: int | None
    """Which day of its warm-up it is, from 1; None: it is over, or there is none."""
    holds: Reason | None
    """Why it begins nothing now; None: it would, or it is in no port."""
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class GroupStandingShown:
    """One group with its SIMs."""

    group: SimGroup
    plan: Plan
    sims: tuple[Sim, ...]
    uses: tuple[Use, ...]
    remarks: tuple[Remark, ...]


def plan_standing(
    connection: sqlite3.Connection, card: Sim, book: SimBook, now_ms: int, *, most_parts: int
) -> PlanStanding:
    """All that is to be known about the plan of a SIM."""
    plan = book.plan_of(card)
    usage = read_usage(connection, card.id, plan, now_ms)
    return PlanStanding(
        card=card,
        plan=plan,
        box=book.default_plan,
        group=None if card.group_id is None else groups.find(connection, card.group_id),
        uses=_uses_of_sim(connection, card, plan, usage, now_ms),
        warm_up_day=_warm_up_day(plan, usage, now_ms),
        holds=book.holds(card.id, now_ms),
        remarks=remarks_on(plan, most_parts=most_parts),
    )


def group_standing(
    connection: sqlite3.Connection, group: SimGroup, book: SimBook, now_ms: int
) -> GroupStandingShown:
    """All that is to be known about a group."""
    plan = plan_of_group(group, book.default_plan)
    members = [book.cards[each] for each in groups.members(connection, group.id) if each in book.cards]
    usage = read_group_usage(connection, [each.id for each in members], plan, now_ms)
    return GroupStandingShown(
        group,
        plan,
        tuple(members),
        tuple(each for each in uses_of(plan, usage, now_ms) if each.most),
        remarks_on(plan, most_parts=0),
    )


def _uses_of_sim(
    connection: sqlite3.Connection, card: Sim, plan: Plan, usage: Usage, now_ms: int
) -> tuple[Use, ...]:
    """Each limit, and what went in each window, limited or not: a SIM may have sent more than a new limit allows."""
    shown = {each.limit: each for each in uses_of(plan, usage, now_ms)}
    for limit, window_ms in WINDOW_MS.items():
        sent = messages.count_parts_since(connection, card.id, now_ms - window_ms)
        use = shown.get(limit, Use(limit, sent, 0, 0))
        shown[limit] = replace(use, used=max(sent, use.used))
    return tuple(shown[limit] for limit in Limit if limit in shown)


def uses_of(plan: Plan, usage: Usage, now_ms: int) -> list[Use]:
    """What is used of each limit of a plan that is counted, in no certain order."""
    found = [
        Use(limit, usage.parts_since(now_ms - window_ms), shares[Urgency.CODE], shares[Urgency.BULK])
        for limit, window_ms, shares in plan.shared_windows
    ]
    if plan.month_shares is not None:
        shares = plan.month_shares
        found.append(
            Use(
                Limit.MONTH,
                usage.parts_in_month(now_ms),
                shares[Urgency.CODE],
                shares[Urgency.BULK],
                usage.month_to_ms,
            )
        )
    if plan.recipient_shares is not None:
        shares = plan.recipient_shares
        found.append(
            Use(
                Limit.RECIPIENTS,
                usage.recipients_in_month(now_ms),
                shares[Urgency.CODE],
                shares[Urgency.BULK],
                usage.month_to_ms,
            )
        )
    day = _warm_up_day(plan, usage, now_ms)
    if day is not None:
        most = plan.warm_up_limit(day - 1) or plan.parts_per_day or WARM_UP_BASE
        used = usage.parts_since(now_ms - DAY_MS)
        began_ms = now_ms if usage.first_sent_at_ms is None else usage.first_sent_at_ms
        found.append(Use(Limit.WARM_UP, used, most, plan.shares(most)[Urgency.BULK], began_ms + day * DAY_MS))
    return found


def _warm_up_day(plan: Plan, usage: Usage, now_ms: int) -> int | None:
    if not plan.warm_up_days:
        return None
    began_ms = now_ms if usage.first_sent_at_ms is None else min(usage.first_sent_at_ms, now_ms)
    day = (now_ms - began_ms) // DAY_MS + 1
    return day if day <= plan.warm_up_days else None

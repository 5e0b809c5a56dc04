"""A :class:`Usage` from the rows of the parts: the one place of this package that reads, by :mod:`appliance.store`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from appliance.policy.billing import billing_month, day_of
from appliance.policy.plan import DAY_MS, Plan
from appliance.policy.usage import Usage
from appliance.store import usage as rows
from appliance.store.sims import LONGEST_SEND_MS
from appliance.store.usage import Memo, UsedRows, Wanted


def wanted_for(plan: Plan, now_ms: int, *, is_answered: bool = False) -> Wanted:
    """What of the rows matters for a plan at ``now_ms``."""
    month_from_ms = billing_month(now_ms, plan.contract_day, plan.zone)[0] if plan.counts_months else None
    return Wanted(
        now_ms=now_ms,
        most=plan.remembered_parts,
        since_ms=now_ms - plan.remembered_ms - 2,
        month_from_ms=month_from_ms,
        month_from_day="" if month_from_ms is None else day_of(month_from_ms, plan.zone),
        month_recipients=plan.recipients_per_month > 0,
        recipients_since_ms=now_ms - DAY_MS - 2 if plan.parts_per_recipient_per_day else None,
        first=plan.warm_up_days > 0,
        is_answered=is_answered,
    )


def usage_of(plan: Plan, found: UsedRows, now_ms: int) -> Usage:
    """What was found, as it is counted on.

    The rows have when the first part of a SIM was given; the network may have taken it as late as a send can take.
    """
    first_ms = found.first_sent_at_ms
    return Usage(
        plan,
        found.counted,
        now_ms=now_ms,
        month_parts=found.month_parts,
        month_recipients=found.month_recipients,
        by_recipient=found.by_recipient,
        first_sent_at_ms=None if first_ms is None else min(first_ms + LONGEST_SEND_MS, max(first_ms, now_ms)),
    ).as_of(now_ms)


def read_usage(
    connection: sqlite3.Connection,
    sim_id: int,
    plan: Plan,
    now_ms: int,
    *,
    is_answered: bool = False,
    memo: Memo | None = None,
) -> Usage:
    """What a SIM has used of its plan. ``memo`` is for who asks again and again."""
    return read_group_usage(connection, (sim_id,), plan, now_ms, is_answered=is_answered, memo=memo)


def read_group_usage(
    connection: sqlite3.Connection,
    sim_ids: Sequence[int],
    plan: Plan,
    now_ms: int,
    *,
    is_answered: bool = False,
    memo: Memo | None = None,
) -> Usage:
    """What SIMs have used together of the plan of their group.

    ``is_answered``: without what is in the air. The pool, which holds that itself, reads so and puts it in with
    :meth:`Usage.hold_as`.
    """
    wanted = wanted_for(plan, now_ms, is_answered=is_answered)
    return usage_of(plan, rows.read(connection, sim_ids, wanted, memo), now_ms)

"""What the parts of a billing month cost, by the prices of a SIM's plan.

It is what the box knows, not the carrier's bill: numbers that were ported are priced by their beginning.
"""

from __future__ import annotations

import sqlite3

from appliance.policy.billing import billing_month, day_of
from appliance.policy.plan import Plan
from appliance.policy.prices import part_price
from appliance.store import usage
from appliance.store.sims import Sim


def cost_of_month(
    connection: sqlite3.Connection, card: Sim, plan: Plan, carrier_id: str, now_ms: int
) -> int | None:
    """Millionths of the unit of the currency for what went in the billing month; None where nothing has a price.

    The first parts of the month are the allowance. What retention deleted was the first of all, and costs as a part
    to another network beyond it.
    """
    if not (plan.price_on_net_micros or plan.price_off_net_micros or plan.price_abroad_micros):
        return None
    from_ms, _ = billing_month(now_ms, plan.contract_day, plan.zone)
    deleted = usage.deleted_of_month(connection, card.id, day_of(from_ms, plan.zone))
    left = max(0, plan.allowance_parts - deleted)
    cost = max(0, deleted - plan.allowance_parts) * plan.price_off_net_micros
    for destination, recipient, parts in usage.beyond(
        connection, card.id, from_ms, left, by_recipient=plan.on_net_prefixes is not None
    ):
        cost += parts * part_price(plan, carrier_id, recipient, destination)
    return cost

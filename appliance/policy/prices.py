"""What a part costs by a SIM: in its own network, to others, abroad. Millionths of the unit of its currency."""

from __future__ import annotations

from appliance.policy.destination import ABROAD, UNKNOWN
from appliance.policy.plan import Plan


def is_on_net(plan: Plan, carrier_id: str, recipient: str, destination: str) -> bool:
    """Whether a recipient seems to be in the network of a SIM of ``carrier_id`` ('': nobody knows whose it is)."""
    if plan.on_net_prefixes is not None:
        return recipient.startswith(plan.on_net_prefixes)
    return destination != UNKNOWN and destination == carrier_id


def part_price(plan: Plan, carrier_id: str, recipient: str, destination: str) -> int:
    """The price of one part beyond the allowance."""
    if destination == ABROAD:
        return plan.price_abroad_micros
    if is_on_net(plan, carrier_id, recipient, destination):
        return plan.price_on_net_micros
    return plan.price_off_net_micros

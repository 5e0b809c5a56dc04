"""The plan that holds for a SIM: what it has of its own, over what the box has; and what a group has together."""

from __future__ import annotations

import json

from appliance.policy.plan import OWN_FIELDS, Plan
from appliance.policy.sending_hours import SendingHoursError, parse_sending_hours
from appliance.store.groups import SimGroup
from appliance.store.sims import Sim


def plan_of(sim: Sim, box: Plan) -> Plan:
    """The limits of a SIM, with those of the box where it has none of its own."""
    own: dict[str, object] = {name: getattr(sim, name) for name in OWN_FIELDS}
    if all(value is None for value in own.values()):
        return box
    own["sending_hours"] = None if sim.sending_hours is None else _hours(sim.sending_hours, box)
    own["on_net_prefixes"] = None if sim.on_net_prefixes is None else tuple(json.loads(sim.on_net_prefixes))
    return box.overridden(**own)


def plan_of_group(group: SimGroup, box: Plan) -> Plan:
    """The limits of all SIMs of a group together. Their reserve is that of the box."""
    return Plan(
        parts_per_minute=group.parts_per_minute or 0,
        parts_per_hour=group.parts_per_hour or 0,
        parts_per_day=group.parts_per_day or 0,
        parts_per_month=group.parts_per_month or 0,
        recipients_per_month=group.recipients_per_month or 0,
        contract_day=group.contract_day or box.contract_day,
        reserve_percent=box.reserve_percent,
        zone=box.zone,
    )


def _hours(text: str, box: Plan) -> object:
    """Hours that were validated when they were stored; what can't be read any more is as the box has it."""
    try:
        return parse_sending_hours(text)
    except SendingHoursError:
        return box.sending_hours

"""Plans and groups of SIMs."""

from __future__ import annotations

from typing import TypedDict

from appliance.web.objects.common import Links, Reason, SimShort, Time


class Plan(TypedDict):
    """The limits that hold for a SIM: 0 is no limit, ``""`` any hour."""

    minimum_gap_ms: int
    gap_jitter_percent: int
    parts_per_minute: int
    parts_per_hour: int
    parts_per_day: int
    parts_per_month: int
    recipients_per_month: int
    parts_per_recipient_per_day: int
    sending_hours: str
    contract_day: int
    reserve_percent: int
    warm_up_days: int
    allowance_parts: int
    price_on_net_micros: int
    price_off_net_micros: int
    price_abroad_micros: int
    on_net_prefixes: list[str] | None


class OwnPlan(TypedDict):
    """What a SIM has of its own; null is as the settings of the box say."""

    minimum_gap_ms: int | None
    gap_jitter_percent: int | None
    parts_per_minute: int | None
    parts_per_hour: int | None
    parts_per_day: int | None
    parts_per_month: int | None
    recipients_per_month: int | None
    parts_per_recipient_per_day: int | None
    sending_hours: str | None
    contract_day: int | None
    reserve_percent: int | None
    warm_up_days: int | None
    allowance_parts: int | None
    price_on_net_micros: int | None
    price_off_net_micros: int | None
    price_abroad_micros: int | None
    on_net_prefixes: list[str] | None


class Use(TypedDict):
    """What is used of one limit."""

    used: int
    most: int
    most_for_bulk: int | None
    begins_anew_at: Time | None


class Remark(TypedDict):
    """What may surprise about a plan that was let pass."""

    pointer: str
    code: str
    text: str


class GroupShort(TypedDict):
    """A group of SIMs in short."""

    id: int
    name: str
    strategy: str
    links: Links


class PlanOfSim(TypedDict):
    """The plan of a SIM, its own part of it, and what is used."""

    sim: SimShort | None
    plan: Plan
    own_plan: OwnPlan
    box_plan: Plan
    group: GroupShort | None
    used: dict[str, Use]
    warm_up_day: int | None
    reason: Reason | None
    remarks: list[Remark]
    links: Links


class SimGroup(GroupShort):
    """A group with its limits, its SIMs, and what they used together."""

    parts_per_minute: int
    parts_per_hour: int
    parts_per_day: int
    parts_per_month: int
    recipients_per_month: int
    contract_day: int
    sims: list[SimShort | None]
    used: dict[str, Use]
    remarks: list[Remark]

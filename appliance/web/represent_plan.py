"""Plans and groups of SIMs, as the objects of the API."""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from appliance.desk.plan_standing import PlanStanding, Use, group_standing
from appliance.desk.plans import Remark
from appliance.desk.sims import SimBook
from appliance.store.groups import SimGroup
from appliance.web.moment import rfc3339
from appliance.web.objects import plans
from appliance.web.represent import own_plan_object, plan_object, reason_object, sim_object
from appliance.web.words import Words


def plan_in_full(standing: PlanStanding, book: SimBook, words: Words) -> plans.PlanOfSim:
    """The plan of a SIM with what is used of it, and what is worth saying of it."""
    return {
        "sim": sim_object(standing.card.id, book),
        "plan": plan_object(standing.plan),
        "own_plan": own_plan_object(standing.card),
        "box_plan": plan_object(standing.box),
        "group": None if standing.group is None else group_object(standing.group),
        "used": use_objects(standing.uses),
        "warm_up_day": standing.warm_up_day,
        "reason": None if standing.holds is None else reason_object(standing.holds, words),
        "remarks": remark_objects(standing.remarks, words),
        "links": {"self": f"/api/v1/sims/{standing.card.id}/plan"},
    }


def use_objects(uses: Iterable[Use]) -> dict[str, plans.Use]:
    """What is used of each limit, by its name; ``most`` 0 is no limit."""
    return {
        each.limit.value: {
            "used": each.used,
            "most": each.most,
            "most_for_bulk": each.bulk_most,
            "begins_anew_at": rfc3339(each.until_ms),
        }
        for each in uses
    }


def remark_objects(remarks: Iterable[Remark], words: Words) -> list[plans.Remark]:
    """What may surprise about a plan that was let pass."""
    return [
        {"pointer": each.pointer, "code": each.code, "text": words.sentence(each.code, each.args)}
        for each in remarks
    ]


def group_object(group: SimGroup) -> plans.GroupShort:
    """A group in short."""
    return {
        "id": group.id,
        "name": group.name,
        "strategy": str(group.strategy),
        "links": {"self": f"/api/v1/groups/{group.id}"},
    }


def group_in_full(connection: Connection, group: SimGroup, book: SimBook, words: Words) -> plans.SimGroup:
    """A group with its limits, its SIMs, and what they used together."""
    standing = group_standing(connection, group, book, words.now_ms)
    return {
        **group_object(group),
        "parts_per_minute": group.parts_per_minute or 0,
        "parts_per_hour": group.parts_per_hour or 0,
        "parts_per_day": group.parts_per_day or 0,
        "parts_per_month": group.parts_per_month or 0,
        "recipients_per_month": group.recipients_per_month or 0,
        "contract_day": standing.plan.contract_day,
        "sims": [sim_object(each.id, book) for each in standing.sims],
        "used": use_objects(standing.uses),
        "remarks": remark_objects(standing.remarks, words),
    }

"""``/api/v1/sims/{id}/plan``: the limits of a SIM, and what is used of them."""

from __future__ import annotations

from appliance.desk.plan_standing import plan_standing
from appliance.desk.plans import PLAN_FIELDS, set_plan
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.objects.plans import PlanOfSim
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.page_sims import find_sim
from appliance.web.represent_plan import plan_in_full
from appliance.web.words import N_, Words


@operation(
    N_("The plan of a SIM, and what is used of it"),
    Group.PLANS,
    PlanOfSim,
    problems=("no-such-sim",),
)
def get_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """The plan as it holds, its own part of it, and what is used."""
    return _answer(office, asked, sim_id)


@operation(
    N_("Replace all of a SIM’s own plan"),
    Group.PLANS,
    PlanOfSim,
    body=PLAN_FIELDS,
    problems=("no-such-sim",),
)
def put_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Replace all of it: what is not given, or null, is as the box's settings say."""
    return _set(office, asked, sim_id, only_given=False)


@operation(
    N_("Change what is given of a SIM’s own plan"),
    Group.PLANS,
    PlanOfSim,
    body=PLAN_FIELDS,
    problems=("no-such-sim",),
)
def patch_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Change what is given; null makes it as the box's settings say again."""
    return _set(office, asked, sim_id, only_given=True)


def _set(office: Office, asked: Asked, sim_id: int, *, only_given: bool) -> Answer:
    find_sim(office, sim_id)
    own = dict(asked.members)
    if only_given:
        # null is given, too: as the box has it.
        own = {name: own.get(name) for name in asked.json_object()}
    refused = set_plan(
        office.writer,
        office.ring,
        asked.who,
        sim_id,
        own,
        only_given=only_given,
        now_ms=office.now_ms(),
    )
    agreed(refused)
    office.forget_book()
    return _answer(office, asked, sim_id)


def _answer(office: Office, asked: Asked, sim_id: int) -> Answer:
    sim, now_ms = find_sim(office, sim_id), office.now_ms()
    standing = plan_standing(
        office.reader(), sim.card, office.book(), now_ms, most_parts=office.settings.rules.most_parts
    )
    return json_answer(plan_in_full(standing, office.book(), Words(asked.language, office.zone, now_ms)))

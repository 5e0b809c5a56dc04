"""``/api/v1/sims/{id}/plan``: the limits of a SIM, and what is used of them."""

from __future__ import annotations

from appliance.desk.plan_standing import plan_standing
from appliance.desk.plans import read_plan, set_plan
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.office import Office
from appliance.web.page_sims import find_sim
from appliance.web.represent_plan import plan_in_full
from appliance.web.words import Words


def get_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """The plan as it holds, its own part of it, and what is used."""
    asked.query()
    return _answer(office, asked, sim_id)


def put_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Replace all of it: what is not given, or null, is as the box's settings say."""
    return _set(office, asked, sim_id, only_given=False)


def patch_plan(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Change what is given; null makes it as the box's settings say again."""
    return _set(office, asked, sim_id, only_given=True)


def _set(office: Office, asked: Asked, sim_id: int, *, only_given: bool) -> Answer:
    members = asked.json_object()
    own = agreed(read_plan(members))
    find_sim(office, sim_id)
    if only_given:
        own = {name: own.get(name) for name in members}
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

"""``/api/v1/groups``: SIMs of one contract, what they may send together; and which group a SIM is in."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk.groups import (
    GROUP_FIELDS,
    GROUP_OF_SIM_FIELDS,
    change_group,
    create_group,
    move_sim,
    remove_group,
)
from appliance.store import groups
from appliance.store.groups import SimGroup
from appliance.web.answer import Answer, json_answer
from appliance.web.api_ports import NO_CONTENT
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.objects import plans
from appliance.web.objects.common import Page
from appliance.web.objects.sims import GroupOfSim
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.page_sims import find_sim
from appliance.web.problem import Problem
from appliance.web.represent_plan import group_in_full, group_object
from appliance.web.words import N_, Words


@operation(
    N_("Every group of SIMs"),
    Group.PLANS,
    Page[plans.SimGroup],
)
def list_groups(office: Office, asked: Asked) -> Answer:
    """Every group by its name, with its SIMs and what they used of it."""
    connection, book, words = office.reader(), office.book(), _words(office, asked)
    items = [group_in_full(connection, each, book, words) for each in groups.list_groups(connection)]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("Make a group"),
    Group.PLANS,
    {HTTPStatus.CREATED: plans.SimGroup},
    body=GROUP_FIELDS,
    problems=("conflict",),
)
def post_group(office: Office, asked: Asked) -> Answer:
    """A new group, without SIMs: 201."""
    members = asked.members
    made = agreed(create_group(office.writer, office.ring, asked.who, members, now_ms=office.now_ms()))
    office.forget_book()
    return _answer(office, asked, made.id, HTTPStatus.CREATED)


@operation(
    N_("One group"),
    Group.PLANS,
    plans.SimGroup,
    problems=("no-such-group",),
)
def get_group(office: Office, asked: Asked, group_id: int) -> Answer:
    """One group."""
    return _answer(office, asked, group_id)


@operation(
    N_("Replace the name, strategy and limits of a group"),
    Group.PLANS,
    plans.SimGroup,
    body=GROUP_FIELDS,
    problems=(
        "no-such-group",
        "conflict",
    ),
)
def put_group(office: Office, asked: Asked, group_id: int) -> Answer:
    """Replace its name, strategy and limits."""
    find_group(office, group_id)
    members = asked.members
    agreed(change_group(office.writer, office.ring, asked.who, group_id, members, now_ms=office.now_ms()))
    office.forget_book()
    return _answer(office, asked, group_id)


@operation(
    N_("Remove a group; its SIMs stay"),
    Group.PLANS,
    {HTTPStatus.NO_CONTENT: None},
    problems=("no-such-group",),
)
def delete_group(office: Office, asked: Asked, group_id: int) -> Answer:
    """Its SIMs stay, in none."""
    find_group(office, group_id)
    agreed(remove_group(office.writer, office.ring, asked.who, group_id, now_ms=office.now_ms()))
    office.forget_book()
    return NO_CONTENT


@operation(
    N_("Put a SIM into a group, or into none"),
    Group.PLANS,
    GroupOfSim,
    body=GROUP_OF_SIM_FIELDS,
    problems=(
        "no-such-sim",
        "conflict",
    ),
)
def put_group_of_sim(office: Office, asked: Asked, sim_id: int) -> Answer:
    """Put a SIM into a group, or with ``null`` into none; the answer says from where it came."""
    find_sim(office, sim_id)
    members = asked.members
    moved = agreed(
        move_sim(office.writer, office.ring, asked.who, sim_id, members.get("group"), now_ms=office.now_ms())
    )
    office.forget_book()
    return json_answer(
        {
            "group": None if moved.after is None else group_object(moved.after),
            "before": None if moved.before is None else group_object(moved.before),
            "reason": {
                "code": moved.code,
                "text": _words(office, asked).sentence(moved.code, moved.args),
            },
        }
    )


def find_group(office: Office, group_id: int) -> SimGroup:
    """The group of an id, or 404."""
    group = groups.find(office.reader(), group_id)
    if group is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-group")
    return group


def _answer(office: Office, asked: Asked, group_id: int, status: int = HTTPStatus.OK) -> Answer:
    group = find_group(office, group_id)
    shown = group_in_full(office.reader(), group, office.book(), _words(office, asked))
    headers = {"Location": f"/api/v1/groups/{group_id}"} if status == HTTPStatus.CREATED else {}
    return json_answer(shown, status, headers)


def _words(office: Office, asked: Asked) -> Words:
    return Words(asked.language, office.zone, office.now_ms())

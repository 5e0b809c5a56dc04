"""``/api/v1/swaps``: the guided swap of a card, step by step."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import swap
from appliance.desk.fields import Kind
from appliance.desk.plans import PLAN_FIELDS
from appliance.desk.technician_fields import SWAP_CHOICE_FIELDS, SWAP_FIELDS
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.objects.sims import Swap
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.page_ports import find_port
from appliance.web.page_swaps import find_swap
from appliance.web.represent_technician import swap_object
from appliance.web.words import N_, Words

CHOICE_FIELDS: dict[str, Kind] = {**SWAP_CHOICE_FIELDS, **PLAN_FIELDS}
"""Every member of ``POST /api/v1/swaps/{id}/choose``."""


@operation(
    N_("Begin to swap a card"),
    Group.SIMS,
    {HTTPStatus.CREATED: Swap},
    body=SWAP_FIELDS,
    problems=(
        "no-such-port",
        "conflict",
    ),
)
def post_swap(office: Office, asked: Asked) -> Answer:
    """Begin a swap at a port: 201, and where to follow it."""
    members = asked.members
    port = find_port(office, members["port"])
    swap_id = agreed(swap.start(office.writer, office.ring, asked.who, port.name, now_ms=office.now_ms()))
    return _answer(office, asked, swap_id, HTTPStatus.CREATED)


@operation(
    N_("Where a swap is, and what to do now"),
    Group.SIMS,
    Swap,
    problems=("no-such-swap",),
)
def get_swap(office: Office, asked: Asked, swap_id: int) -> Answer:
    """Where it is, and what a person is to do now."""
    return _answer(office, asked, swap_id)


@operation(
    N_("Decide at a step of a swap"),
    Group.SIMS,
    Swap,
    body=CHOICE_FIELDS,
    problems=(
        "no-such-swap",
        "conflict",
    ),
)
def choose(office: Office, asked: Asked, swap_id: int) -> Answer:
    """What a person decided at a step."""
    find_swap(office, swap_id)
    limits = asked.json_object()
    limits.pop("action")
    agreed(
        swap.choose(
            office.writer,
            office.ring,
            asked.who,
            swap_id,
            asked.members["action"],
            limits=limits,
            now_ms=office.now_ms(),
        )
    )
    office.forget_book()
    return _answer(office, asked, swap_id)


def _answer(office: Office, asked: Asked, swap_id: int, status: int = HTTPStatus.OK) -> Answer:
    words = Words(asked.language, office.zone, office.now_ms())
    shown = swap_object(find_swap(office, swap_id), office.book(), words)
    headers = {"Location": f"/api/v1/swaps/{swap_id}"} if status == HTTPStatus.CREATED else {}
    return json_answer(shown, status, headers)

"""``/api/v1/swaps``: the guided swap of a card, step by step."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import swap
from appliance.desk.fields import read_members
from appliance.desk.technician_fields import SWAP_CHOICE_FIELDS, SWAP_FIELDS
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.members import agreed, members_of
from appliance.web.office import Office
from appliance.web.page_ports import find_port
from appliance.web.page_swaps import find_swap
from appliance.web.represent_technician import swap_object
from appliance.web.words import Words


def post_swap(office: Office, asked: Asked) -> Answer:
    """Begin a swap at a port: 201, and where to follow it."""
    members = members_of(asked, SWAP_FIELDS)
    port = find_port(office, members["port"])
    swap_id = agreed(swap.start(office.writer, office.ring, asked.who, port.name, now_ms=office.now_ms()))
    return _answer(office, asked, swap_id, HTTPStatus.CREATED)


def get_swap(office: Office, asked: Asked, swap_id: int) -> Answer:
    """Where it is, and what a person is to do now."""
    asked.query()
    return _answer(office, asked, swap_id)


def choose(office: Office, asked: Asked, swap_id: int) -> Answer:
    """What a person decided at a step."""
    find_swap(office, swap_id)
    members = asked.json_object()
    chosen = agreed(read_members(SWAP_CHOICE_FIELDS, {"action": members.pop("action", None)}))
    agreed(
        swap.choose(
            office.writer,
            office.ring,
            asked.who,
            swap_id,
            chosen["action"],
            limits=members,
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

"""``/api/v1/events``: what happened on the box and matters to people."""

from __future__ import annotations

import re

from appliance.store import events
from appliance.store.events import Event
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.moment import rfc3339
from appliance.web.objects import box
from appliance.web.office import Office
from appliance.web.paging import page_object, slice_from
from appliance.web.problem import bad_parameter
from appliance.web.represent import sim_object
from appliance.web.words import Words


def list_events(office: Office, asked: Asked) -> Answer:
    """Newest first; those of one port or of one SIM where that is given."""
    query = asked.query("limit", "cursor", "port", "sim")
    wanted = slice_from(query, "e")
    found = events.recent(
        office.reader(),
        limit=wanted.limit + 1,
        before_id=wanted.before_seq,
        port_id=_number("port", query.get("port")),
        sim_id=_number("sim", query.get("sim")),
    )
    words = Words(asked.language, office.zone, office.now_ms())
    return json_answer(
        page_object(
            found, wanted, "e", lambda event: event.id, lambda event: _event_object(office, event, words)
        )
    )


def _event_object(office: Office, event: Event, words: Words) -> box.Event:
    return {
        "id": event.id,
        "at": rfc3339(event.at_ms),
        "kind": event.kind,
        "port": event.port_id,
        "sim": sim_object(event.sim_id, office.book()),
        "reason": {
            "code": event.reason,
            "text": words.sentence(event.reason, event.reason_args),
            "args": event.reason_args,
        },
    }


def _number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise bad_parameter(name, "problem.field-whole-number")
    return int(text)

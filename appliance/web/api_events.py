"""``/api/v1/events``: what happened on the box and matters to people."""

from __future__ import annotations

from appliance.desk.fields import Kind, WholeNumber
from appliance.desk.technician_fields import LARGEST_ID
from appliance.store import events
from appliance.store.events import Event
from appliance.web.answer import Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.moment import rfc3339
from appliance.web.objects import box
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.paging import Cursor, Limit, page_object, slice_of
from appliance.web.represent import sim_object
from appliance.web.words import N_, Words

EVENTS_QUERY: dict[str, Kind] = {
    "limit": Limit(),
    "cursor": Cursor("e"),
    "port": WholeNumber(1, LARGEST_ID),
    "sim": WholeNumber(1, LARGEST_ID),
}
"""Every parameter of ``GET /api/v1/events``."""


@operation(
    N_("What happened on the box, newest first"),
    Group.BOX,
    Page[box.Event],
    query=EVENTS_QUERY,
)
def list_events(office: Office, asked: Asked) -> Answer:
    """Newest first; those of one port or of one SIM where that is given."""
    wanted = slice_of(asked.parameters)
    found = events.recent(
        office.reader(),
        limit=wanted.limit + 1,
        before_id=wanted.before_seq,
        port_id=asked.parameters.get("port"),
        sim_id=asked.parameters.get("sim"),
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

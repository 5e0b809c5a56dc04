"""The recordings of lines, for pages and programs."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import recordings as desk
from appliance.desk.recordings import Recorded
from appliance.web.answer import TEXT, Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.moment import rfc3339
from appliance.web.office import Office
from appliance.web.paging import LARGEST_LIMIT
from appliance.web.problem import Problem

SHOWN = 10


def recordings(office: Office, port_name: str) -> list[Recorded]:
    """Those of one port, the newest first."""
    return desk.recordings(office.settings.data, port=port_name, most=SHOWN)


def list_recordings(office: Office, asked: Asked) -> Answer:
    """The same for programs."""
    asked.query()
    items = [
        {
            "name": each.name,
            "port": each.port or None,
            "octets": each.octets,
            "changed_at": rfc3339(each.changed_at_ms),
            "links": {"self": f"/api/v1/recordings/{each.name}"},
        }
        for each in desk.recordings(office.settings.data, most=LARGEST_LIMIT)
    ]
    return json_answer({"items": items, "next_cursor": None})


def recording(office: Office, asked: Asked, name: str) -> Answer:
    """A file to keep."""
    asked.query()
    content = desk.content_of(office.settings.data, name)
    if content is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-recording")
    return Answer(content, HTTPStatus.OK, TEXT, {"Content-Disposition": f'attachment; filename="{name}"'})

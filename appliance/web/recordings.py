"""The recordings of lines, for pages and programs."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import recordings as desk
from appliance.desk.recordings import Recorded
from appliance.web.answer import TEXT, Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.moment import rfc3339
from appliance.web.objects import box
from appliance.web.objects.common import Page
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.paging import LARGEST_LIMIT
from appliance.web.problem import Problem
from appliance.web.words import N_

SHOWN = 10


def recordings(office: Office, asked: Asked, port_name: str) -> list[Recorded]:
    """Those of one port that who asks may read, the newest first."""
    found = desk.recordings(office.settings.data, port=port_name, most=SHOWN)
    return [each for each in found if each.masked or asked.sees_texts]


@operation(
    N_("The recordings of lines"),
    Group.PORTS,
    Page[box.Recording],
)
def list_recordings(office: Office, asked: Asked) -> Answer:
    """The same for programs."""
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


@operation(
    N_("One recording"),
    Group.PORTS,
    str,
    problems=("no-such-recording", "texts-hidden"),
    media_type="text/plain",
)
def recording(office: Office, asked: Asked, name: str) -> Answer:
    """A file to keep."""
    content = desk.content_of(office.settings.data, name)
    if content is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-recording")
    if not asked.sees_texts and not desk.is_masked(content):
        raise Problem(HTTPStatus.FORBIDDEN, "texts-hidden")
    return Answer(content, HTTPStatus.OK, TEXT, {"Content-Disposition": f'attachment; filename="{name}"'})

"""The files in which the lines of ports were recorded: to be taken away and shown to who looks for a fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from appliance.web.answer import TEXT, Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.moment import rfc3339
from appliance.web.office import Office
from appliance.web.paging import LARGEST_LIMIT
from appliance.web.problem import Problem

DIRECTORY = "recordings"
SHOWN = 10
_NAME = re.compile(r"[0-9A-Za-z_:+-][0-9A-Za-z._:+-]{0,120}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One file."""

    name: str
    octets: int
    changed_at_ms: int


def recordings(office: Office, most: int = SHOWN) -> list[Recorded]:
    """The newest ones first."""
    found = []
    try:
        for path in (office.settings.data / DIRECTORY).iterdir():
            if _NAME.fullmatch(path.name) and path.is_file():
                status = path.stat()
                found.append(Recorded(path.name, status.st_size, status.st_mtime_ns // 1_000_000))
    except OSError:
        # No directory: nothing was recorded yet. A file that vanishes meanwhile is shown the next time.
        return []
    return sorted(found, key=lambda each: -each.changed_at_ms)[:most]


def list_recordings(office: Office, asked: Asked) -> Answer:
    """The same for programs."""
    asked.query()
    items = [
        {
            "name": each.name,
            "octets": each.octets,
            "changed_at": rfc3339(each.changed_at_ms),
            "links": {"self": f"/api/v1/recordings/{each.name}"},
        }
        for each in recordings(office, most=LARGEST_LIMIT)
    ]
    return json_answer({"items": items, "next_cursor": None})


def recording(office: Office, asked: Asked, name: str) -> Answer:
    """A file to keep."""
    asked.query()
    try:
        # The whole name is matched, so that it can't lead out of the directory.
        content = (office.settings.data / DIRECTORY / name).read_bytes() if _NAME.fullmatch(name) else None
    except OSError:
        content = None
    if content is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-recording")
    return Answer(content, HTTPStatus.OK, TEXT, {"Content-Disposition": f'attachment; filename="{name}"'})

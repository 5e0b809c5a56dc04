"""The parts of a page that move by themselves: whether the browser shows what there is."""

from __future__ import annotations

from appliance.web.office import Office


def is_seen(office: Office, seen: str | None) -> bool:
    """Whether the mark that a browser sends is that of now."""
    return seen == office.mark

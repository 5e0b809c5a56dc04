"""Templates as the API tells of them."""

from __future__ import annotations

from typing import TypedDict

from appliance.web.objects.common import Links, Time


class SmsTemplate(TypedDict):
    """A text with ``${name}`` for each gap."""

    code: str
    name: str
    text: str
    gaps: list[str]
    priority: str
    created_at: Time
    updated_at: Time
    links: Links

"""API keys as the API tells of them."""

from __future__ import annotations

from typing import TypedDict

from appliance.web.objects.common import Links, Time


class LimitLeft(TypedDict):
    """What is left of one limit."""

    name: str
    limit: int
    left: int
    window_s: int | None


class Key(TypedDict):
    """An API key: what it may do, never the key itself."""

    id: int
    name: str
    account_id: int
    scopes: list[str]
    messages_per_minute: int | None
    messages_per_day: int | None
    requests_per_minute: int | None
    networks: list[str]
    expires_at: Time | None
    sandbox: bool
    test_allowance: int | None
    created_at: Time
    last_used_at: Time | None
    last_used_from: str | None
    revoked_at: Time | None
    left: list[LimitLeft]
    links: Links


class NewKey(Key):
    """A key that was just made, with ``secret``: the key itself, shown this once."""

    secret: str

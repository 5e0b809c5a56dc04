"""Webhooks, and the feed of changes."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from appliance.web.objects.common import Links, Said, Time


class Webhook(TypedDict):
    """A subscription; ``secret`` is there only in the answer that made it."""

    id: int
    name: str
    url: str
    dialect: str
    kinds: list[str]
    account: int | None
    is_on: bool
    off_reason: Said | None
    old_secret_until: Time | None
    failing_since: Time | None
    last_success_at: Time | None
    waiting: int
    dead: int
    created_at: Time | None
    links: Links
    secret: NotRequired[str]


class Try(TypedDict):
    """What came of telling somebody once; ``status`` is null where nothing was answered."""

    type: str
    at: Time | None
    took_ms: int
    is_taken: bool
    status: int | None
    reason: Said | None
    answer: str | None


class Delivery(TypedDict):
    """Something that could not be told yet (``waiting``), or was given up (``dead``)."""

    id: int
    webhook_id: str
    type: str | None
    state: str
    tries: int
    first_at: Time | None
    next_try_at: Time | None
    tried_at: Time | None
    status: int | None
    reason: Said | None
    answer: str | None


class Resent(TypedDict):
    """How many are tried again, or were dropped."""

    count: int


class FeedEntry(TypedDict):
    """A change; ``data`` is the object that the API has of it elsewhere."""

    id: int
    type: str
    timestamp: Time | None
    data: Any


class Feed(TypedDict):
    """Changes after the one that was asked for, oldest first; ``after`` is what to ask for next."""

    items: list[FeedEntry]
    after: int

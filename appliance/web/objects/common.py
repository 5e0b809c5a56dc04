"""What many objects are made of."""

from __future__ import annotations

from typing import Annotated, Generic, TypedDict, TypeVar

from msgspec import Meta

T = TypeVar("T")

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""UTC, RFC 3339 with milliseconds: ``2026-05-17T08:30:00.123Z``."""


class Links(TypedDict):
    """Where the object itself is."""

    self: str


class Said(TypedDict):
    """A sentence: ``code`` is for programs and stays, ``text`` is for people and follows ``Accept-Language``."""

    code: str
    text: str


class Reason(TypedDict):
    """Why something is as it is, and until when that may last."""

    code: str
    text: str
    until: Time | None


class SimShort(TypedDict):
    """A SIM in short."""

    id: int
    iccid: str | None
    number: str | None
    label: str | None


class Page(TypedDict, Generic[T]):
    """Entries of a list; ``next_cursor`` is null at its end."""

    items: list[T]
    next_cursor: str | None

"""The box itself: carriers, events, accounts, forecasts, its clock and disk."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from appliance.web.objects.common import Links, Reason, SimShort, Time

CarrierQuery = TypedDict(
    "CarrierQuery",
    {
        "method": str,
        "wait_s": int,
        "at_most_every_h": int,
        "code": NotRequired[str],
        "to": NotRequired[str],
        "text": NotRequired[str],
        "pattern": NotRequired[str],
        "from": NotRequired[list[str]],
    },
)
"""How a carrier is asked for a balance: by USSD (``code``) or by message (``to``, ``text``)."""


class Carrier(TypedDict):
    """An entry of the table of carriers."""

    id: str
    is_built_in: bool
    is_edited: bool
    name: str
    imsi: list[str]
    iccid: list[str]
    numbers: list[str]
    currency: str
    decimals: int
    keep_alive_days: int
    queries: list[CarrierQuery]
    low_balance: NotRequired[str]


class EventReason(TypedDict):
    """What happened, as a sentence with its arguments."""

    code: str
    text: str
    args: dict[str, Any]


class Event(TypedDict):
    """Something that happened on the box and matters to people."""

    id: int
    at: Time
    kind: str
    port: int | None
    sim: SimShort | None
    reason: EventReason


class KeyOfAccount(TypedDict):
    """An API key of an account."""

    id: int
    name: str
    last_used_at: Time | None


class Account(TypedDict):
    """In whose name messages go; ``waiting`` is counted up to 10,000."""

    id: int
    name: str
    weight: int
    waiting: int
    keys: list[KeyOfAccount]
    links: Links


class RunsOut(TypedDict):
    """Which limit stops a SIM first."""

    limit: str
    at: Time | None
    until: Time | None


class ForecastShare(TypedDict):
    """What one SIM sends of a batch."""

    sim: SimShort | None
    messages: int
    parts: int
    other_messages: int
    done_at: Time | None
    runs_out: RunsOut | None
    cost_micros: int
    idle: Reason | None


class Forecast(TypedDict):
    """When a batch would be done; ``reasons`` says it in sentences, the main one first."""

    asked_at: Time
    messages: int
    parts: int
    begins_at: Time | None
    done_at: Time | None
    sent: int
    expired: int
    unsent: int
    waiting_before: int
    parts_sent: int
    cost_micros: int
    currency: str | None
    exact: bool
    reasons: list[Reason]
    sims: list[ForecastShare]


class Clock(TypedDict):
    """What time it is on the box, what the clock of the system says, and what speaks for that."""

    box: Time
    system: Time
    trust: str
    detail: str


class Octets(TypedDict):
    """Sizes on the disk."""

    database: int
    free_in_database: int
    log: int
    recordings: int
    free_on_disk: int


class Upkeep(TypedDict):
    """Sizes, and what the box did last to keep them in bounds; each work has ``at`` and what came of it."""

    octets: Octets
    housekeeping: dict[str, Any] | None
    found_sound: dict[str, Any] | None
    found_damaged: dict[str, Any] | None


class Recording(TypedDict):
    """A recording of a line."""

    name: str
    port: str | None
    octets: int
    changed_at: Time
    links: Links


class Health(TypedDict):
    """Whether the box can work."""

    status: str

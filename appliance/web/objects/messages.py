"""Messages out and in."""

from __future__ import annotations

from typing import Literal, TypedDict

from appliance.web.objects.common import Links, Reason, SimShort, Time

State = Literal[
    "held",
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "uncertain",
    "failed",
    "expired",
    "cancelled",
]


class Message(TypedDict):
    """A message; ``reason`` says why it is where it is now."""

    id: str
    state: State
    reason: Reason
    to: str
    text: str
    alphabet: str
    parts_total: int
    flash: bool
    delivery_report: bool
    priority: str
    on_uncertain: str
    source: str
    account: int
    campaign: str | None
    destination: str | None
    attempts: int
    sim: SimShort | None
    accepted_at: Time
    sent_at: Time | None
    finished_at: Time | None
    not_before: Time | None
    expires_at: Time | None
    updated_at: Time
    links: Links


class Accepted(TypedDict):
    """Of many messages how many there are, and their ids in the order of the request."""

    accepted: int
    ids: list[str]


class PartError(TypedDict):
    """What a modem or a network said against a part."""

    kind: str
    code: int | None
    detail: str | None


class Part(TypedDict):
    """What became of one part in one attempt."""

    number: int
    attempt: int
    state: str
    sim: SimShort | None
    port: str | None
    tp_mr: int | None
    error: PartError | None
    report_status: int | None
    submitted_at: Time | None
    answered_at: Time | None
    reported_at: Time | None


class MessageWithParts(Message):
    """The same, with each part of each attempt."""

    parts: list[Part]


InboxMessage = TypedDict(
    "InboxMessage",
    {
        "id": str,
        "from": str,
        "to": str | None,
        "sim": SimShort,
        "text": str | None,
        "data": str | None,
        "kind": str,
        "about": str | None,
        "complete": bool,
        "parts_total": int,
        "parts_received": int,
        "received_at": Time,
        "network_time": Time | None,
    },
)
"""A received message; ``to`` is the SIM's own number where it is known."""


class Replaced(TypedDict):
    """What was written plainly so that the text is GSM-7."""

    before: str
    after: str


class Preview(TypedDict):
    """What would become of a text."""

    text: str
    alphabet: str
    parts_total: int
    parts: list[str]
    units: int
    units_per_part: int
    units_left: int
    replaced: list[Replaced]
    parts_limit: int
    acceptable: bool


class TooLate(TypedDict):
    """A message that was not uncertain, and the state that it is in; null: there is no such message."""

    id: str
    state: State | None


class Settled(TypedDict):
    """Which of several messages were settled."""

    done: list[str]
    too_late: list[TooLate]


class Entry(TypedDict):
    """One message of a conversation: one that was ``sent``, or one that was ``received``; the other is null."""

    direction: Literal["out", "in"]
    at: Time
    sent: Message | None
    received: InboxMessage | None


class ConversationLinks(TypedDict):
    """Where the messages of a conversation are."""

    messages: str


class Conversation(TypedDict):
    """A number that was written to or wrote; ``sent`` and ``received`` are counted up to 1,000."""

    number: str
    last: Entry
    sent: int
    received: int
    links: ConversationLinks

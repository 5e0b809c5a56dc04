"""How the office tells others of changes: what a dialect has to bring, and when what failed is tried again. Pure.

A dialect's pushes are a :class:`Renderer`. It is entered by the name of its dialect in
:data:`appliance.web.renderers.RENDERERS`, and hears of a message whose callback names that dialect
(:func:`appliance.store.webhooks.add_callback`), and of everything that a subscription of it wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from appliance.desk.change_types import type_of
from appliance.store.changes import Change
from appliance.store.inbox import InboxMessage
from appliance.store.messages import Message
from appliance.store.webhooks import Callback, Options, Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A change with what it is about, as it was then."""

    change: Change
    id: str
    """Of the change, on all boxes: the same at each try and for each receiver."""
    message: Message | None = None
    """Of a message: with the state, reason, SIM and times of the change, not those that it has now."""
    inbound: InboxMessage | None = None

    @property
    def type(self) -> str:
        """``message.delivered``, ``inbound.received``, ``modem.alarm`` …"""
        return type_of(self.change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """To whom it is told, and what its dialect noted of it."""

    url: str
    options: Options
    webhook: Webhook | None = None
    callback: Callback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What is sent. ``Host``, ``Content-Length`` and ``User-Agent`` are added."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """What came back: the beginning of the body, up to a limit."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


class Renderer(Protocol):
    """How a dialect tells of a change. It is made with the office that serves it, lives as long, and is called by
    several threads at a time."""

    def render(self, facts: Facts, to: Target) -> HttpRequest | None:
        """The request, or None where this dialect has nothing to say of such a change. It may be called again for the
        same change (another try), and must not write."""

    def is_taken(self, facts: Facts, to: Target, response: HttpResponse) -> bool:
        """Whether the receiver took it. What it did not take is tried again."""

    def answered(self, facts: Facts, to: Target, response: HttpResponse) -> None:
        """It was taken: do what the answer asks for (such as send its text as a reply). May write. A crash in between
        makes the receiver be told again, so what is done here has to bear that. What it raises counts as not taken."""


def is_2xx(response: HttpResponse) -> bool:
    """What most receivers mean by having taken something."""
    return 200 <= response.status < 300


SCHEDULE_S = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""After its first try, what failed is tried again: the schedule of Standard Webhooks, which ends after a day."""
JITTER = 0.1
"""Each of these is longer by up to so much of itself, so that not all is tried at once."""
LONGEST_RETRY_AFTER_S = 6 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRules:
    """``[webhooks]`` of the settings."""

    give_up_after_s: int = 24 * 3600
    """The whole schedule is shortened in proportion."""
    connect_timeout_s: float = 5.0
    answer_timeout_s: float = 15.0
    """From the connection to the last octet that is read of the answer."""
    allow_loopback: bool = False
    """For tests and development: the box itself may be told."""
    ca_file: str = ""
    """Certificates of authorities that are trusted beside those of the system."""
    most_changes: int = 500_000
    """Of more that were told the oldest go."""


def next_try_ms(tries: int, first_ms: int, now_ms: int, rules: OutboxRules, chance: float) -> int | None:
    """When to try again after so many ``tries`` that failed, the first of them at ``first_ms``; None: not again.

    ``chance`` is from 0 to 1.
    """
    if tries > len(SCHEDULE_S):
        return None
    scale_ms = rules.give_up_after_s * 1000 / SCHEDULE_S[-1]
    after_ms = SCHEDULE_S[tries - 1] * scale_ms
    return max(first_ms + int(after_ms * (1 + JITTER * chance)), now_ms + 1)


def read_retry_after_s(value: str | None) -> int | None:
    """Seconds of a ``Retry-After`` (RFC 9110 §10.2.3), bounded; None for a date or for nonsense: a receiver's clock is
    no better than ours."""
    if value is None or not value.strip().isascii() or not value.strip().isdigit():
        return None
    return min(int(value.strip()[:9]), LONGEST_RETRY_AFTER_S)

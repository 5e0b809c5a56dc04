"""When a batch will be done, by which SIMs, what holds them up on the way, and what it costs: the values of a forecast.

:mod:`appliance.policy.forecast_run` makes them with the functions that the pool decides with, in virtual time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from appliance.policy.reason import Reason

BULK = 2
"""``messages.priority`` of what goes last."""

MICROS = 1_000_000
"""Prices are integers of a millionth of the unit of their currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchToSend:
    """``messages`` that somebody is about to put into the queue."""

    messages: int
    parts: int = 1
    """Of each message."""
    priority: int = BULK
    account_id: int = 1
    destinations: Mapping[str, int] = field(default_factory=dict)
    """How many (or which shares) go to which carrier's network, ``abroad``, or ``''``: unknown. Empty: all unknown."""
    known_recipients: int = 0
    """How many of the recipients were written to in this month already, so that no limit of recipients counts them."""
    not_before_ms: int = 0
    expires_at_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLimit:
    """A limit that a SIM runs into while the batch goes out."""

    limit: str
    """A ``Limit`` of :mod:`appliance.policy.plan`: 'hour', 'day', 'month', 'recipients', 'sending-hours' …"""
    at_ms: int
    until_ms: int | None
    """When it may send again; None: never."""
    is_group: bool = False
    """The limit is that of its group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimShare:
    """What one SIM does while the batch goes out."""

    sim_id: int
    name: str
    messages: int = 0
    """Of the batch."""
    parts: int = 0
    other_messages: int = 0
    """What waits already and is sent by it meanwhile."""
    done_at_ms: int | None = None
    """When its last message of the batch is sent."""
    first_limit: AtLimit | None = None
    """The first limit that it runs into but for its gap and the limit for a minute, which pass in moments."""
    cost_micros: int = 0
    """Of its messages of the batch."""
    idle: Reason | None = None
    """Why it sends nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What becomes of a batch if nothing else is put into the queue meanwhile and the SIMs fare as they do now."""

    asked_at_ms: int
    batch: BatchToSend
    begins_at_ms: int | None = None
    """When its first message goes; None: never."""
    done_at_ms: int | None = None
    """When the last one that is sent has its answer; None: none is sent."""
    sent: int = 0
    expired: int = 0
    """Whose deadline comes first."""
    unsent: int = 0
    """What no SIM sends within :data:`appliance.policy.forecast_run.HORIZON_MS`."""
    unsent_reason: Reason | None = None
    waiting_before: int = 0
    """Messages that wait already."""
    parts_sent: int = 0
    cost_micros: int = 0
    currency: str = ""
    """'' where SIMs with different currencies take part: then ``cost_micros`` is 0, and no sum is told."""
    sims: tuple[SimShare, ...] = ()
    is_exact: bool = True
    """False: so much waits that messages were taken together; within some percent."""

    @property
    def sentences(self) -> tuple[Reason, ...]:
        """What is to be said of it, the main thing first."""
        said = [self._main()]
        if self.unsent and self.unsent_reason is not None and self.sent + self.expired:
            said.append(self.unsent_reason)
        limits = [(share.name, first) for share in self.sims if (first := share.first_limit) is not None]
        limits = [
            each for each in limits if each[1].until_ms is not None and each[1].limit != "per-recipient"
        ]
        if limits:
            name, first = min(limits, key=lambda each: each[1].at_ms)
            form = "first-at-limit" if len(limits) > 1 else "at-limit"
            if first.is_group:
                form = "group-at-limit"
            args: dict[str, str | int] = {
                "sim": name,
                "sims": len(limits),
                "at_ms": first.at_ms,
                "until_ms": first.until_ms or 0,
            }
            said.append(Reason(f"forecast.{form}.{first.limit}", args))
        if not self.is_exact:
            said.append(Reason("forecast.rounded"))
        return tuple(said)

    def _main(self) -> Reason:
        counts: dict[str, str | int] = {"messages": self.batch.messages, "sent": self.sent}
        if not self.sent:
            if self.expired:
                return Reason("forecast.all-expire", counts)
            return self.unsent_reason or Reason("forecast.none")
        counts |= {"done_ms": self.done_at_ms or self.asked_at_ms}
        if self.expired:
            return Reason("forecast.some-expire", counts | {"expired": self.expired})
        if self.unsent:
            return Reason("forecast.some-unsent", counts | {"unsent": self.unsent})
        return Reason("forecast.done", counts)

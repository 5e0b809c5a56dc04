"""A bank of SIMs and its load as a rehearsal takes them: what happens from outside, described before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from appliance.policy.failure import RetryRules
from appliance.policy.plan import Plan

OTP, NOTICE, BULK = 0, 1, 2
"""``messages.priority``: one-time codes go first, bulk last."""


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant until another, the second one excluded."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedSim:
    """One SIM: its plan, how fast its network answers, and what goes wrong with it."""

    sim_id: int
    name: str
    plan: Plan
    carrier: str = ""
    """The carrier's id, which a destination is compared with; '' matches none."""
    group: str | None = None
    latency_ms: int = 3_000
    """From the submission of a part to its answer, on the average."""
    latency_spread_percent: int = 20
    """The latency is spread evenly by so much to both sides."""
    error_percent: float = 0.0
    """Parts that the network refuses for now (+CMS ERROR of the class "network")."""
    sim_error_percent: float = 0.0
    """Parts that are refused because of the SIM, so that another one is tried."""
    outages: tuple[Span, ...] = ()
    """The modem is not there, or has no network."""
    rests: tuple[Span, ...] = ()
    """A person has it rest."""
    sends_since_ms: int = 0
    """Its first sending, from which its warm-up counts; 0: its first one in the rehearsal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedGroup:
    """SIMs of one contract."""

    name: str
    plan: Plan
    strategy: str = "spread"


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedAccount:
    """Who sends."""

    account_id: int
    name: str
    weight: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the messages of a load have in common."""

    name: str
    priority: int
    account_id: int = 1
    parts: int = 1
    """Of each message."""
    to: Mapping[str, int] = field(default_factory=dict)
    """Destinations (carriers' ids, 'abroad', '' for unknown) with their shares; empty: all unknown."""
    recipients: int = 0
    """How many different people they go to; 0: each message to another one."""
    people: str = ""
    """Loads with the same word here write to the same people; '': to nobody that another load writes to."""
    expires_after_ms: int = 0
    """0: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Many messages at one instant, once or on several days."""

    kind: Kind
    at_ms: tuple[int, ...]
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Messages that come one by one, at random instants (a Poisson process)."""

    kind: Kind
    spans: tuple[Span, ...]
    per_minute: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Some people answer what was sent to them and are answered in turn, by the SIM that they wrote to."""

    kind: Kind
    to_load: str
    """The name of the batch or stream that they answer."""
    percent: float
    after_ms: int
    """From the sending of a message until the reply to its answer is queued, on the average (exponential)."""


Load = Batch | Stream | Replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """All of it."""

    seed: int
    begins_at_ms: int
    ends_at_ms: int
    zone: tzinfo
    sims: tuple[DescribedSim, ...]
    groups: tuple[DescribedGroup, ...] = ()
    accounts: tuple[DescribedAccount, ...] = (DescribedAccount(account_id=1, name="box"),)
    loads: tuple[Load, ...] = ()
    retry: RetryRules = field(default_factory=RetryRules)
    currency: str = "CNY"

"""What the pool needs to know before it starts, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from appliance.modem.at.limits import LIMITS, Limits
from appliance.policy.failure import RetryRules
from appliance.policy.plan import Plan
from appliance.pool.filing import FilingRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """How long and how often, in seconds."""

    scan_s: float = 2.0
    """Between two looks for ports that came or went."""
    look_s: float = 1.0
    """Between two looks at the database for what a lost ring of the doorbell would have told."""
    housekeeping_s: float = 5.0
    reopen_first_s: float = 1.0
    reopen_longest_s: float = 30.0
    """A port that fails is opened again after a time that doubles up to this."""
    settled_after_s: float = 30.0
    """A port that was ready for so long begins its next waiting times from the first."""
    list_memory_s: float = 300.0
    """Between two looks into the memory of a modem, for what it did not announce."""
    network_s: float = 120.0
    """Between two questions for operator and signal, asked only while nothing is sent."""
    resend_after_s: float = 120.0
    """An uncertain message whose sender asked for that is sent again after this time without a report."""
    call_ends_s: float = 10.0
    """A call is over when it has not rung for so long."""
    retry_write_first_s: float = 0.5
    retry_write_longest_s: float = 5.0
    """A write that the disk or the database refused is tried again after a time that doubles up to this."""
    stop_s: float = 10.0
    """At the end, how long answers of the network are awaited."""
    predecessor_s: float = 12.0
    """At the start, how long a pool that is ending is awaited; longer than ``stop_s``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """Everything about one pool. Paths are absolute."""

    database: Path
    doorbell: Path
    port_patterns: tuple[str, ...]
    """Paths or globs of serial ports, earlier ones first where two name one device."""
    simulated: bool = False
    """Whether what is behind these ports is no real modem, which people are told."""
    plan: Plan = field(default_factory=Plan)
    """Of each SIM that has none of its own."""
    retry: RetryRules = field(default_factory=RetryRules)
    filing: FilingRules = field(default_factory=FilingRules)
    timings: Timings = field(default_factory=Timings)
    modem_limits: Limits = LIMITS
    """How long each command may take."""

    @property
    def lock(self) -> Path:
        """Held by the one pool that works on this database."""
        return self.database.with_name("pool.lock")

"""What came of a rehearsal: values only, which the command prints and the tests read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from appliance.policy.rehearsal_oracle import Broken, Taken
from appliance.policy.rehearsal_plan import DescribedSim, Rehearsal

SENDING = "sending"
NOTHING = "nothing-waits"
AWAY = "away"
RESTS = "rests"
PAUSE = "pause"


@dataclass(slots=True)
class SimCourse:
    """What one SIM did; filled while the rehearsal runs."""

    sim: DescribedSim
    messages: int = 0
    """That it sent to the end."""
    parts_by_day: Counter[date] = field(default_factory=Counter)
    """That the network took, by day of the zone."""
    refused: int = 0
    cost_micros: int = 0
    spent_ms: Counter[str] = field(default_factory=Counter)
    """Time by what it did or waited for: :data:`SENDING`, :data:`NOTHING`, the name of a limit …"""
    first_held: dict[str, int] = field(default_factory=dict)
    """When each limit held it for the first time while something waited for it."""

    @property
    def parts(self) -> int:
        return self.parts_by_day.total()


@dataclass(slots=True)
class Latencies:
    """From the acceptance of a message until its last part was answered, of one priority."""

    values_ms: list[int] = field(default_factory=list)

    def percentile(self, percent: float) -> int | None:
        """The nearest-rank percentile; None where nothing was sent."""
        ordered = sorted(self.values_ms)
        if not ordered:
            return None
        rank = -(-len(ordered) * percent // 100)
        return ordered[max(0, int(rank) - 1)]


@dataclass(slots=True)
class LoadCourse:
    """What became of the messages of one load."""

    name: str
    accepted: int = 0
    sent: int = 0
    expired: int = 0
    failed: int = 0
    last_sent_at_ms: int | None = None

    @property
    def waiting(self) -> int:
        """At the end of the rehearsal, what is with a modem included."""
        return self.accepted - self.sent - self.expired - self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The whole of it."""

    rehearsal: Rehearsal
    sims: Sequence[SimCourse]
    loads: Sequence[LoadCourse]
    latencies: dict[int, Latencies]
    """By priority."""
    ledger: Sequence[Taken]
    broken: Sequence[Broken]
    """What the oracle found: must be empty."""
    waiting_by_reason: Counter[str]
    """Of what waits at the end, why: codes of the sentences."""

    @property
    def accepted(self) -> int:
        return sum(each.accepted for each in self.loads)

    @property
    def sent(self) -> int:
        return sum(each.sent for each in self.loads)

    @property
    def expired(self) -> int:
        return sum(each.expired for each in self.loads)

    @property
    def failed(self) -> int:
        return sum(each.failed for each in self.loads)

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.loads)

    def local(self, at_ms: int) -> datetime:
        """An instant in the zone of the rehearsal."""
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self.rehearsal.zone)

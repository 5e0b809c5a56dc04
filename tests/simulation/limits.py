"""The plans of a run as the simulation knows them, apart from the product: what was in force, and when."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits by the names of their columns; 0 (or "") is none."""

    minimum_gap_ms: int = 0
    parts_per_minute: int = 0
    parts_per_hour: int = 0
    parts_per_day: int = 0
    parts_per_month: int = 0
    recipients_per_month: int = 0
    parts_per_recipient_per_day: int = 0
    sending_hours: str = ""
    contract_day: int = 1
    reserve_percent: int = 0
    gap_jitter_percent: int = 0


KNOWN = frozenset(each.name for each in fields(Limits))
"""What the pool keeps to."""

OF_A_SIM_ALONE = frozenset({"sending_hours"})
"""What no box has as its default here."""

_CHOICES: dict[str, tuple[object, ...]] = {
    "minimum_gap_ms": (500, 2000, 7000, 30_000),
    "parts_per_minute": (1, 3, 6, 15),
    "parts_per_hour": (4, 10, 30, 80),
    "parts_per_day": (8, 25, 60),
    "parts_per_month": (10, 40, 100),
    "recipients_per_month": (2, 4, 6),
    "parts_per_recipient_per_day": (3, 6),
    "sending_hours": ("08:00-21:00", "22:00-06:00", "09:00-12:00, 14:00-18:30"),
    "contract_day": (1, 22, 31),
    "reserve_percent": (10, 30),
    "gap_jitter_percent": (20, 100),
}


def random_limits(random: Random, most: int = 4, *, of_box: bool = False) -> Limits:
    """Some limits of all kinds that the product knows."""
    names = sorted(KNOWN - OF_A_SIM_ALONE if of_box else KNOWN)
    chosen = random.sample(names, min(len(names), random.randrange(0, most + 1)))
    return replace(Limits(), **{name: random.choice(_CHOICES[name]) for name in chosen})


@dataclass(slots=True)
class InForce:
    """Limits with the time during which they may have been what the box went by, by the network's clock."""

    limits: Limits
    from_ms: int
    until_ms: int | None = None


@dataclass(slots=True)
class Contract:
    """The plans of one SIM (or group) over a run."""

    past: list[InForce] = field(default_factory=list)

    def begin(self, limits: Limits, at_ms: int) -> InForce:
        """From now on these may be what counts; those of before do so until :meth:`begun`."""
        entry = InForce(limits, at_ms)
        self.past.append(entry)
        return entry

    def begun(self, at_ms: int) -> None:
        """The last ones are on disk."""
        for entry in self.past[:-1]:
            if entry.until_ms is None:
                entry.until_ms = at_ms

    @property
    def latest(self) -> Limits:
        """What was decided last."""
        return self.past[-1].limits

    def between(self, from_ms: int, until_ms: int) -> list[Limits]:
        """Everything that was in force at some instant of that time."""
        return [
            each.limits
            for each in self.past
            if each.from_ms <= until_ms and (each.until_ms is None or each.until_ms >= from_ms)
        ]

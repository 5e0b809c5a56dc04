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
    warm_up_days: int = 0


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
    "warm_up_days": (2, 5, 20),
}

OF_A_GROUP = (
    "parts_per_minute",
    "parts_per_hour",
    "parts_per_day",
    "parts_per_month",
    "recipients_per_month",
)
"""What the SIMs of a group may have together."""


def random_limits(random: Random, most: int = 4, *, of_box: bool = False) -> Limits:
    """Some limits of all kinds that the product knows."""
    names = sorted(KNOWN - OF_A_SIM_ALONE if of_box else KNOWN)
    chosen = random.sample(names, min(len(names), random.randrange(0, most + 1)))
    return replace(Limits(), **{name: random.choice(_CHOICES[name]) for name in chosen})


def random_limits_of_group(random: Random, box: Limits) -> Limits:
    """One to three limits of several SIMs together; the rest is as the box has it."""
    of_box = Limits(contract_day=box.contract_day, reserve_percent=box.reserve_percent)
    chosen = random.sample(OF_A_GROUP, random.randrange(1, 4))
    return replace(of_box, **{name: random.choice(_CHOICES[name]) for name in chosen})


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


@dataclass(slots=True)
class Membership:
    """A card in a group, and for how long it may have been, by the network's clock."""

    iccid: str
    from_ms: int
    until_ms: int | None = None


@dataclass(slots=True)
class Together:
    """A group over a run: its limits, and whose they were."""

    contract: Contract = field(default_factory=Contract)
    memberships: list[Membership] = field(default_factory=list)

    def joins(self, iccid: str, at_ms: int) -> None:
        """A card is in it for certain from now on."""
        if iccid not in self.members(at_ms, at_ms):
            self.memberships.append(Membership(iccid, at_ms))

    def leaves(self, iccid: str, at_ms: int) -> None:
        """From now on it may be out of it."""
        for each in self.memberships:
            if each.iccid == iccid and each.until_ms is None:
                each.until_ms = at_ms

    def members(self, from_ms: int, until_ms: int) -> frozenset[str]:
        """The cards that were in it for all of that time."""
        return frozenset(
            each.iccid
            for each in self.memberships
            if each.from_ms <= from_ms and (each.until_ms is None or each.until_ms > until_ms)
        )

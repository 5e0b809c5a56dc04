"""What a seed means: the bank, the plans, the people, the trouble, and for how long. All is thrown before the run."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.simulation.limits import Limits, random_limits

PROFILES = (
    "generic",
    "simcom-sim800",
    "wavecom-q24",
    "quectel-ec25",
    "huawei-e173",
    "neoway-m590",
    "sierra-mc7304",
    "zte-mf190",
    "siemens-mc55",
)

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run. Rates are for each hour of made-up time, or of one event (0 to 1) where they say so."""

    seed: int
    lasts_s: float
    settles_s: float
    """How long after the last trouble what can be sent must have been sent."""
    profiles: tuple[str, ...]
    box_plan: Limits
    latency_s: float
    report_delay_s: float
    messages: int
    burst: int
    """Most messages that are accepted at once."""
    acts: int
    """Of people, beside new messages."""
    trouble: int
    """How many scenarios the bank plays."""
    error_rate: float
    lost_final_rate: float
    hang_rate: float
    kills: int
    stops: int
    """Restarts in order."""
    disk_slowest_s: float
    disk_full_rate: float
    cut_rate: float
    noise_rate: float
    loss_rate: float
    replies: int
    """Messages of handsets to SIMs of the box."""
    clock_jumps: int
    """While the system runs."""
    boots: int
    """Of the whole system, its clock right or wrong."""
    coarse: int
    """By how much the pool's looks at what nobody told it are rarer than usual; long runs would be slow otherwise."""

    @property
    def random(self) -> Random:
        """The dice of the run itself."""
        return Random(f"{self.seed} run")


def scenario_of(seed: int) -> Scenario:
    """The same for the same seed, for ever."""
    random = Random(f"{seed} scenario")
    length = random.choices(("minutes", "hours", "days"), (5, 3, 1))[0]
    lasts_s, coarse = {
        "minutes": (random.uniform(3, 20) * MINUTE_S, 20),
        "hours": (random.uniform(0.5, 5) * HOUR_S, 60),
        "days": (random.uniform(1, 3) * DAY_S, 240),
    }[length]
    is_calm = random.random() < 0.15
    modems = random.choices((1, 2, 3, 4), (3, 4, 3, 1))[0]

    def often(rate: float, most: int) -> int:
        return 0 if is_calm or random.random() > rate else random.randrange(1, most + 1)

    def rate(chance: float, most: float) -> float:
        return 0.0 if is_calm or random.random() > chance else random.uniform(0, most)

    return Scenario(
        seed=seed,
        lasts_s=lasts_s,
        settles_s=26 * HOUR_S if length == "days" else 3 * HOUR_S,
        profiles=tuple(random.choice(PROFILES) for _ in range(modems)),
        box_plan=random_limits(random, 3, of_box=True),
        latency_s=random.choice((0.05, 0.5, 3.0, 6.0)),
        report_delay_s=random.choice((0.0, 0.5, 5.0, 60.0)),
        messages=random.choice((5, 15, 30, 60)),
        burst=random.choice((1, 3, 10, 25)),
        acts=random.choice((0, 3, 8, 15)),
        trouble=often(0.7, 6),
        error_rate=rate(0.5, 0.2),
        lost_final_rate=rate(0.4, 0.1),
        hang_rate=rate(0.2, 0.03),
        kills=often(0.6, 5),
        stops=often(0.3, 3),
        disk_slowest_s=random.choice((0.0, 0.005, 0.03, 0.3)),
        disk_full_rate=rate(0.2, 0.1),
        cut_rate=random.choice((0.0, 0.1, 0.5)),
        noise_rate=rate(0.15, 0.02),
        loss_rate=rate(0.15, 0.01),
        replies=often(0.4, 8),
        clock_jumps=often(0.15, 4),
        boots=often(0.1, 2),
        coarse=coarse,
    )

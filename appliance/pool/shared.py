"""What the ports of a pool have in common, and nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from appliance.pool.claims import SimClaims
from appliance.pool.durable import DurableWriter
from appliance.pool.intake import ReportIntake
from appliance.pool.ledger_clock import LedgerClock
from appliance.pool.presence import Vanished
from appliance.pool.scheduler import Scheduler, scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.turns import Turns
from appliance.store.sealing import Opener


@dataclass(slots=True)
class SharedByPorts:
    """One for each pool."""

    writer: DurableWriter
    turns: Turns
    settings: PoolSettings
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    claims: SimClaims = field(default_factory=SimClaims)
    vanished: Vanished = field(default_factory=Vanished)
    one_reset: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of USB devices, which share hubs."""
    clock: LedgerClock | None = None
    """Told what networks say of the time."""
    scheduler: Scheduler = field(init=False)
    intake: ReportIntake = field(init=False)
    opener: Opener | None = None
    """Opens the PINs; None where the box keeps none."""

    def __post_init__(self) -> None:
        """Every transaction of the pool is told to the scheduler."""
        self.scheduler = scheduler_of(self.settings)
        self.writer.watched_by(self.scheduler, self.scheduler.pace.expected)
        self.intake = ReportIntake(self.writer, self.turns)
        self.turns.rank = self.scheduler.rank

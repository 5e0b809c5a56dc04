"""What the pool needs to know before it starts, as one frozen value."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Protocol

from appliance.modem.at.limits import LIMITS, Limits
from appliance.modem.at.transport import LineOpener, SerialLine
from appliance.modem.discovery import Slot
from appliance.modem.profiles import ProfileBook
from appliance.policy.breaker import BreakerRules
from appliance.policy.failure import RetryRules
from appliance.policy.plan import Plan
from appliance.pool.filing import FilingRules
from appliance.pool.rungs import LadderRules
from appliance.store.loop_writer import Disk
from appliance.store.sims import Sim
from appliance.usb.request import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """How long and how often, in seconds."""

    scan_s: float = 2.0
    """Between two looks for ports that came or went, where the system tells of none."""
    look_s: float = 1.0
    """Between two looks at the database for what a lost ring of the doorbell would have told."""
    housekeeping_s: float = 5.0
    carrier_look_s: float = 60.0
    """Between two looks whether what the SIMs send arrives."""
    reopen_first_s: float = 1.0
    reopen_longest_s: float = 30.0
    """A port that fails is opened again after a time that doubles up to this."""
    settled_after_s: float = 30.0
    """A port that was ready for so long begins its next waiting times from the first."""
    boot_s: float = 15.0
    """A modem that was just plugged in may be mute for so long: it is starting."""
    reset_looks_s: float = 2.0
    """Between two tries at a modem that restarts."""
    reset_shows_s: float = 10.0
    """After a modem was told to restart, how long its line is watched for going; most go within five."""
    loss_settles_s: float = 2.5
    """After a line was lost, until it is seen what vanished with it; longer than ``scan_s``."""
    babble_look_s: float = 5.0
    """Between two looks whether what comes from a modem can be read."""
    rung_s: float = 20.0
    """The most that a command of the ladder may take."""
    usb_rung_s: float = 30.0
    """The most that the helper may take for a reset of the USB."""
    unproven_s: float = 600.0
    """Between two looks at a device that did not answer like a modem."""
    card_look_s: float = 1.0
    """Between two looks for a card in a modem that has none."""
    card_soon_for_s: float = 600.0
    """For so long after it was found missing; after that as often as ``card_look_later_s`` says."""
    card_look_later_s: float = 10.0
    """The same; and between two looks whether a card that waits for its PIN is still there."""
    card_wake_first_s: float = 10.0
    card_wake_longest_s: float = 300.0
    """Between two times that the radio of a modem without a card is switched off and on; after ``card_soon_for_s``
    doubling up to this. Ten seconds are enough for a modem to find the card after that."""
    card_retry_first_s: float = 2.0
    card_retry_longest_s: float = 60.0
    """A card that fails, or that no network takes, is asked again after a time that doubles up to this."""
    glance_s: float = 32.0
    """Between two questions to a modem that is idle: one command in all, of a rota, and never two in 30 s."""
    outbox_look_s: float = 20.0
    """Between two looks at a message in a card's memory that may or may not be sent, whether it is marked by now."""
    list_memory_s: float = 300.0
    """Between two looks into the memory of a modem, for what it did not announce."""
    resend_after_s: float = 120.0
    """An uncertain message whose sender asked for that is sent again after this time without a report."""
    after_report_s: float = 10.0
    """A delivery report that came before the answer to its send: that is awaited for so long still. The network has the
    message, so the answer is lost where it does not come at once."""
    call_ends_s: float = 10.0
    """A call is over when it has not rung for so long."""
    retry_write_first_s: float = 0.5
    retry_write_longest_s: float = 5.0
    """A write that the disk or the database refused is tried again after a time that doubles up to this."""
    stop_s: float = 10.0
    """At the end, how long answers of the network are awaited."""
    predecessor_s: float = 12.0
    """At the start, how long a pool that is ending is awaited; longer than ``stop_s``."""


def nobody_knows(_connection: sqlite3.Connection, _sim: Sim) -> str:
    """Of a pool that has no table of carriers."""
    return ""


class Roaming(StrEnum):
    """What a SIM does in a network that is not its own."""

    SEND = "send"
    WAIT = "wait"
    """It receives, and sends nothing: a message abroad may cost many times as much."""


class UsbReset(Protocol):
    """The helper that may do to USB devices what the pool may not. ``usb_path`` is as in ``1-1.4.2``."""

    async def reauthorize(self, usb_path: str) -> Result: ...

    async def power_cycle(self, usb_path: str) -> Result: ...


class Finder(Protocol):
    """What tells the pool which ports are there: :class:`~appliance.modem.discovery.Discovery`."""

    def found(self) -> Mapping[str, Slot]: ...

    async def changed(self, limit_s: float) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a pool has around it. The defaults are the system's own; a test may put others in their place."""

    open_line: LineOpener = SerialLine.open
    finder: Callable[[], Finder] | None = None
    """None: discovery by the patterns of the settings."""
    disk: Callable[[], Disk] | None = None
    """What the writer waits for; None: a thread for the real one."""
    random: Random = field(default_factory=Random)
    """Every chance of the pool: gaps that vary, modems that are not all asked at one instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """Everything about one pool. Paths are absolute."""

    database: Path
    doorbell: Path
    port_patterns: tuple[str, ...]
    """Paths or globs of serial ports, earlier ones first where two name one device; "usb": every known modem."""
    simulated: bool = False
    """Whether what is behind these ports is no real modem, which people are told."""
    plan: Plan = field(default_factory=Plan)
    """Of each SIM that has none of its own."""
    retry: RetryRules = field(default_factory=RetryRules)
    breaker: BreakerRules = field(default_factory=BreakerRules)
    filing: FilingRules = field(default_factory=FilingRules)
    timings: Timings = field(default_factory=Timings)
    modem_limits: Limits = LIMITS
    """How long each command may take."""
    ladder: LadderRules = field(default_factory=LadderRules)
    profiles: ProfileBook = field(default_factory=ProfileBook.built_in)
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    """Of ``[discovery]``."""
    usb_reset: UsbReset | None = None
    """None: nothing resets USB devices on this box."""
    most_parts: int = 10
    """A message that a CDMA network would split into more is left to other SIMs."""
    carrier_id_of: Callable[[sqlite3.Connection, Sim], str] = nobody_knows
    """Whose a SIM is: the id of its carrier in the table of carriers, '' where nobody knows it."""
    roaming: Roaming = Roaming.WAIT
    surroundings: Surroundings = field(default_factory=Surroundings)
    hang_up_calls: bool = False
    """Whether who calls hears that nobody answers; else it rings until they give up."""

    @property
    def lock(self) -> Path:
        """Held by the one pool that works on this database."""
        return self.database.with_name("pool.lock")

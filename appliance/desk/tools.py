"""What the desk's work by the clock needs: the writer, the door's rules, the doorbell, the zone, and its own rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path

from appliance.desk.guard import Guard
from appliance.desk.submit import Rules
from appliance.policy.balance import BalanceRules
from appliance.policy.keep_alive import KeepAliveRules
from appliance.policy.plan import Plan
from appliance.store.ports import Port, list_ports
from appliance.store.writer import GroupCommitWriter

READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """One for the process."""

    database: Path
    writer: GroupCommitWriter
    ring: Callable[[], object]
    """Tells the pool that there is something to do."""
    rules: Rules = field(default_factory=Rules)
    plan: Plan = field(default_factory=Plan)
    """The limits of each SIM that has none of its own."""
    zone: tzinfo = UTC
    balance: BalanceRules = field(default_factory=BalanceRules)
    keep_alive: KeepAliveRules = field(default_factory=KeepAliveRules)
    guard: Guard = field(default_factory=Guard)
    """Of the doors: who guesses, and who asks too often."""


Duty = Callable[[Tools, sqlite3.Connection, int], int | None]
"""One piece of work: does what is due at an instant (UTC in milliseconds), reading from the connection and writing
through the writer; returns when it is due next, or None where only news in the database can make it so."""


def ready_ports(connection: sqlite3.Connection) -> Mapping[int, Port]:
    """The port in which each SIM is ready to send, by the id of the SIM."""
    return {
        each.sim_id: each
        for each in list_ports(connection)
        if each.sim_id is not None and each.state == READY
    }


def first(*instants: int | None) -> int | None:
    """The earliest of what is due."""
    return min((each for each in instants if each is not None), default=None)

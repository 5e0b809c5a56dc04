"""The money of a SIM as its page shows it: its balance, and what keeps it alive."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance.desk import balance, keep_alive
from appliance.desk.balance import BalanceStanding
from appliance.desk.keep_alive import KeepAliveStanding
from appliance.desk.low_balance import amount_of
from appliance.policy.balance import Amount, spelt
from appliance.store.sims import Sim
from appliance.web.office import Office
from appliance.web.words import Words

SHOWN_READINGS = 10


@dataclass(frozen=True, slots=True)
class Read:
    """One answer of the carrier."""

    at_ms: int
    amount: Amount | None
    raw: str


@dataclass(frozen=True, slots=True)
class Money:
    """What is on a SIM, what became of the last question, what was read before."""

    standing: BalanceStanding
    reason: str | None
    is_asking: bool
    readings: tuple[Read, ...]
    threshold: str
    """Its own one, as people write it; empty where it has its carrier's."""
    carrier_threshold: str | None


def money_of(connection: sqlite3.Connection, sim: Sim, words: Words) -> Money:
    """All of it."""
    standing = balance.standing(connection, sim)
    decimals = 2 if standing.carrier is None else standing.carrier.decimals
    own = standing.own.low_below
    of_carrier = None if standing.carrier is None else standing.carrier.low_below
    readings = balance.readings(connection, sim.id, limit=SHOWN_READINGS)
    return Money(
        standing=standing,
        reason=None if standing.reason is None else words.reason(standing.reason),
        is_asking=standing.question is not None and standing.question.is_open,
        readings=tuple(Read(each.at_ms, amount_of(each), each.raw) for each in readings),
        threshold="" if own is None else spelt(own, decimals),
        carrier_threshold=None if of_carrier is None else spelt(of_carrier, decimals),
    )


def keep_alive_of(office: Office, sim_id: int) -> KeepAliveStanding | None:
    """By when a SIM must spend something, and what is planned; None for one that was forgotten."""
    settings = office.settings
    found = keep_alive.standings(
        office.reader(),
        settings.keep_alive,
        home_region=settings.rules.home_region,
        default_plan=settings.plan,
        zone=office.zone,
        now_ms=office.now_ms(),
    )
    return next((each for each in found if each.sim.id == sim_id), None)

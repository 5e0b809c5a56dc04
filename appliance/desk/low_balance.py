"""What follows from a balance: a SIM with too little on it rests, until a newer one is above, and people are told."""

from __future__ import annotations

import sqlite3

from appliance.policy.balance import Amount, is_low
from appliance.policy.carriers import Carrier
from appliance.policy.reason import Reason
from appliance.store import balance, events, money
from appliance.store.balance import Reading
from appliance.store.events import EventKind
from appliance.store.money import LowRest, OwnMoney
from appliance.store.sims import Sim


def amount_of(reading: Reading) -> Amount | None:
    """The amount of a reading."""
    return None if reading.units is None else Amount(reading.units, reading.currency, reading.decimals)


def threshold(own: OwnMoney, carrier: Carrier | None) -> int | None:
    """The threshold that holds for a SIM, in smallest units; None: a low balance only warns."""
    if own.never_rests:
        return None
    if own.low_below is not None:
        return own.low_below
    return None if carrier is None else carrier.low_below


def judge(
    connection: sqlite3.Connection, sim: Sim, carrier: Carrier | None, *, now_ms: int, warn_below: int = 0
) -> None:
    """Have a SIM rest, or go on again, by the newest amount that is known; tell what changed. In one transaction.

    ``warn_below``: whole units of its currency.
    """
    reading = balance.latest_amount(connection, sim.id)
    if reading is None or reading.units is None:
        return
    least = threshold(money.own_money(connection, sim.id), carrier)
    said = str(amount_of(reading))
    args: dict[str, str | int] = {"sim": sim.name, "balance": said}
    if is_low(reading.units, least):
        if money.rest_low(connection, sim.id, said, now_ms):
            rest = money.low_rest(connection, sim.id)
            assert rest is not None
            reason = low_balance(sim, rest)
            _tell(connection, sim, reason.code, reason.args, now_ms)
    elif money.end_low_rest(connection, sim.id):
        _tell(connection, sim, "balance.enough-again", args, now_ms)
    elif least is None and is_low(reading.units, warn_below * 10**reading.decimals):
        _tell(connection, sim, "balance.low-warning", args, now_ms)


def low_balance(card: Sim, low: LowRest) -> Reason:
    """Why a SIM rests that has too little on it."""
    return Reason("sim.low-balance", {"sim": card.name, "balance": low.balance, "since_ms": low.since_ms})


def _tell(
    connection: sqlite3.Connection, sim: Sim, reason: str, args: dict[str, str | int], now_ms: int
) -> None:
    events.add(connection, EventKind.BALANCE, reason, args, at_ms=now_ms, sim_id=sim.id)

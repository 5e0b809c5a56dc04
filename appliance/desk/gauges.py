"""The box at one instant in numbers: queue, SIMs, places, alarms, disk; for monitoring, beside the counters."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.desk import balance
from appliance.desk.alarms import Alarm, alarms
from appliance.desk.balance import BalanceStanding
from appliance.desk.sims import SimBook
from appliance.desk.waiting import SimLeft, overview
from appliance.policy.balance import Amount
from appliance.policy.choice import READY
from appliance.store import deliveries, messages, queue, webhooks
from appliance.store.life import MessageState
from appliance.store.message_lists import count_open
from appliance.store.ports import Port
from appliance.store.sims import Sim
from appliance.store.upkeep import Sizes, sizes

COUNTED_AT_MOST = 20_000
"""Of the states that are counted one by one."""


@dataclass(frozen=True, slots=True)
class SimGauges:
    """One SIM that is in a place now."""

    card: Sim
    left: SimLeft
    port: Port
    amount: Amount | None
    amount_at_ms: int | None

    @property
    def may_send(self) -> bool:
        """Whether it would begin a message of one part now."""
        return self.left.holds is None


@dataclass(frozen=True, slots=True)
class Gauges:
    """All of it."""

    waiting: Mapping[tuple[int, str], int]
    """Messages by priority and code of the reason; about the first :data:`~appliance.desk.waiting.COUNTED_AT_MOST`."""
    oldest_due_ms: Mapping[int, int]
    """By priority, when the oldest message that is due was accepted."""
    open_messages: Mapping[MessageState, int]
    """Counted up to :data:`COUNTED_AT_MOST` each."""
    sims: tuple[SimGauges, ...]
    port_states: Mapping[str, int]
    alarms: Mapping[Alarm, int]
    """How many places, SIMs and webhooks have it."""
    untold: deliveries.Counts
    """What webhooks and callbacks were not told, counted up to :data:`COUNTED_AT_MOST` each."""
    failing_webhooks: int
    """Of those that are on, how many took nothing when they were tried last."""
    sizes: Sizes


def read_gauges(
    connection: sqlite3.Connection, book: SimBook, database: Path, recordings: Path, now_ms: int
) -> Gauges:
    """Look at everything once."""
    seen = overview(connection, book, now_ms)
    waiting: Counter[tuple[int, str]] = Counter()
    for group in seen.groups:
        waiting[group.priority, group.reason.code] += group.count
    money = {each.sim.id: each for each in balance.standings(connection)}
    low = {sim_id for sim_id, each in money.items() if each.low is not None}
    told = webhooks.list_webhooks(connection)
    return Gauges(
        waiting=waiting,
        oldest_due_ms=_oldest(connection),
        open_messages=count_open(connection, COUNTED_AT_MOST),
        sims=_sims(book, seen.sims, money),
        port_states=Counter(each.state for each in book.ports),
        alarms={each.alarm: len(each) for each in alarms(book.ports, book.cards, low, now_ms, told)},
        untold=deliveries.counts_of_all(connection, COUNTED_AT_MOST),
        failing_webhooks=sum(each.is_on and each.failing_since_ms is not None for each in told),
        sizes=sizes(connection, database, recordings),
    )


def _sims(
    book: SimBook, seen: tuple[SimLeft, ...], money: Mapping[int, BalanceStanding]
) -> tuple[SimGauges, ...]:
    places: dict[int, Port] = {}
    for port in book.ports:
        if port.sim_id is not None and (port.state == READY or port.sim_id not in places):
            places[port.sim_id] = port
    found = []
    for left in seen:
        sim_id = left.standing.sim_id
        known = money.get(sim_id)
        found.append(
            SimGauges(
                card=book.cards[sim_id],
                left=left,
                port=places[sim_id],
                amount=None if known is None else known.amount,
                amount_at_ms=None if known is None else known.amount_at_ms,
            )
        )
    return tuple(found)


def _oldest(connection: sqlite3.Connection) -> dict[int, int]:
    first: dict[int, int] = {}
    for key, seq in queue.lanes(connection):
        first[key.priority] = min(seq, first.get(key.priority, seq))
    found = {}
    for priority, seq in first.items():
        message = messages.of_seq(connection, seq)
        if message is not None:
            found[priority] = message.accepted_at_ms
    return found

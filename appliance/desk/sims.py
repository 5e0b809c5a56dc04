"""The SIMs of the box at one instant: what they are called, what they may send, why messages wait for them."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from appliance.desk.carriers import Table, carrier_of_sim, table
from appliance.desk.low_balance import low_balance
from appliance.desk.spending import cost_of_month
from appliance.policy.choice import (
    MOST_AHEAD,
    NOWHERE,
    READY,
    GroupStanding,
    SimStanding,
    Wait,
    WaitingMessage,
    verdict,
)
from appliance.policy.ledger import read_group_usage, read_usage
from appliance.policy.own_plan import plan_of, plan_of_group
from appliance.policy.plan import WINDOW_MS, Limit, Plan
from appliance.policy.reason import Reason
from appliance.policy.why import why_waiting
from appliance.store import groups, messages, money, ports, queue, sending, sims
from appliance.store.life import MessageState
from appliance.store.messages import Message
from appliance.store.money import LowRest
from appliance.store.ports import Port
from appliance.store.sims import Sim
from appliance.store.usage import Memo

COMING_UP = frozenset({"opening", "probing", "sim-busy", "registering"})
"""States of a port (``appliance.modem.states``) that pass by themselves within a minute."""

FIRST_LOOK_MS = 10_000
"""So long after the start, that no modem is there may only mean that none was looked for yet."""


@dataclass(frozen=True, slots=True)
class Used:
    """Parts that a SIM has sent in the windows of its plan, and in its billing month."""

    minute: int
    hour: int
    day: int
    month: int | None = None
    """None: nothing of its plan counts by the month; so also the rest."""
    month_recipients: int | None = None
    """Different ones."""
    cost_micros: int | None = None
    """Of the month so far, in millionths of the unit of its currency; None: its parts have no price."""


@dataclass(frozen=True, slots=True)
class SimOnWall:
    """A SIM with its plan and what it has used of it."""

    card: Sim
    plan: Plan
    used: Used


@dataclass(frozen=True, slots=True)
class SimBook:
    """Every SIM that was ever seen, and how those in the box stand."""

    cards: Mapping[int, Sim]
    standings: tuple[SimStanding, ...]
    ports: tuple[Port, ...]
    default_plan: Plan
    head: tuple[tuple[int, int], ...]
    """Priority and seq of the messages that any SIM may take, in their order, up to :data:`MOST_AHEAD`."""
    read_at_ms: int
    is_first_look: bool = False
    """Whether the box has only just been started, see :data:`FIRST_LOOK_MS`."""
    pool_died: bool = False
    """The pool was killed, and none is there."""
    is_sandbox: bool = False
    """Of a box for trying programs, whose pool is there only while there are keys for it."""

    @property
    def is_starting(self) -> bool:
        """Whether no modem is ready because they are still being brought up."""
        states = {port.state for port in self.ports}
        if READY in states:
            return False
        return bool(states & COMING_UP) or (self.is_first_look and states <= {NOWHERE})

    def sim(self, sim_id: int | None) -> Sim | None:
        """The SIM of a row."""
        return None if sim_id is None else self.cards.get(sim_id)

    def ahead_of(self, message: Message) -> int:
        """How many messages go before one, counted up to :data:`MOST_AHEAD`."""
        return bisect_left(self.head, (message.priority, message.seq))

    def holds(self, sim_id: int, now_ms: int) -> Reason | None:
        """Why a SIM would not begin a message of one part now; None if it would."""
        standing = next((each for each in self.standings if each.sim_id == sim_id), None)
        if standing is None:
            return None
        match verdict(standing, WaitingMessage(parts=1), now_ms):
            case Wait(reason):
                return reason
            case _:
                return None

    def plan_of(self, sim: Sim) -> Plan:
        """The limits that hold for a SIM: its own, and the box's where it has none."""
        return plan_of(sim, self.default_plan)


def read_book(
    connection: sqlite3.Connection,
    default_plan: Plan,
    now_ms: int,
    started_at_ms: int | None = None,
    memo: Memo | None = None,
    *,
    pool_died: bool = False,
    is_sandbox: bool = False,
) -> SimBook:
    """Read all of it: a few rows for each SIM. ``started_at_ms`` is when the box was, where that is known; ``memo``
    is for who asks again and again. ``pool_died``: no pool is there that could know better than the rows."""
    cards = {card.id: card for card in sims.list_sims(connection)}
    places = tuple(ports.list_ports(connection))
    if pool_died:
        places = tuple(_unserved(place) for place in places)
    head = tuple(queue.head_of_queue(connection, MOST_AHEAD))
    is_first_look = started_at_ms is not None and 0 <= now_ms - started_at_ms < FIRST_LOOK_MS
    book = SimBook(cards, (), places, default_plan, head, now_ms, is_first_look, pool_died, is_sandbox)
    # A SIM that is shown by two ports sends from one: the ready one counts.
    states: dict[int, str] = {}
    for place in places:
        if place.sim_id is not None and states.get(place.sim_id) != READY:
            states[place.sim_id] = place.state
    low = money.low_rests(connection)
    carriers = table(connection)
    in_ports = {card.group_id for card in cards.values() if card.id in states}
    joint = _groups(connection, in_ports, book, now_ms, memo)
    held = {
        place.sim_id: Reason(place.hold_reason, place.hold_args, place.hold_until_ms)
        for place in places
        if place.sim_id is not None and place.hold_reason is not None
    }
    standings = tuple(
        _standing(
            connection,
            cards[sim_id],
            book.plan_of(cards[sim_id]),
            state,
            held=held.get(sim_id),
            low=low.get(sim_id),
            group=joint.get(cards[sim_id].group_id),
            carriers=carriers,
            now_ms=now_ms,
            memo=memo,
        )
        for sim_id, state in states.items()
        if sim_id in cards
    )
    return replace(book, standings=standings)


def _unserved(place: Port) -> Port:
    """A place as a pool leaves it that ends in order."""
    return replace(
        place,
        state=ports.STOPPED.state,
        reason=ports.STOPPED.reason,
        reason_args={},
        hold_reason=None,
        hold_until_ms=None,
    )


def _groups(
    connection: sqlite3.Connection,
    group_ids: set[int | None],
    book: SimBook,
    now_ms: int,
    memo: Memo | None,
) -> dict[int | None, GroupStanding]:
    """The groups of the SIMs that are in a port, with what all their SIMs used, wherever those are."""
    found: dict[int | None, GroupStanding] = {}
    for group in groups.list_groups(connection):
        if group.id in group_ids:
            members = [card.id for card in book.cards.values() if card.group_id == group.id]
            plan = plan_of_group(group, book.default_plan)
            usage = read_group_usage(connection, members, plan, now_ms, memo=memo)
            found[group.id] = GroupStanding(
                id=group.id, name=group.name, strategy=group.strategy, usage=usage
            )
    return found


def reason_of(connection: sqlite3.Connection, message: Message, book: SimBook, now_ms: int) -> Reason:
    """Why a message is where it is; for one that waits, by the very function that the pool decides with."""
    stored = _stored_reason(message)
    if message.state is not MessageState.QUEUED:
        return stored
    taken = ahead = 0
    if message.pinned_sim_id is None:
        ahead = book.ahead_of(message)
    else:
        taken = sending.parts_that_went(connection, message.seq)
    return _why(_waiting(message, taken, ahead, stored), book, now_ms)


def reason_at_acceptance(message: Message, book: SimBook, now_ms: int) -> Reason:
    """The same for a message that was accepted this moment, without counting who is before it."""
    stored = _stored_reason(message)
    why = _why(_waiting(message, 0, 0, stored), book, now_ms)
    return stored if why.code == "message.next" else why


def _why(message: WaitingMessage, book: SimBook, now_ms: int) -> Reason:
    """What the policy says of the SIMs; where none can send, what is the matter with the places for them.

    A SIM is known only once its modem is up: that none is known is no sign that none is there.
    """
    if book.pool_died and message.not_before_ms <= now_ms:
        return Reason("message.sandbox-stopped" if book.is_sandbox else "message.pool-stopped")
    why = why_waiting(message, book.standings, now_ms)
    if why.code not in ("message.no-sim", "message.no-sim-ready"):
        return why
    if book.is_starting:
        return Reason("message.modems-starting")
    states = Counter(port.state for port in book.ports if port.state != READY)
    if why.code == "message.no-sim-ready" or set(states) <= {"no-sim"}:
        return why
    said = ", ".join(f"{state} × {count}" for state, count in sorted(states.items()))
    return Reason("message.no-sim-ready", {"states": said})


def _stored_reason(message: Message) -> Reason:
    return Reason(message.reason, {name: _plain(value) for name, value in message.reason_args.items()}, None)


def _waiting(message: Message, taken: int, ahead: int, stored: Reason) -> WaitingMessage:
    return WaitingMessage(
        parts=max(1, message.parts_total - taken),
        seq=message.seq,
        recipient=message.recipient,
        priority=message.priority,
        account_id=message.account_id,
        destination=message.destination,
        since_ms=max(message.accepted_at_ms, message.not_before_ms),
        expires_at_ms=message.expires_at_ms,
        sticky_sim_id=message.sticky_sim_id,
        not_before_ms=message.not_before_ms,
        pinned_sim_id=message.pinned_sim_id,
        is_for_one_sim=message.via_sim_id is not None and taken == 0,
        asks_balance=message.source == "balance",
        excluded_sim_ids=frozenset(message.excluded_sim_ids),
        ahead=ahead,
        reason=stored,
    )


def on_wall(connection: sqlite3.Connection, card: Sim, book: SimBook, now_ms: int) -> SimOnWall:
    """A SIM with what it has sent of late."""

    def since(limit: Limit) -> int:
        return messages.count_parts_since(connection, card.id, now_ms - WINDOW_MS[limit])

    plan = book.plan_of(card)
    standing = next((each for each in book.standings if each.sim_id == card.id), None)
    month = recipients = None
    if plan.counts_months:
        usage = read_usage(connection, card.id, plan, now_ms) if standing is None else standing.usage
        month = usage.parts_in_month(now_ms)
        recipients = usage.recipients_in_month(now_ms) if plan.recipients_per_month else None
    used = Used(
        since(Limit.MINUTE),
        since(Limit.HOUR),
        since(Limit.DAY),
        month,
        recipients,
        cost_of_month(connection, card, plan, "" if standing is None else standing.carrier_id, now_ms),
    )
    return SimOnWall(card, plan, used)


def _standing(
    connection: sqlite3.Connection,
    card: Sim,
    plan: Plan,
    port_state: str,
    *,
    held: Reason | None,
    low: LowRest | None,
    group: GroupStanding | None,
    carriers: Table,
    now_ms: int,
    memo: Memo | None,
) -> SimStanding:
    carrier = carrier_of_sim(carriers, card)
    return SimStanding(
        sim_id=card.id,
        name=card.name,
        plan=plan,
        usage=read_usage(connection, card.id, plan, now_ms, memo=memo),
        group=group,
        carrier_id="" if carrier is None else carrier.id,
        port_state=port_state,
        resting_until_ms=card.resting_until_ms or 0,
        drains=card.resting_reason == sims.DRAINING,
        held=held,
        low_balance=None if low is None else low_balance(card, low),
    )


def _plain(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)

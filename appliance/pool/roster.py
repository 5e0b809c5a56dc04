"""All SIMs of the box as the policy sees them: their plans, what they used, their groups, and what holds them.

What decides about a SIM itself is read before it takes a message, whenever anybody but its own sending wrote to the
database since; what other SIMs are like only says which one is the better, and may be older by a moment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace

from appliance.policy.choice import NOWHERE, READY, GroupStanding, SimStanding
from appliance.policy.ledger import read_group_usage, read_usage
from appliance.policy.own_plan import plan_of, plan_of_group
from appliance.policy.plan import Plan
from appliance.policy.reason import Reason
from appliance.pool.card import Card
from appliance.store import accounts, groups, ports, sims
from appliance.store.sims import Sim

LOW_BALANCE = Reason("sim.low-balance")
"""What is left on the SIM is told where people read it."""

OTHERS_MS = 250
"""What is known of other SIMs is read anew no more often."""

CarrierIdOf = Callable[[sqlite3.Connection, Sim], str]


class Roster:
    """Read and changed inside the transactions of the pool's writer."""

    def __init__(self, box: Plan, carrier_id_of: CarrierIdOf) -> None:
        self._box = box
        self._carrier_id_of = carrier_id_of
        self._cards: dict[int, Card] = {}
        """In service, by SIM."""
        self._groups: dict[int, tuple[tuple[int, ...], GroupStanding]] = {}
        """With the SIMs whose parts were read."""
        self.standings: dict[int, SimStanding] = {}
        """Every SIM that is in a port."""
        self.weights: Mapping[int, int] = {}
        """Of the accounts."""
        self.changes = 0
        """How often a SIM came into service, or what decides about one changed."""
        self._version = 0
        self._read_version = -1
        self._read_ms = 0

    def outdate(self) -> None:
        """Somebody may have changed something: a plan, a rest, a port."""
        self._version += 1

    def leave(self, card: Card) -> None:
        """A card is in service no more."""
        card.let_go()
        if self._cards.get(card.sim_id) is card:
            del self._cards[card.sim_id]
            before = self.standings.get(card.sim_id)
            if before is not None:
                self.standings[card.sim_id] = replace(before, port_state=NOWHERE)

    def standing(self, connection: sqlite3.Connection, card: Card, now_ms: int) -> SimStanding:
        """A SIM in service at this instant; asked for by the task that sends through it, between two parts."""
        standing = card.standing
        if standing is None or card.read_version != self._version:
            self._cards[card.sim_id] = card
            terms = sims.terms(connection, card.sim_id)
            if standing is None or terms != card.terms:
                standing = card.standing = self._read(connection, card, now_ms)
                card.terms = terms
                self.changes += 1
            self.standings[card.sim_id] = standing
            card.read_version = self._version
        if self._read_version != self._version and not self._read_ms <= now_ms < self._read_ms + OTHERS_MS:
            self._read_others(connection, now_ms)
        standing.usage.as_of(now_ms)
        if standing.group is not None:
            standing.group.usage.as_of(now_ms)
        return standing

    def _read(self, connection: sqlite3.Connection, card: Card, now_ms: int) -> SimStanding:
        sim = sims.get(connection, card.sim_id)
        before = card.standing
        plan = plan_of(sim, self._box)
        if before is not None and before.plan == plan:
            usage = before.usage
        else:
            # Nothing of it is in the air, as it is its own task that asks; and what was answered is written.
            usage = read_usage(connection, sim.id, plan, now_ms, is_answered=True)
        return SimStanding(
            sim_id=sim.id,
            name=card.name,
            plan=plan,
            usage=usage,
            group=self._group(connection, sim.group_id, now_ms),
            carrier_id=self._carrier_id_of(connection, sim),
            resting_until_ms=sim.resting_until_ms or 0,
            drains=sim.resting_reason == sims.DRAINING,
            low_balance=LOW_BALANCE if sims.rests_for_balance(connection, sim.id) else None,
        )

    def _group(
        self, connection: sqlite3.Connection, group_id: int | None, now_ms: int
    ) -> GroupStanding | None:
        row = None if group_id is None else groups.find(connection, group_id)
        if row is None:
            return None
        plan, members = plan_of_group(row, self._box), tuple(groups.members(connection, row.id))
        of, before = self._groups.get(row.id, ((), None))
        if before is not None and of == members and before.usage.plan == plan:
            usage = before.usage
        else:
            usage = read_group_usage(connection, members, plan, now_ms, is_answered=True)
            for sim_id in members:
                # What is with its modem, or answered and not written yet, is in no row that was read.
                if sim_id in self._cards:
                    self._cards[sim_id].hold_in(usage)
        made = GroupStanding(id=row.id, name=row.name, strategy=row.strategy, usage=usage)
        if before != made:
            self._groups[row.id] = (members, made)
            self._regroup(made, members)
        return self._groups[row.id][1]

    def _regroup(self, made: GroupStanding, members: tuple[int, ...]) -> None:
        """All its SIMs count in the same usage from now on."""
        for sim_id in members:
            card = self._cards.get(sim_id)
            if card is not None and card.standing is not None:
                card.standing = self.standings[sim_id] = replace(card.standing, group=made)

    def _read_others(self, connection: sqlite3.Connection, now_ms: int) -> None:
        self._read_version, self._read_ms = self._version, now_ms
        self.weights = accounts.weights(connection)
        places = {place.sim_id: place for place in ports.list_ports(connection) if place.sim_id is not None}
        known: dict[int, SimStanding] = {}
        for sim_id in places.keys() | self._cards.keys():
            card, place = self._cards.get(sim_id), places.get(sim_id)
            if card is None or card.standing is None:
                known[sim_id] = self.standings.get(sim_id) or SimStanding(
                    sim_id=sim_id, name="", port_state=NOWHERE
                )
                continue
            held = None
            if place is not None and place.hold_reason is not None:
                held = Reason(place.hold_reason, place.hold_args, place.hold_until_ms)
            known[sim_id] = replace(card.standing, port_state=READY, held=held)
        self.standings = known

"""What the SIMs of a pool choose from, in memory: the queue, the SIMs, and whose turn it is.

It lives in the transactions of the pool's writer, which tells it of each (:class:`Witness`), so that what was changed
here by one that is undone is undone here too, and what others wrote is seen in the next one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from appliance.policy.choice import SimStanding, WaitingMessage
from appliance.policy.fairness import Fairness
from appliance.policy.queue import Choice, Leave, choose, waking_order
from appliance.pool.card import Card
from appliance.pool.lane import earlier
from appliance.pool.lanes import Lanes
from appliance.pool.pace import Pace
from appliance.pool.roster import Roster
from appliance.pool.settings import PoolSettings
from appliance.store.clock import now_ms


class Scheduler:
    """One for all SIMs of a pool."""

    def __init__(self, roster: Roster) -> None:
        self.lanes = Lanes()
        self.roster = roster
        self.pace = Pace()
        self._fairness = Fairness()
        self._undo: list[Callable[[], None]] = []
        self._data_version = -1
        self._changes = 0

    # -- what the writer tells -----------------------------------------------------------------------------------

    def begun(self, connection: sqlite3.Connection) -> None:
        """A transaction begins: whether another process wrote since the last one."""
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self._data_version = version
            self.outdate()

    def committed(self) -> None:
        """It is on disk."""
        self._undo.clear()

    def undone(self) -> None:
        """It was rolled back."""
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        self.lanes.forget()
        self.roster.outdate()

    def outdate(self) -> None:
        """Something was written that may concern the queue or the SIMs."""
        self.lanes.outdate()
        self.roster.outdate()

    def if_undone(self, undo: Callable[[], None]) -> None:
        """Call ``undo`` if the transaction that is under way is rolled back."""
        self._undo.append(undo)

    # -- what a SIM asks -----------------------------------------------------------------------------------------

    def standing(self, connection: sqlite3.Connection, card: Card, at_ms: int) -> SimStanding:
        """A SIM in service, between two parts."""
        standing = self.roster.standing(connection, card, at_ms)
        if self.roster.changes != self._changes:
            self._changes = self.roster.changes
            self.lanes.look_again()
        return standing

    def choose(self, connection: sqlite3.Connection, sim: SimStanding, at_ms: int) -> Choice:
        """What a free SIM does now; a message that it takes is to be reserved, and then :meth:`took`."""
        lanes, roster = self.lanes, self.roster
        if lanes.refresh(connection, at_ms):
            self._fairness.set_weights(roster.weights)
        pinned = lanes.pinned_to(connection, sim)
        whole = False
        while True:
            seen = lanes.seen_by(sim, roster.standings, at_ms, whole=whole)
            choice = choose(sim, seen.lanes, roster.standings, self._fairness, at_ms, pinned=pinned)
            if not isinstance(choice, Leave):
                return choice
            if lanes.refresh(connection, at_ms, at_once=True):
                pinned = lanes.pinned_to(connection, sim)
                continue
            if not whole:
                whole = True
                continue
            is_cut = seen.is_cut or not choice.is_whole
            if is_cut and lanes.deepen(connection, at_ms):
                continue
            again_ms = lanes.pass_by(sim.sim_id, seen.lanes, choice.until_ms, at_ms)
            others_may = choice.others_may or seen.is_less or lanes.waits_for_another(sim.sim_id)
            until_ms = earlier(choice.until_ms, seen.until_ms)
            if seen.is_less or seen.lanes:
                # Among what it passes by something may come back, of which no ring tells a second time.
                until_ms = earlier(until_ms, again_ms)
            if is_cut:
                until_ms = earlier(until_ms, lanes.deepens_ms)
            return Leave(until_ms, others_may, choice.is_whole)

    def rank(self, sim_ids: list[int]) -> list[int]:
        """SIMs that are idle in the order in which they are to look for work."""
        standings = self.roster.standings
        known = [standings[sim_id] for sim_id in sim_ids if sim_id in standings]
        if all(sim.plan.is_unlimited and sim.group is None for sim in known):
            return sim_ids
        return waking_order(known, now_ms())

    def took(self, message: WaitingMessage) -> None:
        """A message was reserved: its account had its turn."""
        self._fairness.took(message.priority, message.account_id, message.parts)


def scheduler_of(settings: PoolSettings) -> Scheduler:
    """That of a pool with such settings."""
    return Scheduler(Roster(settings.plan, settings.carrier_id_of))

"""The queue in memory: the oldest messages of each lane, from which a SIM chooses what it sends next.

The database is the truth, and this may be older: a message that was taken back meanwhile is found out by the UPDATE
that reserves it, and one that was put in meanwhile is found when the lanes are looked at anew. So a mistake of
this memory costs a moment, never a message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace

from appliance.policy.choice import SimStanding, WaitingMessage
from appliance.policy.queue import Lane
from appliance.pool.conversations import LOOK_AGAIN_MS, Conversations
from appliance.pool.lane import OpenLane, Pass, Seen, earlier, waiting_of
from appliance.store import queue, sending
from appliance.store.queue import PRIORITIES, LaneKey
from appliance.store.sending import Queued

FEW, MANY, DEEP = 16, 64, 256
"""Heads of a lane: at the first look; when it is emptied; where all of them were passed by."""

FEW_OF_CONVERSATION = 4
"""At the first look, since there are many such lanes and most are short."""

LANES_EACH = 2
"""While there is other work, SIMs choose once for so many lanes before the lanes are looked at anew: however many there
are, that takes a small part of the time."""

NEWS_MS, LANES_PER_MS = 100, 8
"""But no news waits for longer: a code must not stand behind what a few slow SIMs choose before it is seen."""

PINNED = 16
"""Messages that only one SIM may send that it looks at at once."""

STEP = 100
"""Messages whose time has come that are let in at once; together with a commit some 0.5 ms."""

STEP_PAUSE_MS = 5

PARKS_PER_TAKE, PARKS_PER_S, MOST_PARKS = 10, 20, 1_000
"""How many messages may be parked: each is written, and to write a million of them each hour would wear out a card."""

ASIDE_MS = 10_000


class Lanes:
    """Read and changed inside the transactions of the pool's writer."""

    def __init__(self) -> None:
        self._lanes: dict[LaneKey, OpenLane] = {}
        self._lane_of: dict[int, OpenLane] = {}
        """By the seq of a head."""
        self._open: list[list[OpenLane]] = [[] for _ in PRIORITIES]
        self._conversations = Conversations()
        self._every: tuple[Lane, ...] = ()
        """What all of them show, by priority, while none is of conversations and no SIM passed by any; else empty."""
        self._pinned: frozenset[int] = frozenset()
        self._is_stale = True
        self._skips_left = 0
        self._looked_ms = 0
        self._unparks = True
        self._promoted_ms = 0
        self._deepened_ms = 0
        self._parks_left = float(MOST_PARKS)
        self._parked_ms = 0
        self._aside_ms: int | None = None
        """When what was set aside is looked at again."""
        self.next_due_ms: int | None = None
        """When a message comes whose time has not come yet."""

    def forget(self) -> None:
        """What was read may not be so: a transaction was undone."""
        self._lanes.clear()
        self._lane_of.clear()
        self._sort()
        self.outdate()
        self._skips_left = 0

    @property
    def count(self) -> int:
        """How many lanes hold something, as far as is known."""
        return len(self._lanes)

    def outdate(self) -> None:
        """Somebody put messages in or took some out."""
        self._is_stale = True

    def look_again(self) -> None:
        """Plans or SIMs changed: each SIM looks at every lane again, and at what no SIM could send."""
        self._unparks = True
        if self._aside_ms is not None:
            self._aside_ms = 0
        for each in self._lanes.values():
            each.passed.clear()
            each.left = None
        self._see_every()

    # -- reading ------------------------------------------------------------------------------------------------

    def refresh(self, connection: sqlite3.Connection, now_ms: int, *, at_once: bool = False) -> bool:
        """Let in what is due and look which lanes there are, where anything changed; whether it was looked.

        ``at_once``: even if that was done just now, because there is nothing else to do.
        """
        if self._unparks:
            found = queue.unpark(connection, STEP)
            self._unparks = found == STEP
            self._is_stale |= found > 0
        if self._aside_ms is not None and not self._aside_ms - ASIDE_MS <= now_ms < self._aside_ms:
            self._aside_ms = None
            for lane in self._lanes.values():
                if lane.aside:
                    lane.aside.clear()
                    self._load(connection, lane, FEW)
        due_ms = self.next_due_ms
        if due_ms is not None and due_ms <= now_ms:
            self._promote(connection, now_ms)
        if not self._is_stale:
            return False
        self._skips_left -= 1
        is_recent = (
            self._looked_ms <= now_ms < self._looked_ms + max(NEWS_MS, len(self._lanes) // LANES_PER_MS)
        )
        if not at_once and is_recent and self._skips_left >= 0:
            return False
        self._is_stale = False
        self._looked_ms = now_ms
        self._look(connection)
        self._skips_left = len(self._lanes) // LANES_EACH
        return True

    def _promote(self, connection: sqlite3.Connection, now_ms: int) -> None:
        if self._promoted_ms <= now_ms < self._promoted_ms + STEP_PAUSE_MS:
            return
        self._promoted_ms = now_ms
        queue.promote(connection, now_ms, STEP)
        self.next_due_ms = queue.next_due_ms(connection)
        self.outdate()

    def _look(self, connection: sqlite3.Connection) -> None:
        found: dict[LaneKey, OpenLane] = {}
        for key, oldest in queue.lanes(connection):
            lane = self._lanes.get(key)
            if lane is None:
                lane = OpenLane(
                    key, Lane(key.priority, key.account_id, key.destination, [], key.sticky_sim_id, False)
                )
            heads = lane.view.heads
            if oldest not in lane.aside and (not heads or heads[0].seq != oldest):
                self._load(connection, lane, FEW if key.sticky_sim_id is None else FEW_OF_CONVERSATION)
            lane.view.is_whole = False  # Something may have come behind what was read.
            found[key] = lane
        for key, gone in self._lanes.items():
            if key not in found:
                self._unload(gone)
        is_other = found.keys() != self._lanes.keys()
        self._lanes = found
        if is_other:
            self._sort()
        self._pinned = queue.pinned_sims(connection)
        self.next_due_ms = queue.next_due_ms(connection)

    def _sort(self) -> None:
        self._open = [[] for _ in PRIORITIES]
        for key, lane in self._lanes.items():
            if key.sticky_sim_id is None:
                self._open[key.priority].append(lane)
        self._conversations.sort(self._lanes)
        self._see_every()

    def _see_every(self) -> None:
        lanes = [lane for of_priority in self._open for lane in of_priority]
        is_simple = len(lanes) == len(self._lanes) and not any(lane.passed for lane in lanes)
        self._every = tuple(lane.view for lane in lanes) if is_simple else ()

    def _unload(self, lane: OpenLane) -> None:
        for seq in lane.rows:
            del self._lane_of[seq]
        lane.rows = {}

    def _load(self, connection: sqlite3.Connection, lane: OpenLane, most: int) -> None:
        rows = [Queued(*row) for row in queue.heads(connection, lane.key, most)]
        lane.look_again_at(row.seq for row in rows)
        self._unload(lane)
        for row in rows:
            before = self._lane_of.get(row.seq)
            if before is not None:
                before.leave(row.seq)
        lane.rows = {row.seq: row for row in rows}
        self._lane_of.update(dict.fromkeys(lane.rows, lane))
        lane.view.heads = [waiting_of(row) for row in rows if row.seq not in lane.aside]
        lane.view.is_whole = len(rows) < most

    def deepen(self, connection: sqlite3.Connection, now_ms: int) -> bool:
        """Read more of the lanes of which all that was read may have been passed by; whether there was more."""
        if self._deepened_ms <= now_ms < self._deepened_ms + LOOK_AGAIN_MS:
            return False
        self._deepened_ms = now_ms
        deeper = False
        for lane in self._lanes.values():
            if _may_be_deeper(lane):
                before = lane.rows.keys()
                self._load(connection, lane, DEEP)
                deeper |= not lane.rows.keys() <= before
        return deeper

    @property
    def deepens_ms(self) -> int | None:
        """When :meth:`deepen` reads on; None: there is nothing to read."""
        return self._deepened_ms + LOOK_AGAIN_MS if any(map(_may_be_deeper, self._lanes.values())) else None

    # -- choosing -----------------------------------------------------------------------------------------------

    def pinned_to(self, connection: sqlite3.Connection, sim: SimStanding) -> list[WaitingMessage]:
        """What only this SIM may send and is due, by priority and age; where its balance is low, what may pass that."""
        found: list[WaitingMessage] = []
        if sim.sim_id not in self._pinned:
            return found
        asks_balance = sim.low_balance is not None
        for row in queue.pinned(connection, sim.sim_id, PINNED, asks_balance=asks_balance):
            message = waiting_of(Queued(*row))
            message.parts = max(1, message.parts - sending.parts_that_went(connection, message.seq))
            found.append(message)
        return found

    def waits_for_another(self, sim_id: int) -> bool:
        """Whether something may wait that only another SIM may send: that one is to be woken."""
        return bool(self._pinned - {sim_id})

    def seen_by(
        self, sim: SimStanding, others: Mapping[int, SimStanding], now_ms: int, *, whole: bool = False
    ) -> Seen:
        """The lanes in which something may be for a SIM, by priority.

        ``whole``: all that is left to other SIMs is looked at again, because there is nothing else to do.
        """
        if self._every:
            return Seen([view for view in self._every if view.heads], False, None, False)
        sim_id, conversations = sim.sim_id, self._conversations
        conversations.look(sim, others, now_ms, whole=whole)
        seen: list[Lane] = []
        is_less, is_cut, until_ms = False, False, None
        for priority in PRIORITIES:
            for lane in (*self._open[priority], *conversations.for_sim(sim_id, priority, whole=whole)):
                view = lane.view
                if not view.heads:
                    continue
                passed = lane.passed.get(sim_id) if lane.passed else None
                if passed is None:
                    seen.append(view)
                elif not passed.holds(now_ms):
                    del lane.passed[sim_id]
                    seen.append(view)
                else:
                    is_less, until_ms = True, earlier(until_ms, passed.opens_ms)
                    rest = [head for head in view.heads if head.seq > passed.seq]
                    if rest:
                        seen.append(replace(view, heads=rest))
                    else:
                        is_cut |= not view.is_whole
        if whole:
            for left in conversations.left_to_others(sim_id):
                is_less, until_ms = True, earlier(until_ms, left.opens_ms)
        return Seen(seen, is_less, until_ms, is_cut)

    def pass_by(self, sim_id: int, seen: Sequence[Lane], until_ms: int | None, now_ms: int) -> int:
        """A SIM found nothing for itself in all that was read; when it is to look again, whatever is known by then."""
        again_ms = now_ms + 10 * LOOK_AGAIN_MS
        holds_ms = again_ms if until_ms is None else min(until_ms, again_ms)
        for view in seen:
            last = view.heads[-1].seq if view.heads else 0
            lane = self._lane_of.get(last)
            if lane is not None:  # Else it is in another lane by now, which is looked at for itself.
                self._every = ()
                lane.passed[sim_id] = Pass(last, now_ms, holds_ms, until_ms)
        return again_ms

    def may_park(self, now_ms: int) -> bool:
        """Whether another message may be parked; so many more may that others can be taken past them."""
        spent_ms, self._parked_ms = max(0, now_ms - self._parked_ms), now_ms
        self._parks_left = min(MOST_PARKS, self._parks_left + spent_ms * PARKS_PER_S / 1_000)
        if self._parks_left < 1:
            return False
        self._parks_left -= 1
        return True

    def row_of(self, connection: sqlite3.Connection, message: WaitingMessage) -> Queued | None:
        """All that is known of a message that was chosen; None: it is not queued any more."""
        if message.pinned_sim_id is not None:
            return sending.queued(connection, message.seq)
        return self._of(message).rows[message.seq]

    def taken(self, connection: sqlite3.Connection, message: WaitingMessage) -> None:
        """A message is reserved."""
        self._parks_left = min(MOST_PARKS, self._parks_left + PARKS_PER_TAKE)
        self.drop(connection, message)

    def set_aside(self, connection: sqlite3.Connection, message: WaitingMessage, now_ms: int) -> None:
        """No SIM may send a message, and it is not written that it waits: what is behind it is looked at meanwhile."""
        lane = self._of(message)
        lane.aside.add(message.seq)
        lane.view.heads = [each for each in lane.view.heads if each is not message]
        if not lane.view.heads and not lane.view.is_whole:
            self._load(connection, lane, DEEP)
        if self._aside_ms is None:
            self._aside_ms = now_ms + ASIDE_MS

    def drop(self, connection: sqlite3.Connection, message: WaitingMessage) -> None:
        """A message of a lane is not to be had any more."""
        if message.pinned_sim_id is not None:
            return
        lane = self._of(message)
        heads = lane.view.heads
        assert isinstance(heads, list)
        if heads[0] is message:
            del heads[0]
        else:
            heads.remove(message)
        del lane.rows[message.seq], self._lane_of[message.seq]
        if not heads and not lane.view.is_whole:
            self._load(connection, lane, DEEP if lane.aside else MANY)

    def parked(self, connection: sqlite3.Connection, message: WaitingMessage, until_ms: int) -> None:
        """A message of a lane is not due until then."""
        self.drop(connection, message)
        if self.next_due_ms is None or until_ms < self.next_due_ms:
            self.next_due_ms = until_ms

    def _of(self, message: WaitingMessage) -> OpenLane:
        return self._lane_of[message.seq]


def _may_be_deeper(lane: OpenLane) -> bool:
    """Whether more of a lane can be read than was."""
    return not lane.view.is_whole and len(lane.rows) < DEEP

"""The queue in memory: the oldest messages of each lane, from which a SIM chooses what it sends next.

The database is the truth, and this may be older: a message that was taken back meanwhile is found out by the UPDATE
that reserves it, and one that was put in meanwhile is found when the lanes are looked at anew. So a mistake of
this memory costs a moment, never a message.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from appliance.policy.choice import SimStanding, WaitingMessage, left_to, left_until
from appliance.policy.queue import Lane
from appliance.store import queue, sending
from appliance.store.queue import LaneKey
from appliance.store.sending import Queued

FEW, MANY, DEEP = 16, 64, 256
"""Heads of a lane: at the first look; when it is emptied; where all of them were passed by."""

LANES_EACH = 2
"""While there is other work, SIMs choose once for so many lanes before the lanes are looked at anew: however many there
are, that takes a small part of the time."""

NEWS_MS = 100
"""But no news waits for longer: a code must not stand behind what a few slow SIMs choose before it is seen."""

PINNED = 16
"""Messages that only one SIM may send that it looks at at once."""

STEP = 100
"""Messages whose time has come that are let in at once; together with a commit some 0.5 ms."""

STEP_PAUSE_MS = 5
MOST_PARKED = 100
"""In :data:`LOOK_AGAIN_MS`."""
LOOK_AGAIN_MS = 1_000
"""What was found out about a lane without reading it again holds for so long."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a SIM looks at."""

    lanes: Sequence[Lane]
    is_less: bool
    """Something is left out for now."""
    until_ms: int | None
    """When that may be for it; None: only by news."""


@dataclass(frozen=True, slots=True)
class _Pass:
    """What was found out at an instant and holds until another one, if the clock is not set back before the first."""

    seq: int
    since_ms: int
    until_ms: int
    opens_ms: int | None
    """When it is sure to be otherwise; None: only by news."""

    def holds(self, now_ms: int) -> bool:
        return self.since_ms <= now_ms < self.until_ms


@dataclass(slots=True, eq=False)
class _Open:
    """A lane as it was read."""

    key: LaneKey
    view: Lane
    """What the policy sees; its heads are those of ``rows``, in their order."""
    rows: dict[int, Queued] = field(default_factory=dict)
    left: _Pass | None = None
    """It is left to the SIM of its conversation, or to nobody, until then."""
    passed: dict[int, _Pass] = field(default_factory=dict)
    """By SIM: up to which seq it found nothing for itself."""


class Lanes:
    """Read and changed inside the transactions of the pool's writer."""

    def __init__(self) -> None:
        self._lanes: dict[LaneKey, _Open] = {}
        self._lane_of: dict[int, _Open] = {}
        """By the seq of a head."""
        self._order: list[_Open] = []
        self._pinned: frozenset[int] = frozenset()
        self._is_stale = True
        self._skips_left = 0
        self._looked_ms = 0
        self._unparks = True
        self._promoted_ms = 0
        self._deepened_ms = 0
        self._parked_ms: deque[int] = deque(maxlen=MOST_PARKED)
        self.next_due_ms: int | None = None
        """When a message comes whose time has not come yet."""

    def forget(self) -> None:
        """What was read may not be so: a transaction was undone."""
        self._lanes.clear()
        self._lane_of.clear()
        self._order = []
        self.outdate()
        self._skips_left = 0

    def outdate(self) -> None:
        """Somebody put messages in or took some out."""
        self._is_stale = True

    def look_again(self) -> None:
        """Plans or SIMs changed: each SIM looks at every lane again, and at what no SIM could send."""
        self._unparks = True
        for each in self._order:
            each.passed.clear()
            each.left = None

    # -- reading ------------------------------------------------------------------------------------------------

    def refresh(self, connection: sqlite3.Connection, now_ms: int, *, at_once: bool = False) -> bool:
        """Let in what is due and look which lanes there are, where anything changed; whether it was looked.

        ``at_once``: even if that was done just now, because there is nothing else to do.
        """
        if self._unparks:
            found = queue.unpark(connection, STEP)
            self._unparks = found == STEP
            self._is_stale |= found > 0
        due_ms = self.next_due_ms
        if due_ms is not None and due_ms <= now_ms:
            self._promote(connection, now_ms)
        if not self._is_stale:
            return False
        self._skips_left -= 1
        is_recent = self._looked_ms <= now_ms < self._looked_ms + NEWS_MS
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
        found: dict[LaneKey, _Open] = {}
        for key, oldest in queue.lanes(connection):
            lane = self._lanes.get(key)
            if lane is None:
                lane = _Open(
                    key, Lane(key.priority, key.account_id, key.destination, [], key.sticky_sim_id, False)
                )
            heads = lane.view.heads
            if not heads or heads[0].seq != oldest:
                self._load(connection, lane, FEW)
            lane.view.is_whole = False  # Something may have come behind what was read.
            found[key] = lane
        for key, gone in self._lanes.items():
            if key not in found:
                for seq in gone.rows:
                    self._lane_of.pop(seq, None)
        if found.keys() != self._lanes.keys():
            self._order = sorted(found.values(), key=lambda each: each.key.priority)
        self._lanes = found
        self._pinned = queue.pinned_sims(connection)
        self.next_due_ms = queue.next_due_ms(connection)

    def _load(self, connection: sqlite3.Connection, lane: _Open, most: int) -> None:
        rows = [Queued(*row) for row in queue.heads(connection, lane.key, most)]
        for seq in lane.rows:
            self._lane_of.pop(seq, None)
        lane.rows = {row.seq: row for row in rows}
        self._lane_of.update(dict.fromkeys(lane.rows, lane))
        lane.view.heads = [waiting_of(row) for row in rows]
        lane.view.is_whole = len(rows) < most

    def deepen(self, connection: sqlite3.Connection, now_ms: int) -> bool:
        """Read more of the lanes of which all that was read may have been passed by; whether there was more."""
        if self._deepened_ms <= now_ms < self._deepened_ms + LOOK_AGAIN_MS:
            return False
        self._deepened_ms = now_ms
        deeper = False
        for lane in self._order:
            count = len(lane.view.heads)
            if not lane.view.is_whole and count < DEEP:
                self._load(connection, lane, DEEP)
                deeper |= len(lane.view.heads) > count
        return deeper

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

    def seen_by(self, sim: SimStanding, others: Mapping[int, SimStanding], now_ms: int) -> Seen:
        """The lanes in which something may be for a SIM, by priority."""
        sim_id = sim.sim_id
        seen: list[Lane] = []
        is_less, until_ms = False, None
        for lane in self._order:
            view = lane.view
            if not view.heads:
                continue
            sticky = view.sticky_sim_id
            if sticky != sim_id and (sticky is not None or lane.left is not None):
                left_ms = self._left_until(lane, sim, others, now_ms)
                if left_ms is not None:
                    is_less, until_ms = True, earlier(until_ms, left_ms)
                    continue
            passed = lane.passed.get(sim_id)
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
        return Seen(seen, is_less, until_ms)

    def _left_until(
        self, lane: _Open, sim: SimStanding, others: Mapping[int, SimStanding], now_ms: int
    ) -> int | None:
        """Until when nobody but the SIM of its conversation looks at a lane; None: others may."""
        if lane.left is not None and lane.left.holds(now_ms):
            return lane.left.until_ms
        lane.left = None
        if lane.view.sticky_sim_id is None:
            return None
        head = lane.view.heads[0]
        if left_to(sim, head, others, now_ms) is None:
            return None
        until_ms = min(left_until(head), now_ms + LOOK_AGAIN_MS)
        lane.left = _Pass(head.seq, now_ms, until_ms, until_ms)
        return lane.left.until_ms

    def pass_by(self, sim_id: int, seen: Sequence[Lane], until_ms: int | None, now_ms: int) -> None:
        """A SIM found nothing for itself in all that was read."""
        again_ms = now_ms + 10 * LOOK_AGAIN_MS
        holds_ms = again_ms if until_ms is None else min(until_ms, again_ms)
        keys = {(lane.priority, lane.account_id, lane.destination, lane.sticky_sim_id) for lane in seen}
        for lane in self._order:
            view = lane.view
            if view.heads and (view.priority, view.account_id, view.destination, view.sticky_sim_id) in keys:
                lane.passed[sim_id] = _Pass(view.heads[-1].seq, now_ms, holds_ms, until_ms)

    def may_park(self, now_ms: int) -> bool:
        """Whether another message may be parked: each is written, and a million of them would wear out a card."""
        parked = self._parked_ms
        if len(parked) == MOST_PARKED and now_ms - LOOK_AGAIN_MS < parked[0] <= now_ms:
            return False
        parked.append(now_ms)
        return True

    def row_of(self, connection: sqlite3.Connection, message: WaitingMessage) -> Queued | None:
        """All that is known of a message that was chosen; None: it is not queued any more."""
        if message.pinned_sim_id is not None:
            return sending.queued(connection, message.seq)
        return self._of(message).rows[message.seq]

    def drop(self, connection: sqlite3.Connection, message: WaitingMessage) -> None:
        """A message of a lane was taken, or is not to be taken any more."""
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
            self._load(connection, lane, MANY)

    def parked(self, connection: sqlite3.Connection, message: WaitingMessage, until_ms: int) -> None:
        """A message of a lane is not due until then."""
        self.drop(connection, message)
        if self.next_due_ms is None or until_ms < self.next_due_ms:
            self.next_due_ms = until_ms

    def rest(self, message: WaitingMessage, now_ms: int) -> None:
        """Nobody looks at the lane of a message for a moment."""
        self._of(message).left = _Pass(message.seq, now_ms, now_ms + LOOK_AGAIN_MS, now_ms + LOOK_AGAIN_MS)

    def _of(self, message: WaitingMessage) -> _Open:
        return self._lane_of[message.seq]


def waiting_of(message: Queued) -> WaitingMessage:
    """A message as the policy sees it."""
    excluded = message.excluded_sim_ids
    return WaitingMessage(
        parts=message.parts_total,
        seq=message.seq,
        recipient=message.recipient,
        priority=message.priority,
        account_id=message.account_id,
        destination=message.destination,
        since_ms=message.since_ms,
        expires_at_ms=message.expires_at_ms,
        sticky_sim_id=message.sticky_sim_id,
        pinned_sim_id=message.pinned_sim_id,
        asks_balance=bool(message.asks_balance),
        excluded_sim_ids=_NOBODY if excluded == "[]" else message.excluded,
    )


def earlier(one: int | None, other: int | None) -> int | None:
    """The earlier of two instants, None being never."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


_NOBODY: frozenset[int] = frozenset()

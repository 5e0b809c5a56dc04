"""Lanes of conversations: each is left to its SIM for a while, and then offered to all."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from appliance.policy.choice import SimStanding, left_to, left_until
from appliance.pool.lane import OpenLane, Pass
from appliance.store.queue import PRIORITIES, LaneKey

SLICE = 32
"""Lanes of other SIMs' conversations of which it is seen at each choice whether they are still left to those."""

OFFERED = 8
"""Of those that are not, so many in each priority are before a SIM at once."""

LOOK_AGAIN_MS = 1_000
"""What was found out about a lane without reading it again holds for so long."""


class Conversations:
    """Those of all SIMs of a pool."""

    def __init__(self) -> None:
        self._own: dict[int, list[list[OpenLane]]] = {}
        """By their SIM and priority."""
        self._foreign: deque[OpenLane] = deque()
        """In the order in which they are to be looked at again."""
        self._free: list[OrderedDict[LaneKey, OpenLane]] = [OrderedDict() for _ in PRIORITIES]
        """Those of which others may take something, in the order in which they are to be offered."""

    def sort(self, lanes: Mapping[LaneKey, OpenLane]) -> None:
        """These are all lanes now."""
        self._own = {}
        self._foreign.clear()
        for free in self._free:
            for key in free.keys() - lanes.keys():
                del free[key]
        for key, lane in lanes.items():
            sticky = key.sticky_sim_id
            if sticky is not None:
                self._own.setdefault(sticky, [[] for _ in PRIORITIES])[key.priority].append(lane)
                self._foreign.append(lane)

    def for_sim(self, sim_id: int, priority: int, *, whole: bool) -> Iterator[OpenLane]:
        """A SIM's own, and what it may take of others."""
        own = self._own.get(sim_id)
        if own is not None:
            yield from own[priority]
        yield from self._offered(priority, whole=whole)

    def left_to_others(self, sim_id: int) -> Iterator[Pass]:
        """Until when the lanes are left to their SIMs that are not this one's."""
        for lane in self._foreign:
            if lane.left is not None and lane.view.heads and lane.key.sticky_sim_id != sim_id:
                yield lane.left

    def _offered(self, priority: int, *, whole: bool) -> Iterable[OpenLane]:
        """Conversations of other SIMs of which others may take something: some at a time, each in its turn."""
        free = self._free[priority]
        if whole or len(free) <= OFFERED:
            return free.values()
        offered = list(islice(free.values(), OFFERED))
        for lane in offered:
            free.move_to_end(lane.key)
        return offered

    def look(self, sim: SimStanding, others: Mapping[int, SimStanding], now_ms: int, *, whole: bool) -> None:
        """See which conversations are still left to their SIMs: each of them again after a while, some at a time."""
        foreign = self._foreign
        for _ in range(len(foreign) if whole else min(SLICE, len(foreign))):
            lane = foreign[0]
            foreign.rotate(-1)
            if lane.left is not None and lane.left.holds(now_ms):
                # Of those behind it one may hold for a shorter time: to wait for that would be to wait for the past.
                continue
            heads = lane.view.heads
            sticky = lane.key.sticky_sim_id
            asks = (
                sim
                if sticky != sim.sim_id
                else next((each for each in others.values() if each is not sim), sim)
            )
            if heads and left_to(asks, heads[0], others, now_ms) is None and asks.sim_id != sticky:
                lane.left = None
                self._free[lane.key.priority][lane.key] = lane
                continue
            self._free[lane.key.priority].pop(lane.key, None)
            until_ms = now_ms + LOOK_AGAIN_MS
            if heads:
                until_ms = max(now_ms + 1, min(left_until(heads[0]), until_ms))
            lane.left = Pass(0, now_ms, until_ms, until_ms)

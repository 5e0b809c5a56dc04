"""Which of the messages that wait a free SIM sends next.

In this order: one-time codes; what only this SIM may send (``pinned``); by urgency; between accounts by their weights
(:mod:`appliance.policy.fairness`); within an account what is of this SIM's conversations or stays in its own network,
unless another one is older by the patience of its urgency; then by age.

No SIM idles while something waits that it may send, but for what is documented:

- what is left to a better SIM, and what stands behind it in its lane, for the patience of its urgency
  (:func:`appliance.policy.choice.left_to`);
- a message of several parts that was passed by for that long while its SIM had no room for all of it: room is saved
  for it, so that short ones don't starve it; and so for the rest of a message that has begun;
- what stands so deep in a lane that its heads don't show it (:attr:`Leave.is_whole`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from appliance.policy.choice import (
    PATIENCE_MS,
    SimStanding,
    WaitingMessage,
    is_on_net,
    left_to,
    left_until,
    opening_for,
    price_micros,
    reason_of_opening,
    sim_holds,
)
from appliance.policy.fairness import Fairness
from appliance.policy.opening import opening, room, used_fraction
from appliance.policy.plan import OF_THE_MESSAGE, Urgency
from appliance.policy.reason import Reason
from appliance.store.groups import Strategy
from appliance.values import value

PARKED_MS = (60_000, 600_000, 3_600_000)
"""By urgency: a message that no SIM can send is looked at again after this at the latest, where nobody knows when one
can, or a SIM that holds everything now may come back."""

PARKED_LONGEST_MS = 86_400_000
"""Where it is known when the first SIM can: each look costs a write, and a queue of a million would wear out a card."""


@dataclass(slots=True)
class Lane:
    """Messages that any SIM may take and that are due: of one priority and account, and for one destination or of the
    conversations of one SIM."""

    priority: int
    account_id: int
    destination: str
    """Of all of them; '' where they are of conversations."""
    heads: Sequence[WaitingMessage]
    """The oldest of them, ascending by ``seq``. A list that the pool takes from is fine."""
    sticky_sim_id: int | None = None
    """They are of conversations of this SIM; else none of them is of any."""
    is_whole: bool = True
    """Whether the heads are all of them."""


@value
class Take:
    """Send this one now. Tell :meth:`Fairness.took` of it once it is reserved."""

    message: WaitingMessage


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing for this SIM now."""

    until_ms: int | None = None
    """When that changes for something that was looked at; None: only by news."""
    others_may: bool = False
    """Something was looked at that another SIM may be able to take now."""
    is_whole: bool = True
    """False: all heads of a lane were passed by, and behind them may be something for this SIM."""


@dataclass(frozen=True, slots=True)
class Park:
    """No SIM may send this message, for a reason of its own: it is not due until then, so that it stands in front of
    nobody. Choose again afterwards."""

    message: WaitingMessage
    until_ms: int
    reason: Reason


Choice = Take | Leave | Park


def choose(
    sim: SimStanding,
    lanes: Sequence[Lane],
    others: Mapping[int, SimStanding],
    fairness: Fairness,
    now_ms: int,
    *,
    pinned: Iterable[WaitingMessage] = (),
) -> Choice:
    """What ``sim``, which is free, does now.

    ``lanes`` ascending by priority; ``others`` are all SIMs in the box by id (``sim`` may be among them), which is
    looked at only for what may be left to another SIM or parked; ``pinned`` are those that only ``sim`` may send, by
    priority and age.
    """
    held = sim_holds(sim, now_ms)
    look = _Look(sim, others, now_ms)
    first, count = 0, len(lanes)
    for message in pinned:
        if first == 0 and held is None and message.priority > Urgency.CODE:
            first = _end(lanes, 0, Urgency.CODE)
            found = look.through(lanes[:first], Urgency.CODE, fairness) if first else None
            if found is not None:
                return found
        chosen = _pinned(sim, message, held, now_ms)
        if isinstance(chosen, Leave) and look.until_ms is not None:
            look.wait_until(chosen.until_ms or look.until_ms)
            return Leave(look.until_ms, others_may=True, is_whole=look.is_whole)
        if chosen is not None:
            return chosen
    if held is not None:
        return Leave(held.until_ms, others_may=bool(lanes))
    while first < count:
        priority = lanes[first].priority
        end = _end(lanes, first, priority)
        found = look.through(lanes[first:end] if count > 1 else lanes, priority, fairness)
        if found is not None:
            return found
        first = end
    return Leave(look.until_ms, look.others_may, look.is_whole)


def _end(lanes: Sequence[Lane], first: int, priority: int) -> int:
    """The place of the first lane from ``first`` on that is of another priority."""
    while first < len(lanes) and lanes[first].priority == priority:
        first += 1
    return first


def _pinned(
    sim: SimStanding, message: WaitingMessage, held: Reason | None, now_ms: int
) -> Take | Leave | None:
    """What is done about a message that only this SIM may send; None: it is passed by for now."""
    if held is not None and not (message.asks_balance and held is sim.low_balance):
        held = sim_holds(sim, now_ms, goes_on=True)
        if held is not None and not (message.asks_balance and held is sim.low_balance):
            return None
    if message.expires_at_ms is not None and message.expires_at_ms <= now_ms:
        return None
    opens = opening_for(sim, message, now_ms)
    if opens.limit is None:
        return Take(message)
    if opens.at_ms is None or opens.limit in OF_THE_MESSAGE:
        # The rest of a message that fits no window of a plan that was lowered holds up nobody.
        return None
    return Leave(opens.at_ms, others_may=True)


class _Look:
    """One look of one SIM through the lanes."""

    __slots__ = ("_is_simple", "_now_ms", "_others", "_sim", "is_whole", "others_may", "until_ms")

    def __init__(self, sim: SimStanding, others: Mapping[int, SimStanding], now_ms: int) -> None:
        self._sim, self._others, self._now_ms = sim, others, now_ms
        group = sim.group
        self._is_simple = not (sim.plan.is_about_recipients or sim.plan.sending_hours) and (
            group is None or (group.strategy != Strategy.FILL and not group.usage.plan.is_about_recipients)
        )
        """How many parts there is room for is all that the plan asks, and no cheaper SIM is preferred."""
        self.until_ms: int | None = None
        self.others_may = False
        self.is_whole = True

    def through(self, lanes: Sequence[Lane], priority: int, fairness: Fairness) -> Choice | None:
        """The lanes of one priority."""
        sim, now_ms = self._sim, self._now_ms
        free = room(sim.plan, sim.usage, now_ms, priority, None if sim.group is None else sim.group.usage)
        if free == 0:
            if any(lane.heads for lane in lanes):
                self.others_may = True
                self._wait_for_room(priority)
            return None
        if len(lanes) == 1:
            return self._lane(lanes[0], free)
        accounts = {lane.account_id for lane in lanes if lane.heads}
        for account in fairness.order(priority, accounts) if len(accounts) > 1 else accounts:
            mine = [lane for lane in lanes if lane.account_id == account and lane.heads]
            if len(mine) > 1:
                mine.sort(key=self._age)
            for lane in mine:
                found = self._lane(lane, free)
                if found is not None:
                    return found
        return None

    def _age(self, lane: Lane) -> tuple[int, int]:
        """Since when the head of a lane waits; what this SIM is the best for counts as older."""
        head, patience_ms = lane.heads[0], PATIENCE_MS[min(lane.priority, Urgency.BULK)]
        if lane.sticky_sim_id == self._sim.sim_id:
            return head.since_ms - 2 * patience_ms, head.seq
        if lane.sticky_sim_id is not None:
            # It is most likely left to its SIM until then.
            return head.since_ms + patience_ms, head.seq
        if is_on_net(self._sim, head.recipient, head.destination):
            return head.since_ms - patience_ms, head.seq
        return head.since_ms, head.seq

    def _lane(self, lane: Lane, free: int) -> Choice | None:
        sim, now_ms = self._sim, self._now_ms
        simple = self._is_simple
        for message in lane.heads:
            if message.expires_at_ms is not None and message.expires_at_ms <= now_ms:
                continue
            if message.excluded_sim_ids and sim.sim_id in message.excluded_sim_ids:
                self.others_may = True
                continue
            if message.parts > free or not simple:
                held = self._held(message)
                if held is _PASSED_BY:
                    continue
                if held is not None:
                    return held
            if not (message.sticky_sim_id is None and simple) and self._is_left(message):
                # The others in its lane are younger, so they are left as well.
                return None
            return Take(message)
        if not lane.is_whole:
            self.is_whole = False
        return None

    def _is_left(self, message: WaitingMessage) -> bool:
        """Whether a message is left to a better SIM for now."""
        if left_to(self._sim, message, self._others, self._now_ms) is None:
            return False
        self.others_may = True
        self.wait_until(left_until(message))
        return True

    def _held(self, message: WaitingMessage) -> Choice | None:
        """What the plan makes of one message; None: it may go."""
        sim, now_ms = self._sim, self._now_ms
        opens = opening_for(sim, message, now_ms)
        if opens.limit is None:
            return None
        if opens.at_ms is None or opens.limit in OF_THE_MESSAGE:
            parked = self._parked(message)
            if parked is not None:
                return parked
            self.others_may = True
            if opens.at_ms is not None:
                self.wait_until(opens.at_ms)
            return _PASSED_BY
        self.others_may = True
        self.wait_until(opens.at_ms)
        if message.since_ms + PATIENCE_MS[min(message.priority, Urgency.BULK)] <= now_ms:
            return Leave(self.until_ms, others_may=True)
        return _PASSED_BY

    def _parked(self, message: WaitingMessage) -> Park | None:
        """Park a message if every SIM that could send anything holds it for a reason that lies in the message."""
        now_ms, until_ms, why, may_come_back = self._now_ms, None, None, False
        latest_ms = now_ms + PARKED_MS[min(message.priority, Urgency.BULK)]
        for sim in (self._sim, *(each for each in self._others.values() if each.sim_id != self._sim.sim_id)):
            if sim.sim_id in message.excluded_sim_ids:
                continue
            hold = sim_holds(sim, now_ms)
            if hold is not None:
                may_come_back = True
                if hold.until_ms is not None:
                    # It comes back by itself then, and nobody tells of it.
                    latest_ms = min(latest_ms, hold.until_ms + 1)
                continue
            opens = opening_for(sim, message, now_ms)
            if opens.limit is None or (opens.at_ms is not None and opens.limit not in OF_THE_MESSAGE):
                return None
            if why is None or (opens.at_ms is not None and (until_ms is None or opens.at_ms < until_ms)):
                why = reason_of_opening(sim, message, opens)
                until_ms = opens.at_ms
        assert why is not None, "the SIM that looks is among them"
        if until_ms is not None and not may_come_back:
            return Park(message, min(until_ms, now_ms + PARKED_LONGEST_MS), why)
        return Park(message, latest_ms if until_ms is None else min(until_ms, latest_ms), why)

    def _wait_for_room(self, priority: int) -> None:
        self.wait_until(first_room(self._sim, priority, self._now_ms))

    def wait_until(self, at_ms: int) -> None:
        """Something that was looked at may go then."""
        at_ms = max(at_ms, self._now_ms + 1)
        if self.until_ms is None or at_ms < self.until_ms:
            self.until_ms = at_ms


_PASSED_BY = Leave()


def first_room(sim: SimStanding, priority: int, now_ms: int) -> int:
    """When a SIM may send a part of a priority, whoever it is for."""
    group = None if sim.group is None else sim.group.usage
    opens = opening(sim.plan, sim.usage, 1, now_ms, recipient=None, priority=priority, group=group)
    return now_ms if opens.at_ms is None else opens.at_ms


def waking_order(sims: Iterable[SimStanding], now_ms: int) -> list[int]:
    """The ids of SIMs that are idle, the one first that is to look for work first.

    In a group that is filled the cheapest first; else the one that used the least fraction of its plan.
    """
    anything = WaitingMessage(parts=1)

    def rank(sim: SimStanding) -> tuple[float, float, int]:
        group = sim.group
        fills = group is not None and group.strategy == Strategy.FILL
        price = float(price_micros(sim, anything, now_ms)) if fills else 0.0
        return price, used_fraction(sim.plan, sim.usage, now_ms), sim.sim_id

    return [sim.sim_id for sim in sorted(sims, key=rank)]

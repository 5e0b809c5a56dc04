"""The queue of a rehearsal in the lanes that the policy looks into: the heads of each are shown, the rest is behind."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from operator import attrgetter

from appliance.policy.choice import WaitingMessage
from appliance.policy.queue import Lane
from appliance.policy.rehearsal_plan import Kind
from appliance.policy.rehearsal_result import LoadCourse

HEADS = 16
"""Messages of each lane that are shown; twice as many each time that all of them are passed by, up to
:data:`MOST_HEADS`: what stands deeper waits for those before it, as in the pool."""

MOST_HEADS = 128

_by_seq = attrgetter("seq")


class At(Enum):
    """Where a message is."""

    QUEUED = auto()
    LATER = auto()
    SENDING = auto()
    OVER = auto()


@dataclass(slots=True, kw_only=True, eq=False)
class Message(WaitingMessage):
    """A message of a rehearsal. ``parts`` are those still to be sent, as everywhere in the policy."""

    load: LoadCourse
    kind: Kind
    accepted_at_ms: int
    total: int
    attempt: int = 0
    at: At = At.QUEUED
    is_parked: bool = False

    @property
    def parts_sent(self) -> int:
        return self.total - self.parts


@dataclass(slots=True, eq=False)
class _Pile:
    lane: Lane
    heads: list[Message]
    """Of the lane, the same list."""
    rest: deque[Message] = field(default_factory=deque)
    shown: int = HEADS
    has_long: bool = False
    """Whether one of several parts was ever in it."""
    passed: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By SIM: up to which ``seq`` it found nothing for itself, and until when that holds."""

    def news_for(self, sim_id: int, now_ms: int) -> Lane | None:
        """The lane as far as the SIM need look at it; None: not at all."""
        seq, until_ms = self.passed.get(sim_id, (0, 0))
        if until_ms <= now_ms:
            return self.lane
        heads = self.heads
        if heads[-1].seq <= seq:
            return None
        lane = self.lane
        first = bisect_right(heads, seq, key=_by_seq)
        return Lane(
            lane.priority,
            lane.account_id,
            lane.destination,
            heads[first:],
            sticky_sim_id=lane.sticky_sim_id,
            is_whole=lane.is_whole,
        )

    def fill(self) -> None:
        while self.rest and len(self.heads) < self.shown:
            message = self.rest.popleft()
            if message.at is At.QUEUED:
                self.heads.append(message)
        self.lane.is_whole = not self.rest


class Queue:
    """What any SIM may take, and what only one may."""

    def __init__(self) -> None:
        self.pinned: dict[int, list[Message]] = {}
        self._waiting: list[_Pile] = []
        """Those in which something waits, by priority."""
        self._piles: dict[tuple[int, int, str, int], _Pile] = {}

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._waiting) or any(self.pinned.values())

    def add(self, message: Message) -> None:
        """One more is due; it may have been here before."""
        message.at = At.QUEUED
        if message.pinned_sim_id is not None:
            insort(
                self.pinned.setdefault(message.pinned_sim_id, []),
                message,
                key=lambda each: (each.priority, each.seq),
            )
            return
        pile = self._pile_of(message)
        heads = pile.heads
        pile.has_long |= message.parts > 1
        if not heads:
            self._waiting.append(pile)
            self._waiting.sort(key=lambda each: each.lane.priority)
            pile.shown = HEADS
        if message.attempt or (not pile.rest and len(heads) < pile.shown):
            # What comes back was shown before: it is older than everything behind the heads.
            insort(heads, message, key=_by_seq)
            if heads[-1] is not message:
                pile.passed.clear()
        else:
            pile.rest.append(message)
            pile.lane.is_whole = False

    def remove(self, message: Message) -> None:
        """It is taken, parked or over: ``at`` says so and is set before."""
        if message.pinned_sim_id is not None:
            _drop(self.pinned[message.pinned_sim_id], message)
            return
        pile = self._pile_of(message)
        # One that stands behind the heads is left out when its turn comes.
        if _drop(pile.heads, message):
            pile.fill()
            if not pile.heads:
                self._waiting.remove(pile)

    def lanes_for(self, sim_id: int, now_ms: int) -> list[Lane]:
        """What a SIM is to look at, by priority: not again what it passed by a moment ago."""
        lanes = (pile.news_for(sim_id, now_ms) for pile in self._waiting)
        return [lane for lane in lanes if lane is not None]

    def first(self) -> Message | None:
        """The first of the first lane."""
        return self._waiting[0].heads[0] if self._waiting else None

    def passed_by(self, sim_id: int, until_ms: int) -> None:
        """A SIM found nothing for itself in all that is shown, which only news changes before ``until_ms``."""
        for pile in self._waiting:
            if not pile.has_long:
                # One of several parts may wait for room that is saved for it: then others are not to be taken.
                pile.passed[sim_id] = pile.heads[-1].seq, until_ms

    def forget_passed(self) -> None:
        """Something else changed: SIMs look at everything again."""
        for pile in self._piles.values():
            pile.passed.clear()

    def look_deeper(self) -> bool:
        """Show more of each lane that is not shown whole; whether there is more."""
        deeper = False
        for pile in self._piles.values():
            if pile.rest and len(pile.heads) < MOST_HEADS:
                pile.shown = 2 * len(pile.heads)
                pile.fill()
                deeper = True
        return deeper

    def waiting(self) -> list[Message]:
        """All of it."""
        found = [message for each in self.pinned.values() for message in each]
        for pile in self._piles.values():
            found += pile.heads
            found += (each for each in pile.rest if each.at is At.QUEUED)
        return found

    def _pile_of(self, message: Message) -> _Pile:
        sticky = message.sticky_sim_id or 0
        key = (message.priority, message.account_id, message.destination, sticky)
        pile = self._piles.get(key)
        if pile is None:
            heads: list[Message] = []
            lane = Lane(*key[:3], heads=heads, sticky_sim_id=message.sticky_sim_id)
            pile = self._piles[key] = _Pile(lane, heads)
        return pile


def _drop(messages: list[Message], message: Message) -> bool:
    for index, each in enumerate(messages):
        if each is message:
            del messages[index]
            return True
    return False

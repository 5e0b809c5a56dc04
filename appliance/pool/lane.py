"""One lane of the queue as it was read, and what was found out about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from appliance.policy.choice import WaitingMessage
from appliance.policy.queue import Lane
from appliance.store.queue import LaneKey
from appliance.store.sending import Queued
from appliance.values import value


@value
class Seen:
    """What a SIM looks at."""

    lanes: Sequence[Lane]
    is_less: bool
    """Something is left out for now."""
    until_ms: int | None
    """When that may be for it; None: only by news."""
    is_cut: bool
    """Behind what is left out there may be more than was read."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What was found out at an instant and holds until another one, if the clock is not set back before the first."""

    seq: int
    since_ms: int
    until_ms: int
    opens_ms: int | None
    """When it is sure to be otherwise; None: only by news."""

    def holds(self, now_ms: int) -> bool:
        return self.since_ms <= now_ms < self.until_ms


@dataclass(slots=True, eq=False)
class OpenLane:
    """A lane as it was read."""

    key: LaneKey
    view: Lane
    """What the policy sees; its heads are those of ``rows``, in their order."""
    rows: dict[int, Queued] = field(default_factory=dict)
    left: Pass | None = None
    """It is left to the SIM of its conversation, or to nobody, until then."""
    aside: set[int] = field(default_factory=set)
    """Seqs that no SIM could send when they were looked at, and which were not parked."""
    passed: dict[int, Pass] = field(default_factory=dict)
    """By SIM: up to which seq it found nothing for itself."""

    def look_again_at(self, seqs: Iterable[int]) -> None:
        """These are read now: whoever passed by one that was not there yet, because it came back, looks again."""
        if not self.passed:
            return
        known_to = max(self.rows, default=None)
        back = [seq for seq in seqs if seq not in self.rows and (known_to is None or seq < known_to)]
        if back:
            self.passed = {sim_id: each for sim_id, each in self.passed.items() if each.seq < back[0]}

    def leave(self, seq: int) -> None:
        """A message is in another lane now: it has become a SIM's conversation, or is one no more."""
        del self.rows[seq]
        self.view.heads = [head for head in self.view.heads if head.seq != seq]


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

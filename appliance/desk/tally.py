"""Counters of what the box did, which only grow: what monitoring asks for.

They begin at nothing when this process is asked for the first time and are not kept, as is the custom (a restart sets
counters back, and whoever reads them knows that); what must not be forgotten is in the rows that they are read from.
A part is counted when it is seen and again at each step that it takes: taken by the network, refused, in doubt,
reported.
"""

from __future__ import annotations

import sqlite3
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from appliance.store import tally
from appliance.store.life import PartState
from appliance.store.tally import Marks, TalliedPart

ANSWER_BUCKETS_S = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0)
"""How long a modem takes from Ctrl-Z to its answer: 2–6 s as a rule, 60 s and more before it is given up."""
DELIVERY_BUCKETS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)
WAIT_BUCKETS_S = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)

MOST_OPEN = 10_000
"""Parts that are followed until their report comes; the oldest are followed no longer."""

_TAKEN = frozenset({PartState.ACCEPTED, PartState.DELIVERED, PartState.UNDELIVERED})
_REPORTED = frozenset({PartState.DELIVERED, PartState.UNDELIVERED})


class Histogram:
    """Observations in seconds by upper bounds, cumulative as OpenMetrics wants them."""

    def __init__(self, bounds_s: tuple[float, ...]) -> None:
        self.bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self.sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """One more. A clock that was set between two instants makes no time below nothing."""
        seconds = max(0.0, seconds)
        self._counts[bisect_left(self.bounds_s, seconds)] += 1
        self.sum_s += seconds

    def cumulative(self) -> list[tuple[float, int]]:
        """Each bound with how many were at most that; the last is infinity."""
        total, found = 0, []
        for bound, count in zip((*self.bounds_s, float("inf")), self._counts, strict=True):
            total += count
            found.append((bound, total))
        return found


@dataclass(slots=True)
class Counts:
    """What was counted; every key is made of labels."""

    accepted: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    """Messages by way in, account, priority."""
    received: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Inbound messages by SIM and kind."""
    submitted: Counter[int] = field(default_factory=Counter)
    """Parts that were given to a modem, by SIM."""
    taken: Counter[int] = field(default_factory=Counter)
    """Parts that the network took, by SIM."""
    refused: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    """Parts that were not, by SIM, kind and number of the error."""
    uncertain: Counter[int] = field(default_factory=Counter)
    """Parts of which nobody could say so at first, by SIM."""
    reported: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Delivery reports by SIM and outcome."""
    answer: dict[int, Histogram] = field(default_factory=dict)
    delivery: dict[int, Histogram] = field(default_factory=dict)
    """Seconds by SIM."""
    wait: dict[int, Histogram] = field(default_factory=dict)
    """Seconds from acceptance (or the time that was asked for) to the first modem, by priority."""


class Tally:
    """The counters of one process. ``lock`` is held by who looks, and while the counts are read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts = Counts()
        self.since_ms = 0
        """When it began to count: at the first look."""
        self._marks: Marks | None = None
        self._open: dict[int, PartState] = {}
        """Parts that may still take a step, with the last one that was counted."""

    def look(self, connection: sqlite3.Connection, now_ms: int) -> Counts:
        """Count what happened since the last look; all that is read is of one instant."""
        connection.execute("BEGIN")
        try:
            now = tally.marks(connection)
            before = self._marks
            if before is None:
                self.since_ms = now_ms
            else:
                self._count(connection, _never_ahead(before, now), now)
            self._marks = now
        finally:
            connection.execute("ROLLBACK")
        return self.counts

    def _count(self, connection: sqlite3.Connection, before: Marks, now: Marks) -> None:
        counts = self.counts
        for source, account_id, priority, count in tally.accepted_since(connection, before, now):
            counts.accepted[source, account_id, priority] += count
        for sim_id, kind, count in tally.received_since(connection, before, now):
            counts.received[sim_id, kind] += count
        seen, self._open = self._open, {}  # Of what retention deleted, nothing is heard again.
        self._take(tally.parts_again(connection, seen), seen)
        self._take(tally.parts_since(connection, before, now), {})
        while len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]

    def _take(self, parts: Iterable[TalliedPart], seen: Mapping[int, PartState]) -> None:
        for part in parts:
            step(self.counts, seen.get(part.id), part)
            if _may_go_on(part):
                self._open[part.id] = part.state


def step(counts: Counts, seen: PartState | None, part: TalliedPart) -> None:
    """Count what became of a part since it was ``seen`` in a state; None: it is new."""
    sim_id, state = part.sim_id, part.state
    if seen is None:
        counts.submitted[sim_id] += 1
        if part.number == 1 and part.attempt == 1 and part.submitted_at_ms is not None:
            _observe(counts.wait, part.priority, WAIT_BUCKETS_S, part.submitted_at_ms - part.due_at_ms)
    if state is seen:
        return
    if state is PartState.REFUSED:
        code = "" if part.error_code is None else str(part.error_code)
        counts.refused[sim_id, part.error_kind or "", code] += 1
    elif state is PartState.UNCERTAIN:
        counts.uncertain[sim_id] += 1
    elif state in _TAKEN and seen not in _TAKEN:
        counts.taken[sim_id] += 1
        if seen is not PartState.UNCERTAIN and part.answered_at_ms and part.submitted_at_ms:
            _observe(counts.answer, sim_id, ANSWER_BUCKETS_S, part.answered_at_ms - part.submitted_at_ms)
    if state in _REPORTED:
        counts.reported[sim_id, state.value] += 1
        if part.reported_at_ms and part.answered_at_ms:
            _observe(counts.delivery, sim_id, DELIVERY_BUCKETS_S, part.reported_at_ms - part.answered_at_ms)


def _may_go_on(part: TalliedPart) -> bool:
    if part.state is PartState.ACCEPTED:
        return bool(part.delivery_report)
    return part.state in (PartState.SUBMITTING, PartState.UNCERTAIN)


def _observe(of: dict[int, Histogram], key: int, bounds_s: tuple[float, ...], elapsed_ms: int) -> None:
    histogram = of.get(key)
    if histogram is None:
        histogram = of[key] = Histogram(bounds_s)
    histogram.observe(elapsed_ms / 1000)


def _never_ahead(before: Marks, now: Marks) -> Marks:
    """Ids begin again where a table was emptied, or the database replaced."""
    return Marks(
        min(before.message_seq, now.message_seq),
        min(before.part_id, now.part_id),
        min(before.inbound_seq, now.inbound_seq),
    )

"""What is being told to one endpoint: how much at a time, what has to wait, and whether it answers at all. One thread
works with it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from appliance.desk.outbox import SCHEDULE_S, OutboxRules, Target
from appliance.store.changes import Change
from appliance.store.deliveries import Delivery

AT_A_TIME = 4
"""Requests to one endpoint."""
MOST_QUEUED = 50
"""In memory, of an endpoint that is slow; what is more is put aside on disk, so that nobody waits for it."""
FAILURES_UNTIL_SHUT = 3
"""After so many failures in a row of different changes it is the endpoint: then only one at a time is tried."""
SLOW_S = 2.0
"""An endpoint that takes longer to answer gets one request at a time, and few of the threads."""
FIRST_SHUT_S, LONGEST_SHUT_S = 5.0, 300.0
LOOKED_AHEAD = 20


@dataclass(frozen=True, slots=True)
class Job:
    """One change to be told to one receiver."""

    change: Change
    target: Target
    row: Delivery | None = None
    """Where it had been put aside."""

    @property
    def tries(self) -> int:
        return 0 if self.row is None else self.row.tries


@dataclass(slots=True)
class Lane:
    """One endpoint: a subscription, or a host that callbacks go to."""

    webhook_id: int | None
    queue: deque[Job] = field(default_factory=deque)
    busy: dict[str, float] = field(default_factory=dict)
    """Subjects of which something is being told, since when (monotonic): their next change waits."""
    unwritten: set[str] = field(default_factory=set)
    """Subjects of which something is put aside, but not on disk yet."""
    has_rows: bool = True
    """Whether anything may be put aside for it."""
    failures: int = 0
    shut_until_ms: int = 0
    is_slow: bool = False
    failing_since_ms: int | None = None
    told_at_ms: int | None = None
    is_standing_new: bool = False
    """Whether :attr:`failing_since_ms` is another than on disk."""

    @property
    def is_shut(self) -> bool:
        """Whether it seems not to answer at all: what comes for it is put aside at once."""
        return self.failures >= FAILURES_UNTIL_SHUT

    def is_clogged(self, now_s: float) -> bool:
        """Whether others would wait for it, were it not for the disk."""
        return self.is_shut or self.is_slow or any(now_s - since_s > SLOW_S for since_s in self.busy.values())

    def surplus(self) -> list[Job]:
        """What is queued beyond the most, newest last, which leaves the queue."""
        taken = [self.queue.pop() for _ in range(len(self.queue) - MOST_QUEUED)]
        return taken[::-1]

    def room(self, now_ms: int) -> int:
        """How many more requests it may have now."""
        if now_ms < self.shut_until_ms:
            return 0
        return max(0, (1 if self.is_shut or self.is_slow else AT_A_TIME) - len(self.busy))

    def next_job(self) -> Job | None:
        """The first whose subject is not being told of; it leaves the queue."""
        for place, job in enumerate(self.queue):
            if place >= LOOKED_AHEAD:
                break
            if job.change.subject not in self.busy:
                del self.queue[place]
                return job
        return None

    def take_of(self, subject: str) -> list[Job]:
        """What is queued of a subject, which leaves the queue: an earlier change of it has to be told first."""
        taken = [each for each in self.queue if each.change.subject == subject]
        self.queue = deque(each for each in self.queue if each.change.subject != subject)
        return taken

    def note_told(self, took_s: float, now_ms: int) -> bool:
        """It took something; whether it had not before."""
        was_shut = self.is_shut
        self.failures, self.shut_until_ms = 0, 0
        self.is_slow = took_s > SLOW_S
        self.told_at_ms = now_ms
        if self.failing_since_ms is not None:
            self.failing_since_ms, self.is_standing_new = None, True
            return True
        return was_shut

    def note_failed(self, took_s: float, now_ms: int, rules: OutboxRules, retry_after_s: int | None) -> None:
        """It took something not."""
        self.failures += 1
        self.is_slow = took_s > SLOW_S
        if self.failing_since_ms is None:
            self.failing_since_ms, self.is_standing_new = now_ms, True
        if retry_after_s is not None:
            self.shut_until_ms = max(self.shut_until_ms, now_ms + retry_after_s * 1000)
        if self.is_shut:
            scale = rules.give_up_after_s / SCHEDULE_S[-1]
            doubled = min(self.failures - FAILURES_UNTIL_SHUT, 16)
            pause_s = min(FIRST_SHUT_S * 2**doubled, LONGEST_SHUT_S) * scale
            self.shut_until_ms = max(self.shut_until_ms, now_ms + int(pause_s * 1000))

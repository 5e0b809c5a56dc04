"""What arrives in a rehearsal, message by message, in the order of time; each load has a seed of its own.

So a load that is added or left out changes nothing of when the others arrive.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random
from zlib import crc32

from appliance.policy.rehearsal_plan import Batch, Kind, Rehearsal, Replies, Stream


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message is put into the queue."""

    at_ms: int
    kind: Kind
    recipient: str
    destination: str
    sticky_sim_id: int | None = None


class People:
    """Who the messages of one load go to. One person is always in the same network."""

    def __init__(self, kind: Kind, random: Random) -> None:
        self._kind = kind
        self._random = random
        self._name = kind.people or kind.name
        self._bounds = tuple(accumulate(kind.to.values()))
        self._destinations = tuple(kind.to)
        self._strangers = count()

    def in_turn(self, index: int) -> tuple[str, str]:
        """The recipient and destination of a batch's message: everybody in turn."""
        return self._person(index % self._kind.recipients) if self._kind.recipients else self._stranger()

    def somebody(self) -> tuple[str, str]:
        """The same of a stream's message: anybody."""
        recipients = self._kind.recipients
        return self._person(self._random.randrange(recipients)) if recipients else self._stranger()

    def _stranger(self) -> tuple[str, str]:
        return self._person(1_000_000_000 + next(self._strangers))

    def _person(self, number: int) -> tuple[str, str]:
        recipient = f"{self._name}:{number}"
        if not self._bounds:
            return recipient, ""
        drawn = crc32(recipient.encode()) % self._bounds[-1]
        return recipient, next(
            name for name, bound in zip(self._destinations, self._bounds, strict=True) if drawn < bound
        )


def random_of(rehearsal: Rehearsal, purpose: str) -> Random:
    """Randomness of one purpose, the same for the same seed."""
    return Random(f"{rehearsal.seed}/{purpose}")


def arrivals(rehearsal: Rehearsal) -> Iterator[Arrival]:
    """Everything that arrives from outside, ascending; replies are not among it, for they follow from what was sent."""
    parts = []
    for load in rehearsal.loads:
        random = random_of(rehearsal, load.kind.name)
        people = People(load.kind, random)
        match load:
            case Batch():
                parts.append(_of_batch(load, people))
            case Stream():
                parts.append(_of_stream(load, people, random))
            case Replies():
                pass
    merged = heapq.merge(*parts, key=lambda each: each.at_ms)
    return (each for each in merged if rehearsal.begins_at_ms <= each.at_ms < rehearsal.ends_at_ms)


def _of_batch(batch: Batch, people: People) -> Iterator[Arrival]:
    for at_ms in batch.at_ms:
        for index in range(batch.messages):
            yield Arrival(at_ms, batch.kind, *people.in_turn(index))


def _of_stream(stream: Stream, people: People, random: Random) -> Iterator[Arrival]:
    """A Poisson process: the pauses are exponential, and none knows of the one before."""
    per_ms = stream.per_minute / 60_000
    for span in stream.spans:
        at = span.from_ms + random.expovariate(per_ms)
        while at < span.until_ms:
            yield Arrival(int(at), stream.kind, *people.somebody())
            at += random.expovariate(per_ms)

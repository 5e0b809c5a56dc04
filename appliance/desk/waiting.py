"""Why the queue waits: what waits by reason, how much of it, and when that may change.

The reason of a lane is that of its oldest message, by the policy's own ``why_waiting``: what stands behind it waits for
the same, or for it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace

from appliance.desk.plan_standing import Use, uses_of
from appliance.desk.sims import SimBook, reason_of
from appliance.policy.choice import READY, SimStanding
from appliance.policy.reason import Reason
from appliance.store import backlog, messages, queue
from appliance.store.messages import Message
from appliance.store.queue import PRIORITIES

COUNTED_AT_MOST = 20_000
"""About so much is looked at of the queue for one page, however much waits."""
COUNTED_AT_LEAST = 100
"""Of each lane, even where others have used that up: it may be the urgent one."""
MOST_LANES = 400
LATER_LOOKED_AT = 2_000
"""Of each priority, of what is not due."""
MOST_NEXT = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one priority that wait for the same."""

    priority: int
    reason: Reason
    count: int
    is_more: bool
    """More than was counted."""
    example: Message
    """The first of them to go."""
    first_ms: int | None = None
    """When the first of what is not due comes; None of what is."""


@dataclass(frozen=True, slots=True)
class SimLeft:
    """A SIM in the box: what is left of its plan, and what holds it."""

    standing: SimStanding
    uses: tuple[Use, ...]
    holds: Reason | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it at one instant."""

    groups: tuple[Waiting, ...]
    counted: int
    is_more: bool
    sims: tuple[SimLeft, ...]
    next_instants: tuple[Reason, ...]
    """What changes by itself next, the first first; each with its ``until_ms``."""


def overview(connection: sqlite3.Connection, book: SimBook, now_ms: int) -> Overview:
    """Look at the queue, at about :data:`COUNTED_AT_MOST` entries of its indexes."""
    merged: dict[tuple[int, str, bool], Waiting] = {}
    for group in _groups(connection, book, now_ms):
        key = group.priority, group.reason.code, group.first_ms is not None
        merged[key] = _joined(merged[key], group) if key in merged else group
    found = tuple(sorted(merged.values(), key=lambda each: (each.priority, -each.count)))
    sims = tuple(_sim_left(each, book, now_ms) for each in book.standings)
    return Overview(
        groups=found,
        counted=sum(each.count for each in found),
        is_more=any(each.is_more for each in found),
        sims=tuple(sorted(sims, key=lambda each: (each.standing.port_state != READY, each.standing.name))),
        next_instants=_next(found, sims, now_ms),
    )


def _groups(connection: sqlite3.Connection, book: SimBook, now_ms: int) -> Iterator[Waiting]:
    left = COUNTED_AT_MOST
    for place, (key, seq) in enumerate(queue.lanes(connection)):
        message = messages.of_seq(connection, seq)
        if message is None:
            continue
        room = max(left, COUNTED_AT_LEAST)
        count = max(1, backlog.count_lane(connection, key, room))
        is_more = count >= room
        left = max(0, left - count)
        yield Waiting(key.priority, reason_of(connection, message, book, now_ms), count, is_more, message)
        if place >= MOST_LANES:
            break
    for sim_id in sorted(queue.pinned_sims(connection)):
        room = max(left, COUNTED_AT_LEAST)
        count, first = backlog.pinned_to(connection, sim_id, room)
        message = None if first is None else messages.of_seq(connection, first)
        if message is not None:
            yield Waiting(
                message.priority,
                reason_of(connection, message, book, now_ms),
                count,
                count >= room,
                message,
            )
    yield from _later(connection)


def _later(connection: sqlite3.Connection) -> Iterator[Waiting]:
    """What is not due: by what was said when it was put off."""
    for priority in PRIORITIES:
        found = list(backlog.later(connection, priority, LATER_LOOKED_AT))
        is_more = len(found) >= LATER_LOOKED_AT
        by_code: dict[str, list[backlog.Later]] = {}
        for each in found:
            by_code.setdefault(each.reason, []).append(each)
        for code, several in by_code.items():
            first = several[0]
            message = messages.of_seq(connection, first.seq)
            if message is None:
                continue
            args = {**json.loads(first.reason_args), "until_ms": first.not_before_ms}
            reason = Reason(code, args, first.not_before_ms)
            yield Waiting(priority, reason, len(several), is_more, message, first.not_before_ms)


def _joined(one: Waiting, other: Waiting) -> Waiting:
    """Two groups that wait for the same kind of thing: the reason of the one that may change first is said."""
    untils = [one.reason.until_ms, other.reason.until_ms]
    first = other if untils[1] is not None and (untils[0] is None or untils[1] < untils[0]) else one
    return replace(first, count=one.count + other.count, is_more=one.is_more or other.is_more)


def _sim_left(standing: SimStanding, book: SimBook, now_ms: int) -> SimLeft:
    uses = uses_of(standing.plan, standing.usage, now_ms)
    return SimLeft(standing, tuple(each for each in uses if each.most), book.holds(standing.sim_id, now_ms))


def _next(groups: tuple[Waiting, ...], sims: tuple[SimLeft, ...], now_ms: int) -> tuple[Reason, ...]:
    reasons = [each.holds for each in sims if each.holds is not None]
    reasons += [each.reason for each in groups if each.first_ms is not None]
    coming = [each for each in reasons if each.until_ms is not None and each.until_ms > now_ms]
    return tuple(sorted(coming, key=lambda each: each.until_ms or 0)[:MOST_NEXT])

"""The one transaction of sending: the result of a SIM's last part, and what it sends next.

Both share one commit, so that a SIM costs one fsync for each part. What is returned as :class:`Submit` is on
disk as submitting before anyone gives it to a modem.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from functools import partial

from appliance.modem.messaging import SmsForm
from appliance.policy.choice import SimStanding, Wait, reason_of_opening
from appliance.policy.opening import opening
from appliance.policy.plan import Limit
from appliance.pool.breaking import SimBreaker
from appliance.pool.card import Card
from appliance.pool.encoding import planned
from appliance.pool.lane import waiting_of
from appliance.pool.outcome import Taken
from appliance.pool.recording import Recorder, Recording, said_of
from appliance.pool.scheduler import Scheduler
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Nothing, Submit, Taking, begin_part
from appliance.pool.work import Finished, Submitted, Work
from appliance.store import breakers, sending
from appliance.store.sending import Queued
from appliance.values import value

LOOK_FOR_PROBE_MS = 60_000
"""After this a SIM looks again for a message that it may try itself with."""


@dataclass(frozen=True, slots=True)
class NextPartLater:
    """The message goes on when the plan's gap is over."""

    work: Work
    number: int
    at_ms: int


@value
class Step:
    """What one transaction did."""

    next: Submit | NextPartLater | Nothing
    recording: Recording | None = None


def advance(
    connection: sqlite3.Connection,
    card: Card,
    finished: Finished | None,
    going_on: NextPartLater | None,
    *,
    take: bool,
    now_ms: int,
    settings: PoolSettings,
    scheduler: Scheduler,
) -> Step:
    """Record ``finished`` if there is one; then go on with its message, or else ``take`` the next one."""
    recording = None
    if finished is not None:
        recording = _record(connection, card, finished, settings, scheduler)
        if recording.goes_on:
            going_on = _next_part(finished.submitted)
    if going_on is None and card.held is not None:
        _let_go(card, scheduler)
    if not take:
        return Step(going_on if going_on is not None else Nothing(), recording)
    standing = scheduler.standing(connection, card, now_ms)
    if going_on is not None:
        return Step(_go_on(connection, card, standing, going_on, now_ms), recording)
    return Step(
        _take_or_probe(connection, card, standing, now_ms, settings=settings, scheduler=scheduler), recording
    )


def _record(
    connection: sqlite3.Connection,
    card: Card,
    finished: Finished,
    settings: PoolSettings,
    scheduler: Scheduler,
) -> Recording:
    recording = Recorder(connection, card, settings).record(finished)
    unwritten, card.unwritten = card.unwritten, None
    if unwritten is not None:
        scheduler.if_undone(partial(setattr, card, "unwritten", unwritten))
    if not isinstance(finished.outcome, Taken):
        scheduler.outdate()
        if recording.queued_until_ms is not None and card.form is not SmsForm.TPDU:
            count_as_accepted(connection, finished.submitted.work.reservation.message)
    return recording


def _let_go(card: Card, scheduler: Scheduler) -> None:
    """The rest of a message does not go now."""
    held = card.held
    assert held is not None
    card.let_go()
    scheduler.if_undone(partial(card.hold, held.usage, held.recipient, held.parts))


def _take_or_probe(
    connection: sqlite3.Connection,
    card: Card,
    standing: SimStanding,
    now_ms: int,
    *,
    settings: PoolSettings,
    scheduler: Scheduler,
) -> Submit | Nothing:
    """The next message; after a rest the one by which the SIM finds out whether it may go on."""
    take = Taking(connection, card, standing, now_ms, most_parts=settings.most_parts, scheduler=scheduler)
    # A rest that is over leaves its end behind until a message has gone.
    if not 0 < standing.resting_until_ms <= now_ms:
        return take.next()
    breaker = SimBreaker(connection, card.sim_id, card.name, card.port_id, settings.breaker)
    probe = breaker.probe_due(now_ms)
    if probe is None:
        return take.next()
    seq = breakers.next_probe(connection, card.sim_id, now_ms, reported=probe.needs_report)
    best = None if seq is None else take.this(seq)
    if not isinstance(best, Submit) and probe.needs_report:
        until_ms = best.reason.until_ms if isinstance(best, Wait) else None
        return Nothing(until_ms=until_ms or now_ms + LOOK_FOR_PROBE_MS, others_may=True)
    taken = best if isinstance(best, Submit) else take.next()
    if not isinstance(taken, Submit):
        return taken
    submitted, made = taken.submitted, taken.submitted.work.reservation
    breaker.begin_probe(probe, made.message.seq, made.attempt, submitted.part_id, now_ms)
    return Submit(replace(submitted, is_probe=True))


def _next_part(submitted: Submitted) -> NextPartLater:
    numbers = submitted.work.reservation.numbers
    return NextPartLater(submitted.work, numbers[numbers.index(submitted.number) + 1], 0)


def _go_on(
    connection: sqlite3.Connection, card: Card, standing: SimStanding, part: NextPartLater, now_ms: int
) -> Submit | NextPartLater:
    """The next part of a message that has begun: only the gap can hold it (see :func:`opening`).

    Where a plan was lowered meanwhile, its windows hold the rest of the message as well.
    """
    group = None if standing.group is None else standing.group.usage
    recipient = part.work.reservation.message.recipient
    opens = opening(
        standing.plan,
        standing.usage,
        1,
        now_ms,
        recipient=recipient,
        goes_on=True,
        group=group,
        is_held=card.held is not None and card.held.usage is group,
    )
    if opens.at_ms is not None and opens.limit is not None:
        if opens.limit is not Limit.GAP and opens.at_ms != part.at_ms:
            # It may take until tomorrow, and the message is to say why.
            message = part.work.reservation.message
            why = reason_of_opening(standing, waiting_of(message), opens)
            sending.note_progress(connection, message.seq, said_of(why), now_ms)
        return NextPartLater(part.work, part.number, opens.at_ms)
    return begin_part(connection, standing.name, part.work, part.number, now_ms)


def count_as_accepted(connection: sqlite3.Connection, message: Queued) -> None:
    """A message that a CDMA modem did not take has its parts of before again, by which other SIMs look for it."""
    if sending.may_have_gone(connection, message.seq):
        return
    parts = planned(message, SmsForm.TPDU).parts
    if parts != message.parts_total:
        sending.set_parts_total(connection, message, parts)

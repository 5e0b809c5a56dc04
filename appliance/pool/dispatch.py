"""The one transaction of sending: the result of a SIM's last part, and what it sends next.

Both share one commit, so that a SIM costs one fsync for each part. What is returned as :class:`Submit` is on
disk as submitting before anyone gives it to a modem.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from appliance.modem.messaging import SmsForm
from appliance.policy.choice import Allowed, SimStanding, Wait, WaitingMessage, verdict
from appliance.policy.opening import opening
from appliance.policy.plan import Plan
from appliance.policy.reason import Reason
from appliance.policy.usage import Usage
from appliance.pool.breaking import SimBreaker
from appliance.pool.card import Card, OwnLimits
from appliance.pool.encoding import MessagePlan, NotByThisSimError, NotEncodableError, planned
from appliance.pool.recording import Recorder, Recording
from appliance.pool.settings import PoolSettings
from appliance.pool.work import Finished, Submitted, Work
from appliance.store import breakers, sending, sims
from appliance.store.sending import Queued, Said

LOW_BALANCE = Reason("sim.low-balance")
"""What is left on the SIM is told where people read it."""

LOOK_FOR_PROBE_MS = 60_000
"""After this a SIM looks again for a message that it may try itself with."""

MOST_TRIES = 20
"""Messages that can't be encoded and are failed in one transaction, so that none is long."""


@dataclass(frozen=True, slots=True)
class Submit:
    """Give this part to the modem now."""

    submitted: Submitted


@dataclass(frozen=True, slots=True)
class NextPartLater:
    """The message goes on when the plan's gap is over."""

    work: Work
    number: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing for this SIM now."""

    until_ms: int | None = None
    """When its plan opens, where something waits for that."""
    others_may: bool = False
    """Something is queued that this SIM can't take and another one may."""
    next_ms: int | None = None
    """When the back-off of a queued message ends."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did; the task of the SIM takes ``limits`` over into its memory."""

    next: Submit | NextPartLater | Nothing
    recording: Recording | None = None
    limits: tuple[OwnLimits, Plan, list[int]] | None = None
    """The SIM's limits changed, or are read for the first time: they, its plan, and what that counts."""


def advance(
    connection: sqlite3.Connection,
    card: Card,
    finished: Finished | None,
    going_on: NextPartLater | None,
    *,
    take: bool,
    now_ms: int,
    settings: PoolSettings,
) -> Step:
    """Record ``finished`` if there is one; then go on with its message, or else ``take`` the next one."""
    recording = None
    if finished is not None:
        recording = Recorder(connection, card, settings).record(finished)
        if recording.goes_on:
            going_on = _next_part(finished.submitted)
        elif recording.queued_until_ms is not None and card.form is not SmsForm.TPDU:
            count_as_accepted(connection, finished.submitted.work.reservation.message)
    if not take:
        return Step(going_on if going_on is not None else Nothing(), recording)
    gap_ms, minute, hour, day, rest_ms, has_pinned, drains, low = sims.limits(connection, card.sim_id)
    own = (gap_ms, minute, hour, day)
    limits = None
    plan, counted = card.plan, card.counted
    if own != card.own_limits:
        plan, counted = _read_plan(connection, card.sim_id, own, now_ms, settings.plan)
        limits = (own, plan, counted)
    if counted and counted[-1] > now_ms:
        # The clock was set back: what seems to come from the future counts as of now, not until then.
        counted = [min(at_ms, now_ms) for at_ms in counted]
        limits = (own, plan, counted)
    standing = SimStanding(
        sim_id=card.sim_id,
        name=card.name,
        plan=plan,
        usage=Usage(plan, counted),
        resting_until_ms=rest_ms,
        drains=bool(drains),
        low_balance=LOW_BALANCE if low else None,
    )
    if going_on is not None:
        return Step(_go_on(connection, standing, going_on, now_ms), recording, limits)
    taken = _take_or_probe(
        connection,
        card,
        standing,
        has_pinned=bool(has_pinned),
        rest_ms=rest_ms,
        now_ms=now_ms,
        settings=settings,
    )
    return Step(taken, recording, limits)


def _take_or_probe(
    connection: sqlite3.Connection,
    card: Card,
    standing: SimStanding,
    *,
    has_pinned: bool,
    rest_ms: int,
    now_ms: int,
    settings: PoolSettings,
) -> Submit | NextPartLater | Nothing:
    """The next message; after a rest the one by which the SIM finds out whether it may go on."""
    breaker = SimBreaker(connection, card.sim_id, card.name, card.port_id, settings.breaker)
    # A rest that is over leaves its end behind until a message has gone.
    probe = breaker.probe_due(now_ms) if 0 < rest_ms <= now_ms else None
    if probe is None:
        return _take(connection, card, standing, has_pinned, now_ms, most_parts=settings.most_parts)
    seq = breakers.next_probe(connection, card.sim_id, now_ms, reported=probe.needs_report)
    if seq is None and probe.needs_report:
        return Nothing(until_ms=now_ms + LOOK_FOR_PROBE_MS, others_may=True)
    taken = _take(connection, card, standing, has_pinned, now_ms, most_parts=settings.most_parts, seq=seq)
    if not isinstance(taken, Submit):
        return taken
    submitted, made = taken.submitted, taken.submitted.work.reservation
    breaker.begin_probe(probe, made.message.seq, made.attempt, submitted.part_id, now_ms)
    return Submit(replace(submitted, is_probe=True))


def _read_plan(
    connection: sqlite3.Connection, sim_id: int, own: OwnLimits, now_ms: int, box: Plan
) -> tuple[Plan, list[int]]:
    plan = box.overridden(
        minimum_gap_ms=own[0], parts_per_minute=own[1], parts_per_hour=own[2], parts_per_day=own[3]
    )
    since_ms = now_ms - plan.remembered_ms - 2
    return plan, sims.counted(connection, sim_id, since_ms=since_ms, most=plan.remembered_parts)


def _next_part(submitted: Submitted) -> NextPartLater:
    numbers = submitted.work.reservation.numbers
    return NextPartLater(submitted.work, numbers[numbers.index(submitted.number) + 1], 0)


def _go_on(
    connection: sqlite3.Connection, standing: SimStanding, part: NextPartLater, now_ms: int
) -> Submit | NextPartLater:
    """The next part of a message that has begun: only the gap can hold it (see :func:`opening`).

    Where a plan was lowered meanwhile, its windows hold the rest of the message as well.
    """
    opens = opening(standing.plan, standing.usage, 1, now_ms)
    if opens.at_ms is not None and opens.limit is not None:
        return NextPartLater(part.work, part.number, opens.at_ms)
    return _submit(connection, standing.name, part.work, part.number, now_ms)


def _submit(connection: sqlite3.Connection, sim_name: str, work: Work, number: int, now_ms: int) -> Submit:
    reservation = work.reservation
    part_id = sending.begin_part(connection, reservation, number, now_ms)
    total = reservation.message.parts_total
    if total > 1:
        said = Said.of("message.sending-part", sim=sim_name, part=number, parts=total)
        sending.note_progress(connection, reservation.message.seq, said, now_ms)
    return Submit(Submitted(work, part_id, number, now_ms))


def _take(
    connection: sqlite3.Connection,
    card: Card,
    standing: SimStanding,
    has_pinned: bool,
    now_ms: int,
    *,
    most_parts: int,
    seq: int | None = None,
) -> Submit | NextPartLater | Nothing:
    asks_balance = standing.low_balance is not None
    for _ in range(MOST_TRIES):
        if asks_balance:
            # All that it may send; what else is meant for it is not to stand before that.
            message = sending.next_balance_question(connection, card.sim_id, now_ms) if has_pinned else None
        else:
            message = sending.next_for(
                connection,
                card.sim_id,
                longest=standing.plan.longest_message,
                now_ms=now_ms,
                may_be_pinned=has_pinned,
                seq=seq,
            )
            seq = None
        if message is None:
            return Nothing(
                others_may=sending.is_any_waiting(connection, card.sim_id, now_ms),
                next_ms=sending.next_not_before(connection, now_ms),
            )
        try:
            plan = _planned(connection, card, message, standing, most_parts)
        except NotEncodableError as error:
            said = Said.of("message.failed.encoding", detail=str(error))
            sending.message_failed(connection, message.seq, said, now_ms)
            continue
        except NotByThisSimError as error:
            sending.pass_over(connection, message, card.sim_id, error.said, now_ms)
            continue
        accepted = message.parts_total
        message.parts_total = plan.parts
        judged = verdict(standing, _waiting(connection, message, asks_balance), now_ms)
        if isinstance(judged, Wait) and judged.reason.until_ms is None and has_pinned:
            # The rest of a message that has begun fits no window of a plan that was lowered: it holds up nobody.
            has_pinned = False
            continue
        if not isinstance(judged, Allowed):
            return Nothing(until_ms=judged.reason.until_ms, others_may=True)
        if plan.parts != accepted:
            sending.set_parts_total(connection, message, plan.parts)
        reservation = sending.reserve(
            connection,
            message,
            sim_id=card.sim_id,
            port_id=card.port_id,
            said=card.phrases.sending,
            now_ms=now_ms,
            is_joined=plan.is_joined,
        )
        try:
            pdus = plan.encoded(reservation.concat_reference, now_ms)
        except NotEncodableError as error:
            said = Said.of("message.failed.encoding", detail=str(error))
            sending.message_failed(connection, message.seq, said, now_ms)
            continue
        return _submit(connection, card.name, Work(reservation, pdus), reservation.numbers[0], now_ms)
    return Nothing(others_may=True)


def _planned(
    connection: sqlite3.Connection, card: Card, message: Queued, standing: SimStanding, most_parts: int
) -> MessagePlan:
    """How the message goes by this SIM. NotEncodableError, NotByThisSimError.

    A message of which a part went, or may have gone, goes on as it began. How many parts it has is written once this
    SIM takes it: others look for it by what was accepted.
    """
    plan = planned(message, card.form)
    went = None if message.attempt == 0 else sending.begun(connection, message.seq)
    goes_on = plan.parts > 1 and went is not None and went.sim_id == card.sim_id
    if went is not None and goes_on and (went.concat_reference is not None) != plan.is_joined:
        raise NotByThisSimError(Said("message.begun-otherwise"))
    if plan.parts == message.parts_total:
        return plan
    if message.attempt and sending.may_have_gone(connection, message.seq):
        raise NotByThisSimError(Said("message.begun-otherwise"))
    if plan.parts > most_parts and card.form is not SmsForm.TPDU:
        raise NotByThisSimError(Said.of("message.cdma-too-many-parts", parts=plan.parts, limit=most_parts))
    longest = standing.plan.longest_message
    if longest is not None and plan.parts > longest and message.pinned_sim_id is None:
        raise NotByThisSimError(Said.of("message.too-many-parts", parts=plan.parts, most=longest))
    return plan


def count_as_accepted(connection: sqlite3.Connection, message: Queued) -> None:
    """A message that a CDMA modem did not take has its parts of before again, by which other SIMs look for it."""
    if sending.may_have_gone(connection, message.seq):
        return
    parts = planned(message, SmsForm.TPDU).parts
    if parts != message.parts_total:
        sending.set_parts_total(connection, message, parts)


def _waiting(connection: sqlite3.Connection, message: Queued, asks_balance: bool) -> WaitingMessage:
    parts = message.parts_total
    if message.pinned_sim_id is not None:
        parts = max(1, parts - sending.parts_that_went(connection, message.seq))
    # What is another SIM's, excluded or not due was left out by the query; what is left to judge is the SIM's plan and
    # its rest, which may let it go on with what is its own.
    return WaitingMessage(parts=parts, pinned_sim_id=message.pinned_sim_id, asks_balance=asks_balance)

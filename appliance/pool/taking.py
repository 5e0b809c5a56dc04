"""A free SIM takes its next message: chosen by the policy, planned in the form of its modem, reserved.

All of it inside one transaction of the pool's writer, which is on disk before any of it is given to a modem.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from appliance.modem.messaging import SmsForm
from appliance.policy.choice import SimStanding, Wait, verdict
from appliance.policy.plan import Urgency
from appliance.policy.queue import PARKED_MS, Leave, Park
from appliance.policy.reason import Reason
from appliance.pool.card import Card
from appliance.pool.encoding import MessagePlan, NotByThisSimError, NotEncodableError, planned
from appliance.pool.lane import waiting_of
from appliance.pool.scheduler import Scheduler
from appliance.pool.work import Submitted, Work
from appliance.store import overdue, queue, sending, sims, usage
from appliance.store.sending import NotInThatStateError, Queued, Said
from appliance.values import value

MOST_TRIES = 20
"""Messages that are failed, parked or found gone in one transaction, so that none is long."""

PAUSE_MS = 20
"""After such a one, others of its kind are left for the next, so that a row of them keeps nobody else waiting."""


@value
class Submit:
    """Give this part to the modem now."""

    submitted: Submitted


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing for this SIM now."""

    until_ms: int | None = None
    """When its plan opens, where something waits for that."""
    others_may: bool = False
    """Something is queued that this SIM can't take and another one may."""
    next_ms: int | None = None
    """When the back-off of a queued message ends."""


class Taking:
    """One SIM takes its next message, in one transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        card: Card,
        standing: SimStanding,
        now_ms: int,
        *,
        most_parts: int,
        scheduler: Scheduler,
    ) -> None:
        self._connection = connection
        self._card = card
        self._standing = standing
        self._now_ms = now_ms
        self._most_parts = most_parts
        self._scheduler = scheduler

    def this(self, seq: int) -> Submit | Wait | None:
        """The message ``seq``, which is none of the policy's choosing: what holds it is the same. None: it is gone."""
        row = sending.queued(self._connection, seq)
        if row is None:
            return None
        judged = verdict(self._standing, waiting_of(row), self._now_ms)
        if isinstance(judged, Wait):
            return judged
        submit = self._reserved(row)
        self._scheduler.outdate()
        return submit if isinstance(submit, Submit) else None

    def next(self) -> Submit | Nothing:
        """What it sends now, as the policy chooses."""
        connection, scheduler, lanes = self._connection, self._scheduler, self._scheduler.lanes
        for _ in range(MOST_TRIES):
            choice = scheduler.choose(connection, self._standing, self._now_ms)
            if isinstance(choice, Leave):
                return Nothing(choice.until_ms, choice.others_may, lanes.next_due_ms)
            message = choice.message
            if isinstance(choice, Park):
                self._park(choice)
                continue
            row = lanes.row_of(connection, message)
            submit = None if row is None else self._reserved(row)
            if isinstance(submit, Park):
                self._park(replace(submit, message=message))
                continue
            if submit is not None:
                lanes.taken(connection, message)
                scheduler.took(message)
                return submit
            lanes.drop(connection, message)
        return Nothing(self._now_ms + PAUSE_MS, others_may=True)

    def _park(self, choice: Park) -> None:
        lanes, message = self._scheduler.lanes, choice.message
        if not lanes.may_park(self._now_ms):
            lanes.set_aside(self._connection, message, self._now_ms)
            return
        said = Said.of(choice.reason.code, **choice.reason.args)
        queue.park(self._connection, message.seq, said, choice.until_ms, self._now_ms)
        lanes.parked(self._connection, message, choice.until_ms)

    def _reserved(self, message: Queued) -> Submit | Park | None:
        """Reserve it; None: it is not to be had by this SIM now, which is written; Park: nor by any other one."""
        connection, card, now_ms = self._connection, self._card, self._now_ms
        if self._is_too_late(message):
            overdue.expire_one(connection, message.seq, now_ms)
            return None
        plan = self._planned_or_left(message)
        if plan is None:
            return None
        if plan.parts != message.parts_total:
            held = self._held_in_this_form(message, plan.parts)
            if held is not None:
                return self._left_in_this_form(message, held)
            sending.set_parts_total(connection, message, plan.parts)
        try:
            reservation = sending.reserve(
                connection,
                message,
                sim_id=card.sim_id,
                port_id=card.port_id,
                said=card.phrases.sending,
                now_ms=now_ms,
                is_joined=plan.is_joined,
            )
            pdus = plan.encoded(reservation.concat_reference, now_ms)
        except NotInThatStateError:
            # Somebody took it back, or settled it, since it was read.
            self._scheduler.outdate()
            return None
        except NotEncodableError as error:
            self._fail(message, error)
            return None
        self._hold(message, len(reservation.numbers))
        return begin_part(connection, card.name, Work(reservation, pdus), reservation.numbers[0], now_ms)

    def _planned_or_left(self, message: Queued) -> MessagePlan | None:
        connection, card, now_ms = self._connection, self._card, self._now_ms
        try:
            return _planned(connection, card, message, self._standing, self._most_parts)
        except NotEncodableError as error:
            self._fail(message, error)
        except NotByThisSimError as error:
            sending.pass_over(connection, message, card.sim_id, error.said, now_ms)
            self._scheduler.outdate()
        return None

    def _is_too_late(self, message: Queued) -> bool:
        """Whether a message that has not begun can't all go before its deadline, for the gap between its parts."""
        if message.expires_at_ms is None or message.pinned_sim_id is not None:
            return False
        gaps_ms = (message.parts_total - 1) * self._standing.plan.minimum_gap_ms
        return self._now_ms + gaps_ms >= message.expires_at_ms

    def _held_in_this_form(self, message: Queued, parts: int) -> Reason | None:
        """What the plan says to the parts that a message has by this SIM; None: it may go."""
        judged = verdict(self._standing, replace(waiting_of(message), parts=parts), self._now_ms)
        return judged.reason if isinstance(judged, Wait) else None

    def _left_in_this_form(self, message: Queued, held: Reason) -> Park | None:
        """It has more parts by this SIM than its plan lets go now: others may send it; and it stands before nobody."""
        connection, sim_id, now_ms = self._connection, self._card.sim_id, self._now_ms
        may_others = sims.others_ready(connection, message.excluded | {sim_id}, now_ms)
        if may_others or message.pinned_sim_id is not None:
            said = Said.of(held.code, **held.args)
            sending.pass_over(connection, message, sim_id, said, now_ms)
            self._scheduler.outdate()
            return None
        latest_ms = now_ms + PARKED_MS[min(message.priority, Urgency.BULK)]
        return Park(waiting_of(message), min(held.until_ms or latest_ms, latest_ms), held)

    def _hold(self, message: Queued, parts: int) -> None:
        card, used = self._card, self._standing.usage
        if used.first_sent_at_ms is None:
            usage.note_first_sent(self._connection, card.sim_id, self._now_ms)
        group = self._standing.group
        card.hold(None if group is None else group.usage, message.recipient, parts)
        self._scheduler.if_undone(card.let_go)

    def _fail(self, message: Queued, error: NotEncodableError) -> None:
        said = Said.of("message.failed.encoding", detail=str(error))
        sending.message_failed(self._connection, message.seq, said, self._now_ms)


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


def begin_part(connection: sqlite3.Connection, sim_name: str, work: Work, number: int, now_ms: int) -> Submit:
    """The row of a part of a message that is reserved, to be given to the modem once it is on disk."""
    reservation = work.reservation
    part_id = sending.begin_part(connection, reservation, number, now_ms)
    total = reservation.message.parts_total
    if total > 1:
        said = Said.of("message.sending-part", sim=sim_name, part=number, parts=total)
        sending.note_progress(connection, reservation.message.seq, said, now_ms)
    return Submit(Submitted(work, part_id, number, now_ms))

"""The task that sends through one SIM: it pulls a message when it is free, and is never given one."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from appliance.modem.session import CardPresence, LateAccepted, LateRefused, SendOutcome, Unanswered
from appliance.modem.sms import EncodedPdu
from appliance.policy.breaker import pause_after
from appliance.policy.failure import Fault
from appliance.pool.card import Card
from appliance.pool.dispatch import NextPartLater, Step, advance, count_as_accepted
from appliance.pool.durable import DurableWriter
from appliance.pool.encoding import Outgoing
from appliance.pool.gate import FULL_MEMORY, Gate
from appliance.pool.late_answers import LateAnswers
from appliance.pool.memory_sender import MemorySender
from appliance.pool.outcome import (
    Failed,
    PartOutcome,
    Taken,
    Unknown,
    asks_for_bring_up,
    is_harmless,
    is_memory_full,
    part_outcome,
)
from appliance.pool.scheduler import Scheduler
from appliance.pool.settings import PoolSettings
from appliance.pool.standing import Pause
from appliance.pool.taking import Nothing, Submit
from appliance.pool.turns import Turns
from appliance.pool.waiting import first_of
from appliance.pool.work import Finished, Submitted
from appliance.store import breakers, sending, settling
from appliance.store.clock import now_ms
from appliance.store.matching import Report
from appliance.store.numbers import same_subscriber
from appliance.store.sending import Said

_log = logging.getLogger("simloft.pool")


FAILURES_UNTIL_REOPENED = 3
"""Failures of a modem in a row after which its port is opened and brought up again."""


USUAL_S = 0.5
"""Until then nobody looks for signs that an answer was lost: it is soon enough if it comes."""

REFERENCES_AHEAD = 8
"""A modem counts TP-MR on with each try (TS 23.040 §9.2.3.6), also with those that we never heard of."""


class SendsAndChecks(Protocol):
    """What a sender needs of a modem session."""

    async def send(self, outgoing: Outgoing) -> SendOutcome: ...

    def hurry(self, limit_s: float) -> None: ...

    async def check(self) -> None: ...

    async def card(self) -> CardPresence: ...


class PortTroubleError(Exception):
    """The port has to be opened or brought up again; the text is a short fact for the log."""

    def __init__(self, fact: str, *, is_fault_of_modem: bool) -> None:
        super().__init__(fact)
        self.is_fault_of_modem = is_fault_of_modem
        """Else it is the card that has to be asked again, and nothing is the matter with the modem."""


class Sender:
    """Sends through one SIM until it is told to stop. What it has begun it ends, and writes what came of it."""

    def __init__(
        self,
        session: SendsAndChecks,
        card: Card,
        *,
        writer: DurableWriter,
        turns: Turns,
        gate: Gate,
        drain_memory: Callable[[], None],
        on_pause: Callable[[Pause | None], None] = lambda _: None,
        settings: PoolSettings,
        scheduler: Scheduler,
        memory: MemorySender | None = None,
    ) -> None:
        self._session = session
        self._card = card
        self._writer = writer
        self._turns = turns
        self._gate = gate
        self._drain_memory = drain_memory
        self._on_pause = on_pause
        self._settings = settings
        self._scheduler = scheduler
        self._loop = asyncio.get_running_loop()
        self._memory = memory
        self._stop = asyncio.Event()
        self._is_busy = False
        self._recipient: str | None = None
        self._usual_until = 0.0
        self._last_tp_mr: int | None = None
        self._late = LateAnswers(card, writer, settings)

    @property
    def is_busy(self) -> bool:
        """Whether a part is with the modem."""
        return self._is_busy

    def sends_to(self, recipient: str) -> bool:
        """Whether a part to this recipient, as a report spells it, is with the modem."""
        return self._recipient is not None and same_subscriber(self._recipient, recipient)

    @property
    def has_waited(self) -> bool:
        """Whether the answer to what is with the modem has not come as soon as most do."""
        return self._recipient is not None and self._loop.time() > self._usual_until

    def hear_report(self, report: Report) -> None:
        """A report came, which is stored later: the line may be needed for that."""
        if self._last_tp_mr is None or not self.sends_to(report.recipient):
            return
        if report.tp_mr >= 0 and 0 < (report.tp_mr - self._last_tp_mr) % 256 <= REFERENCES_AHEAD:
            self.hear_early_report()

    def hear_early_report(self) -> None:
        """The network reports about what is with the modem, it seems: its answer comes soon, or it is lost."""
        self._session.hurry(self._settings.timings.after_report_s)

    def stop(self) -> None:
        """Take nothing more; :meth:`run` returns when what was begun is over."""
        self._stop.set()
        self._turns.ring_all()

    async def run(self) -> None:
        """Send. Raises ``LineError`` or :class:`PortTroubleError` when the port needs attention."""
        finished: Finished | None = None
        going_on: NextPartLater | None = None
        try:
            while True:
                answered, changed = self._turns.rings, self._turns.next_ring_to_all
                trouble = None if finished is None or is_harmless(finished.outcome) else finished.outcome
                take = trouble is None and self._may_take()
                step = await self._advance(finished, going_on, take=take)
                finished = None
                going_on = step.next if isinstance(step.next, NextPartLater) else None
                if isinstance(step.next, Submit):
                    self._turns.wake(2)
                    finished = await self._submit(step.next.submitted)
                elif trouble is not None:
                    await self._attend(trouble)
                elif self._stop.is_set():
                    return
                elif take:
                    await self._wait_for_work(step.next, answered, changed)
                else:
                    await self._wait_for_obstacle()
        finally:
            self._scheduler.roster.leave(self._card)
            if going_on is not None:
                await self._put_back(going_on)

    def _may_take(self) -> bool:
        if self._stop.is_set() or not self._gate.is_open:
            return False
        until_ms = self._card.pause_until_ms
        return not until_ms or until_ms <= now_ms()

    async def _advance(
        self, finished: Finished | None, going_on: NextPartLater | None, *, take: bool
    ) -> Step:
        card = self._card
        step = await self._writer.write(
            partial(
                advance,
                card=card,
                finished=finished,
                going_on=going_on,
                take=take,
                now_ms=now_ms(),
                settings=self._settings,
                scheduler=self._scheduler,
            ),
            is_watched=True,
        )
        if step.recording is not None:
            if step.recording.is_on_record is not None:
                card.is_on_record = step.recording.is_on_record
            if step.recording.queued_until_ms is not None:
                self._turns.ring_at(step.recording.queued_until_ms)
        if finished is not None and self._memory is not None:
            is_known = not isinstance(finished.outcome, Unknown)
            await self._memory.over(finished.submitted.part_id, is_known=is_known)
        return step

    async def _submit(self, submitted: Submitted) -> Finished | None:
        """Give a part to the modem; its outcome, or None where it was put back because the pool stops."""
        if self._stop.is_set():
            await self._unreserve(submitted)
            return None
        self._is_busy = True
        self._recipient = submitted.work.reservation.message.recipient
        sim_id, pace, now = self._card.sim_id, self._scheduler.pace, self._loop.time
        begun_at = now()
        self._usual_until = begun_at + USUAL_S
        pace.begin(sim_id)
        try:
            answer = await self._send(submitted)
        finally:
            self._is_busy, self._recipient = False, None
            pace.end(sim_id, now() - begun_at)
        finished = self._remembered(submitted, part_outcome(answer))
        if isinstance(answer, Unanswered):
            self._late.await_for(finished)
        return finished

    async def _send(self, submitted: Submitted) -> SendOutcome:
        """From the card's memory where that may tell afterwards what became of it; else directly."""
        outgoing = submitted.work.pdus[submitted.number - 1]
        if self._memory is not None and isinstance(outgoing, EncodedPdu):
            answer = await self._memory.send(submitted.part_id, outgoing)
            if answer is not None:
                return answer
        return await self._session.send(outgoing)

    def _remembered(self, submitted: Submitted, outcome: PartOutcome) -> Finished:
        """The outcome, after the memory of the SIM has it as the database will."""
        card = self._card
        at_ms = now_ms()
        match outcome:
            case Taken(tp_mr):
                self._last_tp_mr = tp_mr
                card.failures_in_a_row = 0
                self._on_pause(None)
            case Failed(fault=Fault.NETWORK | Fault.MODEM) as failed:
                card.failures_in_a_row += 1
                pause_ms = pause_after(card.failures_in_a_row, self._settings.breaker)
                card.pause_until_ms = at_ms + pause_ms
                if pause_ms:
                    pause = Pause(card.pause_until_ms, card.failures_in_a_row, failed.refusal.detail)
                    self._on_pause(pause)
            case _:
                pass
        card.is_on_record |= isinstance(outcome, Failed)
        counts = not isinstance(outcome, Failed) or outcome.went_out
        card.answered(submitted.work.reservation.message.recipient, at_ms, counts=counts)
        return Finished(submitted, outcome, at_ms)

    # -- between two parts ------------------------------------------------------------------------------------

    async def _attend(self, outcome: PartOutcome) -> None:
        """What a modem that did not do as it was asked needs, before it is asked again."""
        if is_memory_full(outcome):
            self._gate.set(FULL_MEMORY, stands=True)
            self._drain_memory()
            return
        if asks_for_bring_up(outcome):
            raise PortTroubleError("the card has to be asked again", is_fault_of_modem=False)
        if isinstance(outcome, Failed) and outcome.fault is Fault.SIM:
            # It may be another card by now, or none; what the session finds, it tells.
            await self._session.card()
            return
        if isinstance(outcome, Unknown) or (isinstance(outcome, Failed) and outcome.fault is Fault.MODEM):
            await self._session.check()
            if self._card.failures_in_a_row >= FAILURES_UNTIL_REOPENED:
                self._card.failures_in_a_row = 0
                raise PortTroubleError("the modem failed again and again", is_fault_of_modem=True)

    async def _wait_for_obstacle(self) -> None:
        """Until what keeps this SIM from sending is gone. What it leaves, others may take."""
        self._turns.wake(1)
        if not self._gate.is_open:
            await self._until_stopped(self._gate.opened())
        elif self._card.pause_until_ms > now_ms():
            await self._until_stopped(until_ms=self._card.pause_until_ms)

    async def _wait_for_work(
        self, found: NextPartLater | Nothing, answered: int, changed: asyncio.Event
    ) -> None:
        """Until there may be something to do. ``changed`` is set when the limits that were asked may be others."""
        if isinstance(found, NextPartLater):
            # New messages are not for a SIM that is inside one; a new gap is.
            await self._until_stopped(changed.wait(), until_ms=found.at_ms)
            return
        if found.others_may:
            self._turns.wake(1)
        if found.next_ms is not None:
            self._turns.ring_at(found.next_ms)
        await self._turns.wait(answered, found.until_ms, self._card.sim_id)

    async def _until_stopped(
        self, awaited: Awaitable[object] | None = None, *, until_ms: int | None = None
    ) -> None:
        """Until ``awaited`` is done, the clock says ``until_ms``, or the sender is told to stop."""
        limit_s = None if until_ms is None else max(0, until_ms - now_ms() + 1) / 1000
        both = (self._stop.wait(),) if awaited is None else (self._stop.wait(), awaited)
        await first_of(*both, limit_s=limit_s)

    async def _put_back(self, part: NextPartLater) -> None:
        """A message that has begun is left to whoever sends through this SIM next."""
        await self._writer.write(
            partial(
                sending.requeue,
                seq=part.work.reservation.message.seq,
                said=Said.of("message.continues", sim=self._card.name),
                not_before_ms=0,
                pinned_sim_id=self._card.sim_id,
                excluded=frozenset(),
                now_ms=now_ms(),
                attempt=part.work.reservation.attempt,
            )
        )

    async def _unreserve(self, submitted: Submitted) -> None:
        """The pool stops between the reservation and the modem: nothing was given, so nothing is uncertain."""
        await self._writer.write(partial(give_back, submitted))

    async def hear_late(self, event: LateAccepted | LateRefused) -> None:
        """The modem answers a send after all."""
        if await self._late.hear(event):
            self._turns.ring()


def give_back(submitted: Submitted, connection: sqlite3.Connection) -> None:
    """Undo a reservation of which nothing was given to the modem."""
    reservation, at_ms = submitted.work.reservation, now_ms()
    said = Said("message.again.shutdown")
    sending.unreserve(connection, reservation, submitted.part_id, said, at_ms)
    if submitted.is_probe:
        breakers.forget_probe(connection, reservation.message.seq, reservation.attempt)
    count_as_accepted(connection, reservation.message)
    # An earlier try may have been heard of meanwhile.
    settling.settle(connection, reservation.message.seq, at_ms)

"""The outcome of a part, written: what it means for the message, for the SIM, and for reports that came early."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace

from appliance.policy.balance import EMPTY_SIGNS
from appliance.policy.blocking import Pattern
from appliance.policy.breaker import attempts_used
from appliance.policy.failure import Fault, GiveUp, RefusedMessage, after_refusal
from appliance.policy.reason import Reason
from appliance.pool.breaking import SimBreaker
from appliance.pool.card import Card
from appliance.pool.outcome import Failed, Taken, Unknown, asks_for_bring_up
from appliance.pool.settings import PoolSettings
from appliance.pool.work import Finished, Submitted
from appliance.store import balance, breakers, events, late, reports, sending, settling, sims
from appliance.store.life import MessageState
from appliance.store.sending import Reservation, Said


@dataclass(frozen=True, slots=True)
class Recording:
    """What the pool does next because of an outcome."""

    goes_on: bool = False
    """The message has more parts to send, through the same SIM."""
    queued_until_ms: int | None = None
    """It was put back into the queue, to be taken from then on."""
    is_on_record: bool | None = None
    """Whether something stands against the SIM still, after a part that was taken; None: as before."""


MAY_BE_THE_NUMBER = frozenset({("cms", 21)})
"""'Short message transfer rejected' (TS 24.011 annex E-2) is said of a SIM that is blocked, and of a number that takes
nothing. Which of the two, only tells what else the SIM could send."""

_DONE = Recording()
_GOES_ON = Recording(goes_on=True)


class Recorder:
    """Writes, inside one transaction, for one SIM."""

    def __init__(self, connection: sqlite3.Connection, card: Card, settings: PoolSettings) -> None:
        self._connection = connection
        self._card = card
        self._settings = settings

    @property
    def _breaker(self) -> SimBreaker:
        """Made where it is asked for: nothing is to be said of a SIM that sends as it should."""
        card = self._card
        return SimBreaker(self._connection, card.sim_id, card.name, card.port_id, self._settings.breaker)

    def record(self, finished: Finished) -> Recording:
        """How a part came out, and everything that follows from it."""
        submitted, now_ms = finished.submitted, finished.answered_at_ms
        match finished.outcome:
            case Taken(tp_mr):
                recording = self._taken(submitted, tp_mr, now_ms)
                if self._card.is_on_record or submitted.is_probe:
                    breaker = self._breaker.taken(submitted.part_id, now_ms)
                    return replace(recording, is_on_record=not breaker.is_blank)
                return recording
            case Failed() as failed:
                return self._failed(submitted, failed, now_ms)
            case Unknown() as unknown:
                self._unknown(submitted, unknown, now_ms)
                return self._heard_of_earlier(submitted, now_ms) or _DONE

    def _taken(self, submitted: Submitted, tp_mr: int, now_ms: int) -> Recording:
        connection, card = self._connection, self._card
        reservation = submitted.work.reservation
        message = reservation.message
        sending.part_accepted(connection, submitted.part_id, tp_mr, now_ms)
        is_last = submitted.number == reservation.numbers[-1]
        if is_last:
            phrases = card.phrases
            said = phrases.sent if message.delivery_report else phrases.sent_without_report
            sending.message_sent(connection, message.seq, said, now_ms)
        # Asked of the database: it may have come by a clone of this card, in another port.
        if reports.is_any_waiting(connection, card.sim_id):
            reports.match_early_ones(connection, card.sim_id, tp_mr, submitted.submitted_at_ms, now_ms)
        if is_last and (message.parts_total > 1 or reservation.attempt > 1):
            # Its earlier parts may all have been delivered by now, or an earlier try of it.
            settling.settle(connection, message.seq, now_ms)
        return _DONE if is_last else _GOES_ON

    def _failed(self, submitted: Submitted, failed: Failed, now_ms: int) -> Recording:
        """It was certainly not taken: try again, elsewhere or later, or give up; and judge the SIM."""
        fault = self._refused(submitted, failed, now_ms)
        return self._heard_of_earlier(submitted, now_ms) or self._after_refusal(
            submitted, failed, fault, now_ms
        )

    def _heard_of_earlier(self, submitted: Submitted, now_ms: int) -> Recording | None:
        """What follows where an earlier try, of which nobody knew, turned out to have gone while this one was made.

        None: there is no such thing.
        """
        reservation = submitted.work.reservation
        if reservation.attempt == 1:
            return None
        seq = reservation.message.seq
        state = settling.settle(self._connection, seq, now_ms, attempt_is_over=True)
        if state in (MessageState.SENDING, MessageState.UNCERTAIN):
            return None
        return Recording(queued_until_ms=now_ms if state is MessageState.QUEUED else None)

    def refused_late(self, submitted: Submitted, failed: Failed, now_ms: int) -> Recording:
        """A part that was uncertain was not taken, as an answer says that came after the time limit.

        Its message is tried again only where it still waits for that: by now another attempt may have it on the
        air, a person may have settled it or taken it back.
        """
        if not late.is_still_uncertain(self._connection, submitted.part_id):
            return _DONE
        fault = self._refused(submitted, failed, now_ms)
        reservation = submitted.work.reservation
        seq = reservation.message.seq
        if not late.waits_for(self._connection, seq, reservation.attempt):
            # One that ended meanwhile may say now that nothing of it was sent.
            state = settling.settle(self._connection, seq, now_ms)
            return Recording(queued_until_ms=now_ms if state is MessageState.QUEUED else None)
        return self._after_refusal(submitted, failed, fault, now_ms)

    def _refused(self, submitted: Submitted, failed: Failed, now_ms: int) -> Fault:
        """Write the refusal, judge the SIM by it; whose fault it turns out to be."""
        sending.part_refused(
            self._connection, submitted.part_id, failed.refusal, went_out=failed.went_out, now_ms=now_ms
        )
        if asks_for_bring_up(failed):
            return failed.fault
        recipient = submitted.work.reservation.message.recipient
        before = self._breaker.state()
        after = self._breaker.refused(failed.fault, failed.refusal, recipient, now_ms)
        if after.trips == before.trips:
            return failed.fault
        if after.evidence is not None and after.evidence.pattern is Pattern.REFUSED:
            self._ask_for_balance_if_empty(failed, now_ms)
        # What the SIM rests for was no fault of the message by which it shows.
        return Fault.SIM

    def _after_refusal(self, submitted: Submitted, failed: Failed, fault: Fault, now_ms: int) -> Recording:
        connection, card = self._connection, self._card
        reservation = submitted.work.reservation
        message = reservation.message
        excluded = message.excluded
        refused = RefusedMessage(
            attempt=attempts_used(
                reservation.attempt,
                breakers.probes_of(connection, message.seq),
                self._settings.breaker,
            ),
            parts=message.parts_total,
            parts_sent=sending.parts_that_went(connection, message.seq),
            sim_name=card.name,
            another_sim=message.pinned_sim_id is None
            and sims.others_ready(connection, excluded | {card.sim_id}, now_ms),
            refused_alone=(failed.refusal.kind, failed.refusal.code) in MAY_BE_THE_NUMBER
            and sending.is_refused_alone(connection, submitted.part_id),
        )
        detail = failed.refusal.detail
        went = sending.begun(connection, message.seq)
        decision = after_refusal(refused, fault, detail, now_ms, self._settings.retry)
        if isinstance(decision, GiveUp):
            self._give_up(reservation, decision.reason, now_ms)
            return _DONE
        if decision.exclude_sim:
            excluded |= {card.sim_id}
        sending.requeue(
            connection,
            message.seq,
            said_of(decision.reason),
            not_before_ms=decision.not_before_ms,
            pinned_sim_id=None if went is None else went.sim_id,
            excluded=frozenset() if decision.forget_exclusions else excluded,
            now_ms=now_ms,
            attempt=reservation.attempt,
        )
        return Recording(queued_until_ms=decision.not_before_ms)

    def _give_up(self, reservation: Reservation, reason: Reason, now_ms: int) -> None:
        seq, attempt = reservation.message.seq, reservation.attempt
        if not sending.has_uncertain_part(self._connection, seq):
            sending.message_failed(self._connection, seq, said_of(reason), now_ms, attempt=attempt)
            return
        # An earlier try may have sent it after all: to call it failed would be a guess.
        said = Said.of("message.uncertain-not-resent", detail=reason.args.get("detail", ""))
        sending.message_uncertain(self._connection, seq, said, now_ms, attempt=attempt)

    def _ask_for_balance_if_empty(self, failed: Failed, now_ms: int) -> None:
        """The desk does, when it finds the row."""
        connection, card = self._connection, self._card
        if failed.refusal.kind != "cms" or failed.refusal.code not in EMPTY_SIGNS:
            return
        if balance.want_because_empty(connection, card.sim_id, now_ms):
            events.add(
                connection,
                events.EventKind.BALANCE,
                "balance.seems-empty",
                {"sim": card.name, "detail": failed.refusal.detail},
                at_ms=now_ms,
                port_id=card.port_id,
                sim_id=card.sim_id,
            )

    def _unknown(self, submitted: Submitted, unknown: Unknown, now_ms: int) -> None:
        connection, card = self._connection, self._card
        reservation = submitted.work.reservation
        seq = reservation.message.seq
        sending.part_uncertain(
            connection, submitted.part_id, tp_mr=unknown.tp_mr, detail=unknown.detail, now_ms=now_ms
        )
        args: dict[str, str | int] = {"sim": card.name, "detail": unknown.detail}
        code = "message.uncertain"
        until_ms = now_ms + int(self._settings.timings.resend_after_s * 1000)
        if self._resends(reservation, until_ms):
            code = "message.uncertain-resend"
            args["until_ms"] = until_ms
        sending.message_uncertain(connection, seq, Said.of(code, **args), now_ms, attempt=reservation.attempt)
        events.add(
            connection,
            events.EventKind.MESSAGE_UNCERTAIN,
            code,
            args,
            at_ms=now_ms,
            port_id=card.port_id,
            sim_id=card.sim_id,
            message_seq=seq,
        )
        # Its report may have come before we gave up.
        if unknown.tp_mr is not None:
            reports.match_early_ones(
                connection, card.sim_id, unknown.tp_mr, submitted.submitted_at_ms, now_ms
            )
        reports.match_to_uncertain(connection, card.sim_id, now_ms)

    def _resends(self, reservation: Reservation, at_ms: int) -> bool:
        """Whether a message of which nobody knows will be sent again, as its sender asked for."""
        message = reservation.message
        if message.on_uncertain != "resend" or reservation.attempt >= self._settings.retry.attempts:
            return False
        ends_before = message.expires_at_ms is not None and message.expires_at_ms <= at_ms
        return not ends_before or sending.begun(self._connection, message.seq) is not None


def said_of(reason: Reason) -> Said:
    """A reason of the policy as it is stored."""
    return Said.of(reason.code, **reason.args)

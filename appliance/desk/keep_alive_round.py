"""The messages that keep SIMs alive, by the clock: to another SIM of the box before the date, with the proof kept."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from functools import partial

from appliance.desk.keep_alive import cells
from appliance.desk.mistake import Refusal
from appliance.desk.sims import read_book
from appliance.desk.submission import Submission
from appliance.desk.submit import submit
from appliance.desk.tools import Tools, first
from appliance.desk.who import Source, Who
from appliance.policy.keep_alive import HOUR_MS, Later, Send, Stuck, plan
from appliance.policy.reason import Reason
from appliance.store import balance, events, keep_alive, messages, sims
from appliance.store.events import EventKind
from appliance.store.keep_alive import Proof, ProofState
from appliance.store.life import MessageState
from appliance.store.messages import Message

CONFIRMED_WITHIN_MS = 24 * HOUR_MS
"""So long a report or the message itself is awaited."""
RECEIVED_WITHIN_MS = 10 * 60_000
"""So long after the report the other SIM is given to show the message."""
LOOK_AGAIN_MS = 60_000

_FAILED = frozenset(
    {MessageState.FAILED, MessageState.EXPIRED, MessageState.CANCELLED, MessageState.UNDELIVERED}
)


def keep_alive_round(tools: Tools, reader: sqlite3.Connection, now_ms: int) -> int | None:
    """Settle what was sent, write what is due; when there is something to do next."""
    due = None
    for each in keep_alive.open_proofs(reader):
        due = first(due, _settle(tools, reader, each, now_ms))
    book = read_book(reader, tools.plan, now_ms)
    found = cells(reader, tools.keep_alive, tools.rules.home_region, book, now_ms)
    last_ms = keep_alive.last_tried_ms(reader)
    for step in plan(found, last_ms, tools.keep_alive, now_ms=now_ms, zone=tools.zone):
        match step:
            case Send():
                _send(tools, step, now_ms)
                due = first(due, now_ms + LOOK_AGAIN_MS)
            case Later(at_ms=at_ms):
                due = first(due, at_ms)
            case Stuck(retry_ms=retry_ms):
                _tell(tools, step, now_ms)
                due = first(due, retry_ms)
    return due


def _send(tools: Tools, step: Send, now_ms: int) -> None:
    """One message through the one door, in one transaction with its row of proof: no crash can make two of it."""
    rules = tools.keep_alive
    begin = partial(
        keep_alive.begin,
        sim_id=step.sim_id,
        due_ms=step.due_ms,
        recipient=step.recipient,
        to_sim_id=step.to_sim_id,
        now_ms=now_ms,
    )

    def also(connection: sqlite3.Connection, message: Message) -> None:
        keep_alive.note_message(connection, begin(connection), message.id)

    submission = Submission(
        to=step.recipient,
        text=rules.text.replace("{code}", secrets.token_hex(3).upper()),
        validity_s=max(60, rules.retry_after_h * 3600),
        via_sim_id=step.sim_id,
    )
    sent = submit(
        tools.writer,
        tools.rules,
        submission,
        Who(Source.KEEP_ALIVE),
        now_ms=now_ms,
        ring=tools.ring,
        also=also,
    )
    if not isinstance(sent, Refusal):
        return
    mistake = sent.mistakes[0]
    args: dict[str, str | int] = {key: str(value) for key, value in mistake.args.items()}

    def refused(connection: sqlite3.Connection) -> None:
        keep_alive.settle(
            connection, begin(connection), state=ProofState.FAILED, reason=mistake.code, args=args
        )

    tools.writer.write_blocking(refused)


def _tell(tools: Tools, stuck: Stuck, now_ms: int) -> None:
    def change(connection: sqlite3.Connection) -> None:
        if keep_alive.tell_once(connection, stuck.sim_id, stuck.due_ms, stuck.reason.code):
            events.add(
                connection,
                EventKind.KEEP_ALIVE,
                stuck.reason.code,
                stuck.reason.args,
                at_ms=now_ms,
                sim_id=stuck.sim_id,
            )

    tools.writer.write_blocking(change)


def _settle(tools: Tools, reader: sqlite3.Connection, proof: Proof, now_ms: int) -> int | None:
    """What became of a message; when to look at it again."""
    message = messages.get(reader, proof.message_id) if proof.message_id else None
    outcome = _outcome(reader, proof, message, now_ms)
    if (outcome.state, outcome.sent_at_ms) != (proof.state, proof.sent_at_ms):
        tools.writer.write_blocking(partial(_note, proof=proof, outcome=outcome, now_ms=now_ms))
    is_over = outcome.state not in (ProofState.TRYING, ProofState.SENT)
    return None if is_over else now_ms + LOOK_AGAIN_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    state: ProofState
    reason: Reason
    sent_at_ms: int | None = None
    delivered_at_ms: int | None = None
    received_at_ms: int | None = None
    inbound_seq: int | None = None


def _outcome(reader: sqlite3.Connection, proof: Proof, message: Message | None, now_ms: int) -> _Outcome:
    """What is known of a message by now."""
    is_late = now_ms - proof.tried_at_ms > CONFIRMED_WITHIN_MS
    if message is None:
        # Its row is gone: whether there was a message shows in what the SIM spent.
        state = ProofState.FAILED if is_late else ProofState.TRYING
        return _Outcome(state=state, reason=Reason("keep-alive.trying"))
    return _proved(reader, proof, message, now_ms) or _unproved(message, is_late=is_late)


def _proved(reader: sqlite3.Connection, proof: Proof, message: Message, now_ms: int) -> _Outcome | None:
    delivered_ms = message.finished_at_ms if message.state is MessageState.DELIVERED else None
    arrived = (
        [] if proof.to_sim_id is None else balance.arrived_since(reader, proof.to_sim_id, proof.tried_at_ms)
    )
    shown = next((each for each in arrived if each.text == message.text), None)
    if shown is not None:
        return _Outcome(
            state=ProofState.PROVED,
            reason=Reason("keep-alive.received"),
            sent_at_ms=message.sent_at_ms,
            delivered_at_ms=delivered_ms,
            received_at_ms=shown.at_ms,
            inbound_seq=shown.seq,
        )
    may_still_show = proof.to_sim_id is not None
    if delivered_ms is None or (may_still_show and now_ms - delivered_ms <= RECEIVED_WITHIN_MS):
        return None
    return _Outcome(
        state=ProofState.PROVED,
        reason=Reason("keep-alive.delivered"),
        sent_at_ms=message.sent_at_ms,
        delivered_at_ms=delivered_ms,
    )


def _unproved(message: Message, *, is_late: bool) -> _Outcome:
    sent_ms = message.sent_at_ms
    if message.state in _FAILED or (is_late and sent_ms is None):
        said = {
            key: value if isinstance(value, int) else str(value) for key, value in message.reason_args.items()
        }
        return _Outcome(state=ProofState.FAILED, reason=Reason(message.reason, said), sent_at_ms=sent_ms)
    if sent_ms is None:
        return _Outcome(state=ProofState.TRYING, reason=Reason("keep-alive.trying"))
    if is_late:
        return _Outcome(
            state=ProofState.UNCONFIRMED, reason=Reason("keep-alive.unconfirmed"), sent_at_ms=sent_ms
        )
    return _Outcome(state=ProofState.SENT, reason=Reason("keep-alive.sent"), sent_at_ms=sent_ms)


def _note(connection: sqlite3.Connection, proof: Proof, outcome: _Outcome, now_ms: int) -> None:
    keep_alive.settle(
        connection,
        proof.id,
        state=outcome.state,
        sent_at_ms=outcome.sent_at_ms,
        delivered_at_ms=outcome.delivered_at_ms,
        received_at_ms=outcome.received_at_ms,
        inbound_seq=outcome.inbound_seq,
        reason=outcome.reason.code,
        args=outcome.reason.args,
    )
    if outcome.state is ProofState.PROVED:
        events.add(
            connection,
            EventKind.KEEP_ALIVE,
            "keep-alive.proved",
            {"sim": sims.get(connection, proof.sim_id).name},
            at_ms=now_ms,
            sim_id=proof.sim_id,
        )

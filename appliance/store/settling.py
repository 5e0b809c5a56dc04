"""What a message is, given what its parts are: after a report, a late answer, or its last part.

A part that was tried more than once (because an uncertain one was sent again) counts as its best try.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.store import sims
from appliance.store.life import FINAL_MESSAGE_STATES, Delivery, MessageState, PartState, may_step
from appliance.store.sending import Said

_BEST_FIRST = (
    PartState.DELIVERED,
    PartState.ACCEPTED,
    PartState.UNDELIVERED,
    PartState.UNCERTAIN,
    PartState.SUBMITTING,
    PartState.REFUSED,
)
_RANK = {state: rank for rank, state in enumerate(_BEST_FIRST)}

_SETTLED_BY_PARTS = frozenset(
    {MessageState.SENT, MessageState.UNDELIVERED, MessageState.UNCERTAIN, MessageState.QUEUED}
)
"""States that a report or a late answer can change. One that is sending goes on with its own parts first."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """The parts of a message taken together."""

    states: tuple[PartState | None, ...]
    """Best state of each part, in order; None: never tried."""

    @property
    def all_went(self) -> bool:
        return all(state in _WENT for state in self.states)

    @property
    def is_uncertain(self) -> bool:
        return PartState.UNCERTAIN in self.states

    @property
    def outcome(self) -> MessageState:
        """What the message is, all of it having gone."""
        if all(state is PartState.DELIVERED for state in self.states):
            return MessageState.DELIVERED
        if PartState.UNDELIVERED in self.states:
            return MessageState.UNDELIVERED
        return MessageState.SENT


_WENT = frozenset({PartState.DELIVERED, PartState.ACCEPTED, PartState.UNDELIVERED})


def best_states(parts: Iterable[tuple[int, str]], total: int) -> tuple[PartState | None, ...]:
    """The best state of each of ``total`` parts among rows of (number, state)."""
    best: dict[int, PartState] = {}
    for number, word in parts:
        state = PartState(word)
        if number not in best or _RANK[state] < _RANK[best[number]]:
            best[number] = state
    return tuple(best.get(number) for number in range(1, total + 1))


def settle(connection: sqlite3.Connection, seq: int, now_ms: int) -> MessageState:
    """Move a message where its parts say that it is; returns its state. Where they say nothing new, nothing moves.

    An uncertain message whose uncertain part turns out to have gone, with others still to be sent, goes back into
    the queue for the SIM that sent it.
    """
    state_word, total, sim_id, delivery_report = connection.execute(
        "SELECT state, parts_total, sim_id, delivery_report FROM messages WHERE seq = ?", (seq,)
    ).fetchone()
    before = MessageState(state_word)
    if before not in _SETTLED_BY_PARTS:
        return before
    rows = connection.execute("SELECT number, state FROM parts WHERE message_seq = ?", (seq,))
    standing = _Standing(best_states(rows.fetchall(), total))
    if standing.all_went:
        after = standing.outcome
    elif before is MessageState.UNCERTAIN and not standing.is_uncertain:
        after = MessageState.QUEUED
    else:
        return before
    if after is before or not may_step(before, after):
        return before
    said = _said(connection, seq, after, sim_id, delivery_report)
    is_final = after in FINAL_MESSAGE_STATES or (after is MessageState.SENT and not delivery_report)
    connection.execute(
        """
        UPDATE messages SET state = :state, reason = :reason, reason_args = :args, updated_at_ms = :now,
            sent_at_ms = CASE WHEN :state = 'queued' THEN sent_at_ms ELSE coalesce(sent_at_ms, :now) END,
            finished_at_ms = CASE WHEN :final THEN :now END,
            pinned_sim_id = CASE WHEN :state = 'queued' THEN sim_id ELSE pinned_sim_id END
        WHERE seq = :seq
        """,
        {
            "state": after,
            "reason": said.code,
            "args": said.args,
            "now": now_ms,
            "final": is_final,
            "seq": seq,
        },
    )
    return after


def _said(
    connection: sqlite3.Connection, seq: int, after: MessageState, sim_id: int | None, delivery_report: int
) -> Said:
    if after in (MessageState.DELIVERED, MessageState.UNDELIVERED):
        delivery, status = connection.execute(
            """
            SELECT report_delivery, report_status FROM parts
            WHERE message_seq = ? AND state = ? AND report_delivery IS NOT NULL
            ORDER BY reported_at_ms DESC LIMIT 1
            """,
            (seq, after),
        ).fetchone()
        return said_of_report(Delivery(delivery), status)
    name = sims.get(connection, sim_id).name if sim_id is not None else ""
    if after is MessageState.QUEUED:
        return Said.of("message.continues", sim=name)
    return Said.of("message.sent" if delivery_report else "message.sent-without-report", sim=name)


_DELIVERED = Said("message.delivered")


def said_of_report(delivery: Delivery, status: int) -> Said:
    """What a delivery report says about a message, in words for people."""
    match delivery:
        case Delivery.DELIVERED:
            return _DELIVERED
        case Delivery.UNCONFIRMED:
            return Said("message.delivered-unconfirmed")
        case Delivery.STILL_TRYING:
            return Said.of("message.still-trying", status=f"0x{status:02x}")
        case _:
            return Said.of(f"message.undelivered.{delivery}", status=f"0x{status:02x}")

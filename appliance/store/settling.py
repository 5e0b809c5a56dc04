"""What a message is, given what its parts are: after a report, a late answer, or its last part.

A part that was tried more than once (because an uncertain one was sent again) counts as its best try. Only parts
of one SIM under one reference make a whole: a phone does not join others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.store import events, sims
from appliance.store.life import FINAL_MESSAGE_STATES, Delivery, MessageState, PartState, may_step
from appliance.store.sending import Begun, Said, begun

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

    whole: tuple[tuple[PartState, ...], ...]
    """The best states of the parts of each set that went as a whole."""
    begun: Begun | None
    is_stopped: bool
    """Whether nobody knows of a part of what begun; or, where nothing has, of any part."""

    @property
    def outcome(self) -> MessageState | None:
        """What the message is if all of it went, by its best whole; None: it did not, or not all of it."""
        outcomes = {_outcome(states) for states in self.whole}
        return next((outcome for outcome in _BEST_OUTCOME_FIRST if outcome in outcomes), None)


_SAYS_WHAT_WENT = frozenset({MessageState.CANCELLED, MessageState.EXPIRED})
"""Final states in which a try that nobody knew of may still be heard of."""

_WENT = frozenset({PartState.DELIVERED, PartState.ACCEPTED, PartState.UNDELIVERED})
_BEST_OUTCOME_FIRST = (MessageState.DELIVERED, MessageState.SENT, MessageState.UNDELIVERED)


def _outcome(states: tuple[PartState, ...]) -> MessageState:
    if all(state is PartState.DELIVERED for state in states):
        return MessageState.DELIVERED
    return MessageState.UNDELIVERED if PartState.UNDELIVERED in states else MessageState.SENT


def _standing(connection: sqlite3.Connection, seq: int, total: int) -> _Standing:
    rows = connection.execute(
        "SELECT sim_id, concat_reference, number, state FROM parts WHERE message_seq = ?", (seq,)
    ).fetchall()
    sets: dict[object, list[tuple[int, str]]] = {}
    for sim_id, reference, number, state in rows:
        # A message of one part is whole whoever sent it.
        sets.setdefault((sim_id, reference) if total > 1 else None, []).append((number, state))
    best = {key: best_states(parts, total) for key, parts in sets.items()}
    whole = tuple(
        tuple(state for state in states if state in _WENT)
        for states in best.values()
        if all(state in _WENT for state in states)
    )
    went = begun(connection, seq)
    relevant = (
        list(best.values()) if went is None or total == 1 else [best[went.sim_id, went.concat_reference]]
    )
    return _Standing(whole, went, any(PartState.UNCERTAIN in states for states in relevant))


def best_states(parts: Iterable[tuple[int, str]], total: int) -> tuple[PartState | None, ...]:
    """The best state of each of ``total`` parts among rows of (number, state)."""
    best: dict[int, PartState] = {}
    for number, word in parts:
        state = PartState(word)
        if number not in best or _RANK[state] < _RANK[best[number]]:
            best[number] = state
    return tuple(best.get(number) for number in range(1, total + 1))


def settle(
    connection: sqlite3.Connection, seq: int, now_ms: int, *, attempt_is_over: bool = False
) -> MessageState:
    """Move a message where its parts say that it is; returns its state. Where they say nothing new, nothing moves.

    A message that is uncertain, or waits to be sent again, of which a part turns out to have gone with others still
    to be sent, goes on in the queue for the SIM that sent that part. One that is sending is moved only by whoever
    knows that its ``attempt_is_over``.
    """
    state_word, total, sim_id, pinned_sim_id, delivery_report = connection.execute(
        "SELECT state, parts_total, sim_id, pinned_sim_id, delivery_report FROM messages WHERE seq = ?",
        (seq,),
    ).fetchone()
    before = MessageState(state_word)
    if before in _SAYS_WHAT_WENT:
        _say_what_went(connection, seq, before, now_ms)
        return before
    if before not in _SETTLED_BY_PARTS and not (before is MessageState.SENDING and attempt_is_over):
        return before
    standing = _standing(connection, seq, total)
    went = standing.begun
    after = standing.outcome or _going_on(before, standing, pinned_sim_id)
    if went is None or after is None:
        return before
    if not may_step(before, after) or (after is before and after is not MessageState.QUEUED):
        return before
    its_sim_id = went.sim_id if after is MessageState.QUEUED else sim_id
    said = _said(connection, seq, after, its_sim_id, delivery_report)
    is_final = after in FINAL_MESSAGE_STATES or (after is MessageState.SENT and not delivery_report)
    connection.execute(
        """
        UPDATE messages SET state = :state, reason = :reason, reason_args = :args, updated_at_ms = :now,
            sent_at_ms = CASE WHEN :state = 'queued' THEN sent_at_ms ELSE coalesce(sent_at_ms, :now) END,
            finished_at_ms = CASE WHEN :final THEN :now END,
            not_before_ms = CASE WHEN :state = 'queued' THEN 0 ELSE not_before_ms END, is_due = 1, is_parked = 0,
            pinned_sim_id = CASE WHEN :state = 'queued' THEN :pinned ELSE pinned_sim_id END
        WHERE seq = :seq
        """,
        {
            "state": after,
            "reason": said.code,
            "args": said.args,
            "now": now_ms,
            "final": is_final,
            "pinned": went.sim_id,
            "seq": seq,
        },
    )
    return after


def believe_sent(connection: sqlite3.Connection, seq: int) -> None:
    """A person knows that a message was sent: the uncertain parts of one try count as taken by the network.

    Of the try that the network certainly took parts of, where one did and has such parts; else of the latest. What
    another try sent, through another SIM or under another reference, stays uncertain: a report may still tell.
    """
    went = begun(connection, seq)
    rows = connection.execute(
        """
        SELECT sim_id, concat_reference FROM parts WHERE message_seq = ? AND state = 'uncertain'
        ORDER BY attempt DESC
        """,
        (seq,),
    ).fetchall()
    tries = [(sim_id, reference) for sim_id, reference in rows]
    if not tries:
        return
    begun_by = None if went is None else (went.sim_id, went.concat_reference)
    believed = begun_by if begun_by is not None and begun_by in tries else tries[0]
    connection.execute(
        """
        UPDATE parts SET state = 'accepted' WHERE id IN (
            -- A part that the same SIM gave up twice went once, as far as a person can know.
            SELECT max(id) FROM parts
            WHERE message_seq = ? AND state = 'uncertain' AND sim_id = ? AND concat_reference IS ?
            GROUP BY number
        )
        """,
        (seq, *believed),
    )


_ANOTHER_TRY_WENT = """
    SELECT other.message_seq FROM parts AS settled
    JOIN parts AS other ON other.message_seq = settled.message_seq AND other.number = settled.number
        AND other.attempt <> settled.attempt
    WHERE settled.id = ? AND settled.state IN ('accepted', 'delivered', 'undelivered')
        AND other.state IN ('accepted', 'delivered', 'undelivered')
    LIMIT 1
"""


def note_doubled(connection: sqlite3.Connection, part_id: int, now_ms: int) -> None:
    """A part of which nobody knew turns out to have gone: where it was sent again meanwhile, people are told."""
    row = connection.execute(_ANOTHER_TRY_WENT, (part_id,)).fetchone()
    if row is None:
        return
    seq = int(row[0])
    connection.execute(
        """
        UPDATE messages SET reason = 'message.sent-twice', reason_args = '{}', updated_at_ms = ?
        WHERE seq = ? AND state IN ('sent', 'delivered', 'undelivered')
        """,
        (now_ms, seq),
    )
    events.add(
        connection,
        events.EventKind.MESSAGE_UNCERTAIN,
        "message.sent-twice",
        {},
        at_ms=now_ms,
        message_seq=seq,
    )


def why_ended(connection: sqlite3.Connection, seq: int, state: MessageState) -> str:
    """The reason of a message that is cancelled or expired, which is to be true of what the recipient may see."""
    (total,) = connection.execute("SELECT parts_total FROM messages WHERE seq = ?", (seq,)).fetchone()
    standing = _standing(connection, seq, total)
    if standing.whole:
        return f"message.{state}-sent"
    if standing.begun is not None:
        return f"message.{state}-partly"
    return f"message.{state}-uncertain" if standing.is_stopped else f"message.{state}"


def _say_what_went(connection: sqlite3.Connection, seq: int, state: MessageState, now_ms: int) -> None:
    reason = why_ended(connection, seq, state)
    connection.execute(
        "UPDATE messages SET reason = ?, updated_at_ms = ? WHERE seq = ? AND reason <> ?",
        (reason, now_ms, seq, reason),
    )


def _going_on(before: MessageState, standing: _Standing, pinned_sim_id: int | None) -> MessageState | None:
    """QUEUED where a message of which parts went is to go on with their SIM, and does not yet."""
    if standing.begun is None:
        return None
    was_settled = before is MessageState.UNCERTAIN and not standing.is_stopped
    is_adrift = before is MessageState.QUEUED and pinned_sim_id != standing.begun.sim_id
    return MessageState.QUEUED if was_settled or is_adrift else None


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

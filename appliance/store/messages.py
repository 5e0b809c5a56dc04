"""Outgoing messages as the office sees them: accept, get, list, take back.

What a SIM does with them is in :mod:`appliance.store.sending`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from appliance.store import sending, settling
from appliance.store.facts import facts_of
from appliance.store.life import MessageState, PartState
from appliance.store.undo import MARKED_SENT, RESENT, RESENT_SOON, parts_in_words
from appliance.values import value


@value
class NewMessage:
    """A message that was found good and is not stored yet; the fields are the columns of ``messages``."""

    id: str
    recipient: str
    text: str
    alphabet: str
    parts_total: int
    flash: bool
    delivery_report: bool
    priority: int
    on_uncertain: str
    source: str
    api_key_id: int | None
    state: MessageState
    reason: str
    expires_at_ms: int | None
    accepted_at_ms: int
    reason_args: Mapping[str, object] = field(default_factory=dict)
    via_sim_id: int | None = None
    """Only this SIM may send it, from the first part on."""
    not_before_ms: int = 0
    """No SIM takes it before; 0: at once."""
    account_id: int = 1
    destination: str = ""
    """A carrier's id, 'abroad', or '' where nobody knows."""
    sticky_sim_id: int | None = None
    """The SIM that its recipient knows (:func:`appliance.store.conversation.sims_of_conversations`)."""
    campaign: str | None = None
    """A word of whoever sends it, to find what belongs together."""

    def on_its_way(self, destination: str, sticky_sim_id: int | None) -> NewMessage:
        """The same with where it goes, and the SIM that its recipient knows."""
        return NewMessage(
            self.id,
            self.recipient,
            self.text,
            self.alphabet,
            self.parts_total,
            self.flash,
            self.delivery_report,
            self.priority,
            self.on_uncertain,
            self.source,
            self.api_key_id,
            self.state,
            self.reason,
            self.expires_at_ms,
            self.accepted_at_ms,
            self.reason_args,
            self.via_sim_id,
            self.not_before_ms,
            self.account_id,
            destination,
            sticky_sim_id,
            self.campaign,
        )


@value
class Message:
    """A stored outgoing message."""

    seq: int
    id: str
    recipient: str
    text: str
    alphabet: str
    parts_total: int
    flash: bool
    delivery_report: bool
    priority: int
    on_uncertain: str
    source: str
    state: MessageState
    reason: str
    reason_args: Mapping[str, object]
    attempt: int
    sim_id: int | None
    pinned_sim_id: int | None
    via_sim_id: int | None
    excluded_sim_ids: tuple[int, ...]
    not_before_ms: int
    expires_at_ms: int | None
    accepted_at_ms: int
    sent_at_ms: int | None
    finished_at_ms: int | None
    updated_at_ms: int
    account_id: int = 1
    destination: str = ""
    sticky_sim_id: int | None = None
    campaign: str | None = None
    api_key_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a message in one attempt, with what became of it."""

    attempt: int
    number: int
    sim_id: int
    port_name: str | None
    port_label: str | None
    concat_reference: int | None
    state: PartState
    tp_mr: int | None
    error_kind: str | None
    error_code: int | None
    error_detail: str | None
    report_status: int | None
    submitted_at_ms: int | None
    answered_at_ms: int | None
    reported_at_ms: int | None


def new_id(now_ms: int | None = None) -> str:
    """A UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then random bits; unique across boxes."""
    moment = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    when, by_chance = f"{moment & ((1 << 48) - 1):012x}", os.urandom(10).hex()
    variant = "89ab"[int(by_chance[3], 16) & 3]
    return f"{when[:8]}-{when[8:]}-7{by_chance[:3]}-{variant}{by_chance[4:7]}-{by_chance[7:19]}"


_INSERT = """
    INSERT INTO messages (seq, id, recipient, text, alphabet, parts_total, flash, delivery_report, priority,
        on_uncertain, source, api_key_id, state, reason, reason_args, expires_at_ms, accepted_at_ms,
        updated_at_ms, pinned_sim_id, via_sim_id, not_before_ms, is_due, account_id, destination, sticky_sim_id,
        campaign)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def accept(connection: sqlite3.Connection, message: NewMessage) -> Message:
    """Store a new message in its first state; on disk when the transaction is."""
    return accept_many(connection, (message,))[0]


def accept_many(connection: sqlite3.Connection, accepted: Sequence[NewMessage]) -> tuple[Message, ...]:
    """Store new messages in their first states, one number after the other."""
    facts = facts_of(connection)
    first = 1 + (_newest(connection) if facts is None else facts.get(connection, _newest, _newest))
    seqs = range(first, first + len(accepted))
    connection.executemany(_INSERT, map(_row, seqs, accepted))
    if facts is not None:
        facts.put(connection, _newest, seqs[-1])
    return tuple(map(_stored, seqs, accepted))


def _newest(connection: sqlite3.Connection) -> int:
    (newest,) = connection.execute("SELECT max(seq) FROM messages").fetchone()
    return newest or 0


def _row(seq: int, message: NewMessage) -> tuple[object, ...]:
    args = json.dumps(dict(message.reason_args), ensure_ascii=False) if message.reason_args else "{}"
    return (
        seq,
        message.id,
        message.recipient,
        message.text,
        message.alphabet,
        message.parts_total,
        message.flash,
        message.delivery_report,
        message.priority,
        message.on_uncertain,
        message.source,
        message.api_key_id,
        message.state,
        message.reason,
        args,
        message.expires_at_ms,
        message.accepted_at_ms,
        message.accepted_at_ms,
        message.via_sim_id,
        message.via_sim_id,
        message.not_before_ms,
        message.not_before_ms <= message.accepted_at_ms,
        message.account_id,
        message.destination,
        message.sticky_sim_id,
        message.campaign,
    )


def _stored(seq: int, message: NewMessage) -> Message:
    return Message(
        seq=seq,
        id=message.id,
        recipient=message.recipient,
        text=message.text,
        alphabet=message.alphabet,
        parts_total=message.parts_total,
        flash=message.flash,
        delivery_report=message.delivery_report,
        priority=message.priority,
        on_uncertain=message.on_uncertain,
        source=message.source,
        state=message.state,
        reason=message.reason,
        reason_args=message.reason_args,
        attempt=0,
        sim_id=None,
        pinned_sim_id=message.via_sim_id,
        via_sim_id=message.via_sim_id,
        excluded_sim_ids=(),
        not_before_ms=message.not_before_ms,
        expires_at_ms=message.expires_at_ms,
        accepted_at_ms=message.accepted_at_ms,
        sent_at_ms=None,
        finished_at_ms=None,
        updated_at_ms=message.accepted_at_ms,
        account_id=message.account_id,
        destination=message.destination,
        sticky_sim_id=message.sticky_sim_id,
        campaign=message.campaign,
        api_key_id=message.api_key_id,
    )


def get(connection: sqlite3.Connection, message_id: str) -> Message | None:
    """The message of a UUID."""
    row = connection.execute("SELECT * FROM messages WHERE id = ?", [message_id]).fetchone()
    return message_of(row) if row else None


def of_seq(connection: sqlite3.Connection, seq: int) -> Message | None:
    """The message of a row of another table."""
    row = connection.execute("SELECT * FROM messages WHERE seq = ?", [seq]).fetchone()
    return message_of(row) if row else None


def of_seqs(connection: sqlite3.Connection, first_seq: int, count: int) -> tuple[Message, ...]:
    """The messages of so many numbers from one on, as they are now; those that were deleted are left out."""
    rows = connection.execute(
        "SELECT * FROM messages WHERE seq >= ? AND seq < ? ORDER BY seq", (first_seq, first_seq + count)
    )
    return tuple(map(message_of, rows))


def page(
    connection: sqlite3.Connection,
    *,
    limit: int,
    before_seq: int | None = None,
    recipient: str | None = None,
) -> list[Message]:
    """Newest first, at most ``limit``, older than ``before_seq``. By more: :mod:`appliance.store.message_lists`."""
    condition = "seq < :before" if recipient is None else "seq < :before AND recipient = :recipient"
    rows = connection.execute(
        f"SELECT * FROM messages WHERE {condition} ORDER BY seq DESC LIMIT :limit",
        {
            "before": before_seq if before_seq is not None else (1 << 63) - 1,
            "recipient": recipient,
            "limit": limit,
        },
    )
    return [message_of(row) for row in rows]


def parts_of(connection: sqlite3.Connection, message_seq: int) -> list[Part]:
    """Every part that was ever reserved for a message, attempt by attempt."""
    rows = connection.execute(
        """
        SELECT parts.attempt, parts.number, parts.sim_id, ports.name AS port_name, ports.label AS port_label,
               parts.concat_reference, parts.state, parts.tp_mr, parts.error_kind, parts.error_code,
               parts.error_detail, parts.report_status, parts.submitted_at_ms, parts.answered_at_ms,
               parts.reported_at_ms
        FROM parts LEFT JOIN ports ON ports.id = parts.port_id
        WHERE parts.message_seq = ? ORDER BY parts.attempt, parts.number
        """,
        [message_seq],
    )
    return [Part(**{**dict(row), "state": PartState(row["state"])}) for row in rows]


def count_parts_since(connection: sqlite3.Connection, sim_id: int, since_ms: int) -> int:
    """How many parts a SIM has sent, or may have sent, since an instant."""
    row = connection.execute(
        "SELECT count(*) FROM parts WHERE sim_id = ? AND submitted_at_ms > ?", [sim_id, since_ms]
    ).fetchone()
    return int(row[0])


def cancel(connection: sqlite3.Connection, message_id: str, now_ms: int) -> bool:
    """Take back a message that no SIM has taken; whether it was in time.

    One UPDATE with the state in its condition: where the pool reserves the message at the same moment,
    exactly one of the two wins. Its reason is written with it, so that the feed tells both at once.
    """
    row = connection.execute(
        "SELECT seq FROM messages WHERE id = ? AND state IN ('queued', 'held')", [message_id]
    ).fetchone()
    if row is None:
        return False
    cursor = connection.execute(
        """
        UPDATE messages SET state = 'cancelled', reason = :reason, reason_args = '{}', finished_at_ms = :now,
            updated_at_ms = :now
        WHERE seq = :seq AND state IN ('queued', 'held')
        """,
        {
            "now": now_ms,
            "seq": row[0],
            "reason": settling.why_ended(connection, row[0], MessageState.CANCELLED),
        },
    )
    return cursor.rowcount == 1


def resend(connection: sqlite3.Connection, message_id: str, now_ms: int, *, not_before_ms: int = 0) -> bool:
    """A person has decided that an uncertain message is sent again; whether it was (still) uncertain.

    Not before ``not_before_ms``, so that it can be taken back until then (:func:`appliance.store.undo.undo`).

    Parts that certainly went are not sent again, and then only their SIM may go on. The uncertain part keeps
    its row, so that a report that comes after all is still understood. Past its deadline it is not sent again, and its
    reason says so.
    """
    message = _uncertain(connection, message_id)
    if message is None:
        return False
    went = sending.begun(connection, message.seq)
    if went is None and message.expires_at_ms is not None and message.expires_at_ms <= now_ms:
        sending.note_progress(connection, message.seq, sending.TIME_OVER, now_ms)
        return False
    sending.requeue(
        connection,
        message.seq,
        sending.Said.of(RESENT_SOON, until_ms=not_before_ms) if not_before_ms else sending.Said.of(RESENT),
        not_before_ms=not_before_ms,
        pinned_sim_id=None if went is None else went.sim_id,
        excluded=frozenset(),
        now_ms=now_ms,
    )
    return True


def mark_sent(connection: sqlite3.Connection, message_id: str, now_ms: int) -> bool:
    """A person knows that the uncertain part was sent; whether the message was (still) uncertain.

    Parts that were not tried yet go next, through the same SIM.
    """
    message = _uncertain(connection, message_id)
    if message is None:
        return False
    doubted = _uncertain_parts(connection, message.seq)
    settling.believe_sent(connection, message.seq)
    left = set(_uncertain_parts(connection, message.seq))
    believed = parts_in_words([each for each in doubted if each not in left])
    went = sending.begun(connection, message.seq)
    if went is not None and len(went.numbers) < message.parts_total:
        sending.requeue(
            connection,
            message.seq,
            sending.Said.of("message.continues-by-person"),
            not_before_ms=0,
            pinned_sim_id=went.sim_id,
            excluded=frozenset(),
            now_ms=now_ms,
        )
        return True
    connection.execute(
        """
        UPDATE messages SET state = 'sent', reason = :reason, reason_args = :args, sent_at_ms = :now,
            updated_at_ms = :now, finished_at_ms = CASE WHEN delivery_report THEN NULL ELSE :now END
        WHERE seq = :seq AND state = 'uncertain'
        """,
        {
            "now": now_ms,
            "seq": message.seq,
            "reason": MARKED_SENT,
            "args": json.dumps({"believed": believed}),
        },
    )
    return True


def _uncertain_parts(connection: sqlite3.Connection, seq: int) -> list[int]:
    rows = connection.execute(
        "SELECT id FROM parts WHERE message_seq = ? AND state = 'uncertain' ORDER BY id", [seq]
    )
    return [part_id for (part_id,) in rows]


def _uncertain(connection: sqlite3.Connection, message_id: str) -> Message | None:
    """The message if it is uncertain; what is read in a writing transaction holds until its end."""
    message = get(connection, message_id)
    return message if message is not None and message.state is MessageState.UNCERTAIN else None


def message_of(row: sqlite3.Row) -> Message:
    """A row of ``messages``."""
    return Message(
        seq=row["seq"],
        id=row["id"],
        recipient=row["recipient"],
        text=row["text"],
        alphabet=row["alphabet"],
        parts_total=row["parts_total"],
        flash=bool(row["flash"]),
        delivery_report=bool(row["delivery_report"]),
        priority=row["priority"],
        on_uncertain=row["on_uncertain"],
        source=row["source"],
        state=MessageState(row["state"]),
        reason=row["reason"],
        reason_args=json.loads(row["reason_args"]),
        attempt=row["attempt"],
        sim_id=row["sim_id"],
        pinned_sim_id=row["pinned_sim_id"],
        via_sim_id=row["via_sim_id"],
        excluded_sim_ids=tuple(json.loads(row["excluded_sim_ids"])),
        not_before_ms=row["not_before_ms"],
        expires_at_ms=row["expires_at_ms"],
        accepted_at_ms=row["accepted_at_ms"],
        sent_at_ms=row["sent_at_ms"],
        finished_at_ms=row["finished_at_ms"],
        updated_at_ms=row["updated_at_ms"],
        account_id=row["account_id"],
        destination=row["destination"],
        sticky_sim_id=row["sticky_sim_id"],
        campaign=row["campaign"],
        api_key_id=row["api_key_id"],
    )

"""What was received, as the office reads it. How it got there is in :mod:`appliance.store.inbound`."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """A received message with the SIM that received it."""

    seq: int
    id: str
    sim_id: int
    sim_iccid: str | None
    sim_msisdn: str | None
    sim_label: str | None
    sender: str
    text: str | None
    data: str | None
    kind: str
    about: str | None
    """'balance' or 'keep-alive' where it is the answer to a question of the box itself, or its own message."""
    parts_total: int
    parts_received: int
    complete: bool
    scts_at_ms: int | None
    received_at_ms: int
    completed_at_ms: int


_SELECT = """
    SELECT inbound.seq, inbound.id, inbound.sim_id, sims.iccid AS sim_iccid, sims.msisdn AS sim_msisdn,
           sims.label AS sim_label, inbound.sender, inbound.text, inbound.data, inbound.kind,
           CASE WHEN EXISTS (SELECT 1 FROM balance_readings WHERE inbound_seq = inbound.seq) THEN 'balance'
                WHEN EXISTS (SELECT 1 FROM keep_alive_proofs WHERE inbound_seq = inbound.seq) THEN 'keep-alive'
           END AS about,
           inbound.parts_total, inbound.parts_received, inbound.complete, inbound.scts_at_ms,
           inbound.received_at_ms, inbound.completed_at_ms
    FROM inbound_messages AS inbound JOIN sims ON sims.id = inbound.sim_id
"""


def get(connection: sqlite3.Connection, message_id: str) -> InboxMessage | None:
    """The received message of a UUID."""
    row = connection.execute(f"{_SELECT} WHERE inbound.id = ?", [message_id]).fetchone()
    return _message(row) if row else None


def page(
    connection: sqlite3.Connection, *, limit: int, before_seq: int | None = None, sender: str | None = None
) -> list[InboxMessage]:
    """Newest first, at most ``limit``, older than ``before_seq``."""
    conditions = ["inbound.seq < :before"]
    if sender is not None:
        conditions.append("inbound.sender = :sender")
    rows = connection.execute(
        f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY inbound.seq DESC LIMIT :limit",
        {
            "before": before_seq if before_seq is not None else (1 << 63) - 1,
            "sender": sender,
            "limit": limit,
        },
    )
    return [_message(row) for row in rows]


def _message(row: sqlite3.Row) -> InboxMessage:
    return InboxMessage(**{**dict(row), "complete": bool(row["complete"])})

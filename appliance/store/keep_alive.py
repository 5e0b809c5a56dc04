"""Messages that keep a SIM alive, with the proof that they went; and when a SIM last spent something."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ProofState(StrEnum):
    """Where a message that keeps a SIM alive is."""

    TRYING = "trying"
    """Accepted by the box, not by the network yet."""
    SENT = "sent"
    """The network took it; the proof of its arrival is awaited."""
    PROVED = "proved"
    """Delivered, or received by the other SIM."""
    UNCONFIRMED = "unconfirmed"
    """The network took it, and nobody said that it arrived."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One such message."""

    id: int
    sim_id: int
    due_ms: int
    message_id: str
    recipient: str
    to_sim_id: int | None
    state: ProofState
    tried_at_ms: int
    sent_at_ms: int | None
    delivered_at_ms: int | None
    received_at_ms: int | None
    inbound_seq: int | None
    reason: str
    reason_args: dict[str, str | int]


LAST_SPENT = """
    SELECT coalesce(parts.answered_at_ms, parts.submitted_at_ms), parts.message_seq
    FROM parts INDEXED BY parts_of_sim JOIN messages ON messages.seq = parts.message_seq
    WHERE parts.sim_id = ? AND parts.submitted_at_ms IS NOT NULL AND parts.state IN ('accepted', 'delivered')
        AND messages.recipient LIKE '+%'
    ORDER BY parts.submitted_at_ms DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Spending:
    """A part that the network took from a SIM for a real number."""

    at_ms: int
    message_seq: int


def last_spending(connection: sqlite3.Connection, sim_id: int) -> Spending | None:
    """The newest one that is kept; retention keeps it for this."""
    row = connection.execute(LAST_SPENT, [sim_id]).fetchone()
    return None if row is None else Spending(row[0], row[1])


def last_spent_ms(connection: sqlite3.Connection, sim_id: int) -> int | None:
    """When the network last took a part from a SIM for a real number and has not said since that it failed.

    Short numbers are left out: those of carriers are often free, and what is free keeps no SIM alive. What was proved
    counts for as long as the proof is kept.
    """
    part = last_spending(connection, sim_id)
    proof = connection.execute(
        """
        SELECT max(sent_at_ms) FROM keep_alive_proofs WHERE sim_id = ? AND state IN ('sent', 'proved', 'unconfirmed')
        """,
        [sim_id],
    ).fetchone()
    known = (None if part is None else part.at_ms, proof[0])
    return max((at_ms for at_ms in known if at_ms is not None), default=None)


def begin(
    connection: sqlite3.Connection,
    *,
    sim_id: int,
    due_ms: int,
    recipient: str,
    to_sim_id: int | None,
    now_ms: int,
) -> int:
    """A try begins, before its message is written; its id."""
    row = connection.execute(
        """
        INSERT INTO keep_alive_proofs (sim_id, due_ms, message_id, recipient, to_sim_id, state, tried_at_ms, reason)
        VALUES (?, ?, '', ?, ?, 'trying', ?, 'keep-alive.trying') RETURNING id
        """,
        [sim_id, due_ms, recipient, to_sim_id, now_ms],
    ).fetchone()
    return int(row["id"])


def note_message(connection: sqlite3.Connection, proof_id: int, message_id: str) -> None:
    """The message of a try."""
    connection.execute("UPDATE keep_alive_proofs SET message_id = ? WHERE id = ?", [message_id, proof_id])


def settle(
    connection: sqlite3.Connection,
    proof_id: int,
    *,
    state: ProofState,
    sent_at_ms: int | None = None,
    delivered_at_ms: int | None = None,
    received_at_ms: int | None = None,
    inbound_seq: int | None = None,
    reason: str,
    args: Mapping[str, str | int],
) -> None:
    """What is known of a try by now."""
    connection.execute(
        """
        UPDATE keep_alive_proofs SET state = ?, sent_at_ms = ?, delivered_at_ms = ?, received_at_ms = ?,
            inbound_seq = ?, reason = ?, reason_args = ?
        WHERE id = ?
        """,
        [
            state,
            sent_at_ms,
            delivered_at_ms,
            received_at_ms,
            inbound_seq,
            reason,
            json.dumps(dict(args), ensure_ascii=False),
            proof_id,
        ],
    )


def open_proofs(connection: sqlite3.Connection) -> list[Proof]:
    """Tries of which it is not known yet what came of them, oldest first."""
    rows = connection.execute(
        """
        SELECT * FROM keep_alive_proofs INDEXED BY keep_alive_proofs_open
        WHERE state IN ('trying', 'sent') ORDER BY id
        """
    )
    return [_proof(row) for row in rows]


def is_anything_open(connection: sqlite3.Connection) -> bool:
    """Whether there is such a try."""
    row = connection.execute(
        """
        SELECT EXISTS (SELECT 1 FROM keep_alive_proofs INDEXED BY keep_alive_proofs_open
                       WHERE state IN ('trying', 'sent'))
        """
    ).fetchone()
    return bool(row[0])


def proofs(connection: sqlite3.Connection, sim_id: int, *, limit: int) -> list[Proof]:
    """The messages that kept a SIM alive, and those that failed, newest first."""
    rows = connection.execute(
        "SELECT * FROM keep_alive_proofs WHERE sim_id = ? ORDER BY id DESC LIMIT ?", [sim_id, limit]
    )
    return [_proof(row) for row in rows]


def failed_since(connection: sqlite3.Connection, sim_id: int, since_ms: int) -> list[Proof]:
    """Tries of a SIM that came to nothing of late."""
    rows = connection.execute(
        """
        SELECT * FROM keep_alive_proofs WHERE sim_id = ? AND state = 'failed' AND tried_at_ms >= ? ORDER BY id
        """,
        [sim_id, since_ms],
    )
    return [_proof(row) for row in rows]


def last_tried_ms(connection: sqlite3.Connection) -> int | None:
    """When the box wrote the last message of this kind, from any SIM."""
    row = connection.execute("SELECT tried_at_ms FROM keep_alive_proofs ORDER BY id DESC LIMIT 1").fetchone()
    return None if row is None else int(row[0])


def tell_once(connection: sqlite3.Connection, sim_id: int, due_ms: int, reason: str) -> bool:
    """Whether this reason was not told yet for this date; it counts as told from here on."""
    row = connection.execute(
        "SELECT due_ms, reason FROM keep_alive_notices WHERE sim_id = ?", [sim_id]
    ).fetchone()
    if row is not None and (row["due_ms"], row["reason"]) == (due_ms, reason):
        return False
    connection.execute(
        """
        INSERT INTO keep_alive_notices (sim_id, due_ms, reason) VALUES (?, ?, ?)
        ON CONFLICT (sim_id) DO UPDATE SET due_ms = excluded.due_ms, reason = excluded.reason
        """,
        [sim_id, due_ms, reason],
    )
    return True


def _proof(row: sqlite3.Row) -> Proof:
    return Proof(
        **{**dict(row), "state": ProofState(row["state"]), "reason_args": json.loads(row["reason_args"])}
    )

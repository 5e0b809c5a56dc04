"""What time alone changes about a message: it expires, it is sent again, it may go to any SIM again."""

from __future__ import annotations

import json
import sqlite3

from appliance.store import inbound, reports, sims
from appliance.store.life import MessageState
from appliance.store.sending import TIME_OVER, Said, begun, note_progress, requeue
from appliance.store.settling import why_ended

EXPIRED = """
    SELECT seq FROM messages INDEXED BY messages_expiring
    WHERE state = 'queued' AND expires_at_ms IS NOT NULL AND expires_at_ms <= ?
    ORDER BY expires_at_ms LIMIT ?
"""

TO_RESEND = """
    SELECT seq, sim_id, expires_at_ms FROM messages INDEXED BY messages_to_resend
    WHERE state = 'uncertain' AND on_uncertain = 'resend' AND updated_at_ms <= ? AND attempt < ?
        AND reason NOT IN ('message.uncertain-not-resent', 'message.uncertain-time-over')
    ORDER BY updated_at_ms LIMIT ?
"""

EXCLUDING = """
    SELECT seq, excluded_sim_ids FROM messages INDEXED BY messages_excluding
    WHERE state = 'queued' AND excluded_sim_ids <> '[]' ORDER BY seq LIMIT ?
"""

STEP = 200
"""Rows in one transaction, so that housekeeping never holds up a send for long."""


def is_anything_due(
    connection: sqlite3.Connection,
    *,
    now_ms: int,
    untouched_since_ms: int,
    incomplete_before_ms: int,
    attempts: int,
) -> bool:
    """Whether the functions below, or those for reports and long messages, would find something."""
    looks: tuple[tuple[str, tuple[int, ...]], ...] = (
        (EXPIRED, (now_ms, 1)),
        (TO_RESEND, (untouched_since_ms, attempts, 1)),
        (EXCLUDING, (1,)),
        (inbound.OVERDUE, (incomplete_before_ms,)),
        (reports.SIMS_WITH_BOTH, ()),
    )
    return any(connection.execute(query, values).fetchone() is not None for query, values in looks)


def expire(connection: sqlite3.Connection, now_ms: int) -> int:
    """End the messages whose time is over before a SIM could send them; returns how many, at most :data:`STEP`.

    One of which a part certainly went has begun and stays. Where an earlier try may have sent it, the reason says so.
    """
    ended = 0
    for (seq,) in connection.execute(EXPIRED, (now_ms, STEP)).fetchall():
        if begun(connection, seq) is not None:
            connection.execute("UPDATE messages SET expires_at_ms = NULL WHERE seq = ?", (seq,))
            continue
        expire_one(connection, seq, now_ms)
        ended += 1
    return ended


def expire_one(connection: sqlite3.Connection, seq: int, now_ms: int) -> None:
    """A message that has not begun can't be sent before its deadline any more."""
    connection.execute(
        """
        UPDATE messages SET state = 'expired', reason = ?, reason_args = '{}', finished_at_ms = ?, updated_at_ms = ?
        WHERE seq = ? AND state = 'queued'
        """,
        (why_ended(connection, seq, MessageState.EXPIRED), now_ms, now_ms, seq),
    )


def resend(connection: sqlite3.Connection, *, untouched_since_ms: int, attempts: int, now_ms: int) -> int:
    """Queue the uncertain messages again whose senders asked for that and of which nothing was heard since.

    Returns how many. What was tried ``attempts`` times stays uncertain; and so does, with a reason that says it, what
    is past its time and of which nothing certainly went.
    """
    resent = 0
    rows = connection.execute(TO_RESEND, (untouched_since_ms, attempts, STEP)).fetchall()
    for seq, sim_id, expires_at_ms in rows:
        went = begun(connection, seq)
        if went is None and expires_at_ms is not None and expires_at_ms <= now_ms:
            note_progress(connection, seq, TIME_OVER, now_ms)
            continue
        requeue(
            connection,
            seq,
            Said.of("message.again.resend", sim=sims.get(connection, sim_id).name),
            not_before_ms=0,
            pinned_sim_id=None if went is None else went.sim_id,
            excluded=frozenset(),
            now_ms=now_ms,
        )
        resent += 1
    return resent


def lift_exclusions(connection: sqlite3.Connection, now_ms: int) -> int:
    """Let messages go by any SIM again of which no SIM is left that may; returns how many."""
    lifted = 0
    for seq, excluded in connection.execute(EXCLUDING, (STEP,)).fetchall():
        if not sims.others_ready(connection, frozenset(json.loads(excluded)), now_ms):
            connection.execute(
                "UPDATE messages SET excluded_sim_ids = '[]', updated_at_ms = ? WHERE seq = ?", (now_ms, seq)
            )
            lifted += 1
    return lifted

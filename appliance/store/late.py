"""Answers that came after the box had given up waiting for them."""

from __future__ import annotations

import sqlite3

from appliance.store.life import MessageState, PartState
from appliance.store.settling import note_doubled, settle


def accepted_after_all(
    connection: sqlite3.Connection, part_id: int, tp_mr: int, now_ms: int
) -> MessageState | None:
    """A late ``+CMGS: n``: the part went. Returns the state of its message; None: it was settled before."""
    row = connection.execute(
        """
        UPDATE parts SET state = 'accepted', tp_mr = ?, answered_at_ms = ? WHERE id = ? AND state = 'uncertain'
        RETURNING message_seq
        """,
        (tp_mr, now_ms, part_id),
    ).fetchone()
    return None if row is None else settle_accepted(connection, part_id, int(row[0]), now_ms)


def settle_accepted(connection: sqlite3.Connection, part_id: int, seq: int, now_ms: int) -> MessageState:
    """What follows for a message of which an uncertain part turned out to have gone; its state."""
    state = settle(connection, seq, now_ms)
    note_doubled(connection, part_id, now_ms)
    return state


def is_still_uncertain(connection: sqlite3.Connection, part_id: int) -> bool:
    """Whether nothing has settled a part of which nobody knew."""
    row = connection.execute("SELECT state FROM parts WHERE id = ?", (part_id,)).fetchone()
    return bool(row[0] == PartState.UNCERTAIN)


def settled_among(connection: sqlite3.Connection, part_ids: list[int]) -> set[int]:
    """Which of these parts something has settled since: no answer can be theirs any more."""
    return {
        part_id
        for part_id in part_ids
        for (state,) in connection.execute("SELECT state FROM parts WHERE id = ?", (part_id,))
        if state not in (PartState.SUBMITTING, PartState.UNCERTAIN)
    }


def waits_for(connection: sqlite3.Connection, seq: int, attempt: int) -> bool:
    """Whether a message still waits to hear what became of its ``attempt``, and nothing was done about it since."""
    row = connection.execute("SELECT state, attempt FROM messages WHERE seq = ?", (seq,)).fetchone()
    return (row[0], row[1]) == (MessageState.UNCERTAIN, attempt)


NEWLY_MS = 15 * 60_000
"""A modem answers a send within this time, or never."""


def only_uncertain_part(connection: sqlite3.Connection, sim_id: int, port_id: int, now_ms: int) -> int | None:
    """The part that a SIM sent from a port of late and of which nobody knows, if there is exactly one.

    It was the last one to go there: a modem has one part on the air at a time, so once another one went, no answer to
    an older one can come. Then the answer is a second one, or that of a part which its report settled before.
    """
    rows = connection.execute(
        """
        SELECT id, EXISTS (
            SELECT 1 FROM parts AS later INDEXED BY parts_of_sim
            WHERE later.sim_id = parts.sim_id AND later.submitted_at_ms > parts.submitted_at_ms
                AND later.port_id = parts.port_id AND later.state IN ('accepted', 'delivered', 'undelivered')
        )
        FROM parts INDEXED BY parts_uncertain
        WHERE sim_id = ? AND state = 'uncertain' AND port_id = ? AND submitted_at_ms > ?
        """,
        (sim_id, port_id, now_ms - NEWLY_MS),
    ).fetchall()
    if len(rows) != 1:
        return None
    [(part_id, is_overtaken)] = rows
    return None if is_overtaken else int(part_id)


def is_another_unanswered(
    connection: sqlite3.Connection, part_id: int, sim_id: int, port_id: int, now_ms: int
) -> bool:
    """Whether of late the same SIM sent another part than this from a port that the modem has not answered either.

    Such as in a session before this one: then a late answer may be its.
    """
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT 1 FROM parts INDEXED BY parts_uncertain
            WHERE sim_id = ? AND state = 'uncertain' AND port_id = ? AND submitted_at_ms > ? AND id <> ?
                AND tp_mr IS NULL AND coalesce(error_detail, 'no final') IN ('no final', 'line lost after')
        )
        """,
        (sim_id, port_id, now_ms - NEWLY_MS, part_id),
    ).fetchone()
    return bool(row[0])

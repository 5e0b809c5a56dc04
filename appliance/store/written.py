"""Parts that were written into a card's memory to be sent from there, and what that memory says of them later.

A row is on disk before ``AT+CMGW``, its place before ``AT+CMSS``; it goes once the place is free again. So a part whose
row has no place was certainly not sent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from appliance.store import events, late, reports, sims
from appliance.store.life import MessageState, PartState
from appliance.store.sending import Refusal, Said, begun, part_refused, requeue
from appliance.store.settling import settle

NOT_SENT = Refusal("line", None, "not sent, says the memory of the card")


@dataclass(frozen=True, slots=True)
class WrittenPart:
    """A part and its place on the card."""

    part_id: int
    place: int | None
    pdu: str
    written_at_ms: int
    state: PartState | None
    """None: the part is in the database no more."""

    @property
    def is_open(self) -> bool:
        """Whether nobody knows what became of it."""
        return self.state in (PartState.SUBMITTING, PartState.UNCERTAIN)


def expect(
    connection: sqlite3.Connection,
    part_id: int,
    *,
    sim_id: int,
    pdu: str,
    now_ms: int,
    freed: Iterable[int] = (),
) -> None:
    """A part is about to be written. ``freed`` are earlier ones whose places are free again."""
    forget(connection, freed)
    connection.execute(
        "INSERT INTO written_parts (part_id, sim_id, pdu, written_at_ms) VALUES (?, ?, ?, ?)",
        (part_id, sim_id, pdu, now_ms),
    )


def note_place(connection: sqlite3.Connection, part_id: int, place: int) -> None:
    """It lies there: from now on it may be sent."""
    connection.execute("UPDATE written_parts SET place = ? WHERE part_id = ?", (place, part_id))


def forget(connection: sqlite3.Connection, part_ids: Iterable[int]) -> None:
    """Their places are free, or they were never written."""
    connection.executemany("DELETE FROM written_parts WHERE part_id = ?", [(each,) for each in part_ids])


def of_sim(connection: sqlite3.Connection, sim_id: int) -> list[WrittenPart]:
    """All that may lie on the card of a SIM, oldest first."""
    rows = connection.execute(
        """
        SELECT written_parts.part_id, place, pdu, written_at_ms, parts.state
        FROM written_parts LEFT JOIN parts ON parts.id = written_parts.part_id
        WHERE written_parts.sim_id = ? ORDER BY written_parts.part_id
        """,
        (sim_id,),
    )
    return [
        WrittenPart(part_id, place, pdu, at_ms, None if state is None else PartState(state))
        for part_id, place, pdu, at_ms, state in rows
    ]


def was_sent(
    connection: sqlite3.Connection, part_id: int, tp_mr: int | None, now_ms: int
) -> MessageState | None:
    """The card's memory says that a part was sent; the state of its message, None where it was settled before."""
    row = connection.execute(
        """
        UPDATE parts SET state = 'accepted', tp_mr = coalesce(tp_mr, ?), answered_at_ms = ?
        WHERE id = ? AND state = 'uncertain' RETURNING message_seq, sim_id
        """,
        (tp_mr, now_ms, part_id),
    ).fetchone()
    if row is None:
        return None
    seq, sim_id = int(row[0]), int(row[1])
    state = late.settle_accepted(connection, part_id, seq, now_ms)
    _tell(connection, "message.memory-says-sent", seq, sim_id, now_ms)
    reports.match_to_uncertain(connection, sim_id, now_ms)
    return state


def was_not_sent(connection: sqlite3.Connection, part_id: int, now_ms: int) -> MessageState | None:
    """A part was certainly not sent; the state of its message, None where it was settled before.

    The message is queued again where it still waits to hear of that very try.
    """
    row = connection.execute(
        "SELECT message_seq, sim_id, attempt FROM parts WHERE id = ? AND state = 'uncertain'", (part_id,)
    ).fetchone()
    if row is None:
        return None
    seq, sim_id, attempt = (int(each) for each in row)
    part_refused(connection, part_id, NOT_SENT, went_out=False, now_ms=now_ms)
    if not late.waits_for(connection, seq, attempt):
        return settle(connection, seq, now_ms)
    went = begun(connection, seq)
    requeue(
        connection,
        seq,
        Said.of("message.memory-says-not-sent", sim=sims.get(connection, sim_id).name),
        not_before_ms=0,
        pinned_sim_id=None if went is None else went.sim_id,
        excluded=frozenset(),
        now_ms=now_ms,
        attempt=attempt,
    )
    _tell(connection, "message.memory-says-not-sent", seq, sim_id, now_ms)
    return MessageState.QUEUED


def _tell(connection: sqlite3.Connection, reason: str, seq: int, sim_id: int, now_ms: int) -> None:
    events.add(
        connection,
        events.EventKind.MESSAGE_UNCERTAIN,
        reason,
        {"sim": sims.get(connection, sim_id).name},
        at_ms=now_ms,
        sim_id=sim_id,
        message_seq=seq,
    )

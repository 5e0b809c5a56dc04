"""After a crash or a power cut: what was under way is told apart by what is on disk, and nothing is guessed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance.store import events, reports, sims
from appliance.store.sending import Said, message_uncertain, parts_that_went, requeue

UNDER_WAY = """
    SELECT seq, attempt, sim_id, excluded_sim_ids FROM messages INDEXED BY messages_state WHERE state = 'sending'
"""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many messages were found under way, by what became of them."""

    uncertain: int
    continuing: int
    """Some parts had gone and none was in the air: their SIM goes on."""
    queued: int
    """None had gone: any SIM may take them."""


def recover(connection: sqlite3.Connection, now_ms: int) -> Recovered:
    """File every message that a pool left as sending. Only for a pool that has no port open yet.

    A part that was on disk as submitting may have been given to a modem: it is uncertain. Its plan counts it as
    of now, as the network may have taken it at any instant until now.
    """
    uncertain = continuing = queued = 0
    touched: set[int] = set()
    for seq, attempt, sim_id, _ in connection.execute(UNDER_WAY).fetchall():
        name = sims.get(connection, sim_id).name
        if _leave_uncertain(connection, seq, attempt, now_ms):
            said = Said.of("message.uncertain-after-restart", sim=name)
            message_uncertain(connection, seq, said, now_ms)
            events.add(
                connection,
                events.EventKind.MESSAGE_UNCERTAIN,
                said.code,
                {"sim": name},
                at_ms=now_ms,
                sim_id=sim_id,
                message_seq=seq,
            )
            touched.add(sim_id)
            uncertain += 1
            continue
        went = parts_that_went(connection, seq) > 0
        requeue(
            connection,
            seq,
            Said.of("message.continues", sim=name) if went else Said("message.again.shutdown"),
            not_before_ms=0,
            pinned_sim_id=sim_id if went else None,
            excluded=frozenset(),
            now_ms=now_ms,
        )
        continuing, queued = continuing + went, queued + (not went)
    for sim_id in touched:
        reports.match_to_uncertain(connection, sim_id, now_ms)
    return Recovered(uncertain, continuing, queued)


def _leave_uncertain(connection: sqlite3.Connection, seq: int, attempt: int, now_ms: int) -> bool:
    cursor = connection.execute(
        """
        UPDATE parts SET state = 'uncertain', answered_at_ms = ?
        WHERE message_seq = ? AND attempt = ? AND state = 'submitting'
        """,
        (now_ms, seq, attempt),
    )
    return cursor.rowcount > 0

"""After a crash or a power cut: what was under way is told apart by what is on disk, and nothing is guessed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance.store import events, reports, sims
from appliance.store.sending import Said, begun, message_uncertain, requeue
from appliance.store.settling import settle

UNDER_WAY = """
    SELECT seq, attempt, sim_id, on_uncertain FROM messages INDEXED BY messages_state WHERE state = 'sending'
"""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How many messages were found under way, by what became of them."""

    uncertain: int = 0
    continuing: int = 0
    """Some parts had gone and none was in the air: their SIM goes on."""
    queued: int = 0
    """None had gone: any SIM may take them."""


def recover(
    connection: sqlite3.Connection, now_ms: int, *, resend_after_ms: int, sim_id: int | None = None
) -> Recovered:
    """File every message that nobody sends any more and that is still called sending.

    For a pool that has no port open yet; or for one SIM that nobody sends through yet.

    A part that was on disk as submitting may have been given to a modem: it is uncertain. Its plan counts it as
    of now, as the network may have taken it at any instant until now.
    """
    uncertain = continuing = queued = 0
    touched: set[int] = set()
    for seq, attempt, its_sim_id, on_uncertain in connection.execute(UNDER_WAY).fetchall():
        if sim_id not in (None, its_sim_id):
            continue
        name = sims.get(connection, its_sim_id).name
        if _leave_uncertain(connection, seq, attempt, now_ms):
            said = Said.of("message.uncertain-after-restart", sim=name)
            if on_uncertain == "resend":
                said = Said.of("message.uncertain-resend", sim=name, until_ms=now_ms + resend_after_ms)
            message_uncertain(connection, seq, said, now_ms, attempt=attempt)
            events.add(
                connection,
                events.EventKind.MESSAGE_UNCERTAIN,
                "message.uncertain-after-restart",
                {"sim": name},
                at_ms=now_ms,
                sim_id=its_sim_id,
                message_seq=seq,
            )
            # An earlier try may have been heard of meanwhile.
            settle(connection, seq, now_ms)
            touched.add(its_sim_id)
            uncertain += 1
            continue
        went = begun(connection, seq)
        said = Said("message.again.shutdown")
        if went is not None:
            said = Said.of("message.continues", sim=sims.get(connection, went.sim_id).name)
        requeue(
            connection,
            seq,
            said,
            not_before_ms=0,
            pinned_sim_id=None if went is None else went.sim_id,
            excluded=frozenset(),
            now_ms=now_ms,
        )
        settle(connection, seq, now_ms)
        continuing, queued = continuing + (went is not None), queued + (went is None)
    for each in touched:
        reports.match_to_uncertain(connection, each, now_ms)
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

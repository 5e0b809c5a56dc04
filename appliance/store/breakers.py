"""The circuit breakers of SIMs as they are stored, their probes, and what became of what SIMs sent of late.

A breaker itself is a value of :mod:`appliance.policy.breaker`; here it is a text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass


def stored(connection: sqlite3.Connection, sim_id: int) -> str | None:
    """The breaker of a SIM; None: nothing stands against it."""
    row = connection.execute("SELECT breaker FROM sims WHERE id = ?", (sim_id,)).fetchone()
    return None if row is None or row[0] is None else str(row[0])


def store(connection: sqlite3.Connection, sim_id: int, breaker: str | None) -> None:
    """From now on it is this."""
    connection.execute("UPDATE sims SET breaker = ? WHERE id = ?", (breaker, sim_id))


# -- probes -----------------------------------------------------------------------------------------------------


def note_probe(connection: sqlite3.Connection, seq: int, attempt: int, part_id: int) -> None:
    """An attempt of a message is one by which its SIM finds out whether it may go on."""
    connection.execute(
        "INSERT INTO probes (message_seq, attempt, part_id) VALUES (?, ?, ?)", (seq, attempt, part_id)
    )


def forget_probe(connection: sqlite3.Connection, seq: int, attempt: int) -> None:
    """Nothing was given to the modem: the attempt was none."""
    connection.execute("DELETE FROM probes WHERE message_seq = ? AND attempt = ?", (seq, attempt))


PROBES_OF = "SELECT count(*) FROM probes WHERE message_seq = ?"


def probes_of(connection: sqlite3.Connection, seq: int) -> int:
    """By how many attempts of a message a SIM found out whether it may go on."""
    return int(connection.execute(PROBES_OF, (seq,)).fetchone()[0])


PROBES_LOOKED_AT = 2_000
"""Messages of one kind among which a probe is looked for: the loop waits for that, some milliseconds at most."""

LAST_RESORT_MS = 60_000
"""A message that has waited for so long has no better SIM."""


def _next_probe(index: str, whose: str) -> str:
    return f"""
        SELECT parts_total > 1, seq FROM (
            SELECT seq, parts_total, delivery_report, expires_at_ms, excluded_sim_ids,
                max(accepted_at_ms, not_before_ms) AS since_ms
            FROM messages INDEXED BY {index} WHERE state = 'queued' AND is_due = 1 AND {whose}
            LIMIT {PROBES_LOOKED_AT}
        )
        WHERE since_ms <= :since AND (expires_at_ms IS NULL OR expires_at_ms > :now) AND delivery_report >= :reported
            AND (excluded_sim_ids = '[]' OR :sim NOT IN (SELECT value FROM json_each(excluded_sim_ids)))
    """


_OPEN = "pinned_sim_id IS NULL AND sticky_sim_id IS NULL AND priority = :priority"
_ITS_OWN = (
    "pinned_sim_id IS NULL AND sticky_sim_id IS NOT NULL AND sticky_sim_id = :sim AND priority = :priority"
)
_OF_OTHERS = (
    "pinned_sim_id IS NULL AND sticky_sim_id IS NOT NULL AND sticky_sim_id <> :sim AND priority = :priority"
)
_PINNED = "pinned_sim_id IS NOT NULL AND pinned_sim_id = :sim AND :priority IS NOT NULL"

NEXT_PROBE = _next_probe("messages_lanes", _OPEN)
NEXT_PROBE_OF_CONVERSATION = _next_probe("messages_sticky", _ITS_OWN)
NEXT_PROBE_OF_OTHERS = _next_probe("messages_sticky", _OF_OTHERS)
NEXT_PROBE_PINNED = _next_probe("messages_pinned", _PINNED)

_BY_COST = (
    (NEXT_PROBE, 2, 0),
    (NEXT_PROBE, 1, 0),
    (NEXT_PROBE_OF_CONVERSATION, 2, 0),
    (NEXT_PROBE_OF_CONVERSATION, 1, 0),
    (NEXT_PROBE_PINNED, 0, 0),
    (NEXT_PROBE_OF_OTHERS, 2, LAST_RESORT_MS),
    (NEXT_PROBE_OF_OTHERS, 1, LAST_RESORT_MS),
    (NEXT_PROBE, 0, LAST_RESORT_MS),
    (NEXT_PROBE_OF_CONVERSATION, 0, LAST_RESORT_MS),
    (NEXT_PROBE_OF_OTHERS, 0, LAST_RESORT_MS),
)
"""Question, priority, and for how long it must have waited."""


def next_probe(connection: sqlite3.Connection, sim_id: int, now_ms: int, *, reported: bool) -> int | None:
    """The seq of the message that costs least if a SIM tries itself with it.

    Bulk before notices, one part before several, what is of no conversation first; what another SIM may be about to
    send, and one-time codes, only where they have waited so long that none is: else a SIM that has nothing else to
    send would never come back. ``reported``: only one whose delivery will be told.
    """
    for query, priority, waited_ms in _BY_COST:
        values = {
            "sim": sim_id,
            "priority": priority,
            "since": now_ms - waited_ms,
            "now": now_ms,
            "reported": int(reported),
        }
        found = [(has_several, seq) for has_several, seq in connection.execute(query, values)]
        if found:
            return int(min(found)[1])
    return None


# -- what became of what SIMs sent ------------------------------------------------------------------------------

OTHERS_SENT = """
    SELECT EXISTS (
        SELECT 1 FROM sims CROSS JOIN parts INDEXED BY parts_of_sim ON parts.sim_id = sims.id
        WHERE sims.id <> :sim AND parts.submitted_at_ms >= :since
            AND parts.state IN ('accepted', 'delivered', 'undelivered')
            AND (:network IS NULL OR sims.imsi IS NULL OR substr(sims.imsi, 1, 5) = :network)
    )
"""


def others_sent_since(
    connection: sqlite3.Connection, sim_id: int, since_ms: int, *, network: str | None = None
) -> bool:
    """Whether another SIM sent something since an instant; of the same ``network`` where that is given."""
    values = {"sim": sim_id, "since": since_ms, "network": network}
    return bool(connection.execute(OTHERS_SENT, values).fetchone()[0])


def network_of(connection: sqlite3.Connection, sim_id: int) -> str | None:
    """Country and network of a SIM's home (the first five digits of its IMSI, E.212); None where nobody knows."""
    row = connection.execute("SELECT substr(imsi, 1, 5) FROM sims WHERE id = ?", (sim_id,)).fetchone()
    return None if row is None or row[0] is None else str(row[0])


FATES = """
    SELECT messages.recipient, latest.submitted_at_ms, latest.state = 'delivered'
    FROM (
        SELECT message_seq, submitted_at_ms, state FROM parts INDEXED BY parts_of_sim
        WHERE sim_id = :sim AND submitted_at_ms >= :since ORDER BY submitted_at_ms DESC LIMIT :most
    ) AS latest CROSS JOIN messages ON messages.seq = latest.message_seq
    WHERE latest.state IN ('accepted', 'delivered', 'undelivered')
        AND messages.delivery_report = 1 AND messages.destination <> 'abroad'
        AND (latest.state <> 'accepted' OR latest.submitted_at_ms <= :silent_since)
    ORDER BY latest.submitted_at_ms DESC
"""


def fates(
    connection: sqlite3.Connection, sim_id: int, *, since_ms: int, silent_since_ms: int, most: int = 300
) -> Iterator[tuple[str, int, bool]]:
    """Recipient, submission, and whether it was delivered, of those of the ``most`` newest parts of a SIM that were to
    be reported.

    Newest first. One without a final report is among them if it was submitted before ``silent_since_ms``. Reports
    from abroad are seldom, so those parts say nothing.
    """
    values = {"sim": sim_id, "since": since_ms, "silent_since": silent_since_ms, "most": most}
    for recipient, at_ms, is_delivered in connection.execute(FATES, values):
        yield recipient, at_ms, bool(is_delivered)


@dataclass(frozen=True, slots=True)
class Watched:
    """A SIM in service, as it is watched for signs of a block."""

    sim_id: int
    port_id: int
    network: str | None
    breaker: str | None


def watched(connection: sqlite3.Connection) -> list[Watched]:
    """Every SIM that is in a port that is ready."""
    rows = connection.execute(
        """
        SELECT sims.id, min(ports.id), substr(sims.imsi, 1, 5), sims.breaker
        FROM ports JOIN sims ON sims.id = ports.sim_id
        WHERE ports.configured = 1 AND ports.state = 'ready' GROUP BY sims.id ORDER BY sims.id
        """
    )
    return [Watched(*row) for row in rows]


def state_of_part(connection: sqlite3.Connection, part_id: int) -> str | None:
    """Where a part is; None for one that was deleted."""
    row = connection.execute("SELECT state FROM parts WHERE id = ?", (part_id,)).fetchone()
    return None if row is None else str(row[0])

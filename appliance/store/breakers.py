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


NEXT_PROBE = """
    SELECT seq FROM messages INDEXED BY messages_lanes
    WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL AND sticky_sim_id IS NULL AND priority = ?
        AND (expires_at_ms IS NULL OR expires_at_ms > ?) AND parts_total = 1 AND delivery_report >= ?
        AND (excluded_sim_ids = '[]' OR ? NOT IN (SELECT value FROM json_each(excluded_sim_ids)))
    LIMIT 1
"""


def next_probe(connection: sqlite3.Connection, sim_id: int, now_ms: int, *, reported: bool) -> int | None:
    """The seq of the message that costs least if a SIM tries itself with it: of one part, and bulk before notices.

    Never a one-time code, nor what is of a conversation. ``reported``: only one whose delivery will be told.
    """
    for priority in (2, 1):
        row = connection.execute(NEXT_PROBE, (priority, now_ms, int(reported), sim_id)).fetchone()
        if row is not None:
            return int(row[0])
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

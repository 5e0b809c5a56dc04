"""The hot queries and those of the housekeeping walk an index each: nothing is scanned, nothing is sorted."""

from __future__ import annotations

import sqlite3
import time

import pytest

from appliance.store import breakers, inbound, matching, overdue, recovery, reports, sending, sims
from tests.store.stored import NOW_MS, add_message, add_sim

HOT = {
    "next pinned": (sending.NEXT_PINNED, {"sim": 1, "now": 1, "longest": 1}),
    "next of any": (sending.NEXT_OF_ANY, {"sim": 1, "now": 1, "longest": 1}),
    "next later": (sending.NEXT_LATER, (1,)),
    "any waiting": (sending.ANY_WAITING, {"now": 1, "sim": 1}),
    "limits of a SIM": (sims.LIMITS, (1,)),
    "what a plan counts": (sims.COUNTED, (1, 1, 1)),
    "report seen": (reports.SEEN, (1, 1, 1, "")),
    "parts that await a report": (matching.AWAITING, (1, 1, 1, 1)),
    "parts that had theirs": (matching.SETTLED, (1, 1, 1, 1)),
    "uncertain parts": (matching.UNCERTAIN, (1, 1)),
    "sending to": (matching.SENDING_TO, (1,)),
    "errors of a network's clock": (matching.CLOCK_ERRORS, (1, 3)),
    "without a report": (matching.UNREPORTED, (1, 1, 1, 1)),
    "reports of a reference": (reports.WAITING_OF_REFERENCE, (1, 1, 1)),
    "reports of a SIM": (reports.WAITING_OF_SIM, (1,)),
    "under way": (recovery.UNDER_WAY, ()),
    "expired": (overdue.EXPIRED, (1, 1)),
    "to resend": (overdue.TO_RESEND, (1, 5, 1)),
    "excluding": (overdue.EXCLUDING, (1,)),
    "a message to try a SIM with": (breakers.NEXT_PROBE, (2, 1, 1, 1, 1)),
    "probes of a message": (breakers.PROBES_OF, (1,)),
    "siblings": (inbound.SIBLINGS, (1, "", 1, 2, 1)),
}


@pytest.mark.parametrize("name", HOT)
def test_a_query_walks_an_index(connection: sqlite3.Connection, name: str) -> None:
    query, values = HOT[name]
    steps = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    for step in steps:
        assert "TEMP B-TREE" not in step, steps
        # A partial index holds only the few rows that are meant, so walking all of it is what is wanted.
        assert not step.startswith("SCAN") or "INDEX" in step or step in HARMLESS, steps


HARMLESS = {"SCAN CONSTANT ROW", "SCAN json_each VIRTUAL TABLE INDEX 1:"}


def test_the_next_message_is_found_at_once_in_a_long_queue(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    first = add_message(connection)
    connection.execute(
        """
        WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 50000)
        INSERT INTO messages (id, recipient, text, alphabet, parts_total, source, state, reason, accepted_at_ms,
            updated_at_ms)
        SELECT value, recipient, text, alphabet, parts_total, source, state, reason, accepted_at_ms, updated_at_ms
        FROM messages, n WHERE seq = ?
        """,
        (first,),
    )
    began = time.process_time()
    for _ in range(100):
        found = sending.next_for(connection, sim[0], longest=None, now_ms=NOW_MS)
        assert found is not None
        assert found.seq == first
    assert (time.process_time() - began) / 100 < 0.005

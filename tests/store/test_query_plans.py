"""The hot queries and those of the housekeeping walk an index each: nothing is scanned, nothing is sorted."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from appliance.store import (
    breakers,
    conversations,
    idempotency,
    inbound,
    matching,
    message_lists,
    overdue,
    queue,
    recovery,
    reports,
    sending,
    sims,
    usage,
)

PROBE = {"sim": 1, "priority": 2, "since": 1, "now": 1, "reported": 1}
HOT: dict[str, tuple[str, Any]] = {
    "the next lane": (queue.NEXT_OPEN_LANE, (1, 1, "")),
    "the next lane of conversations": (queue.NEXT_STICKY_LANE, (1, 1, 1)),
    "the next SIM with messages of its own": (queue.NEXT_PINNED_SIM, (1,)),
    "heads of a lane": (queue.HEADS_OPEN, (1, 1, "", 16)),
    "heads of a lane of conversations": (queue.HEADS_STICKY, (1, 1, 1, 16)),
    "what only one SIM may send": (queue.HEADS_PINNED, (1, False, 16)),
    "what is due": (queue.PROMOTE, (1, 1, 100)),
    "next due": (queue.NEXT_DUE, (1,)),
    "what is parked": (queue.UNPARK, (100,)),
    "what follows a conversation": (queue.FOLLOW, (1, "", 100, 1)),
    "a queued message": (sending.QUEUED, (1,)),
    "terms of a SIM": (sims.TERMS, (1,)),
    "what a plan counts": (usage.COUNTED, (1, 1, False)),
    "parts of a month": (usage.MONTH_PARTS, (1, 1)),
    "parts at the edge of a month": (usage.MONTH_EDGE, (1, 1, 1, 1)),
    "days of a month": (usage.MONTH_DAYS, (1, "2026-11-01")),
    "parts in the air": (usage.IN_THE_AIR, (1, 1)),
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
    "a message to try a SIM with": (breakers.NEXT_PROBE, PROBE),
    "one of its conversations": (breakers.NEXT_PROBE_OF_CONVERSATION, PROBE),
    "one of other conversations": (breakers.NEXT_PROBE_OF_OTHERS, PROBE),
    "one that only it may send": (breakers.NEXT_PROBE_PINNED, PROBE),
    "probes of a message": (breakers.PROBES_OF, (1,)),
    "a request that was done": (idempotency.FIND, (1, "k", 1)),
    "what was sent to someone": (conversations.OUT_TO, ("1", 1, 1)),
    "what came from someone": (conversations.IN_FROM, ("1", 1, 1)),
    "whether more was sent to him": (conversations.LATER_OUT, ("1", 1, 1)),
    "whether more came from him": (conversations.LATER_IN, ("1", 1, 1)),
    "when a SIM sent last": (message_lists.LAST_SENT, (1,)),
    "siblings": (inbound.SIBLINGS, (1, "", 1, 2, 1)),
}


@pytest.mark.parametrize("name", HOT)
def test_a_query_walks_an_index(connection: sqlite3.Connection, name: str) -> None:
    query, values = HOT[name]
    steps = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    for step in steps:
        assert "TEMP B-TREE" not in step, steps
        # A partial index holds only the few rows that are meant, so walking all of it is what is wanted.
        # A subquery of the row of one of these searches.
        of_one = step.startswith("SCAN (subquery-")
        assert not step.startswith("SCAN") or "INDEX" in step or step in HARMLESS or of_one, steps


HARMLESS = {"SCAN CONSTANT ROW", "SCAN json_each VIRTUAL TABLE INDEX 1:"}


def test_the_lanes_are_found_without_a_step_over_each_of_their_messages(
    connection: sqlite3.Connection,
) -> None:
    rows = ((f"id{number}", 1 + number % 2, ("", "a", "b")[number % 3]) for number in range(3_000))
    connection.executemany(
        """
        INSERT INTO messages (id, recipient, text, alphabet, parts_total, source, state, reason, accepted_at_ms,
            updated_at_ms, priority, destination) VALUES (?, '1', 'x', 'gsm7', 1, 'api', 'queued', 'x', 1, 1, ?, ?)
        """,
        rows,
    )
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    connection.set_progress_handler(step, 10)
    found = list(queue.lanes(connection))
    connection.set_progress_handler(None, 0)
    assert len(found) == 6
    assert steps < 100, "ten of SQLite's instructions each"

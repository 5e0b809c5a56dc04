"""What the office would be told of each message that waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from appliance.desk.sims import read_book, reason_of
from appliance.policy.plan import Plan
from appliance.sentences import SENTENCES
from appliance.store import messages

LATE_MS = 120_000
"""A message that waits for an instant goes within so long after it."""


def why_they_wait(
    reader: sqlite3.Connection, box_plan: Plan, now_ms: int, complain: Callable[[str], None]
) -> dict[int, str]:
    """The code of the sentence for each message that is queued, or inside of which its SIM waits.

    Complains where there is none, or it is stale.
    """
    book = read_book(reader, box_plan, now_ms)
    codes = {}
    for row in reader.execute(
        "SELECT seq FROM messages WHERE state IN ('queued', 'sending') ORDER BY seq"
    ).fetchall():
        message = messages.of_seq(reader, row["seq"])
        assert message is not None
        reason = reason_of(reader, message, book, now_ms)
        codes[message.seq] = reason.code
        if reason.code not in SENTENCES:
            complain(f"message {message.seq} waits, and {reason.code!r} is no sentence")
        if reason.until_ms is not None and reason.until_ms < now_ms - LATE_MS:
            ago_s = (now_ms - reason.until_ms) // 1000
            complain(f"message {message.seq} waits for {reason.code}, which was over {ago_s} s ago")
    return codes

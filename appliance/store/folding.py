"""What plans count of the parts that are deleted: one number for each SIM, day and recipient, in ``sim_days``."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

from appliance.store.retention_rules import SIM_DAYS_KEPT
from appliance.store.usage import first_sent_at, note_first_sent


def day_of(at_ms: int, zone: tzinfo) -> date:
    """The day of an instant in the zone of the box."""
    return datetime.fromtimestamp(at_ms / 1000, zone).date()


def first_day_kept(now_ms: int, zone: tzinfo) -> date:
    """Earlier days belong neither to the billing month that runs nor to the one before it."""
    return day_of(now_ms, zone) - timedelta(days=SIM_DAYS_KEPT)


COUNTED_OF = """
    SELECT parts.sim_id, max(parts.submitted_at_ms, coalesce(parts.answered_at_ms, 0)), messages.recipient
    FROM json_each(?) AS chosen JOIN messages ON messages.seq = chosen.value
        JOIN parts ON parts.message_seq = messages.seq
    WHERE parts.submitted_at_ms IS NOT NULL
"""


def fold(connection: sqlite3.Connection, seqs: Sequence[int], *, now_ms: int, zone: tzinfo) -> None:
    """Add the parts of these messages to their days; in the transaction that deletes them.

    A part counts as of its answer, as it does in every plan, and as of now where that seems to be later. When a SIM
    sent its first part is noted for good.
    """
    first = first_day_kept(now_ms, zone)
    counted: Counter[tuple[int, str, str]] = Counter()
    sims = set()
    for sim_id, at_ms, recipient in connection.execute(COUNTED_OF, [json.dumps(list(seqs))]):
        sims.add(sim_id)
        day = day_of(min(at_ms, now_ms), zone)
        if day >= first:
            counted[sim_id, day.isoformat(), recipient] += 1
    connection.executemany(
        """
        INSERT INTO sim_days (sim_id, day, recipient, parts) VALUES (?, ?, ?, ?)
        ON CONFLICT (sim_id, day, recipient) DO UPDATE SET parts = parts + excluded.parts
        """,
        [(*key, parts) for key, parts in counted.items()],
    )
    for sim_id in sims:
        first_ms = first_sent_at(connection, sim_id)
        if first_ms is not None:
            note_first_sent(connection, sim_id, first_ms)


def old_days(reader: sqlite3.Connection, *, now_ms: int, zone: tzinfo) -> list[tuple[int, str, str]]:
    """The keys of what no plan counts any more."""
    first = first_day_kept(now_ms, zone).isoformat()
    return [
        (row[0], row[1], row[2])
        for (sim_id,) in reader.execute("SELECT id FROM sims").fetchall()
        for row in reader.execute(
            "SELECT sim_id, day, recipient FROM sim_days WHERE sim_id = ? AND day < ?", (sim_id, first)
        ).fetchall()
    ]


def forget_days(connection: sqlite3.Connection, keys: Sequence[tuple[int, str, str]]) -> int:
    """Delete such rows; returns how many."""
    connection.executemany("DELETE FROM sim_days WHERE sim_id = ? AND day = ? AND recipient = ?", keys)
    return len(keys)

"""Rows of long ago, written as the pool would have left them, on a real database with foreign keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from appliance.store.database import connect
from appliance.store.quiet_writer import QuietWriter
from appliance.store.retention import Sweep, sweep
from appliance.store.retention_rules import DAY_MS, Retention, Swept
from tests.store.stored import add_message

ZONE = ZoneInfo("Asia/Shanghai")
NOW_MS = int(datetime(2028, 6, 15, 3, 30, tzinfo=ZONE).timestamp() * 1000)


def days_ago(days: float) -> int:
    """An instant."""
    return NOW_MS - int(days * DAY_MS)


def add_sent(
    connection: sqlite3.Connection,
    sim: tuple[int, int],
    at_ms: int,
    *,
    state: str = "delivered",
    recipient: str = "+8613912345678",
    parts: int = 1,
    finished: bool = True,
    report: bool = False,
) -> int:
    """A message that a SIM sent at an instant, with its parts and a report where it had one; its seq."""
    seq = add_message(connection, recipient=recipient, accepted_at_ms=at_ms, parts_total=parts)
    connection.execute("UPDATE messages SET state = 'sending' WHERE seq = ?", (seq,))
    part_state = {"sent": "accepted", "failed": "refused"}.get(state, state)
    for number in range(1, parts + 1):
        connection.execute(
            """
            INSERT INTO parts (message_seq, attempt, number, sim_id, port_id, state, tp_mr, submitted_at_ms,
                answered_at_ms) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)
            """,
            (seq, number, *sim, part_state, number, at_ms, at_ms + 800),
        )
    connection.execute(
        "UPDATE messages SET state = ?, attempt = 1, sim_id = ?, updated_at_ms = ?, finished_at_ms = ? WHERE seq = ?",
        (state, sim[0], at_ms + 800, at_ms + 800 if finished else None, seq),
    )
    if report:
        connection.execute(
            """
            INSERT INTO delivery_reports (sim_id, pdu, recipient, tp_mr, status, delivery, received_at_ms, part_id)
            SELECT ?, '00', ?, 1, 0, 'delivered', ?, max(id) FROM parts
            """,
            (sim[0], recipient, at_ms + 800),
        )
    return seq


def count(connection: sqlite3.Connection, table: str) -> int:
    """Rows of a table."""
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def seqs(connection: sqlite3.Connection) -> list[int]:
    """The messages that are there."""
    return [row[0] for row in connection.execute("SELECT seq FROM messages ORDER BY seq")]


def swept(database: Path, rules: Retention | None = None, now_ms: int = NOW_MS) -> Swept:
    """Delete what is over; what was deleted."""
    with closing(connect(database, read_only=True)) as reader, quiet_writer(database) as writer:
        return sweep(
            Sweep(reader=reader, writer=writer, rules=rules or Retention(), now_ms=now_ms, zone=ZONE)
        )


def quiet_writer(database: Path) -> AbstractContextManager[QuietWriter]:
    """One that does not rest, for tests."""
    return closing(QuietWriter(database, rest_factor=0))


Fill = Callable[[sqlite3.Connection], None]

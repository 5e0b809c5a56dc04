"""The table `memory` of `make bench`: pool and web with 64 modems and 1,000,000 messages that wait."""

from __future__ import annotations

import contextlib
import http.client
import sqlite3
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.store.database import connect
from appliance.store.doorbell import ring
from tools.bench import Load, file_messages, pss_mb
from tools.bench_box import Box, box

MODEMS = 64
WAITING = 1_000_000
LATENCY_MS = 3000
WORK_S = 20.0


def file_many(database: Path, count: int) -> None:
    """Put one message into the queue as it is accepted, and so many more like it, to numbers of their own."""
    file_messages(database, Load(1, 0, 1, reports=True))
    with contextlib.closing(connect(database)) as connection:
        columns = [
            row["name"]
            for row in connection.execute("PRAGMA table_info(messages)")
            if row["name"] not in ("seq", "id", "recipient")
        ]
        names = ", ".join(columns)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(
            f"""
            WITH RECURSIVE number (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number LIMIT ?)
            INSERT INTO messages (id, recipient, {names})
            SELECT printf('0198-%012d', value), printf('+86138%08d', value), {names}
            FROM number, (SELECT {names} FROM messages ORDER BY seq DESC LIMIT 1)
            """,
            (count - 1,),
        )
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _look_at_the_page(made: Box) -> None:
    connection = http.client.HTTPConnection(*made.address, timeout=30)
    for path in ("/api/v1/messages?limit=100", "/api/v1/sims", "/api/v1/ports"):
        connection.request("GET", path, headers={"Authorization": f"Bearer {made.key}"})
        connection.getresponse().read()


def print_table(_runs: int) -> None:
    """Measure and print."""
    print(f"\nPSS with {MODEMS} modems, {LATENCY_MS} ms of latency, and {WAITING:,} messages that wait\n")
    with box(MODEMS, latency_ms=LATENCY_MS) as made:
        empty = pss_mb(made.pool.pid), pss_mb(made.web.pid)
        file_many(made.database, WAITING)
        ring(made.directory / "pool.sock")
        deadline = time.monotonic() + WORK_S
        while time.monotonic() < deadline:
            _look_at_the_page(made)
            time.sleep(1)
        full = pss_mb(made.pool.pid), pss_mb(made.web.pid)
        size_mb = made.database.stat().st_size / 1e6
        with contextlib.closing(connect(made.database, read_only=True)) as reader:
            gone = _gone(reader)
    print("              pool      web  together")
    for name, (pool_mb, web_mb) in (("empty", empty), ("full", full)):
        print(f"{name:8}  {pool_mb:5.1f} MB {web_mb:5.1f} MB  {pool_mb + web_mb:5.1f} MB")
    print(f"database {size_mb:,.0f} MB; {gone} messages were sent in {WORK_S:.0f} s meanwhile", flush=True)


def _gone(reader: sqlite3.Connection) -> int:
    row = reader.execute(
        "SELECT count(*) FROM messages INDEXED BY messages_state WHERE state IN ('sent', 'delivered')"
    ).fetchone()
    return int(row[0])


if __name__ == "__main__":
    print_table(1)

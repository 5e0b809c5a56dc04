"""The table `wear` of `make bench`: octets that a message causes to be written to the disk.

Of pool and web together, from the submission by HTTP to the delivery report, at the rate that so many modems have with
a latency of 3 s, and as quickly as it goes. The blocks of the write-ahead log and of the database both count.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.store.database import connect
from appliance.store.doorbell import ring
from tools.bench import Load, file_messages, wait_for, written
from tools.bench_box import box

LOADS = (
    Load(8, 0, 3000, reports=True),
    Load(64, 0, 6000, reports=True),
    Load(8, 3000, 64, reports=True),
    Load(64, 3000, 512, reports=True),
)


def measure(load: Load) -> float:
    """Octets for each message."""
    with box(load.modems, latency_ms=load.latency_ms) as made:
        file_messages(made.database, load)
        before = written(made.pool.pid) + written(made.web.pid)
        ring(made.directory / "pool.sock")
        limit_s = 120 + load.messages * load.latency_ms / load.modems / 500
        query = "SELECT count(*) >= ? FROM messages WHERE state = 'delivered'"
        wait_for(made.database, query, load.messages, limit_s)
        with contextlib.closing(connect(made.database)) as connection:
            # What is in the log only would be copied later.
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return (written(made.pool.pid) + written(made.web.pid) - before) / load.messages


def print_table(_runs: int) -> None:
    """Measure and print."""
    print("\nWritten to the disk for each message, delivery reports on\n")
    print("modems  latency  written/msg")
    for load in LOADS:
        print(f"{load.modems:6}  {load.latency_ms:4} ms  {measure(load):9,.0f} B", flush=True)


if __name__ == "__main__":
    print_table(1)

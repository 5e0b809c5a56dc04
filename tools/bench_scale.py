"""`make bench ARGS='--table scale'`: how long a SIM takes to choose its next message from a long queue.

64 SIMs without modems choose, reserve and record on a real database of accounts, campaigns, priorities, conversations
and blocked recipients mixed; what is timed is the choice alone, in CPU of its thread.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.pool.scheduler import Scheduler
from appliance.store.database import prepare
from tests.scale.mixed_queue import Bank, fill
from tools.bench import pss_mb

SIMS = 64
SENT = 6_000
DEPTHS = (10_000, 100_000, 1_000_000)
HEAD = "queued     lanes  choosing: median      p99      longest  accept and record a message  PSS of this process"


def print_table(_runs: int) -> None:
    """One line for each depth of the queue."""
    print("\n" + HEAD)
    for depth in DEPTHS:
        print(_measured(depth), flush=True)


def _measured(depth: int) -> str:
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        path = Path(name) / "simloft.db"
        prepare(path)
        bank = Bank.of(path, SIMS)
        fill(bank.connection, depth, [card.sim_id for card in bank.cards])
        took: list[float] = []
        choose = Scheduler.choose

        def timed(self: Scheduler, *args: object) -> object:
            begun = time.thread_time()
            try:
                return choose(self, *args)  # type: ignore[arg-type]
            finally:
                took.append(time.thread_time() - begun)

        Scheduler.choose = timed  # type: ignore[assignment, method-assign]
        begun = time.thread_time()
        try:
            sent = len(bank.send(SENT))
        finally:
            Scheduler.choose = choose  # type: ignore[method-assign]
        whole_ms = (time.thread_time() - begun) * 1_000 / sent
        bank.connection.close()
        took.sort()
        median, p99 = statistics.median(took) * 1_000, took[len(took) * 99 // 100] * 1_000
        return (
            f"{depth:9,}  {bank.scheduler.lanes.count:5,}  {median:13.3f} ms  {p99:.3f} ms  {took[-1] * 1_000:8.1f} ms"
            f"  {whole_ms:24.3f} ms  {pss_mb('self'):16.0f} MB"
        )

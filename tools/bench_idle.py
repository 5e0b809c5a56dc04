"""The table `idle` of `make bench`: what a box with 32 modems writes and computes while nothing is to do."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.bench import cpu_s, written
from tools.bench_box import box

MODEMS = 32
SETTLE_S = 75.0
"""After bring-up: the first looks into each memory are no rest. At the first look at the table of carriers, after a
minute, the file system notes when the database was read (relatime): once after each writing."""
REST_S = 90.0


def print_table(_runs: int) -> None:
    """Measure and print."""
    print(f"\n{MODEMS} modems, nothing to do for {REST_S:.0f} s\n")
    with box(MODEMS) as made:
        time.sleep(SETTLE_S)
        pids = {"pool": made.pool.pid, "web": made.web.pid}
        before = {name: (cpu_s(pid), written(pid)) for name, pid in pids.items()}
        began = time.monotonic()
        files = _stamps(made.directory)
        time.sleep(REST_S)
        lasted_s = time.monotonic() - began
        print("        CPU of a core  written to the disk")
        for name, pid in pids.items():
            share, octets = (cpu_s(pid) - before[name][0]) / lasted_s, written(pid) - before[name][1]
            print(f"{name:6}  {share:13.2%}  {octets:17,} B", flush=True)
        changed = [name for name, stamp in _stamps(made.directory).items() if files.get(name) != stamp]
        print(f"files that changed: {', '.join(changed) or 'none'}", flush=True)


def _stamps(directory: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file of the box, but what belongs to the simulated network."""
    return {
        path.name: (path.stat().st_size, path.stat().st_mtime_ns)
        for path in directory.iterdir()
        if path.is_file() and path.name != "ledger.jsonl"
    }


if __name__ == "__main__":
    print_table(1)

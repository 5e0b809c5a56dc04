"""``python -m tests.simulation SEED [--trace]``: one seed again; ``FIRST-LAST``: many, told where they fail."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext

from tests.simulation.mutations import MUTATIONS
from tests.simulation.run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seeds", help="one seed, or the first and the last: 1-200")
    parser.add_argument("--trace", action="store_true", help="everything that happened, octets included")
    parser.add_argument("--twice", action="store_true", help="each seed twice: both runs must be the same")
    parser.add_argument("--with", dest="mutation", choices=MUTATIONS, help="a fault that is to be found")
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    with MUTATIONS[arguments.mutation]() if arguments.mutation else nullcontext():
        return live(seeds, arguments)


def live(seeds: Sequence[int], arguments: argparse.Namespace) -> int:
    """Run them, and tell."""
    failed, began, made_up_s, parts, kills = [], time.process_time(), 0.0, 0, 0
    for seed in seeds:
        outcome = run(seed, octets=arguments.trace)
        made_up_s += outcome.made_up_s
        parts += outcome.parts_taken
        kills += outcome.kills
        if arguments.trace:
            print("\n".join(outcome.trace))
        if outcome.violations:
            failed.append(seed)
            print(outcome.told(), flush=True)
        if arguments.twice and run(seed, octets=arguments.trace).mark != outcome.mark:
            failed.append(seed)
            print(f"seed {seed} does not go the same way twice", flush=True)
    spent_s = time.process_time() - began
    print(
        f"{len(seeds)} seeds, {len(failed)} failed; {parts} parts, {kills} kills, {made_up_s / 3600:.0f} made-up hours "
        f"in {spent_s:.1f} s of CPU"
    )
    if failed:
        print("failed:", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

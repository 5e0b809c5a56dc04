"""Whole runs of pool, modems, lines, people and trouble in made-up time. See ``docs/simulation.md``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.run import run

EACH = 10


def check(first: int, many: int = EACH) -> None:
    failed = [outcome for outcome in map(run, range(first, first + many)) if outcome.violations]
    assert not failed, "\n\n".join(outcome.told() for outcome in failed)


@pytest.mark.parametrize("first", range(1, 201, EACH))
def test_nothing_is_lost_doubled_or_beyond_its_plan_whatever_happens(first: int) -> None:
    check(first)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(201, 20_001, 100))
def test_the_same_for_many_more_seeds(first: int) -> None:
    check(first, 100)


def test_a_seed_goes_the_same_way_twice() -> None:
    for seed in (4, 7):
        once, again = run(seed, octets=True), run(seed, octets=True)
        assert once.trace == again.trace, seed
        assert len(once.trace) > 100, seed


def test_a_seed_goes_the_same_way_in_another_process() -> None:
    """Where the order of a set decides something, it is another one there."""
    marks = {
        subprocess.run(
            [sys.executable, "-c", "from tests.simulation.run import run; print(run(91, octets=True).mark)"],
            env={**os.environ, "PYTHONHASHSEED": order},
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
        ).stdout
        for order in ("1", "2")
    }
    assert len(marks) == 1

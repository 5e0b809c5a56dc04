"""Faults that are put in on purpose are found within a hundred seeds: what never fails proves nothing."""

from __future__ import annotations

import pytest

from tests.simulation.mutations import MUTATIONS
from tests.simulation.run import run

MOST_SEEDS = 100


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_simulation_finds(name: str) -> None:
    with MUTATIONS[name]():
        found = next((seed for seed in range(1, MOST_SEEDS + 1) if run(seed).violations), None)
    assert found is not None, f"{name} was not found in {MOST_SEEDS} seeds"

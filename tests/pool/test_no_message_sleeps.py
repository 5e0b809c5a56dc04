"""Whatever happens to queue, plans, rests and ports: what a free SIM may send goes soon. In made-up time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from pathlib import Path
from random import Random
from typing import Any

import pytest

from appliance.store import clock, groups
from tests.pool.restless import World
from tests.simulation.clocks import BEGIN_S, SimulatedClocks
from tests.simulation.loop import VirtualLoop

EVENTS = 60


def play(directory: Path, seed: int) -> None:
    random = Random(seed)
    loop = VirtualLoop(random)

    async def story() -> None:
        world = World(directory, random, loop)
        for name, strategy in (("one", "spread"), ("two", "fill")):
            groups.add(world.office, groups.SimGroup(id=0, name=name, strategy=strategy, parts_per_minute=20))
        for slot in world.slots:
            world.begin(slot)
        try:
            for _ in range(EVENTS):
                await world.event()
                await asyncio.sleep(random.choice((0, 0, 0.001, 0.01, 0.3, 2)))
                if random.random() < 0.3:
                    await world.quiet()
            await world.quiet()
        finally:
            await world.close()

    _run(loop, story())


def _run(loop: VirtualLoop, story: Coroutine[Any, Any, None]) -> None:
    with contextlib.closing(loop), clock.read_from(SimulatedClocks(loop, BEGIN_S)):
        loop.run_until_complete(story)


@pytest.mark.parametrize("seed", range(1, 11))
def test_no_message_sleeps_that_a_free_sim_may_send(tmp_path: Path, seed: int) -> None:
    play(tmp_path, seed)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 600))
def test_the_same_for_many_more_seeds(tmp_path: Path, seed: int) -> None:
    play(tmp_path, seed)

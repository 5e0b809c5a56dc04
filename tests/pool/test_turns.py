"""Free SIMs wake one after another, none sleeps through work, and nobody wakes for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.pool.turns import Turns
from appliance.store.clock import now_ms


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 60))


async def waiting(turns: Turns, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(turns.wait(turns.rings)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_ring_wakes_the_one_that_waits_longest() -> None:
    async def test() -> None:
        turns = Turns()
        tasks = await waiting(turns, 3)
        turns.ring()
        await settled()
        assert [task.done() for task in tasks] == [True, False, False]
        turns.wake(2)
        await asyncio.gather(*tasks)

    run(test())


def test_a_ring_while_a_sim_looks_is_not_missed() -> None:
    async def test() -> None:
        turns = Turns()
        answered = turns.rings
        turns.ring()
        await turns.wait(answered)

    run(test())


def test_the_next_is_woken_only_if_it_has_not_looked_since() -> None:
    async def test() -> None:
        turns = Turns()
        [looked] = await waiting(turns, 1)
        turns.wake(1)
        await settled()
        assert not looked.done(), "nothing new: it would look in vain"
        turns.ring()
        await looked

    run(test())


def test_a_sim_that_goes_while_it_is_its_turn_passes_it_on() -> None:
    async def test() -> None:
        turns = Turns()
        first, second = await waiting(turns, 2)
        turns.ring()
        first.cancel()
        await second

    run(test())


def test_a_sim_wakes_when_its_plan_opens() -> None:
    async def test() -> None:
        turns = Turns()
        opens = now_ms() + 30
        await turns.wait(turns.rings, opens)
        assert now_ms() >= opens

    run(test())


def test_the_earliest_alarm_counts() -> None:
    async def test() -> None:
        turns = Turns()
        [task] = await waiting(turns, 1)
        at_ms = now_ms() + 40
        turns.ring_at(at_ms + 60_000)
        turns.ring_at(at_ms)
        turns.ring_at(at_ms + 5_000)
        await task
        assert at_ms <= now_ms() < at_ms + 4_000

    run(test())


def test_an_alarm_does_not_outlive_the_pool() -> None:
    async def test() -> None:
        turns = Turns()
        turns.ring_at(now_ms() + 60_000)
        turns.cancel_alarm()
        turns.cancel_alarm()

    run(test())


@given(st.lists(st.sampled_from(["ring", "ring_all", "step"]), max_size=30), st.integers(1, 6))
def test_work_is_always_found(actions: list[str], sims: int) -> None:
    """Each ring brings one piece of work; SIMs that chain as the sender does leave none lying."""

    async def test() -> None:
        turns, work, done = Turns(), 0, 0

        async def sim() -> None:
            nonlocal work, done
            while True:
                answered = turns.rings
                await asyncio.sleep(0)
                if work:
                    work -= 1
                    done += 1
                    turns.wake(2)
                    await asyncio.sleep(0)
                    continue
                await turns.wait(answered)

        tasks = [asyncio.create_task(sim()) for _ in range(sims)]
        for action in actions:
            if action == "step":
                await asyncio.sleep(0)
                continue
            work += 1
            getattr(turns, action)()
        for _ in range(20 * (len(actions) + 2)):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        assert work == 0
        assert done == sum(action != "step" for action in actions)

    run(test())


def test_cancelling_a_waiting_sim_leaves_nothing_behind() -> None:
    async def test() -> None:
        turns = Turns()
        [task] = await waiting(turns, 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        turns.ring()
        answered = turns.rings
        [other] = await waiting(turns, 1)
        assert turns.rings == answered
        turns.ring()
        await other

    run(test())

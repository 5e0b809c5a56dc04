"""Whoever guesses is slowed down, and nobody else."""

from __future__ import annotations

from appliance.desk.throttle import Throttle


def test_guesses_are_counted_by_address_and_forgotten_after_a_while() -> None:
    now = [1000.0]
    throttle = Throttle(most_failures=3, window_s=60, clock=lambda: now[0])
    assert [throttle.failed("10.0.0.5") for _ in range(3)] == [0, 0, 0]
    now[0] += 20
    assert throttle.failed("10.0.0.5") == 40
    assert throttle.failed("10.0.0.6") == 0
    now[0] += 40
    assert throttle.failed("10.0.0.5") == 0


def test_many_addresses_do_not_fill_the_memory() -> None:
    throttle = Throttle(most_failures=1, most_clients=10)
    for index in range(100):
        throttle.failed(f"10.0.0.{index}")
    assert len(throttle._failures) == 10

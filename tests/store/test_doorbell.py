"""The doorbell rings through any path, blocks nobody, and tells whether somebody is there."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from appliance.pool.bell import doorbell
from appliance.store.doorbell import is_abandoned, ring


def test_nobody_is_there(tmp_path: Path) -> None:
    assert ring(tmp_path / "pool.sock") is False
    assert ring(tmp_path / "missing" / "pool.sock") is False
    (tmp_path / "stale.sock").touch()
    assert ring(tmp_path / "stale.sock") is False


@pytest.mark.parametrize("depth", [1, 20])
def test_a_ring_is_heard(tmp_path: Path, depth: int) -> None:
    directory = tmp_path.joinpath(*["directory-of-a-box"] * depth)
    directory.mkdir(parents=True)
    path = directory / "pool.sock"

    async def listen() -> int:
        heard = asyncio.Event()
        rings = 0

        def on_ring() -> None:
            nonlocal rings
            rings += 1
            heard.set()

        with doorbell(path, on_ring):
            assert ring(path)
            await heard.wait()
            first = rings
            # More than the queue of the socket takes: none blocks, and one burst is one ring.
            assert all(ring(path) for _ in range(2_000))
            heard.clear()
            await heard.wait()
            assert rings == first + 1
        return rings

    assert asyncio.run(listen()) == 2
    assert ring(path) is False


def test_a_bell_of_a_pool_that_was_killed_is_told_from_one_that_was_never_there(tmp_path: Path) -> None:
    path = tmp_path / "pool.sock"
    assert not is_abandoned(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.bind(str(path))
        assert not is_abandoned(path)
    assert is_abandoned(path)


def test_a_bell_left_by_a_killed_pool_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pool.sock"
    path.touch()

    async def listen() -> None:
        heard = asyncio.Event()
        with doorbell(path, heard.set):
            assert ring(path)
            await heard.wait()

    asyncio.run(listen())

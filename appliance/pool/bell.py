"""The pool's side of the doorbell: a datagram socket that wakes whoever waits for work."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.store.doorbell import reachable


@contextlib.contextmanager
def doorbell(path: Path, on_ring: Callable[[], None]) -> Iterator[None]:
    """Call ``on_ring`` once for each burst of datagrams that come to ``path``. Only for the holder of the lock."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.setblocking(False)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        with reachable(path) as short:
            bell.bind(short.address)
        path.chmod(0o660)

        def hear() -> None:
            with contextlib.suppress(BlockingIOError):
                while True:
                    bell.recv(1)
            on_ring()

        loop.add_reader(bell, hear)
        try:
            yield
        finally:
            loop.remove_reader(bell)
            with contextlib.suppress(OSError):
                path.unlink()

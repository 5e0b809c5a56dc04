"""No client holds so many connections that others find none: what is above a number of its own is cut.

granian lets in whoever connects, up to a number for all. Once a second the connections of this process are counted by
client, but only while there are many, and whoever has more than his share loses his newest ones. Who connects from this
machine is not counted: a proxy that runs on it stands for many.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

EVERY_S = 1.0
_OPEN_FILES = Path("/proc/self/fd")
_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})

log = logging.getLogger("simloft.web")


class Crowd:
    """Watches the sockets of this process."""

    def __init__(self, most_per_client: int) -> None:
        self._most_per_client = most_per_client

    async def watch(self) -> None:
        """Look every second, until cancelled. Looking at 10,000 connections takes a thread 40 ms."""
        while True:
            await asyncio.sleep(EVERY_S)
            if _descriptors() > self._most_per_client:
                cut = await asyncio.to_thread(self.thin_out)
                if cut:
                    log.warning("%d connections of clients that had too many were cut", cut)

    def thin_out(self) -> int:
        """Cut what is too much; how many were."""
        by_client: dict[str, list[int]] = defaultdict(list)
        for number, client in _connections():
            by_client[client].append(number)
        return sum(
            _cut(number, client)
            for client, numbers in by_client.items()
            for number in sorted(numbers)[self._most_per_client :]
        )


def _descriptors() -> int:
    """How many files this process has open: one system call, since Linux 6.2."""
    return _OPEN_FILES.stat().st_size or sum(1 for _ in _OPEN_FILES.iterdir())


def _connections() -> Iterable[tuple[int, str]]:
    for path in _OPEN_FILES.iterdir():
        client = _client_of(int(path.name))
        if client is not None and client not in _THIS_MACHINE:
            yield int(path.name), client


def _client_of(number: int) -> str | None:
    """Who is at the other end of a descriptor; None where it is no connection of TCP."""
    # A copy, because the server may close its own at any moment and another one gets the number.
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as copy:
        if copy.family in (socket.AF_INET, socket.AF_INET6) and copy.type == socket.SOCK_STREAM:
            return str(copy.getpeername()[0])
    return None


def _cut(number: int, client: str) -> bool:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as copy:
        if copy.family in (socket.AF_INET, socket.AF_INET6) and copy.getpeername()[0] == client:
            copy.shutdown(socket.SHUT_RDWR)
            return True
    return False

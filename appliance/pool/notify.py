"""Readiness and watchdog for systemd, where the pool runs as its service (sd_notify(3): one datagram each)."""

from __future__ import annotations

import asyncio
import os
import socket


def tell(state: str) -> None:
    """Send ``state`` (``READY=1``, ``STOPPING=1``, ``STATUS=…``) to systemd; nothing where it did not start us."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # In the abstract name space, which begins with a zero octet.
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
            line.setblocking(False)
            line.sendto(state.encode(), address)
    except OSError:
        return


async def feed_watchdog() -> None:
    """Tell systemd that the loop turns, twice in the time that it allows; for ever, or at once where it doesn't ask."""
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    if not limit_us.isdigit() or not int(limit_us):
        return
    while True:
        tell("WATCHDOG=1")
        await asyncio.sleep(int(limit_us) / 2_000_000)

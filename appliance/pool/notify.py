"""Readiness and watchdog for systemd, where the pool runs as its service (sd_notify(3))."""

from __future__ import annotations

import asyncio
import os

try:
    from systemd.daemon import notify
except ImportError:  # A box that is started by hand; see docs/dependencies.md.
    notify = None


def tell(state: str) -> bool:
    """Tell systemd ``state`` (``READY=1``, ``STOPPING=1``, ``STATUS=…``); whether it was there to hear it."""
    if notify is None:
        return False
    try:
        return bool(notify(state))
    except OSError:
        return False


async def feed_watchdog() -> None:
    """Tell systemd that the loop turns, twice in the time that it allows; for ever, or at once where it doesn't ask."""
    limit_us = os.environ.get("WATCHDOG_USEC", "")
    if not limit_us.isdigit() or not int(limit_us):
        return
    while True:
        tell("WATCHDOG=1")
        await asyncio.sleep(int(limit_us) / 2_000_000)

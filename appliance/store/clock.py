"""The one reading of the clocks: what every ``*_at_ms`` of the database is written with, and what tells how long."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class Clocks(Protocol):
    """Where time is read. Another one than the system's is for tests, which make the time themselves."""

    def wall_ms(self) -> int:
        """UTC in integer milliseconds since 1970; it may be set to anything at any time."""

    def boottime_ms(self) -> int:
        """Milliseconds since the start of the system, sleep included; nobody sets it, and it never goes back."""

    def boot_id(self) -> str:
        """Another one after each start of the system; "" where it tells none."""


class SystemClocks:
    """The clocks of the kernel (clock_gettime(2), random(4))."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def boottime_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    @functools.cache  # noqa: B019 - one for each process
    def boot_id(self) -> str:
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        except OSError:
            return ""


_clocks: Clocks = SystemClocks()


def now_ms() -> int:
    """UTC in integer milliseconds since 1970."""
    return _clocks.wall_ms()


def boottime_ms() -> int:
    """Milliseconds since the start of the system, whatever is done to the wall clock meanwhile."""
    return _clocks.boottime_ms()


def boot_id() -> str:
    """Which start of the system :func:`boottime_ms` counts from."""
    return _clocks.boot_id()


@contextlib.contextmanager
def read_from(clocks: Clocks) -> Iterator[None]:
    """Read the time from ``clocks`` meanwhile, in the whole process."""
    global _clocks  # noqa: PLW0603 - the one clock of a process
    before, _clocks = _clocks, clocks
    try:
        yield
    finally:
        _clocks = before

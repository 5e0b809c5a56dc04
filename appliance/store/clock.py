"""The one reading of the clocks: what every ``*_at_ms`` of the database is written with, and what tells how long.

:func:`now_ms` is the time of the box. Where a process has said by what it reckons (:func:`reckon_by`), that is the time
that has passed since the box was sure of it, whatever is done to the wall clock meanwhile
(:mod:`appliance.store.clock_judgement`); else it is the wall clock.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from appliance.store.kernel_clock import is_kernel_sure_of


class Clocks(Protocol):
    """Where time is read. Another one than the system's is for tests, which make the time themselves."""

    def wall_ms(self) -> int:
        """UTC in integer milliseconds since 1970; it may be set to anything at any time."""

    def boottime_ms(self) -> int:
        """Milliseconds since the start of the system, sleep included; nobody sets it, and it never goes back."""

    def boot_id(self) -> str:
        """Another one after each start of the system; "" where it tells none."""


@runtime_checkable
class ProvedClocks(Protocol):
    """Clocks that may know that the wall clock is right."""

    def is_proved(self, wall_ms: int) -> bool:
        """Whether something that keeps the system's clock says that it is right, and reads ``wall_ms`` now."""


class SystemClocks:
    """The clocks of the kernel (clock_gettime(2), random(4))."""

    def is_proved(self, wall_ms: int) -> bool:
        return is_kernel_sure_of(wall_ms)

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


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The time of the box: so much more than the time since this start of the system."""

    boot_id: str
    ahead_ms: int


_reckoning: Callable[[], Reckoning | None] | None = None


def now_ms() -> int:
    """UTC in integer milliseconds since 1970, as the box has it."""
    if _reckoning is not None:
        by = _reckoning()
        if by is not None and by.boot_id == _clocks.boot_id():
            return _clocks.boottime_ms() + by.ahead_ms
    return _clocks.wall_ms()


def reckon_by(reckoning: Callable[[], Reckoning | None] | None) -> None:
    """By what :func:`now_ms` reckons in this process from now on; None: by the wall clock."""
    global _reckoning  # noqa: PLW0603 - the one clock of a process
    _reckoning = reckoning


@contextlib.contextmanager
def as_it_was() -> Iterator[None]:
    """Reckon afterwards by what is reckoned by now, whatever is said meanwhile."""
    before = _reckoning
    try:
        yield
    finally:
        reckon_by(before)


def wall_ms() -> int:
    """What the wall clock of the system says, right or wrong."""
    return _clocks.wall_ms()


def is_proved(wall_ms: int) -> bool:
    """Whether the system itself says that its wall clock, which reads ``wall_ms`` now, is right."""
    return isinstance(_clocks, ProvedClocks) and _clocks.is_proved(wall_ms)


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

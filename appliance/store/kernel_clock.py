"""Whether the kernel's clock is kept by a program that knows the time (adjtimex(2))."""

from __future__ import annotations

import ctypes
import functools

STA_UNSYNC = 0x0040
STA_NANO = 0x2000
AGREES_MS = 2_000
"""What was read as the wall clock must be the kernel's own: under a test's faked clock it is not."""


class _Timex(ctypes.Structure):
    """``struct timex`` of Linux; what follows the time is not read."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("fraction", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


def is_kernel_sure_of(wall_ms: int) -> bool:
    """Whether the kernel calls its clock synchronised (who sets it by hand ends that), and it reads ``wall_ms``."""
    adjtimex = _adjtimex()
    timex = _Timex()
    if adjtimex is None or adjtimex(ctypes.byref(timex)) < 0 or timex.status & STA_UNSYNC:
        return False
    fraction_ms = timex.fraction // (1_000_000 if timex.status & STA_NANO else 1_000)
    return bool(abs(timex.seconds * 1000 + fraction_ms - wall_ms) <= AGREES_MS)


@functools.cache
def _adjtimex() -> ctypes._NamedFuncPointer | None:
    try:
        return ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None

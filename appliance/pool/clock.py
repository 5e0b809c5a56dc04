"""The one reading of the clock in the pool."""

from __future__ import annotations

import time


def now_ms() -> int:
    """UTC in integer milliseconds since 1970."""
    return time.time_ns() // 1_000_000

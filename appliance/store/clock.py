"""The one reading of the wall clock: what every ``*_at_ms`` of the database is written with."""

from __future__ import annotations

import time


def now_ms() -> int:
    """UTC in integer milliseconds since 1970."""
    return time.time_ns() // 1_000_000

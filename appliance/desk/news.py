"""A change that the pool is to hear of, where it was made and not refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from appliance.desk.mistake import Refusal
from appliance.store.writer import GroupCommitWriter

T = TypeVar("T")


def change_and_ring(
    writer: GroupCommitWriter,
    ring: Callable[[], object],
    change: Callable[[sqlite3.Connection], T | Refusal],
) -> T | Refusal:
    """Make ``change`` and return its value once that is on disk; the pool is rung unless it was refused."""
    done = writer.write_blocking(change)
    if not isinstance(done, Refusal):
        ring()
    return done

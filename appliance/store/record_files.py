"""Files that grow on a box besides the database: recordings of lines, and the ledger of the simulated network."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from appliance.store.retention_rules import DAY_MS

MEGABYTE = 1_000_000
MOST_LEDGER_OCTETS = 1_000 * MEGABYTE
"""Of the simulated network, which is for trying the box; it begins anew then."""


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    octets: int
    changed_at_ms: int


def delete_recordings(
    directory: Path, under_way: Collection[str], *, days: int, most_mb: int, now_ms: int
) -> int:
    """Delete recordings that are older than ``days``, and the oldest of more than ``most_mb``; 0 is no limit.

    What is being recorded stays. Returns how many were deleted.
    """
    files = [each for each in _files(directory) if each.path.name not in under_way]
    kept_octets, deleted = 0, 0
    for each in sorted(files, key=lambda file: -file.changed_at_ms):
        is_old = bool(days) and each.changed_at_ms < now_ms - days * DAY_MS
        is_too_much = bool(most_mb) and kept_octets + each.octets > most_mb * MEGABYTE
        if not is_old and not is_too_much:
            kept_octets += each.octets
            continue
        with contextlib.suppress(OSError):
            each.path.unlink()
            deleted += 1
    return deleted


def shorten_ledger(ledger: Path, most_octets: int = MOST_LEDGER_OCTETS) -> bool:
    """Empty the ledger of the simulated network where it is too long; it is only ever appended to."""
    with contextlib.suppress(OSError):
        if ledger.stat().st_size > most_octets:
            os.truncate(ledger, 0)
            return True
    return False


def _files(directory: Path) -> list[_File]:
    found = []
    with contextlib.suppress(OSError):
        for path in directory.iterdir():
            with contextlib.suppress(OSError):
                status = path.stat()
                if path.is_file():
                    found.append(_File(path, status.st_size, status.st_mtime_ns // 1_000_000))
    return found

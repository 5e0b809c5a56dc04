"""The write-ahead log: that it does not grow for ever.

A commit that finds :data:`~appliance.store.database.CHECKPOINT_PAGES` in it copies them into the database, and the log
begins anew, unless somebody still reads what was before. Who reads without an end makes it grow without an end: then
the box can only find out who that is.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from appliance.store.quiet_writer import QuietWriter

_READ_LOCKS = range(123, 128)
"""Octets of the index of the log that readers lock (WAL_READ_LOCK, https://sqlite.org/walformat.html#locks)."""
LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class LogReader:
    """A process that has been reading for as long as two looks."""

    pid: int
    command: str


def log_of(database: Path) -> Path:
    """The file of the log."""
    return database.with_name(f"{database.name}-wal")


def octets_of(path: Path) -> int:
    """The size of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def shorten(writer: QuietWriter, database: Path) -> int:
    """Copy what is in the log into the database and cut it, if nobody reads or writes just now; its size after."""
    _, in_log, copied = writer.checkpoint("PASSIVE")
    if in_log >= 0 and in_log == copied:
        writer.checkpoint("TRUNCATE")
    return octets_of(log_of(database))


def lasting_readers(database: Path, sleep: Callable[[float], object] = time.sleep) -> list[LogReader]:
    """Processes other than this one that hold the same reading lock at two looks, as far as the kernel tells."""
    first = _holders(database)
    if not first:
        return []
    sleep(LOOK_AGAIN_S)
    both = {pid for pid, _ in first & _holders(database)}
    return [LogReader(pid, _command(pid)) for pid in sorted(both - {os.getpid()})]


def _holders(database: Path) -> frozenset[tuple[int, int]]:
    """(pid, octet) of each reading lock, from proc(5) locks.

    The file itself is not opened: to close it would let go of the locks that SQLite has on it in this process.
    """
    try:
        status = database.with_name(f"{database.name}-shm").stat()
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return frozenset()
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    found: set[tuple[int, int]] = set()
    for line in lines:
        fields = line.split()
        if len(fields) != 8 or fields[1] != "POSIX" or fields[5] != place or not fields[6].isdigit():
            continue
        first, last = int(fields[6]), int(fields[7]) if fields[7].isdigit() else int(fields[6])
        found |= {(int(fields[4]), octet) for octet in _READ_LOCKS if first <= octet <= last}
    return frozenset(found)


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return " ".join(each for each in words if each)[:120]
    return ""

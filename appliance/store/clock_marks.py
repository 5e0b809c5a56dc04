"""What is kept of the clocks: marks of what time it was, and what a person said of the wall clock."""

from __future__ import annotations

import sqlite3
from itertools import groupby

from appliance.store.clock_judgement import SAME_MS, Mark, Reading, Trust

KEPT = 100
"""Marks of earlier starts of the system."""

_COLUMNS = "boot_id, boottime_ms, at_ms, wall_ms, trust"

_LATEST = f"SELECT {_COLUMNS} FROM clock_marks ORDER BY id DESC LIMIT 1"

_LAST_INSTANT = """
    SELECT max(coalesce((SELECT at_ms FROM clock_marks ORDER BY id DESC LIMIT 1), 0),
               coalesce((SELECT max(at_ms) FROM events), 0),
               coalesce((SELECT accepted_at_ms FROM messages ORDER BY seq DESC LIMIT 1), 0),
               coalesce((SELECT coalesce(answered_at_ms, submitted_at_ms) FROM parts ORDER BY id DESC LIMIT 1), 0))
"""


def latest(connection: sqlite3.Connection) -> Mark | None:
    """The mark that the box goes by; None before its first start."""
    return _mark(connection.execute(_LATEST).fetchone())


def first_of(connection: sqlite3.Connection, boot_id: str) -> Mark | None:
    """The first mark of a start of the system."""
    query = f"SELECT {_COLUMNS} FROM clock_marks WHERE boot_id = ? ORDER BY id LIMIT 1"
    return _mark(connection.execute(query, (boot_id,)).fetchone())


def last_before(connection: sqlite3.Connection, boot_id: str) -> Mark | None:
    """The last mark of the starts of the system before this one."""
    query = f"""
        SELECT {_COLUMNS} FROM clock_marks
        WHERE id < (SELECT min(id) FROM clock_marks WHERE boot_id = ?) ORDER BY id DESC LIMIT 1
    """
    return _mark(connection.execute(query, (boot_id,)).fetchone())


def guessed_since(connection: sqlite3.Connection) -> int | None:
    """The first mark of the latest starts of the system that had no clock to believe from their first mark to their
    last, in ms; None where the latest start had one."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM clock_marks ORDER BY id DESC").fetchall()
    since_ms = None
    for _, marks in groupby((mark for row in rows if (mark := _mark(row))), key=lambda mark: mark.boot_id):
        of_start = tuple(marks)
        last, first = of_start[0], of_start[-1]
        if Trust.DOUBTED is not first.trust or Trust.DOUBTED is not last.trust:
            break
        since_ms = first.at_ms
    return since_ms


def last_instant(connection: sqlite3.Connection) -> int | None:
    """The latest instant that the box is known to have been at; None where it knows of none."""
    return int(connection.execute(_LAST_INSTANT).fetchone()[0]) or None


def add(connection: sqlite3.Connection, mark: Mark) -> None:
    """Go by ``mark`` from now on."""
    cursor = connection.execute(
        f"INSERT INTO clock_marks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",
        (mark.boot_id, mark.boottime_ms, mark.at_ms, mark.wall_ms, mark.trust.value),
    )
    assert cursor.lastrowid is not None
    # The first of this start of the system tells what was before it, however many followed.
    connection.execute(
        "DELETE FROM clock_marks WHERE id <= ? AND id <> (SELECT min(id) FROM clock_marks WHERE boot_id = ?)",
        (cursor.lastrowid - KEPT, mark.boot_id),
    )


def confirm(connection: sqlite3.Connection, reading: Reading, who: str) -> None:
    """A person says that the wall clock is right as it is."""
    connection.execute("DELETE FROM clock_confirmations")
    connection.execute(
        "INSERT INTO clock_confirmations (boot_id, boottime_ms, wall_ms, who) VALUES (?, ?, ?, ?)",
        (reading.boot_id, reading.boottime_ms, reading.wall_ms, who),
    )


def is_confirmed(connection: sqlite3.Connection, reading: Reading) -> bool:
    """Whether a person said so of the wall clock, and it was not set since."""
    row = connection.execute("SELECT boot_id, boottime_ms, wall_ms FROM clock_confirmations").fetchone()
    if row is None or row[0] != reading.boot_id:
        return False
    return bool(abs((reading.wall_ms - row[2]) - (reading.boottime_ms - row[1])) <= SAME_MS)


def _mark(row: sqlite3.Row | None) -> Mark | None:
    if row is None:
        return None
    boot_id, boottime_ms, at_ms, wall_ms, trust = row
    return Mark(str(boot_id), int(boottime_ms), int(at_ms), int(wall_ms), Trust(trust))

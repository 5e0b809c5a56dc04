"""Whether the database file is sound: a quick look at the start, all of it off hours.

A damaged file is never touched: what can be read of it may be all that is left of some messages.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from appliance.store.database import connect
from appliance.store.errors import StoreDamagedError

AT_START_S = 2.0
"""A large file is looked at in part only at the start, so that the box is soon there after a power cut."""
STEPS_BETWEEN_LOOKS = 20_000
"""Of SQLite's virtual machine; some milliseconds."""


def refuse_a_damaged_one(path: Path, limit_s: float = AT_START_S) -> None:
    """Raise :class:`StoreDamagedError` where a look of at most ``limit_s`` finds damage."""
    deadline = time.monotonic() + limit_s
    try:
        with contextlib.closing(connect(path, read_only=True)) as connection:
            found = _look(connection, "quick_check(1)", lambda: time.monotonic() > deadline)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        found = str(error)
    if found is not None:
        raise StoreDamagedError.of(path, found)


def find_damage(path: Path, is_over: Callable[[], bool] = lambda: False) -> tuple[bool, str | None]:
    """Look at all of it, indexes included, table by table so that no long reading holds up the write-ahead log.

    Whether it was looked at to the end (``is_over`` ends it before), and the words of SQLite for the first damage.
    """
    try:
        with contextlib.closing(connect(path, read_only=True)) as connection:
            tables = [
                row[0]
                for row in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
                ).fetchall()
            ]
            for table in tables:
                found = _look(connection, f'integrity_check("{table}")', is_over)
                if found is not None:
                    return True, found
                if is_over():
                    return False, None
            # A report outlives its part until retention comes to it, which may be long after.
            gone = connection.execute("PRAGMA foreign_key_check")
            row = next((each for each in gone if each["table"] != "delivery_reports"), None)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return True, str(error)
    return True, None if row is None else f"a row of {row[0]} names one of {row[2]} that is not there"


def _look(connection: sqlite3.Connection, check: str, is_over: Callable[[], bool]) -> str | None:
    connection.set_progress_handler(lambda: int(is_over()), STEPS_BETWEEN_LOOKS)
    try:
        verdict = str(connection.execute(f"PRAGMA {check}").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_INTERRUPT:
            return None
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return None if verdict == "ok" else verdict


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

"""Opening the one database file of the box.

WAL mode so that readers never wait for the writer; ``synchronous=FULL`` so that what was answered is on
disk before it is answered (https://sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from sqlite_utils import Database

from appliance.store.errors import StoreDamagedError, StoreTooNewError, store_error_from
from appliance.store.facts import FactualConnection
from appliance.store.schema import migrations

BUSY_TIMEOUT_S = 10.0
BUSY_LOOK_S = 0.0005
"""Between two looks at the write lock while another process holds it."""

PAGE_OCTETS = 1024
"""Of a new database. A commit writes whole pages, so small ones wear a memory card less (docs/benchmarks.md)."""
CHECKPOINT_PAGES = 4000
"""So much in the write-ahead log, and the commit that finds it copies it into the database."""
MOST_LOG_LEFT_OCTETS = 16 * 1024 * 1024
"""The file of the log is cut to this whenever it is begun anew."""


def prepare(path: Path) -> None:
    """Create the database at ``path`` or bring it up to this release; called once by each process.

    Raises :class:`StoreTooNewError` for a database of a newer release, before anything is touched, and
    another :class:`~appliance.store.errors.StoreError` for one that can't be opened.
    """
    try:
        if path.exists() and path.stat().st_size > 0:
            refuse_a_newer_one(path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection = connect(path)
        try:
            # These two take effect in a database that has no table yet. Pages that become free can be given back to the
            # disk in small steps; a VACUUM would write the whole file twice and hold up sending meanwhile.
            connection.execute(f"PRAGMA page_size = {PAGE_OCTETS}")
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            # Two processes may start at once: the second one waits here and finds nothing left to do.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
            migrations.apply(Database(connection))
        finally:
            connection.close()
        path.chmod(0o600)
    except sqlite3.Error as error:
        named = store_error_from(error)
        if isinstance(named, StoreDamagedError):
            raise StoreDamagedError.of(path, str(error)) from error
        raise named from error


def connect(path: Path, *, read_only: bool = False) -> FactualConnection:
    """A connection in autocommit mode with the house's settings; rows come as :class:`sqlite3.Row`."""
    mode = "ro" if read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        factory=FactualConnection,
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    if not read_only:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {MOST_LOG_LEFT_OCTETS}")
    return connection


def begin_writing(connection: sqlite3.Connection) -> None:
    """``BEGIN IMMEDIATE``, waiting for another process's transaction to end, for :data:`BUSY_TIMEOUT_S` at most.

    Transactions here take a few milliseconds. SQLite's own waiting soon sleeps for 100 ms between two looks, and a
    process that commits all the time would take the lock again and again meanwhile.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    connection.execute("PRAGMA busy_timeout = 0")
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(BUSY_LOOK_S)
        else:
            return


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another connection holds the lock that was asked for."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def refuse_a_newer_one(path: Path) -> None:
    """Raise :class:`StoreTooNewError` where a migration that this release does not know was applied."""
    known = {migration.name for migration in migrations._migrations}
    connection = connect(path, read_only=True)
    try:
        table = connection.execute(
            "SELECT 1 FROM sqlite_master WHERE name = ?", [migrations.migrations_table]
        ).fetchone()
        if table is None:
            return
        rows = connection.execute(
            f"SELECT name FROM {migrations.migrations_table} WHERE migration_set = ?",
            [migrations.name],
        )
        unknown = sorted({row["name"] for row in rows} - known)
    finally:
        connection.close()
    if unknown:
        raise StoreTooNewError(
            f"The database {path} was written by a newer release of Simloft (it knows “{unknown[0]}”). "
            "Install that release, or start with another data directory. Nothing was changed."
        )

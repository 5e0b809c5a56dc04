"""What can go wrong with the database, as one hierarchy with sentences for people."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The database could not do what was asked; the text says what and what to do."""


class StoreFullError(StoreError):
    """The disk is full: nothing was written, and nothing that was written is lost."""


class StoreBusyError(StoreError):
    """Another process held the database for longer than the time limit."""


class StoreDamagedError(StoreError):
    """The file is no SQLite database, or a damaged one."""

    @classmethod
    def of(cls, path: Path, found: str) -> StoreDamagedError:
        """What is said where ``found`` are SQLite's words for the damage; nobody touches such a file."""
        what = " ".join(found.split())[:200]
        return cls(
            f"The database {path} is damaged ({what}). Nothing was changed, and nothing is received or sent: what "
            "arrives stays on the SIMs. Check the memory card or disk. Then put a backup in the place of the file, or "
            f"begin anew and keep the damaged one for whoever can read it: mv {path} {path}.damaged"
        )


class StoreTooNewError(StoreError):
    """The database was written by a newer release of this program."""


def store_error_from(error: sqlite3.Error) -> StoreError:
    """Name an SQLite error by its result code (https://sqlite.org/rescode.html)."""
    primary = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    match primary:
        case sqlite3.SQLITE_FULL:
            return StoreFullError("The disk is full. Make room; nothing that was accepted is lost.")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreBusyError("The database is held by another program for too long.")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreDamagedError("The database file is damaged. Restore it from a backup.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return StoreError("The database can't be opened for writing. Check the owner of its directory.")
        case sqlite3.SQLITE_IOERR:
            return StoreError("Reading or writing the disk failed. Check the memory card.")
        case _:
            return StoreError(f"The database refused: {error}")

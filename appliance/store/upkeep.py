"""Care of the database file: what was done last, how large everything is, and giving room back to the disk."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from appliance.store.log_file import log_of, octets_of
from appliance.store.quiet_writer import QuietWriter

FREE_SHARE_KEPT = 0.1
"""Of the file: so much may stay free, because it will be used again."""
FREE_OCTETS_KEPT = 16 * 1024 * 1024
LEAST_ROOM_OCTETS = 64 * 1024 * 1024
"""On the disk, for work that writes before it frees."""
FEWEST_PAGES, MOST_PAGES = 64, 4096
"""That are given back in one transaction."""


class Work(StrEnum):
    """What is noted when it was done last."""

    NIGHT = "night"
    """Everything that is done once a day."""
    SOUND = "sound"
    """A look at the whole file that found nothing."""
    DAMAGED = "damaged"
    """One that found damage."""
    LAST_SEEN = "last-seen"
    """The instant that housekeeping believes in (:mod:`appliance.policy.housekeeping`)."""


@dataclass(frozen=True, slots=True)
class Done:
    """When a work was done last, and what came of it."""

    at_ms: int
    outcome: Mapping[str, int | str]


def note(connection: sqlite3.Connection, work: Work, at_ms: int, outcome: Mapping[str, int | str]) -> None:
    """A work was done."""
    connection.execute(
        """
        INSERT INTO upkeep (work, at_ms, outcome) VALUES (?, ?, ?)
        ON CONFLICT (work) DO UPDATE SET at_ms = excluded.at_ms, outcome = excluded.outcome
        """,
        (work, at_ms, json.dumps(dict(outcome), ensure_ascii=False)),
    )


def forget(connection: sqlite3.Connection, work: Work) -> None:
    """As if it had never been done."""
    connection.execute("DELETE FROM upkeep WHERE work = ?", (work,))


def last_done(connection: sqlite3.Connection) -> dict[str, Done]:
    """Each work that was ever done."""
    rows = connection.execute("SELECT work, at_ms, outcome FROM upkeep")
    return {work: Done(at_ms, json.loads(outcome)) for work, at_ms, outcome in rows.fetchall()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What is on the disk, in octets."""

    database: int
    free_inside: int
    """Pages of the database that hold nothing; they are used before it grows."""
    log: int
    recordings: int
    disk_free: int


def sizes(connection: sqlite3.Connection, database: Path, recordings: Path) -> Sizes:
    """How large everything is now."""
    page_octets, free_pages = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_size", "freelist_count")
    )
    files = recordings.iterdir() if recordings.is_dir() else ()
    return Sizes(
        database=octets_of(database),
        free_inside=free_pages * page_octets,
        log=octets_of(log_of(database)),
        recordings=sum(octets_of(each) for each in files),
        disk_free=shutil.disk_usage(database.parent).free,
    )


def give_back_room(writer: QuietWriter, database: Path, is_over: Callable[[], bool] = lambda: False) -> int:
    """Cut free pages off the end of the file, a few in each transaction; returns the octets that the disk got.

    Nothing for a file of an earlier release, which can't do so: its free pages are only used again.
    """
    connection = writer.connection
    page_octets, pages, can = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_size", "page_count", "auto_vacuum")
    )
    kept = max(int(pages * FREE_SHARE_KEPT), FREE_OCTETS_KEPT // page_octets)
    given, at_once = 0, FEWEST_PAGES
    while can == 2 and not is_over():
        free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
        if free <= kept or shutil.disk_usage(database.parent).free < LEAST_ROOM_OCTETS:
            break
        step = min(at_once, free - kept)
        writer.write(partial(_cut, pages=step))
        at_once = writer.fitting(at_once, FEWEST_PAGES, MOST_PAGES)
        given += step
    return given * page_octets


def _cut(connection: sqlite3.Connection, *, pages: int) -> None:
    # Its statement returns a row without columns for each page, at the first of which Python would take it for ended.
    # A script runs to its end, and begins with a COMMIT of what is open: nothing is yet.
    connection.executescript(f"PRAGMA incremental_vacuum({pages}); BEGIN IMMEDIATE")


def is_sending(connection: sqlite3.Connection) -> bool:
    """Whether a message is on the air just now."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM messages INDEXED BY messages_state WHERE state = 'sending')"
    ).fetchone()
    return bool(row[0])

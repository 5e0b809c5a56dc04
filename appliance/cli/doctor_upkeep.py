"""What ``simloft doctor`` says of how the box keeps its own house: sizes, and what was done last."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from appliance.cli.finding import Finding, Status
from appliance.config import Settings
from appliance.desk.upkeep_round import LONG_LOG_OCTETS
from appliance.store import log_file, upkeep
from appliance.store.database import connect
from appliance.store.recordings import DIRECTORY
from appliance.store.upkeep import Sizes, Work

MEGABYTE = 1_000_000
OVERDUE_DAYS = 4
"""It is done every night; on a box that is switched off at night, every third day."""


def findings(settings: Settings) -> Iterator[Finding]:
    """Nothing where there is no database that can be read; that is told elsewhere."""
    if not settings.database.exists():
        return
    try:
        with contextlib.closing(connect(settings.database, read_only=True)) as connection:
            sizes = upkeep.sizes(connection, settings.database, settings.data / DIRECTORY)
            done = upkeep.last_done(connection)
    except (sqlite3.Error, OSError):
        return
    yield _size(sizes)
    if sizes.log > LONG_LOG_OCTETS:
        yield _long_log(settings, sizes)
    damaged = done.get(Work.DAMAGED)
    if damaged is not None:
        found = damaged.outcome.get("found", "")
        yield Finding(
            "database",
            Status.PROBLEM,
            f"damage was found {_when(damaged.at_ms, settings)}: {found}",
            "Stop the box, keep a copy of its data directory, and put a backup in its place.",
        )
    yield _night(settings, done.get(Work.NIGHT), done.get(Work.SOUND))


def _size(sizes: Sizes) -> Finding:
    seen = f"database {_mb(sizes.database)}, of which {_mb(sizes.free_inside)} are free for new messages; "
    return Finding("sizes", Status.OK, f"{seen}log {_mb(sizes.log)}, recordings {_mb(sizes.recordings)}")


def _long_log(settings: Settings, sizes: Sizes) -> Finding:
    readers = log_file.lasting_readers(settings.database)
    names = ", ".join(f"{each.command or '?'} ({each.pid})" for each in readers)
    return Finding(
        "database log",
        Status.PROBLEM,
        f"it has {_mb(sizes.log)}"
        + (f", because these programs read without an end: {names}" if names else ""),
        "End them; the log is emptied then."
        if names
        else "It is emptied when nobody reads; look again in a minute.",
    )


def _night(settings: Settings, done: upkeep.Done | None, sound: upkeep.Done | None) -> Finding:
    hours = f"{settings.retention.night_from_hour}:00 to {settings.retention.night_to_hour}:00"
    if done is None:
        return Finding("housekeeping", Status.NOTE, f"not done yet; it is done from {hours}")
    looked = "" if sound is None else f"; the whole database was found sound {_when(sound.at_ms, settings)}"
    seen = f"done {_when(done.at_ms, settings)}: {done.outcome.get('rows', 0)} old rows deleted{looked}"
    age_days = (datetime.now(UTC).timestamp() * 1000 - done.at_ms) / 86_400_000
    if age_days > OVERDUE_DAYS:
        advice = (
            f"Leave the box on from {hours}, or set [retention] night_from_hour to hours in which it is on."
        )
        return Finding("housekeeping", Status.NOTE, seen, advice)
    return Finding("housekeeping", Status.OK, seen)


def _mb(octets: int) -> str:
    return f"{octets / MEGABYTE:,.1f} MB"


def _when(at_ms: int, settings: Settings) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(settings.time_zone))
    return at.strftime("%Y-%m-%d %H:%M")

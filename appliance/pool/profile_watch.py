"""A person's own profiles, read again when they change: what is wrong with one is told, its last good one stays."""

from __future__ import annotations

import logging
import sqlite3
from functools import partial

from appliance.modem.profiles import Mistake, ProfileBook
from appliance.pool.durable import DurableWriter
from appliance.store import events
from appliance.store.clock import now_ms

_log = logging.getLogger("simloft.pool")


async def refresh_profiles(book: ProfileBook, writer: DurableWriter) -> None:
    """Read what changed; each mistake is an event. Costs a look at the directory where nothing did."""
    mistakes = [mistake for error in book.refresh() for mistake in error.mistakes]
    for mistake in mistakes:
        _log.warning("%s; the last good version stays in force", mistake)
    if mistakes:
        await writer.write(partial(_note, mistakes=mistakes))


def _note(connection: sqlite3.Connection, *, mistakes: list[Mistake]) -> None:
    at_ms = now_ms()
    for mistake in mistakes:
        args: dict[str, str | int] = {
            "file": mistake.file,
            "line": mistake.line,
            "field": mistake.field or "-",
            "mistake": mistake.reason,
        }
        events.add(connection, events.EventKind.PROFILE, "profile.mistake", args, at_ms=at_ms)

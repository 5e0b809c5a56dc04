"""The box keeps its own house: what is over goes, the log stays short, and by night the database is looked after.

Tasks of a :class:`~appliance.desk.rounds.Rounds` of its own, since some take minutes and others must not wait for
them. All writing is done by a :class:`~appliance.store.quiet_writer.QuietWriter`; what finds nothing to do writes
nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from appliance.desk.rounds import Task
from appliance.desk.tools import Tools
from appliance.policy.housekeeping import HOUR_MS, Night, advanced, is_night_work_due
from appliance.store import log_file, record_files, recordings, retention, soundness, upkeep
from appliance.store.events import EventKind, add
from appliance.store.quiet_writer import QuietWriter
from appliance.store.retention_rules import Retention, Swept
from appliance.store.upkeep import Work

log = logging.getLogger("simloft.upkeep")

MEGABYTE = 1_000_000
LOOK_AT_LOG_MS = 30_000
LONG_LOG_OCTETS = 32 * MEGABYTE
"""Twice what checkpoints leave: the log does not begin anew by itself."""
TELL_AGAIN_MS = 24 * HOUR_MS
LONGEST_CHECK_S = 3600.0
QUIET_MS = 600_000
START_MS = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepRules:
    """What of the settings decides about it."""

    retention: Retention = field(default_factory=Retention)
    night: Night = field(default_factory=Night)
    most_log_mb: int = 1000
    """A program that holds the log longer than this by reading is ended; 0: never."""


class Upkeep:
    """The duties, with what they remember from one time to the next."""

    def __init__(
        self, rules: UpkeepRules, monotonic: Callable[[], float] = time.monotonic, *, after_s: float = 0.0
    ) -> None:
        """``after_s``: nothing is deleted and no night's work done before, because a box that starts has more to do."""
        self._begins_at_s = monotonic() + after_s
        self._rules = rules
        self._monotonic = monotonic
        self._believed: tuple[int, float] | None = None
        self._swept_at_s = -float("inf")
        self._told: tuple[frozenset[int], int] = (frozenset(), 0)

    def retain(self, tools: Tools, reader: sqlite3.Connection, now_ms: int) -> int:
        """Once an hour: delete what the rules let go."""
        # The rounds ask more often, in case the clock was set.
        if self._may_begin() and self._monotonic() - self._swept_at_s >= HOUR_MS / 1000:
            with _writer(tools) as writer:
                self._sweep(tools, reader, writer, now_ms)
            self._swept_at_s = self._monotonic()
        return now_ms + START_MS

    def watch_log(self, tools: Tools, reader: sqlite3.Connection, now_ms: int) -> int:
        """Have the write-ahead log begin anew where it does not by itself, and find out who keeps it from that."""
        next_ms = now_ms + LOOK_AT_LOG_MS
        log_path = log_file.log_of(tools.database)
        if log_file.octets_of(log_path) <= LONG_LOG_OCTETS:
            return next_ms
        with _writer(tools) as writer:
            octets = log_file.shorten(writer, tools.database)
            readers = log_file.lasting_readers(tools.database) if octets > LONG_LOG_OCTETS else []
            if readers:
                self._tell_of(readers, octets, writer, now_ms)
        return next_ms

    def look_after(self, tools: Tools, reader: sqlite3.Connection, now_ms: int) -> int:
        """By night, once a day: everything that is too much work for the day."""
        if not self._may_begin():
            return now_ms + START_MS
        done = upkeep.last_done(reader).get(Work.NIGHT)
        is_due = is_night_work_due(
            self._rules.night,
            tools.zone,
            last_ms=None if done is None else done.at_ms,
            now_ms=now_ms,
            is_quiet=_is_quiet(reader, now_ms),
        )
        if is_due and not upkeep.is_sending(reader):
            with _writer(tools) as writer:
                self._night(tools, reader, writer, now_ms)
        return now_ms + HOUR_MS // 6

    def _may_begin(self) -> bool:
        return self._monotonic() >= self._begins_at_s

    def _night(self, tools: Tools, reader: sqlite3.Connection, writer: QuietWriter, now_ms: int) -> None:
        swept = self._sweep(tools, reader, writer, now_ms)
        data = tools.database.parent
        files = record_files.delete_recordings(
            data / recordings.DIRECTORY,
            frozenset(recordings.under_way(reader).values()),
            days=self._rules.retention.recordings.days,
            most_mb=self._rules.retention.recordings_mb,
            now_ms=now_ms,
        )
        record_files.shorten_ledger(data / "bank-ledger.jsonl")
        given = upkeep.give_back_room(writer, tools.database)
        self._check(tools, writer, now_ms)
        log_file.shorten(writer, tools.database)
        outcome = {"rows": swept.total, "files": files, "given_back": given}
        believed_ms = self._believe(reader, now_ms)

        def note(connection: sqlite3.Connection) -> None:
            upkeep.note(connection, Work.NIGHT, now_ms, outcome)
            upkeep.note(connection, Work.LAST_SEEN, believed_ms, {})

        writer.write(note)
        log.info("by night: %d rows and %d files deleted, %d octets given back", swept.total, files, given)

    def _sweep(self, tools: Tools, reader: sqlite3.Connection, writer: QuietWriter, now_ms: int) -> Swept:
        swept = retention.sweep(
            retention.Sweep(
                reader=reader,
                writer=writer,
                rules=self._rules.retention,
                now_ms=min(now_ms, self._believe(reader, now_ms)),
                zone=tools.zone,
            )
        )
        if swept.total:
            log.info(
                "deleted what is over: %s", ", ".join(f"{count} {name}" for name, count in swept.rows.items())
            )
        return swept

    def _believe(self, reader: sqlite3.Connection, now_ms: int) -> int:
        """The latest instant that is believed in, so that a clock that is wrong makes nothing old."""
        at_s = self._monotonic()
        if self._believed is None:
            known = upkeep.last_done(reader).get(Work.LAST_SEEN)
            newest = reader.execute(
                "SELECT accepted_at_ms FROM messages ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            first_ms = min(now_ms, newest[0]) if newest else now_ms
            self._believed = (first_ms if known is None else known.at_ms, at_s)
        before_ms, before_s = self._believed
        self._believed = (advanced(before_ms, now_ms, int((at_s - before_s) * 1000)), at_s)
        return self._believed[0]

    def _check(self, tools: Tools, writer: QuietWriter, now_ms: int) -> None:
        ends_s = self._monotonic() + LONGEST_CHECK_S
        whole, found = soundness.find_damage(tools.database, lambda: self._monotonic() > ends_s)
        if not whole:
            return

        def note(connection: sqlite3.Connection) -> None:
            if found is None:
                upkeep.note(connection, Work.SOUND, now_ms, {})
                upkeep.forget(connection, Work.DAMAGED)
                return
            upkeep.note(connection, Work.DAMAGED, now_ms, {"found": found})
            add(connection, EventKind.UPKEEP, "event.upkeep.damaged", {"found": found}, at_ms=now_ms)

        if found is not None:
            log.error("the database %s is damaged: %s", tools.database, found)
        writer.write(note)

    def _tell_of(
        self, readers: list[log_file.LogReader], octets: int, writer: QuietWriter, now_ms: int
    ) -> None:
        pids = frozenset(each.pid for each in readers)
        most = self._rules.most_log_mb
        ended = [each for each in readers if most and octets > most * MEGABYTE and _ended(each)]
        told, told_at_ms = self._told
        if pids == told and not ended and now_ms - told_at_ms < TELL_AGAIN_MS:
            return
        self._told = (pids, now_ms)
        code = "event.upkeep.reader-ended" if ended else "event.upkeep.log-held"
        names = ", ".join(f"{each.command or '?'} ({each.pid})" for each in ended or readers)
        args: dict[str, str | int] = {"readers": names, "mb": octets // MEGABYTE}
        log.warning("the log of the database has %d MB, because these programs read: %s", args["mb"], names)
        writer.write(lambda connection: add(connection, EventKind.UPKEEP, code, args, at_ms=now_ms))


def upkeep_tasks(rules: UpkeepRules) -> tuple[Task, ...]:
    """What is done by the clock."""
    work = Upkeep(rules, after_s=START_MS / 1000)
    return (
        Task(name="log-file", duty=work.watch_log),
        Task(name="retention", duty=work.retain),
        Task(name="night", duty=work.look_after),
    )


def _ended(reader: log_file.LogReader) -> bool:
    """Tell a program to end, unless it is one of the box's own that serve it."""
    words = reader.command.split()
    is_ours = any("simloft" in each or "appliance.cli.main" in each for each in words[:3])
    if is_ours and any(each in ("pool", "web", "run") for each in words):
        return False
    try:
        os.kill(reader.pid, signal.SIGTERM)
    except OSError:
        return False
    return True


def _is_quiet(reader: sqlite3.Connection, now_ms: int) -> bool:
    """Whether nothing was accepted for a while and nothing is on the air."""
    newest = reader.execute("SELECT accepted_at_ms FROM messages ORDER BY seq DESC LIMIT 1").fetchone()
    return not upkeep.is_sending(reader) and (newest is None or abs(now_ms - newest[0]) > QUIET_MS)


@contextlib.contextmanager
def _writer(tools: Tools) -> Iterator[QuietWriter]:
    writer = QuietWriter(tools.database)
    try:
        yield writer
    finally:
        writer.close()

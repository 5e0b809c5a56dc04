"""Deleting what is over, by the table of :mod:`appliance.store.retention_rules`, in steps that nobody notices.

Never what is not final, what a plan still counts (it is folded into days first), what proves that a SIM was used, or
the newest row of a table. Looking is done by a reader; each step looks again at what it deletes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from appliance.store import folding
from appliance.store.keep_alive import last_spending
from appliance.store.life import FINAL_MESSAGE_STATES
from appliance.store.matching import LATEST_REPORT_MS
from appliance.store.quiet_writer import QuietWriter
from appliance.store.retention_rules import DAY_MS, RULES, Ages, Limits, Retention, Swept, goes_with

PAGE_ROWS = 2000
"""Rows that are looked at with one question."""

YOUNGEST_MS = 2 * DAY_MS
"""No message goes before: its parts are in windows of a day, and clocks are set by hours."""

PROGRAM_WRITTEN_MS = 1_793_491_200_000
"""2026-11-01. No message is older, whatever it was stamped with by a box that did not know the time yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One look at all tables."""

    reader: sqlite3.Connection
    writer: QuietWriter
    rules: Retention
    now_ms: int
    zone: tzinfo
    is_stopping: Callable[[], bool] = lambda: False


def sweep(given: Sweep) -> Swept:
    """Delete what the rules let go; returns how much. A look that finds nothing writes nothing."""
    swept = Swept()
    for rule in RULES:
        if isinstance(rule, Ages):
            swept.add(rule.table, _sweep_aged(given, rule))
    swept.add("messages", _sweep_messages(given))
    swept.add("delivery_reports", _sweep_reports(given))
    days = folding.old_days(given.reader, now_ms=given.now_ms, zone=given.zone)
    swept.add("sim_days", given.writer.in_steps(days, folding.forget_days))
    return swept


def _before_ms(limits: Limits, now_ms: int) -> int:
    return now_ms - limits.days * DAY_MS if limits.days else -1


def _excess(reader: sqlite3.Connection, table: str, most: int) -> int:
    """Rows that are too many."""
    if not most:
        return 0
    # The span of the numbers is no less than the rows, and costs nothing to read.
    span = reader.execute(f"SELECT max(rowid) - min(rowid) + 1 FROM {table}").fetchone()[0]
    if span is None or span <= most:
        return 0
    return max(0, int(reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) - most)


def _sweep_aged(given: Sweep, rule: Ages) -> int:
    limits = rule.limits(given.rules)
    before_ms = _before_ms(limits, given.now_ms)
    excess = _excess(given.reader, rule.table, limits.rows)
    condition = f"({rule.over}) AND rowid < (SELECT max(rowid) FROM {rule.table})"
    old = given.reader.execute(
        f"SELECT rowid FROM {rule.table} WHERE {rule.stamp} <= ? AND {condition} ORDER BY rowid", (before_ms,)
    ).fetchall()
    many = given.reader.execute(
        f"SELECT rowid FROM {rule.table} WHERE {condition} ORDER BY rowid LIMIT ?", (excess,)
    ).fetchall()
    keys = sorted({row[0] for row in old} | {row[0] for row in many})
    return given.writer.in_steps(keys, partial(_delete_aged, rule)) if keys else 0


def _delete_aged(rule: Ages, connection: sqlite3.Connection, keys: Sequence[int]) -> int:
    still = [
        row[0]
        for row in connection.execute(
            f"""
            SELECT rowid FROM {rule.table} NOT INDEXED
            WHERE rowid IN (SELECT value FROM json_each(?)) AND ({rule.over})
            """,
            (json.dumps(list(keys)),),
        )
    ]
    return _delete(connection, rule.table, still)


def _delete(connection: sqlite3.Connection, table: str, keys: Sequence[int]) -> int:
    chosen = (json.dumps(list(keys)),)
    for each in goes_with(table):
        connection.execute(
            f"DELETE FROM {each.table} WHERE {each.by} IN (SELECT value FROM json_each(?))", chosen
        )
    return connection.execute(
        f"DELETE FROM {table} WHERE rowid IN (SELECT value FROM json_each(?))", chosen
    ).rowcount


# -- messages -----------------------------------------------------------------------------------------------------

_OVER = f"""
    (state IN ({", ".join(f"'{each}'" for each in sorted(FINAL_MESSAGE_STATES))})
     OR (state = 'sent' AND (finished_at_ms IS NOT NULL OR updated_at_ms <= :no_report_ms)))
    AND updated_at_ms <= :youngest_ms
"""
"""Nothing more becomes of it: it is final, or sent and no report is asked for or comes so late."""

LOOK = f"""
    SELECT seq, accepted_at_ms, updated_at_ms, {_OVER} FROM messages WHERE seq > :after ORDER BY seq LIMIT :limit
"""


# By its number, or SQLite would walk through all that are in one of these states.
STILL_OVER = f"""
    SELECT seq FROM messages NOT INDEXED WHERE seq IN (SELECT value FROM json_each(:seqs)) AND {_OVER}
"""


def _instants(now_ms: int) -> dict[str, int]:
    return {"no_report_ms": now_ms - LATEST_REPORT_MS, "youngest_ms": now_ms - YOUNGEST_MS}


def _sweep_messages(given: Sweep) -> int:
    limits = given.rules.messages
    before_ms = _before_ms(limits, given.now_ms)
    excess = _excess(given.reader, "messages", limits.rows)
    kept: frozenset[int] | None = None
    gone = 0
    for page in _pages(given, before_ms):
        if excess - gone <= 0 and not any(is_over and at_ms <= before_ms for _, at_ms, is_over in page):
            if page[0][1] > before_ms:
                break
            continue
        if kept is None:
            kept = _kept_for_good(given.reader)
        chosen: list[int] = []
        for seq, at_ms, is_over in page:
            is_one_too_many = len(chosen) + gone < excess and at_ms <= given.now_ms - YOUNGEST_MS
            if is_over and seq not in kept and (at_ms <= before_ms or is_one_too_many):
                chosen.append(seq)
        delete = partial(delete_messages, now_ms=given.now_ms, zone=given.zone)
        gone += given.writer.in_steps(chosen, delete)
    return gone


def _pages(given: Sweep, before_ms: int) -> Iterator[list[tuple[int, int, bool]]]:
    """Messages from the oldest on: number, the instant from which it ages, whether it is over.

    A message is no older than one that was accepted before it: what a box stamped before it knew the time is not taken
    for old. What is stamped with an instant that is still to come does not age.
    """
    after, latest_ms = 0, PROGRAM_WRITTEN_MS
    while not given.is_stopping():
        values = {"after": after, "limit": PAGE_ROWS, **_instants(given.now_ms)}
        rows = given.reader.execute(LOOK, values).fetchall()
        if not rows:
            return
        page = []
        for seq, accepted_at_ms, updated_at_ms, is_over in rows:
            if accepted_at_ms <= given.now_ms:
                latest_ms = max(latest_ms, accepted_at_ms)
            page.append((seq, max(latest_ms, updated_at_ms), bool(is_over)))
        yield page
        after = rows[-1][0]


def _kept_for_good(reader: sqlite3.Connection) -> frozenset[int]:
    """Messages that stay however old they are."""
    newest = reader.execute(
        """
        SELECT max(seq) FROM messages
        UNION ALL SELECT message_seq FROM parts WHERE id = (SELECT max(id) FROM parts)
        UNION ALL SELECT message_seq FROM loop_tests WHERE message_seq IS NOT NULL
        """
    ).fetchall()
    spent = (last_spending(reader, sim_id) for (sim_id,) in reader.execute("SELECT id FROM sims").fetchall())
    return frozenset(row[0] for row in newest if row[0] is not None) | {
        each.message_seq for each in spent if each is not None
    }


def delete_messages(connection: sqlite3.Connection, seqs: Sequence[int], *, now_ms: int, zone: tzinfo) -> int:
    """Delete these messages with their parts, and fold what plans count; in one transaction. Returns how many.

    One that is not over any more stays.
    """
    values = {"seqs": json.dumps(list(seqs)), **_instants(now_ms)}
    still = [row[0] for row in connection.execute(STILL_OVER, values)]
    folding.fold(connection, still, now_ms=now_ms, zone=zone)
    return _delete(connection, "messages", still)


# -- reports ------------------------------------------------------------------------------------------------------

GONE = """
    SELECT id, part_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM parts WHERE parts.id = delivery_reports.part_id)
    FROM delivery_reports WHERE id > ? ORDER BY id LIMIT ?
"""


def _sweep_reports(given: Sweep) -> int:
    """Reports about parts that went. They are about as old as these, so the oldest are looked at."""
    after, gone = 0, 0
    newest = given.reader.execute("SELECT max(id) FROM delivery_reports").fetchone()[0]
    while not given.is_stopping():
        rows = given.reader.execute(GONE, (after, PAGE_ROWS)).fetchall()
        chosen = [row[0] for row in rows if row[1] and row[0] != newest]
        if not chosen:
            return gone
        gone += given.writer.in_steps(
            chosen, lambda connection, ids: _delete(connection, "delivery_reports", ids)
        )
        after = rows[-1][0]
    return gone

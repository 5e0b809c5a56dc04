"""One page of a long list by any filters: newest first, by an index where one fits, within a time that is bounded.

A filter that no index holds is looked for row by row. That goes on until the page is full or :attr:`Walk.budget_s` is
over; then the page is short, and the next one goes on where this one stopped. So a page never takes long, however much
there is and however rare what is looked for.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FEW = 2000
"""What an index has less of is looked at as a whole."""

FIRST_STEP, LONGEST_STEP = 250, 4000
"""Rows of one step of the walk."""

NEWEST = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Source:
    """Where numbers of rows that come into question are found: ``FROM … WHERE …``, of which ``seq`` is that number."""

    where: str
    seq: str = "seq"
    in_order: bool = True
    """Whether they come by number without being sorted; else it is of use where there are few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What is looked for."""

    select: str
    """``SELECT … FROM …`` of the rows, that has a column ``seq``; it is read by its number."""
    seq: str
    """That column with its table."""
    table: str
    conditions: Sequence[str]
    values: Mapping[str, object]
    sources: Sequence[Sequence[Source]] = ()
    """Each has all that come into question, in several sources together; the first of them is taken, or the first that
    has but few."""
    from_seq: int = 0
    below_seq: int = NEWEST
    """Nothing outside of these comes into question."""
    budget_s: float = 0.025


@dataclass(frozen=True, slots=True)
class Found:
    """One page."""

    rows: list[sqlite3.Row]
    next_before: int | None
    """From where the next page goes on; None: there is nothing more."""


def walk(connection: sqlite3.Connection, wanted: Walk, *, limit: int, before_seq: int | None) -> Found:
    """At most ``limit`` rows older than ``before_seq``."""
    deadline = time.monotonic() + wanted.budget_s
    before = min(NEWEST if before_seq is None else before_seq, wanted.below_seq)
    chosen = _choose(connection, wanted, before)
    if isinstance(chosen, list):
        rows = _rows_of(connection, wanted, chosen, limit + 1)
        return _cut(rows, limit, None)
    rows, step = [], FIRST_STEP
    if chosen is None:
        (newest,) = connection.execute(f"SELECT max(seq) FROM {wanted.table}").fetchone()
        before = min(before, (newest or 0) + 1)
    while before > wanted.from_seq:
        missing = limit + 1 - len(rows)
        if chosen is None:
            floor = max(before - step, wanted.from_seq)
            rows += _rows_between(connection, wanted, floor, before, missing)
        else:
            numbers, floor = _step(connection, wanted, chosen, before, step)
            rows += _rows_of(connection, wanted, numbers, missing)
        before = floor
        if len(rows) > limit:
            return _cut(rows, limit, None)
        if time.monotonic() > deadline and before > wanted.from_seq:
            return _cut(rows, limit, before)
        step = min(2 * step, LONGEST_STEP)
    return _cut(rows, limit, None)


def _cut(rows: list[sqlite3.Row], limit: int, stopped_at: int | None) -> Found:
    if len(rows) > limit:
        return Found(rows[:limit], int(rows[limit - 1]["seq"]))
    return Found(rows, stopped_at)


def _choose(connection: sqlite3.Connection, wanted: Walk, before: int) -> list[int] | Sequence[Source] | None:
    """The numbers of all that comes into question, where they are few; or the sources to walk along; or None."""
    for sources in wanted.sources:
        numbers: set[int] = set()
        for source in sources:
            rows = connection.execute(
                f"SELECT {source.seq} {source.where} LIMIT {FEW + 1}", dict(wanted.values)
            ).fetchall()
            numbers.update(row[0] for row in rows)
            if len(rows) > FEW:
                break
        else:
            return sorted(each for each in numbers if wanted.from_seq <= each < before)
    return next((each for each in wanted.sources if all(source.in_order for source in each)), None)


def _step(
    connection: sqlite3.Connection, wanted: Walk, sources: Sequence[Source], before: int, step: int
) -> tuple[list[int], int]:
    """The next numbers of all sources together, and down to where they are all."""
    numbers: set[int] = set()
    floor = wanted.from_seq
    for source in sources:
        found = connection.execute(
            f"SELECT {source.seq} {source.where} AND {source.seq} < :before AND {source.seq} >= :floor "
            f"ORDER BY {source.seq} DESC LIMIT :step",
            {**wanted.values, "before": before, "floor": floor, "step": step},
        ).fetchall()
        numbers.update(row[0] for row in found)
        if len(found) == step:
            floor = max(floor, found[-1][0])
    return [each for each in numbers if each >= floor], floor


def _rows_of(
    connection: sqlite3.Connection, wanted: Walk, numbers: Sequence[int], limit: int
) -> list[sqlite3.Row]:
    if not numbers:
        return []
    return connection.execute(
        f"{wanted.select} WHERE {_all(wanted)} {wanted.seq} IN (SELECT value FROM json_each(:numbers)) "
        f"ORDER BY {wanted.seq} DESC LIMIT :limit",
        {**wanted.values, "numbers": json.dumps(list(numbers)), "limit": limit},
    ).fetchall()


def _rows_between(
    connection: sqlite3.Connection, wanted: Walk, floor: int, before: int, limit: int
) -> list[sqlite3.Row]:
    return connection.execute(
        f"{wanted.select} WHERE {_all(wanted)} {wanted.seq} < :before AND {wanted.seq} >= :floor "
        f"ORDER BY {wanted.seq} DESC LIMIT :limit",
        {**wanted.values, "before": before, "floor": floor, "limit": limit},
    ).fetchall()


def _all(wanted: Walk) -> str:
    return "".join(f"({each}) AND " for each in wanted.conditions)


def number_at(connection: sqlite3.Connection, table: str, column: str, at_ms: int) -> int:
    """The number from which on rows are of ``at_ms`` or later, by bisection: stamps rise with the numbers, since the
    clock of the box never goes back (:mod:`appliance.store.clock_shift`).

    Where two rows may be stamped the other way round by so much as a slack, ask for ``at_ms`` less that: no earlier
    row is of ``at_ms`` or later. For ``at_ms`` plus the slack no row from there on is earlier than ``at_ms``.
    """
    (first, last) = connection.execute(
        f"SELECT min(seq), max(seq) FROM (SELECT min(seq) AS seq FROM {table} UNION ALL SELECT max(seq) FROM {table})"
    ).fetchone()
    if first is None:
        return 0
    low, high = first, last + 1
    while low < high:
        middle = (low + high) // 2
        seq, stamp = connection.execute(
            f"SELECT seq, {column} FROM {table} WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)
        ).fetchone()
        if stamp >= at_ms:
            high = middle
        else:
            low = seq + 1
    return int(low)

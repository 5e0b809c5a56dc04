"""What was added since somebody looked last, read by row id: for counters that only grow.

Rows are only ever added with ascending ids, so a look costs what is new and nothing else; what was counted while it
was still open (a part without its report) is asked for again by id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from appliance.store.life import PartState
from appliance.values import value

AT_ONCE = 500
"""Ids in one question."""

_PART = """
    SELECT parts.id, parts.sim_id, parts.state, parts.number, parts.attempt, parts.error_kind, parts.error_code,
           parts.submitted_at_ms, parts.answered_at_ms, parts.reported_at_ms, messages.priority,
           messages.accepted_at_ms, messages.not_before_ms, messages.delivery_report
    FROM parts JOIN messages ON messages.seq = parts.message_seq
"""


@value
class TalliedPart:
    """What counters need of a part and its message."""

    id: int
    sim_id: int
    state: PartState
    number: int
    attempt: int
    error_kind: str | None
    error_code: int | None
    submitted_at_ms: int | None
    answered_at_ms: int | None
    reported_at_ms: int | None
    priority: int
    accepted_at_ms: int
    not_before_ms: int
    delivery_report: int

    @property
    def due_at_ms(self) -> int:
        """When it might have gone first: at its acceptance, or at the time that it was scheduled for."""
        submitted_at_ms = self.submitted_at_ms
        if submitted_at_ms is not None and self.not_before_ms <= submitted_at_ms:
            return max(self.accepted_at_ms, self.not_before_ms)
        return self.accepted_at_ms


@dataclass(frozen=True, slots=True)
class Marks:
    """The newest row of each table that was looked at."""

    message_seq: int
    part_id: int
    inbound_seq: int


def marks(connection: sqlite3.Connection) -> Marks:
    """Where each table ends now."""
    row = connection.execute(
        """
        SELECT (SELECT coalesce(max(seq), 0) FROM messages), (SELECT coalesce(max(id), 0) FROM parts),
               (SELECT coalesce(max(seq), 0) FROM inbound_messages)
        """
    ).fetchone()
    return Marks(*row)


def accepted_since(
    connection: sqlite3.Connection, before: Marks, now: Marks
) -> list[tuple[str, int, int, int]]:
    """Messages by the way in, account and priority: ``(source, account_id, priority, how many)``."""
    rows = connection.execute(
        """
        SELECT source, account_id, priority, count(*) FROM messages WHERE seq > ? AND seq <= ? GROUP BY 1, 2, 3
        """,
        (before.message_seq, now.message_seq),
    )
    return [tuple(row) for row in rows]


def received_since(connection: sqlite3.Connection, before: Marks, now: Marks) -> list[tuple[int, str, int]]:
    """Inbound messages: ``(sim_id, kind, how many)``."""
    rows = connection.execute(
        "SELECT sim_id, kind, count(*) FROM inbound_messages WHERE seq > ? AND seq <= ? GROUP BY 1, 2",
        (before.inbound_seq, now.inbound_seq),
    )
    return [tuple(row) for row in rows]


def parts_since(connection: sqlite3.Connection, before: Marks, now: Marks) -> Iterator[TalliedPart]:
    """Every part that is new."""
    rows = connection.execute(f"{_PART} WHERE parts.id > ? AND parts.id <= ?", (before.part_id, now.part_id))
    yield from map(_part, rows)


def parts_again(connection: sqlite3.Connection, ids: Iterable[int]) -> Iterator[TalliedPart]:
    """Parts by id; those that are gone are left out."""
    wanted = list(ids)
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        marks_ = ",".join("?" * len(some))
        yield from map(_part, connection.execute(f"{_PART} WHERE parts.id IN ({marks_})", some))


def _part(row: sqlite3.Row) -> TalliedPart:
    part_id, sim_id, state, *others = row
    return TalliedPart(part_id, sim_id, PartState(state), *others)

"""What could not be told at once: waits to be told again, or is dead. What was told has no row here.

So an endpoint that works costs the disk one number now and then (:func:`note_told`), and a memory card lives on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_ANSWER = 500
"""Characters of an answer that are kept to be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A change that somebody was not told of yet."""

    webhook_id: int | None
    callback_id: int | None
    change_id: int
    subject: str
    first_at_ms: int
    next_try_at_ms: int
    tries: int = 0
    is_dead: bool = False
    tried_at_ms: int | None = None
    status: int | None = None
    reason: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The row of one."""

    id: int
    webhook_id: int | None
    callback_id: int | None
    change_id: int
    subject: str
    state: str
    """'waiting' or 'dead'."""
    tries: int
    first_at_ms: int
    """When it was tried first, or put aside untried."""
    next_try_at_ms: int
    tried_at_ms: int | None
    status: int | None
    """Of HTTP, at the last try; None: nothing was answered, and ``reason`` says why."""
    reason: str | None
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """What came of another try of one that has a row."""

    id: int
    tries: int
    next_try_at_ms: int | None
    """None: it is dead."""
    tried_at_ms: int
    status: int | None
    reason: str
    answer: str | None


def put_aside(connection: sqlite3.Connection, new: Iterable[NewDelivery]) -> None:
    """Keep these, to be told later."""
    connection.executemany(
        """
        INSERT INTO deliveries (webhook_id, callback_id, change_id, subject, state, tries, first_at_ms, next_try_at_ms,
            tried_at_ms, status, reason, answer)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (
                each.webhook_id,
                each.callback_id,
                each.change_id,
                each.subject,
                "dead" if each.is_dead else "waiting",
                each.tries,
                each.first_at_ms,
                each.next_try_at_ms,
                each.tried_at_ms,
                each.status,
                each.reason,
                each.answer,
            )
            for each in new
        ],
    )


def note_failed(connection: sqlite3.Connection, failed: Iterable[Failed]) -> None:
    """They were tried again for nothing."""
    connection.executemany(
        """
        UPDATE deliveries SET state = iif(?2 IS NULL, 'dead', 'waiting'), tries = ?3,
            next_try_at_ms = coalesce(?2, next_try_at_ms), tried_at_ms = ?4, status = ?5, reason = ?6, answer = ?7
        WHERE id = ?1
        """,
        [
            (
                each.id,
                each.next_try_at_ms,
                each.tries,
                each.tried_at_ms,
                each.status,
                each.reason,
                each.answer,
            )
            for each in failed
        ],
    )


def note_told(connection: sqlite3.Connection, told_id: int, delivery_ids: Iterable[int] = ()) -> None:
    """Every change up to ``told_id`` was told to everybody, or was put aside; and so were these that had been."""
    connection.execute("UPDATE feed SET told_id = ? WHERE told_id < ?", (told_id, told_id))
    connection.executemany("DELETE FROM deliveries WHERE id = ?", [(each,) for each in delivery_ids])


def told_id(connection: sqlite3.Connection) -> int:
    """Up to which change everybody was told, or what was not is put aside."""
    return int(connection.execute("SELECT told_id FROM feed").fetchone()[0])


def postpone(connection: sqlite3.Connection, delivery_ids: Iterable[int], until_ms: int) -> None:
    """Not to be tried before: who would be told of them does not answer anybody."""
    connection.executemany(
        "UPDATE deliveries SET next_try_at_ms = ? WHERE id = ? AND state = 'waiting'",
        [(until_ms, each) for each in delivery_ids],
    )


def bring_forward(connection: sqlite3.Connection, webhook_id: int, now_ms: int) -> None:
    """A subscription's endpoint answers again: all that waits for it is due."""
    connection.execute(
        "UPDATE deliveries SET next_try_at_ms = ? WHERE webhook_id = ? AND state = 'waiting' AND next_try_at_ms > ?",
        (now_ms, webhook_id, now_ms),
    )


def give_up(connection: sqlite3.Connection, before_ms: int, now_ms: int) -> int:
    """What was put aside before that and never got a turn is dead, as its endpoint answered nobody; how many."""
    return connection.execute(
        """
        UPDATE deliveries SET state = 'dead', tried_at_ms = coalesce(tried_at_ms, ?),
            reason = coalesce(reason, 'push.never-its-turn')
        WHERE state = 'waiting' AND first_at_ms < ?
            AND (webhook_id IS NULL OR webhook_id IN (SELECT id FROM webhooks WHERE is_on))
        """,
        (now_ms, before_ms),
    ).rowcount


_FIRST_OF_SUBJECT = """
    NOT EXISTS (
        SELECT 1 FROM deliveries AS earlier INDEXED BY deliveries_of_subject
        WHERE earlier.state = 'waiting' AND earlier.subject = this.subject AND earlier.id < this.id
            AND earlier.webhook_id IS this.webhook_id AND earlier.callback_id IS this.callback_id)
"""


def due(connection: sqlite3.Connection, webhook_id: int | None, now_ms: int, limit: int) -> list[Delivery]:
    """What is due of a subscription, or of callbacks (None), longest due first; of one subject only the first."""
    rows = connection.execute(
        f"""
        SELECT * FROM deliveries AS this INDEXED BY deliveries_due
        WHERE webhook_id IS ? AND state = 'waiting' AND next_try_at_ms <= ? AND {_FIRST_OF_SUBJECT}
        ORDER BY next_try_at_ms, id LIMIT ?
        """,
        (webhook_id, now_ms, limit),
    )
    return [Delivery(**dict(row)) for row in rows]


def first_due_ms(connection: sqlite3.Connection, webhook_id: int | None) -> int | None:
    """When the first of what waits for a subscription, or of callbacks (None), is due; None: nothing waits."""
    row = connection.execute(
        """
        SELECT next_try_at_ms FROM deliveries INDEXED BY deliveries_due
        WHERE webhook_id IS ? AND state = 'waiting' ORDER BY next_try_at_ms LIMIT 1
        """,
        (webhook_id,),
    ).fetchone()
    return None if row is None else int(row[0])


def is_waiting(
    connection: sqlite3.Connection, subject: str, *, webhook_id: int | None, callback_id: int | None
) -> bool:
    """Whether an earlier change of a subject still waits for the same receiver."""
    row = connection.execute(
        """
        SELECT 1 FROM deliveries INDEXED BY deliveries_of_subject
        WHERE state = 'waiting' AND subject = ? AND webhook_id IS ? AND callback_id IS ? LIMIT 1
        """,
        (subject, webhook_id, callback_id),
    ).fetchone()
    return row is not None


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a subscription was not told, each counted up to a limit."""

    waiting: int
    dead: int


def counts(connection: sqlite3.Connection, webhook_id: int, most: int) -> Counts:
    """What waits for a subscription, and what is dead, up to ``most`` each."""
    waiting, dead = (
        int(
            connection.execute(
                "SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE webhook_id = ? AND state = ? LIMIT ?)",
                (webhook_id, state, most),
            ).fetchone()[0]
        )
        for state in ("waiting", "dead")
    )
    return Counts(waiting, dead)


def counts_of_all(connection: sqlite3.Connection, most: int) -> Counts:
    """The same of all subscriptions and callbacks together."""
    found = []
    for index, state in (("deliveries_due", "waiting"), ("deliveries_dead", "dead")):
        row = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY {index} WHERE state = '{state}' LIMIT ?)",
            (most,),
        ).fetchone()
        found.append(int(row[0]))
    return Counts(*found)


def page(
    connection: sqlite3.Connection,
    webhook_id: int,
    state: str,
    *,
    limit: int,
    before_id: int | None = None,
) -> list[Delivery]:
    """What waits for a subscription, or is dead; newest first."""
    rows = connection.execute(
        "SELECT * FROM deliveries WHERE webhook_id = ? AND state = ? AND id < ? ORDER BY id DESC LIMIT ?",
        (webhook_id, state, (1 << 62) if before_id is None else before_id, limit),
    )
    return [Delivery(**dict(row)) for row in rows]


def resend(
    connection: sqlite3.Connection, webhook_id: int, now_ms: int, *, delivery_id: int | None = None
) -> int:
    """Try a dead one again, or all of a subscription, as if they were new; how many there were."""
    one = "" if delivery_id is None else " AND id = :id"
    return connection.execute(
        f"""
        UPDATE deliveries SET state = 'waiting', tries = 0, first_at_ms = :now, next_try_at_ms = :now
        WHERE webhook_id = :webhook AND state = 'dead'{one}
        """,
        {"now": now_ms, "webhook": webhook_id, "id": delivery_id},
    ).rowcount


def forget(connection: sqlite3.Connection, webhook_id: int) -> int:
    """Drop the dead ones of a subscription; how many there were."""
    return connection.execute(
        "DELETE FROM deliveries WHERE webhook_id = ? AND state = 'dead'", (webhook_id,)
    ).rowcount

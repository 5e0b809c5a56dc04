"""What was received, as the office reads it. How it got there is in :mod:`appliance.store.inbound`."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from appliance.store.message_lists import within
from appliance.store.walk import NEWEST, Source, Walk, number_at, walk

SLACK_MS = 7 * 86_400_000
"""A message is of when its first part came and has its number from when it was shown, which may be days later where the
box was off meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """A received message with the SIM that received it."""

    seq: int
    id: str
    sim_id: int
    sim_iccid: str | None
    sim_msisdn: str | None
    sim_label: str | None
    sender: str
    text: str | None
    data: str | None
    kind: str
    about: str | None
    """'balance' or 'keep-alive' where it is the answer to a question of the box itself, or its own message."""
    parts_total: int
    parts_received: int
    complete: bool
    scts_at_ms: int | None
    received_at_ms: int
    completed_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilters:
    """What a list has; None is all."""

    senders: frozenset[str] | None = None
    """One sender, in each spelling."""
    sim_id: int | None = None
    received_after_ms: int | None = None
    """Not before it."""
    received_before_ms: int | None = None
    """Before it."""
    text: str | None = None
    """Somewhere in the text; capital letters of ASCII count as small ones."""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page, newest first; it may be short, even empty, while there is a next one."""

    messages: tuple[InboxMessage, ...]
    next_before: int | None


_SELECT = """
    SELECT inbound.seq, inbound.id, inbound.sim_id, sims.iccid AS sim_iccid, sims.msisdn AS sim_msisdn,
           sims.label AS sim_label, inbound.sender, inbound.text, inbound.data, inbound.kind,
           CASE WHEN EXISTS (SELECT 1 FROM balance_readings WHERE inbound_seq = inbound.seq) THEN 'balance'
                WHEN EXISTS (SELECT 1 FROM keep_alive_proofs WHERE inbound_seq = inbound.seq) THEN 'keep-alive'
           END AS about,
           inbound.parts_total, inbound.parts_received, inbound.complete, inbound.scts_at_ms,
           inbound.received_at_ms, inbound.completed_at_ms
    FROM inbound_messages AS inbound NOT INDEXED CROSS JOIN sims ON sims.id = inbound.sim_id
"""


def get(connection: sqlite3.Connection, message_id: str) -> InboxMessage | None:
    """The received message of a UUID."""
    row = connection.execute(
        f"{_SELECT} WHERE inbound.seq = (SELECT seq FROM inbound_messages WHERE id = ?)", [message_id]
    ).fetchone()
    return _message(row) if row else None


def of_seq(connection: sqlite3.Connection, seq: int) -> InboxMessage | None:
    """The received message of a number."""
    row = connection.execute(f"{_SELECT} WHERE inbound.seq = ?", [seq]).fetchone()
    return _message(row) if row else None


def page(
    connection: sqlite3.Connection, *, limit: int, before_seq: int | None = None, sender: str | None = None
) -> list[InboxMessage]:
    """Newest first, at most ``limit``, older than ``before_seq``."""
    filters = InboxFilters(senders=None if sender is None else frozenset({sender}))
    return list(list_inbox(connection, filters, limit=limit, before_seq=before_seq).messages)


def count(connection: sqlite3.Connection) -> int:
    """How many messages there are."""
    return int(connection.execute("SELECT count(*) FROM inbound_messages").fetchone()[0])


def ascending(
    connection: sqlite3.Connection,
    *,
    from_seq: int | None = None,
    to_seq: int | None = None,
    senders: frozenset[str] | None = None,
    from_ms: int | None = None,
    until_ms: int | None = None,
    limit: int,
) -> list[InboxMessage]:
    """Oldest first, for who polls and goes on behind the last number that it has; ``until_ms`` is not within."""
    given: list[tuple[str, object]] = [
        (condition, value)
        for condition, value in (
            ("inbound.seq >= ?", from_seq),
            ("inbound.seq <= ?", to_seq),
            ("inbound.received_at_ms >= ?", from_ms),
            ("inbound.received_at_ms < ?", until_ms),
        )
        if value is not None
    ]
    conditions, values = [each[0] for each in given], [each[1] for each in given]
    if senders is not None:
        conditions.append(f"inbound.sender IN ({', '.join('?' * len(senders))})")
        values += sorted(senders)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = connection.execute(f"{_SELECT} {where} ORDER BY inbound.seq LIMIT ?", [*values, limit])
    return [_message(row) for row in rows]


def list_inbox(
    connection: sqlite3.Connection, filters: InboxFilters, *, limit: int, before_seq: int | None = None
) -> InboxPage:
    """At most ``limit`` received messages older than ``before_seq``."""
    found = walk(connection, walk_of(connection, filters), limit=limit, before_seq=before_seq)
    return InboxPage(tuple(map(_message, found.rows)), found.next_before)


def walk_of(connection: sqlite3.Connection, filters: InboxFilters) -> Walk:
    """How they are looked for."""
    senders = sorted(filters.senders or ())
    named = {f"sender{number}": each for number, each in enumerate(senders)}
    after_ms, before_ms = filters.received_after_ms, filters.received_before_ms
    conditions = [
        condition
        for condition, given in (
            (f"inbound.sender IN ({', '.join(f':{name}' for name in named)})", filters.senders),
            ("inbound.sim_id = :sim", filters.sim_id),
            ("inbound.received_at_ms >= :after", after_ms),
            ("inbound.received_at_ms < :until", before_ms),
            (r"inbound.text LIKE :text ESCAPE '\'", filters.text),
        )
        if given is not None
    ]
    of_sender = tuple(
        Source(f"FROM inbound_messages INDEXED BY inbound_sender WHERE sender = :{name}") for name in named
    )
    return Walk(
        select=_SELECT,
        seq="inbound.seq",
        table="inbound_messages",
        conditions=conditions,
        values={
            **named,
            "sim": filters.sim_id,
            "after": after_ms,
            "until": before_ms,
            "text": None if filters.text is None else within(filters.text),
        },
        sources=(of_sender,) if of_sender else (),
        from_seq=0 if after_ms is None else _number_at(connection, after_ms - SLACK_MS),
        below_seq=NEWEST if before_ms is None else _number_at(connection, before_ms + SLACK_MS),
    )


def _number_at(connection: sqlite3.Connection, at_ms: int) -> int:
    return number_at(connection, "inbound_messages", "received_at_ms", at_ms)


def _message(row: sqlite3.Row) -> InboxMessage:
    return InboxMessage(**{**dict(row), "complete": bool(row["complete"])})

"""Conversations: who was written to or wrote, and what, both ways in one order.

Two rows of numbers, that of ``messages`` and that of ``inbound_messages``, are walked together from their newest ends,
by time. Where a walk stands is a place in each, so what comes in later changes nothing of what is still to be walked.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.store import inbox
from appliance.store.inbox import InboxMessage
from appliance.store.messages import Message, message_of

COUNTED = 1000
"""Messages of one conversation and direction are counted up to this."""

BUDGET_S = 0.025
CHUNK = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: the next ones are below these numbers."""

    below_out: int
    below_in: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One message, of the one way or the other."""

    at_ms: int
    sent: Message | None
    received: InboxMessage | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One partner."""

    number: str
    last: Entry
    sent: int
    """Messages to him, up to :data:`COUNTED`."""
    received: int
    """From him, likewise."""


@dataclass(frozen=True, slots=True)
class Conversations:
    """One page, the one with the newest message first; it may be short while there is a next one."""

    found: tuple[Conversation, ...]
    next_place: Place | None


@dataclass(frozen=True, slots=True)
class Talk:
    """One page of a conversation, newest first."""

    entries: tuple[Entry, ...]
    next_place: Place | None


def newest(connection: sqlite3.Connection) -> Place:
    """Before the newest of all."""
    row = connection.execute(
        "SELECT (SELECT max(seq) FROM messages), (SELECT max(seq) FROM inbound_messages)"
    ).fetchone()
    return Place((row[0] or 0) + 1, (row[1] or 0) + 1)


_OUT = """
    SELECT seq, recipient, accepted_at_ms FROM messages NOT INDEXED
    WHERE seq < ? ORDER BY seq DESC LIMIT ?
"""
_IN = """
    SELECT seq, sender, received_at_ms FROM inbound_messages NOT INDEXED
    WHERE seq < ? ORDER BY seq DESC LIMIT ?
"""
OUT_TO = """
    SELECT seq, recipient, accepted_at_ms FROM messages WHERE recipient = ? AND seq < ? ORDER BY seq DESC LIMIT ?
"""
IN_FROM = """
    SELECT seq, sender, received_at_ms FROM inbound_messages WHERE sender = ? AND seq < ? ORDER BY seq DESC LIMIT ?
"""
LATER_OUT = "SELECT 1 FROM messages WHERE recipient = ? AND seq > ? AND seq < ? LIMIT 1"
LATER_IN = "SELECT 1 FROM inbound_messages WHERE sender = ? AND seq >= ? AND seq < ? LIMIT 1"


def list_conversations(
    connection: sqlite3.Connection, *, limit: int, begin: Place, place: Place, budget_s: float = BUDGET_S
) -> Conversations:
    """At most ``limit`` partners, of a walk that began at ``begin`` and stands at ``place``.

    A partner is shown where his newest message was when the walk began, and nowhere else.
    """
    deadline = time.monotonic() + budget_s
    found: list[Conversation] = []
    sent = _numbers(connection, _OUT, (), place.below_out)
    received = _numbers(connection, _IN, (), place.below_in)
    for is_sent, (seq, number, at_ms), after in _merged(sent, received, place):
        if len(found) >= limit:
            return Conversations(tuple(found), place)
        if not _is_passed(connection, number, begin, place, seq, is_sent=is_sent):
            found.append(_conversation(connection, number, begin, _entry(connection, is_sent, seq, at_ms)))
        place = after
        if time.monotonic() > deadline:
            return Conversations(tuple(found), place)
    return Conversations(tuple(found), None)


def talk(
    connection: sqlite3.Connection, recipient: str, senders: frozenset[str], *, limit: int, place: Place
) -> Talk:
    """At most ``limit`` messages to ``recipient`` or from one of ``senders``, which are spellings of him."""
    entries: list[Entry] = []
    sent = _numbers(connection, OUT_TO, (recipient,), place.below_out)
    received = _from_any(connection, sorted(senders), place.below_in)
    for is_sent, (seq, _, at_ms), after in _merged(sent, received, place):
        if len(entries) >= limit:
            return Talk(tuple(entries), place)
        entries.append(_entry(connection, is_sent, seq, at_ms))
        place = after
    return Talk(tuple(entries), None)


_Step = tuple[int, str, int]


def _numbers(
    connection: sqlite3.Connection, query: str, of: tuple[object, ...], below: int
) -> Iterator[_Step]:
    size = 16
    while True:
        rows = connection.execute(query, (*of, below, size)).fetchall()
        yield from (tuple(row) for row in rows)
        if len(rows) < size:
            return
        below, size = rows[-1][0], CHUNK


def _from_any(connection: sqlite3.Connection, senders: list[str], below: int) -> Iterator[_Step]:
    rows = [_numbers(connection, IN_FROM, (each,), below) for each in senders]
    heads = [next(each, None) for each in rows]
    while any(head is not None for head in heads):
        first = max(range(len(heads)), key=lambda index: -1 if heads[index] is None else heads[index][0])  # type: ignore[index]
        head = heads[first]
        assert head is not None
        yield head
        heads[first] = next(rows[first], None)


def _merged(
    sent: Iterator[_Step], received: Iterator[_Step], place: Place
) -> Iterator[tuple[bool, _Step, Place]]:
    """Both, newest first: whether it was sent, the message, and where the walk stands after it."""
    out, in_ = next(sent, None), next(received, None)
    while out is not None or in_ is not None:
        if in_ is None or (out is not None and out[2] >= in_[2]):
            assert out is not None
            place = Place(out[0], place.below_in)
            yield True, out, place
            out = next(sent, None)
        else:
            place = Place(place.below_out, in_[0])
            yield False, in_, place
            in_ = next(received, None)


def _is_passed(
    connection: sqlite3.Connection, number: str, begin: Place, place: Place, seq: int, *, is_sent: bool
) -> bool:
    """Whether the walk has met this partner before."""
    after_out = seq if is_sent else place.below_out - 1
    from_in = place.below_in if is_sent else seq + 1
    return (
        connection.execute(LATER_OUT, (number, after_out, begin.below_out)).fetchone() is not None
        or connection.execute(LATER_IN, (number, from_in, begin.below_in)).fetchone() is not None
    )


def _entry(connection: sqlite3.Connection, is_sent: bool, seq: int, at_ms: int) -> Entry:
    if is_sent:
        row = connection.execute("SELECT * FROM messages WHERE seq = ?", (seq,)).fetchone()
        return Entry(at_ms, message_of(row), None)
    return Entry(at_ms, None, inbox.of_seq(connection, seq))


def _conversation(connection: sqlite3.Connection, number: str, begin: Place, last: Entry) -> Conversation:
    sent, received = connection.execute(
        """
        SELECT (SELECT count(*) FROM (
                    SELECT 1 FROM messages WHERE recipient = :number AND seq < :out LIMIT :most)),
               (SELECT count(*) FROM (
                    SELECT 1 FROM inbound_messages WHERE sender = :number AND seq < :in LIMIT :most))
        """,
        {"number": number, "out": begin.below_out, "in": begin.below_in, "most": COUNTED},
    ).fetchone()
    return Conversation(number, last, sent, received)

"""The one door into the queue: who, what, to whom, when → stored messages, or a refusal with reasons.

Every way in (API, page, command line, and each dialect) calls :func:`submit` or :func:`submit_many`; nothing
else inserts a message. Approval, opt-out and credit will be asked in :mod:`appliance.desk.decision`, so that no way in
can skip them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.desk import key_limits
from appliance.desk.carriers import number_table
from appliance.desk.decision import (
    FARTHEST_AHEAD_MS,
    Place,
    Rules,
    Times,
    alone,
    decide,
    decide_all,
    in_list,
    plan_or_mistake,
    times_or_mistake,
)
from appliance.desk.mistake import Because, Mistake, Refusal
from appliance.desk.submission import Submission
from appliance.desk.who import Who
from appliance.policy.destination import destination_of
from appliance.store import idempotency, messages
from appliance.store.conversation import sims_of_conversations
from appliance.store.facts import facts_of
from appliance.store.messages import Message, NewMessage
from appliance.store.writer import Change, GroupCommitWriter, LoopWriter
from appliance.values import value

__all__ = [
    "FARTHEST_AHEAD_MS",
    "Batch",
    "Once",
    "Rules",
    "Times",
    "decide",
    "plan_or_mistake",
    "submit",
    "submit_many",
    "submit_many_in_loop",
    "times_or_mistake",
]

MOST_MESSAGES = 10_000
"""In one request: they are one transaction, in which nothing else is written."""


@value
class Batch:
    """What a request brought into the queue, in its order."""

    messages: tuple[Message, ...]
    is_repeat: bool = False
    """They were stored by an earlier request with the same key; this one stored nothing."""
    answer: bytes | None = None
    """Of a repeat: what :attr:`Once.answer` made then."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that may be made again and is done once (``Idempotency-Key``), for 24 hours, by API key."""

    key: str
    """As the client chose it, of any form."""
    fingerprint: bytes
    """Of all that the request says: another one under the same key is refused with ``Because.CONFLICT``."""
    answer: Callable[[Sequence[Message]], bytes] | None = None
    """What is kept to be answered to a repeat; made in the transaction, so it takes little time and has no effect."""


Also = Callable[[sqlite3.Connection, Message], None]


def submit(
    writer: GroupCommitWriter,
    rules: Rules,
    submission: Submission,
    who: Who,
    *,
    now_ms: int,
    ring: Callable[[], object],
    also: Also | None = None,
    once: Once | None = None,
) -> Message | Refusal:
    """Judge a submission and store it; returns when it is on disk, and has rung the pool's doorbell.

    ``also`` is done in the transaction that stores it; what it raises undoes both and is raised here. With ``once`` a
    repeat returns the message of the first request as it is now, and does ``also`` no second time.

    Raises :class:`~appliance.store.errors.StoreError` where the disk or the database refused; then
    nothing was stored.
    """
    stored = submit_many(
        writer, rules, (submission,), who, now_ms=now_ms, ring=ring, once=once, also=also, place=alone
    )
    return stored if isinstance(stored, Refusal) else stored.messages[0]


def submit_many(
    writer: GroupCommitWriter,
    rules: Rules,
    submissions: Sequence[Submission],
    who: Who,
    *,
    now_ms: int,
    ring: Callable[[], object],
    once: Once | None = None,
    also: Also | None = None,
    place: Place = in_list,
) -> Batch | Refusal:
    """The same for several, of :data:`MOST_MESSAGES` at most: all of them or none, in one transaction.

    ``place`` says where the mistakes of one submission are in the request; ``/messages/3/to`` without. ``also`` is
    done for each message.
    """
    change = _change(rules, submissions, who, now_ms=now_ms, once=once, also=also, place=place)
    if isinstance(change, Refusal):
        return change
    stored = writer.write_blocking(change)
    if isinstance(stored, Batch) and not stored.is_repeat:
        ring()
    return stored


async def submit_many_in_loop(
    writer: LoopWriter,
    rules: Rules,
    submissions: Sequence[Submission],
    who: Who,
    *,
    now_ms: int,
    ring: Callable[[], object],
    once: Once | None = None,
    also: Also | None = None,
    place: Place = in_list,
) -> Batch | Refusal:
    """The same for a coroutine: only the disk is waited for."""
    change = _change(rules, submissions, who, now_ms=now_ms, once=once, also=also, place=place)
    if isinstance(change, Refusal):
        return change
    stored = await writer.write(change)
    if isinstance(stored, Batch) and not stored.is_repeat:
        ring()
    return stored


def _change(
    rules: Rules,
    submissions: Sequence[Submission],
    who: Who,
    *,
    now_ms: int,
    once: Once | None,
    also: Also | None,
    place: Place,
) -> Change[Batch | Refusal] | Refusal:
    """What is to be done in one transaction; or a refusal for which no database is needed."""
    if not 1 <= len(submissions) <= MOST_MESSAGES:
        return Refusal(
            (Mistake(place(0, ""), "problem.how-many-messages", {"most": MOST_MESSAGES, "least": 1}),)
        )
    verdict = decide_all(submissions, who, rules, now_ms, place)
    if isinstance(verdict, Refusal) and once is None:
        return verdict

    def change(connection: sqlite3.Connection) -> Batch | Refusal:
        before = None if once is None else _done_before(connection, who, once, now_ms)
        if before is not None:
            return before
        if isinstance(verdict, Refusal):
            return verdict
        over = key_limits.check(connection, who, len(verdict), now_ms)
        if over is not None:
            return over
        return Batch(
            _store(
                connection,
                with_their_ways(connection, verdict, rules),
                who,
                also=also,
                once=once,
                now_ms=now_ms,
            )
        )

    return change


def _store(
    connection: sqlite3.Connection,
    decided: Sequence[NewMessage],
    who: Who,
    *,
    also: Also | None,
    once: Once | None,
    now_ms: int,
) -> tuple[Message, ...]:
    accepted = messages.accept_many(connection, decided)
    if also is not None:
        for each in accepted:
            also(connection, each)
    if once is not None:
        answer = None if once.answer is None else once.answer(accepted)
        done = idempotency.Done(once.fingerprint, accepted[0].seq, len(accepted), answer)
        idempotency.note(connection, who.api_key_id, once.key, done, now_ms)
    return accepted


def _done_before(connection: sqlite3.Connection, who: Who, once: Once, now_ms: int) -> Batch | Refusal | None:
    """What came of the same request before; None where there was none of late."""
    done = idempotency.find(connection, who.api_key_id, once.key, now_ms)
    if done is None:
        return None
    if done.fingerprint != once.fingerprint:
        return Refusal((Mistake("", "problem.idempotency-key-reused"),), because=Because.CONFLICT)
    return Batch(messages.of_seqs(connection, done.first_seq, done.count), True, done.answer)


def with_their_ways(
    connection: sqlite3.Connection, accepted: Sequence[NewMessage], rules: Rules
) -> list[NewMessage]:
    """The same with the networks that their recipients seem to be in, and the SIMs that they know.

    One that is for a certain SIM prefers none.
    """
    facts = facts_of(connection)
    numbers = (
        number_table(connection, rules.home_region)
        if facts is None
        else facts.get(
            connection,
            ("numbers", rules.home_region),
            lambda connection: number_table(connection, rules.home_region),
        )
    )
    known = sims_of_conversations(
        connection, {each.recipient for each in accepted if each.via_sim_id is None}
    )
    return [
        each.on_its_way(
            destination_of(each.recipient, numbers),
            None if each.via_sim_id is not None else known.get(each.recipient),
        )
        for each in accepted
    ]

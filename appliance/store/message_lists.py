"""Lists of outgoing messages by what people and programs look for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.store.life import MessageState
from appliance.store.messages import Message, message_of
from appliance.store.walk import NEWEST, Source, Walk, number_at, walk

RARE = frozenset(
    {
        MessageState.HELD,
        MessageState.UNCERTAIN,
        MessageState.UNDELIVERED,
        MessageState.FAILED,
        MessageState.EXPIRED,
        MessageState.CANCELLED,
    }
)
"""Those that the index ``messages_rare_states`` has: a message that takes its usual course is never among them."""

CLOCK_SLACK_MS = 60_000
"""Messages accepted within a minute of each other may be numbered the other way round."""

BUDGET_S = 0.025
"""A page is looked for no longer than this, and a step more."""
PATIENCE_S = 10.0
"""The same for a command, which shows no next page."""

MAIN_SOURCE, MAIN_ACCOUNT = "api", 1
"""What most messages have; those are in no index, since each of them would pay for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list has; None is all."""

    states: frozenset[MessageState] | None = None
    accepted_after_ms: int | None = None
    """Not before it."""
    accepted_before_ms: int | None = None
    """Before it."""
    sim_id: int | None = None
    """The SIM of the latest attempt, through which at least a part of it went."""
    recipient: str | None = None
    campaign: str | None = None
    account_id: int | None = None
    source: str | None = None
    text: str | None = None
    """Somewhere in the text; capital letters of ASCII count as small ones."""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page, newest first; it may be short, even empty, while there is a next one."""

    messages: tuple[Message, ...]
    next_before: int | None


def list_messages(
    connection: sqlite3.Connection,
    filters: Filters,
    *,
    limit: int,
    before_seq: int | None = None,
    budget_s: float = BUDGET_S,
) -> MessagePage:
    """At most ``limit`` messages older than ``before_seq``."""
    wanted = walk_of(connection, filters, budget_s)
    found = walk(connection, wanted, limit=limit, before_seq=before_seq)
    return MessagePage(tuple(map(message_of, found.rows)), found.next_before)


def walk_of(connection: sqlite3.Connection, filters: Filters, budget_s: float = BUDGET_S) -> Walk:
    """How they are looked for."""
    from_seq, below_seq = _bounds(connection, filters)
    return Walk(
        select="SELECT * FROM messages NOT INDEXED",
        seq="messages.seq",
        table="messages",
        conditions=tuple(_conditions(filters)),
        values=_values(filters),
        sources=tuple(_sources(filters)),
        from_seq=from_seq,
        below_seq=below_seq,
        budget_s=budget_s,
    )


OPEN_STATES = (MessageState.HELD, MessageState.QUEUED, MessageState.SENDING, MessageState.UNCERTAIN)


def count_open(connection: sqlite3.Connection, most: int) -> dict[MessageState, int]:
    """How many messages wait, are on the air, or need a person, each state counted up to ``most``.

    States without any are left out.
    """
    counts: dict[MessageState, int] = {}
    for state in OPEN_STATES:
        count = 0
        for source in _of_states(frozenset({state})):
            query = f"SELECT count(*) FROM (SELECT 1 {source.where} LIMIT {most - count})"
            count += connection.execute(query).fetchone()[0]
        counts[state] = count
    return {state: count for state, count in counts.items() if count}


def _conditions(filters: Filters) -> Iterator[str]:
    if filters.recipient is not None:
        yield "recipient = :recipient"
    if filters.campaign is not None:
        yield "campaign = :campaign"
    if filters.states is not None:
        yield f"state IN ({_quoted(filters.states)})"
    if filters.source is not None:
        yield "source = :source"
    if filters.account_id is not None:
        yield "account_id = :account"
    if filters.accepted_after_ms is not None:
        yield "accepted_at_ms >= :after"
    if filters.accepted_before_ms is not None:
        yield "accepted_at_ms < :until"
    if filters.sim_id is not None:
        yield "sim_id = :sim"
        # By the message: SQLite would walk along all parts of the SIM.
        yield """EXISTS (SELECT 1 FROM parts WHERE parts.message_seq = messages.seq AND +parts.sim_id = :sim
            AND +parts.submitted_at_ms IS NOT NULL)"""
    if filters.text is not None:
        yield r"text LIKE :text ESCAPE '\'"


def _values(filters: Filters) -> dict[str, object]:
    return {
        "recipient": filters.recipient,
        "campaign": filters.campaign,
        "source": filters.source,
        "account": filters.account_id,
        "after": filters.accepted_after_ms,
        "until": filters.accepted_before_ms,
        "sim": filters.sim_id,
        "text": None if filters.text is None else within(filters.text),
    }


def within(text: str) -> str:
    r"""The pattern of LIKE, with ESCAPE '\', of what has a text somewhere in it."""
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"


def _sources(filters: Filters) -> Iterator[Sequence[Source]]:
    """Each index that a filter has; the first are those that usually hold the least."""
    if filters.recipient is not None:
        yield (Source("FROM messages INDEXED BY messages_recipient WHERE recipient = :recipient"),)
    if filters.states is not None and filters.states <= RARE | _UNDER_WAY:
        yield tuple(_of_states(filters.states))
    if filters.campaign is not None:
        yield (Source("FROM messages INDEXED BY messages_campaign WHERE campaign = :campaign"),)
    if filters.source not in (None, MAIN_SOURCE):
        yield (
            Source(
                f"FROM messages INDEXED BY messages_source WHERE source <> '{MAIN_SOURCE}' AND source = :source"
            ),
        )
    if filters.account_id not in (None, MAIN_ACCOUNT):
        yield (
            Source(
                f"FROM messages INDEXED BY messages_account "
                f"WHERE account_id <> {MAIN_ACCOUNT} AND account_id = :account"
            ),
        )
    if filters.sim_id is not None:
        yield (
            Source(
                "FROM parts INDEXED BY parts_of_sim WHERE sim_id = :sim AND submitted_at_ms IS NOT NULL",
                "message_seq",
                in_order=False,
            ),
        )


def _of_states(states: frozenset[MessageState]) -> Iterator[Source]:
    for state in sorted(states & RARE):
        yield Source(f"FROM messages INDEXED BY messages_rare_states WHERE {_IS_RARE} AND state = '{state}'")
    if MessageState.SENDING in states:
        yield Source("FROM messages WHERE state = 'sending'", in_order=False)
    if MessageState.QUEUED in states:
        yield from _QUEUED


_UNDER_WAY = frozenset({MessageState.QUEUED, MessageState.SENDING})

# As the index has it: SQLite does not see that one of the words is one of them.
_IS_RARE = "state IN ('held', 'uncertain', 'undelivered', 'failed', 'expired', 'cancelled')"

_QUEUED = (
    Source(
        "FROM messages INDEXED BY messages_lanes WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL "
        "AND sticky_sim_id IS NULL",
        in_order=False,
    ),
    Source(
        "FROM messages INDEXED BY messages_sticky WHERE state = 'queued' AND is_due = 1 AND pinned_sim_id IS NULL "
        "AND sticky_sim_id IS NOT NULL",
        in_order=False,
    ),
    Source(
        "FROM messages INDEXED BY messages_pinned WHERE state = 'queued' AND pinned_sim_id IS NOT NULL",
        in_order=False,
    ),
    Source("FROM messages INDEXED BY messages_later WHERE state = 'queued' AND is_due = 0", in_order=False),
)


LAST_SENT = "SELECT max(submitted_at_ms) FROM parts WHERE sim_id = ? AND submitted_at_ms IS NOT NULL"


def _bounds(connection: sqlite3.Connection, filters: Filters) -> tuple[int, int]:
    """The numbers within which all lie that are of the time that is asked for."""
    from_seq, below_seq = 0, NEWEST
    after_ms, before_ms = filters.accepted_after_ms, filters.accepted_before_ms
    if filters.sim_id is not None:
        (last_ms,) = connection.execute(LAST_SENT, (filters.sim_id,)).fetchone()
        if last_ms is None:
            return 0, 0
        before_ms = last_ms + 1 if before_ms is None else min(before_ms, last_ms + 1)
    if after_ms is not None:
        from_seq = number_at(connection, "messages", "accepted_at_ms", after_ms - CLOCK_SLACK_MS)
    if before_ms is not None:
        below_seq = number_at(connection, "messages", "accepted_at_ms", before_ms + CLOCK_SLACK_MS)
    return from_seq, below_seq


def _quoted(states: frozenset[MessageState]) -> str:
    return ", ".join(f"'{each}'" for each in sorted(states))

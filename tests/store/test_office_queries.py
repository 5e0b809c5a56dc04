"""What page and API read: by an index, however many messages there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from appliance.store import conversations, inbox, keys, message_lists, messages, queue, sessions
from appliance.store.conversations import Place
from appliance.store.database import connect, prepare
from appliance.store.life import MessageState
from appliance.store.message_lists import Filters
from appliance.store.messages import NewMessage, new_id

NOW_MS = 1_760_000_000_000


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    prepare(tmp_path / "simloft.db")
    with closing(connect(tmp_path / "simloft.db")) as opened:
        yield opened


def accept(connection: sqlite3.Connection, recipient: str = "10086", priority: int = 1) -> messages.Message:
    return messages.accept(
        connection,
        NewMessage(
            id=new_id(NOW_MS),
            recipient=recipient,
            text="x",
            alphabet="gsm7",
            parts_total=1,
            flash=False,
            delivery_report=True,
            priority=priority,
            on_uncertain="wait",
            source="api",
            api_key_id=None,
            state=MessageState.QUEUED,
            reason="message.queued",
            expires_at_ms=None,
            accepted_at_ms=NOW_MS,
        ),
    )


QUERIES: dict[str, Callable[[sqlite3.Connection], object]] = {
    "a message": lambda c: messages.get(c, "x"),
    "the newest": lambda c: messages.page(c, limit=50),
    "the newest to someone": lambda c: messages.page(c, limit=50, recipient="10086", before_seq=9),
    "conversations": lambda c: conversations.list_conversations(
        c, limit=50, begin=Place(9, 9), place=Place(9, 9)
    ),
    "a conversation": lambda c: conversations.talk(c, "1", frozenset({"1"}), limit=50, place=Place(9, 9)),
    "parts": lambda c: messages.parts_of(c, 1),
    "open ones": lambda c: message_lists.count_open(c, 100),
    "the head of the queue": lambda c: queue.head_of_queue(c, 1000),
    "parts of a SIM": lambda c: messages.count_parts_since(c, 1, NOW_MS),
    "the inbox": lambda c: inbox.page(c, limit=50, before_seq=9),
    "the inbox from someone": lambda c: inbox.page(c, limit=50, sender="10086"),
    "a received message": lambda c: inbox.get(c, "x"),
    "a key": lambda c: keys.find_key(c, "sl_x"),
    "a session": lambda c: sessions.find_session(c, "x", NOW_MS),
}


LISTS: dict[str, Filters] = {
    "by states": Filters(states=frozenset(MessageState) - {MessageState.SENT}),
    "by open states": Filters(states=frozenset(message_lists.OPEN_STATES)),
    "by time": Filters(accepted_after_ms=5, accepted_before_ms=9),
    "by SIM": Filters(sim_id=1),
    "by campaign": Filters(campaign="x"),
    "by account": Filters(account_id=2),
    "by source": Filters(source="page"),
    "by text": Filters(text="x"),
    "by recipient and state": Filters(recipient="1", states=frozenset({MessageState.FAILED})),
}
QUERIES |= {
    name: partial(message_lists.list_messages, filters=filters, limit=50, before_seq=9)
    for name, filters in LISTS.items()
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_reads_a_whole_table_or_sorts_it(connection: sqlite3.Connection, name: str) -> None:
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    QUERIES[name](connection)
    connection.set_trace_callback(None)
    assert asked
    for statement in asked:
        plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        for step in plan:
            assert "TEMP B-TREE" not in step, (statement, plan)
            # A scan from the newest on that ends at its limit reads no more than it shows.
            walks_an_index = "USING" in step or "(subquery" in step or step.startswith("SCAN inbound")
            assert not step.startswith("SCAN") or walks_an_index, (statement, plan)


def test_pages_follow_each_other_without_gap_or_overlap(connection: sqlite3.Connection) -> None:
    accepted = [accept(connection).seq for _ in range(23)]
    seen: list[int] = []
    before: int | None = None
    while found := messages.page(connection, limit=5, before_seq=before):
        seen += [each.seq for each in found]
        before = seen[-1]
    assert seen == accepted[::-1]


def test_the_head_of_the_queue_is_in_the_order_in_which_messages_go(connection: sqlite3.Connection) -> None:
    bulk, notice, code = (accept(connection, priority=priority) for priority in (2, 1, 0))
    messages.cancel(connection, notice.id, NOW_MS)
    assert queue.head_of_queue(connection, 10) == [(0, code.seq), (2, bulk.seq)]
    assert queue.head_of_queue(connection, 1) == [(0, code.seq)]


def test_open_messages_are_counted_up_to_a_limit(connection: sqlite3.Connection) -> None:
    for _ in range(5):
        accept(connection)
    assert message_lists.count_open(connection, 3) == {MessageState.QUEUED: 3}
    assert message_lists.count_open(connection, 10) == {MessageState.QUEUED: 5}


def test_of_two_that_use_one_log_in_link_one_gets_in(connection: sqlite3.Connection) -> None:
    token = sessions.make_login_token(connection, NOW_MS)
    opened = [sessions.use_login_token(connection, token, NOW_MS + 1) for _ in range(2)]
    assert [each is not None for each in opened] == [True, False]
    assert sessions.find_session(connection, str(opened[0]), NOW_MS + 2)
    assert not sessions.find_session(connection, str(opened[0]), NOW_MS + sessions.SESSION_LIFETIME_MS + 1)


def test_a_link_from_the_future_does_not_work_until_then(connection: sqlite3.Connection) -> None:
    """A clock that was set back must not leave old links open for longer than they were meant to be."""
    token = sessions.make_login_token(connection, NOW_MS)
    assert sessions.use_login_token(connection, token, NOW_MS - 60_000) is None
    assert sessions.use_login_token(connection, token, NOW_MS + 1) is not None

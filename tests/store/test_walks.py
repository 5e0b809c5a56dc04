"""Lists by any filters, page by page: whatever comes in meanwhile, each message is shown once and none is lost."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.store import conversations, inbox, message_lists
from appliance.store.conversations import Place
from appliance.store.database import connect, prepare
from appliance.store.inbox import InboxFilters
from appliance.store.life import MessageState
from appliance.store.message_lists import Filters
from appliance.store.messages import new_id
from appliance.store.walk import Found, Walk, number_at, walk

STATES = list(MessageState)
COUNT = 400
TEXTS = ("您的订单已发货", "验证码 1%", "Reminder a_b", "back\\slash")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("walks") / "simloft.db"
    prepare(path)
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(
            "INSERT INTO sims (id, identity, first_seen_at_ms, last_seen_at_ms) VALUES (?, ?, 1, 1)",
            [(number, f"iccid:{number}") for number in range(1, 5)],
        )
        fill(connection, random.Random(1), range(1, COUNT + 1))
        yield connection


def fill(connection: sqlite3.Connection, chance: random.Random, seqs: range) -> None:
    for seq in seqs:
        # As by a clock that stands still now and then, and of requests that waited for the disk.
        at_ms = 1_000_000 * (seq // 3) + chance.randrange(5_000)
        state = chance.choice(STATES)
        sim_id = chance.choice((None, 1, 2, 3))
        connection.execute(
            """
            INSERT INTO messages (seq, id, recipient, text, alphabet, parts_total, source, state, reason, sim_id,
                accepted_at_ms, updated_at_ms, account_id, campaign, is_due)
            VALUES (?, ?, ?, ?, 'ucs2', 1, ?, ?, 'message.queued', ?, ?, 1, ?, ?, ?)
            """,
            (
                seq,
                new_id(at_ms),
                f"+86139{chance.randrange(6):08d}",
                chance.choice(TEXTS),
                chance.choice(("api", "page", "smtp")),
                state,
                sim_id,
                at_ms,
                chance.randrange(1, 4),
                chance.choice((None, "春节", "x")),
                chance.randrange(2),
            ),
        )
        if sim_id is not None and chance.random() < 0.8:
            connection.execute(
                """
                INSERT INTO parts (message_seq, attempt, number, sim_id, state, submitted_at_ms)
                VALUES (?, 1, 1, ?, 'accepted', ?)
                """,
                (seq, sim_id, at_ms + 10),
            )
        if seq % 2:
            connection.execute(
                """
                INSERT INTO inbound_messages (seq, id, sim_id, sender, text, parts_total, parts_received, complete,
                    received_at_ms, completed_at_ms) VALUES (?, ?, ?, ?, ?, 1, 1, 1, ?, ?)
                """,
                (
                    seq,
                    new_id(at_ms),
                    chance.randrange(1, 4),
                    f"+86139{chance.randrange(9):08d}",
                    chance.choice(TEXTS),
                    at_ms,
                    at_ms,
                ),
            )


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


INSTANT = st.integers(0, 1_000_000 * COUNT // 3)
FILTERS = st.builds(
    Filters,
    states=maybe(st.frozensets(st.sampled_from(STATES), min_size=1, max_size=3)),
    accepted_after_ms=maybe(INSTANT),
    accepted_before_ms=maybe(INSTANT),
    sim_id=maybe(st.integers(1, 4)),
    recipient=maybe(st.integers(0, 6).map(lambda number: f"+86139{number:08d}")),
    campaign=maybe(st.sampled_from(("春节", "x", "none"))),
    account_id=maybe(st.integers(1, 4)),
    source=maybe(st.sampled_from(("api", "page", "cli"))),
    text=maybe(st.sampled_from(("订单", "1%", "a_b", "REMINDER", "\\", "axb"))),
)


def expected(connection: sqlite3.Connection, filters: Filters) -> list[int]:
    """By looking at each message."""
    found = []
    for row in connection.execute("SELECT * FROM messages ORDER BY seq DESC").fetchall():
        went = connection.execute(
            "SELECT 1 FROM parts WHERE message_seq = ? AND sim_id = ?", (row["seq"], filters.sim_id)
        ).fetchone()
        is_wanted = (
            (filters.states is None or row["state"] in filters.states)
            and (filters.accepted_after_ms is None or row["accepted_at_ms"] >= filters.accepted_after_ms)
            and (filters.accepted_before_ms is None or row["accepted_at_ms"] < filters.accepted_before_ms)
            and (filters.sim_id is None or (row["sim_id"] == filters.sim_id and went is not None))
            and (filters.recipient is None or row["recipient"] == filters.recipient)
            and (filters.campaign is None or row["campaign"] == filters.campaign)
            and (filters.account_id is None or row["account_id"] == filters.account_id)
            and (filters.source is None or row["source"] == filters.source)
            and (filters.text is None or filters.text.lower() in row["text"].lower())
        )
        if is_wanted:
            found.append(row["seq"])
    return found


def pages(turn: Callable[[int | None], Found], meanwhile: Callable[[], object] = lambda: None) -> list[int]:
    shown: list[int] = []
    before: int | None = None
    for _ in range(10 * COUNT):
        found = turn(before)
        shown += [row["seq"] for row in found.rows]
        if found.next_before is None:
            return shown
        assert before is None or found.next_before < before, "each page goes on"
        before = found.next_before
        meanwhile()
    raise AssertionError("it never ends")


SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("few", [0, 2000], ids=["along the index", "as a whole"])
@SETTINGS
@given(filters=FILTERS, limit=st.integers(1, 60), budget_s=st.sampled_from((0.0, 1.0)))
def test_each_message_is_shown_once_by_any_filters(
    box: sqlite3.Connection, few: int, filters: Filters, limit: int, budget_s: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("appliance.store.walk.FEW", few)
        patch.setattr("appliance.store.walk.FIRST_STEP", 7)
        patch.setattr("appliance.store.walk.LONGEST_STEP", 30)
        wanted = replace(message_lists.walk_of(box, filters), budget_s=budget_s)
        shown = pages(lambda before: walk(box, wanted, limit=limit, before_seq=before))
    assert shown == expected(box, filters)


def test_what_comes_in_meanwhile_is_not_shown_and_hides_nothing(box: sqlite3.Connection) -> None:
    filters = Filters(account_id=2)
    before = expected(box, filters)
    chance = random.Random(2)
    box.execute("BEGIN")
    newest = COUNT

    def arrive() -> None:
        nonlocal newest
        fill(box, chance, range(newest + 1, newest + 4))
        newest += 3

    wanted = message_lists.walk_of(box, filters)
    shown = pages(lambda at: walk(box, wanted, limit=9, before_seq=at), arrive)
    assert newest > COUNT
    box.execute("ROLLBACK")
    assert shown == before


def test_a_page_of_what_is_nowhere_ends_in_time_and_says_where_it_goes_on(box: sqlite3.Connection) -> None:
    wanted: Walk = replace(message_lists.walk_of(box, Filters(text="没有")), budget_s=0)
    found = walk(box, wanted, limit=10, before_seq=None)
    assert found.rows == []
    assert found.next_before is not None
    assert found.next_before < COUNT


@pytest.mark.parametrize("at_ms", [0, 1, 70_000_000, 70_000_001, 10**12])
def test_the_number_of_an_instant(box: sqlite3.Connection, at_ms: int) -> None:
    slack_ms = 5_000
    early, late = (
        number_at(box, "messages", "accepted_at_ms", at_ms + each) for each in (-slack_ms, slack_ms)
    )
    for seq, accepted_at_ms in box.execute("SELECT seq, accepted_at_ms FROM messages"):
        assert seq >= early or accepted_at_ms < at_ms
        assert seq < late or accepted_at_ms >= at_ms


@SETTINGS
@given(
    sender=maybe(st.integers(0, 9).map(lambda number: f"+86139{number:08d}")),
    sim_id=maybe(st.integers(1, 4)),
    after_ms=maybe(INSTANT),
    before_ms=maybe(INSTANT),
    text=maybe(st.sampled_from(("订单", "1%", "a_b", "REMINDER"))),
)
def test_the_inbox_by_any_filters(  # noqa: PLR0917 - one for each filter
    box: sqlite3.Connection,
    sender: str | None,
    sim_id: int | None,
    after_ms: int | None,
    before_ms: int | None,
    text: str | None,
) -> None:
    filters = InboxFilters(
        senders=None if sender is None else frozenset({sender, "1"}),
        sim_id=sim_id,
        received_after_ms=after_ms,
        received_before_ms=before_ms,
        text=text,
    )
    shown: list[int] = []
    before: int | None = None
    while True:
        found = inbox.list_inbox(box, filters, limit=11, before_seq=before)
        shown += [each.seq for each in found.messages]
        if found.next_before is None:
            break
        before = found.next_before
    assert shown == [
        row["seq"]
        for row in box.execute("SELECT * FROM inbound_messages ORDER BY seq DESC")
        if (sender is None or row["sender"] == sender)
        and (sim_id is None or row["sim_id"] == sim_id)
        and (after_ms is None or row["received_at_ms"] >= after_ms)
        and (before_ms is None or row["received_at_ms"] < before_ms)
        and (text is None or text.lower() in row["text"].lower())
    ]


@pytest.mark.parametrize("budget_s", [0.0, 1.0])
def test_each_partner_is_shown_once_whatever_comes_in_meanwhile(
    box: sqlite3.Connection, budget_s: float
) -> None:
    box.execute("BEGIN")
    begin = place = conversations.newest(box)
    partners = {
        row[0]
        for row in box.execute("SELECT recipient FROM messages UNION SELECT sender FROM inbound_messages")
    }
    sent = dict(box.execute("SELECT recipient, count(*) FROM messages GROUP BY 1").fetchall())
    shown, chance, newest = [], random.Random(3), COUNT
    next_place: Place | None = begin
    while next_place is not None:
        found = conversations.list_conversations(
            box, limit=2, begin=begin, place=next_place, budget_s=budget_s
        )
        shown += found.found
        next_place = found.next_place
        fill(box, chance, range(newest + 1, newest + 3))
        newest += 2
    box.execute("ROLLBACK")
    assert place == begin
    assert sorted(each.number for each in shown) == sorted(partners)
    assert {each.number: each.sent for each in shown if each.sent} == sent
    stamps = [each.last.at_ms for each in shown]
    assert all(later >= earlier - 1_000_000 for later, earlier in itertools.pairwise(stamps))


def test_a_conversation_has_both_ways_in_one_order(box: sqlite3.Connection) -> None:
    number = "+8613900000003"
    entries = []
    place: Place | None = conversations.newest(box)
    while place is not None:
        found = conversations.talk(box, number, frozenset({number, "+8613900000007"}), limit=5, place=place)
        entries += found.entries
        place = found.next_place
    sent = [
        row[0]
        for row in box.execute("SELECT id FROM messages WHERE recipient = ? ORDER BY seq DESC", [number])
    ]
    received = [
        row[0]
        for row in box.execute(
            "SELECT id FROM inbound_messages WHERE sender IN (?, '+8613900000007') ORDER BY seq DESC",
            [number],
        )
    ]
    assert [each.sent.id for each in entries if each.sent] == sent
    assert [each.received.id for each in entries if each.received] == received
    assert sent
    assert received

"""Many messages with one request, and requests that are done once however often they are made."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from appliance.desk.mistake import Because, Refusal
from appliance.desk.submission import Submission
from appliance.desk.submit import Batch, Once, Rules, submit, submit_many
from appliance.desk.who import Source, Who
from appliance.store import messages
from appliance.store.database import connect
from appliance.store.idempotency import KEPT_MS
from appliance.store.messages import Message
from appliance.store.writer import GroupCommitWriter

NOW_MS = 1_790_000_000_123
WHO, RULES = Who(Source.API, None), Rules()


def stored(database: Path) -> list[Message]:
    with closing(connect(database, read_only=True)) as reader:
        return messages.page(reader, limit=20_000)[::-1]


def some(count: int, **members: object) -> list[Submission]:
    return [
        Submission(**{"to": f"139{number:08d}", "text": f"第 {number} 条", **members})  # type: ignore[arg-type]
        for number in range(count)
    ]


def batch(value: Batch | Refusal) -> Batch:
    assert isinstance(value, Batch), value
    return value


def test_all_are_stored_in_their_order_as_they_are_answered(
    database: Path, writer: GroupCommitWriter
) -> None:
    rung: list[int] = []
    asked = some(300, campaign="spring")
    done = batch(submit_many(writer, RULES, asked, WHO, now_ms=NOW_MS, ring=lambda: rung.append(1)))
    assert not done.is_repeat
    assert list(done.messages) == stored(database)
    assert [each.text for each in done.messages] == [each.text for each in asked]
    assert {each.campaign for each in done.messages} == {"spring"}
    assert len({each.id for each in done.messages}) == 300
    assert rung == [1]


def test_one_mistake_and_none_is_stored(database: Path, writer: GroupCommitWriter) -> None:
    asked = some(20)
    asked[17] = Submission(to="110", text="x" * 5000)
    asked[3] = Submission(to="", text="x")
    refused = submit_many(writer, RULES, asked, WHO, now_ms=NOW_MS, ring=lambda: None)
    assert isinstance(refused, Refusal)
    assert [(each.pointer, each.code) for each in refused.mistakes] == [
        ("/messages/3/to", "problem.recipient-empty"),
        ("/messages/17/to", "problem.recipient-emergency"),
        ("/messages/17/text", "problem.text-parts"),
    ]
    assert (refused.because, refused.more) == (Because.INVALID, 0)
    assert stored(database) == []


def test_of_many_mistakes_a_hundred_are_named(writer: GroupCommitWriter) -> None:
    refused = submit_many(writer, RULES, some(250, text=""), WHO, now_ms=NOW_MS, ring=lambda: None)
    assert isinstance(refused, Refusal)
    assert (len(refused.mistakes), refused.more) == (100, 150)


@pytest.mark.parametrize("count", [0, 10_001])
def test_too_few_and_too_many_are_refused(writer: GroupCommitWriter, count: int) -> None:
    refused = submit_many(writer, RULES, some(1) * count, WHO, now_ms=NOW_MS, ring=lambda: None)
    assert isinstance(refused, Refusal)
    assert refused.mistakes[0].code == "problem.how-many-messages"


def test_each_prefers_the_sim_that_its_recipient_knows(database: Path, writer: GroupCommitWriter) -> None:
    def conversation(connection: sqlite3.Connection) -> None:
        for sim_id in (1, 2):
            connection.execute(
                "INSERT INTO sims (id, identity, first_seen_at_ms, last_seen_at_ms) VALUES (?, ?, 1, 1)",
                (sim_id, f"iccid:{sim_id}"),
            )
            connection.execute(
                """
                INSERT INTO inbound_messages (id, sim_id, sender, text, parts_total, parts_received, complete,
                    received_at_ms, completed_at_ms) VALUES (?, ?, ?, 'x', 1, 1, 1, ?, 1)
                """,
                (f"i{sim_id}", sim_id, f"+861390000000{sim_id}", sim_id),
            )

    writer.write_blocking(conversation)
    done = batch(submit_many(writer, RULES, some(4), WHO, now_ms=NOW_MS, ring=lambda: None))
    assert [each.sticky_sim_id for each in done.messages] == [None, 1, 2, None]
    assert [each.sticky_sim_id for each in stored(database)] == [None, 1, 2, None]


class TestOnce:
    """The same key again."""

    def test_the_same_request_is_answered_as_before(self, database: Path, writer: GroupCommitWriter) -> None:
        rung: list[int] = []

        def ask(at_ms: int) -> Batch:
            once = Once("k", b"1", lambda accepted: f"{accepted[0].id} {len(accepted)}".encode())
            return batch(
                submit_many(writer, RULES, some(3), WHO, now_ms=at_ms, ring=lambda: rung.append(1), once=once)
            )

        first, second = ask(NOW_MS), ask(NOW_MS + KEPT_MS - 1)
        assert (first.is_repeat, second.is_repeat) == (False, True)
        assert first.messages == second.messages
        assert second.answer == f"{first.messages[0].id} 3".encode()
        assert len(stored(database)) == 3
        assert rung == [1]
        later = ask(NOW_MS + KEPT_MS)
        assert not later.is_repeat, "a key is free again after 24 hours"
        assert ask(NOW_MS + KEPT_MS + 1).messages == later.messages

    def test_it_is_a_repeat_also_where_it_would_be_refused_by_now(self, writer: GroupCommitWriter) -> None:
        asked = Submission(to="10086", text="x", expires_at_ms=NOW_MS + 1000)
        once = Once("k", b"1")
        first = submit(writer, RULES, asked, WHO, now_ms=NOW_MS, ring=lambda: None, once=once)
        again = submit(writer, RULES, asked, WHO, now_ms=NOW_MS + 5000, ring=lambda: None, once=once)
        assert isinstance(first, Message)
        assert first == again

    def test_another_request_with_the_key_is_refused(self, database: Path, writer: GroupCommitWriter) -> None:
        batch(
            submit_many(writer, RULES, some(1), WHO, now_ms=NOW_MS, ring=lambda: None, once=Once("k", b"1"))
        )
        for asked in (some(2), some(1, text="")):
            refused = submit_many(
                writer, RULES, asked, WHO, now_ms=NOW_MS, ring=lambda: None, once=Once("k", b"2")
            )
            assert isinstance(refused, Refusal)
            assert refused.because is Because.CONFLICT
        assert len(stored(database)) == 1

    def test_a_refused_request_leaves_the_key_free(self, writer: GroupCommitWriter) -> None:
        once = Once("k", b"1")
        refused = submit_many(
            writer, RULES, some(1, text=""), WHO, now_ms=NOW_MS, ring=lambda: None, once=once
        )
        assert isinstance(refused, Refusal)
        batch(
            submit_many(writer, RULES, some(1), WHO, now_ms=NOW_MS, ring=lambda: None, once=Once("k", b"2"))
        )

    def test_what_fails_in_the_transaction_undoes_all_of_it(
        self, database: Path, writer: GroupCommitWriter
    ) -> None:
        def fail(_connection: sqlite3.Connection, message: Message) -> None:
            if message.text.startswith("第 4"):
                raise RuntimeError

        once = Once("k", b"1")
        with pytest.raises(RuntimeError):
            submit_many(writer, RULES, some(6), WHO, now_ms=NOW_MS, ring=lambda: None, once=once, also=fail)
        assert stored(database) == []
        assert not batch(
            submit_many(writer, RULES, some(6), WHO, now_ms=NOW_MS, ring=lambda: None, once=once)
        ).is_repeat

    def test_of_two_processes_at_the_same_moment_one_does_it(self, database: Path) -> None:
        """Each process has a writer of its own, as web and listeners have."""
        done: list[Batch] = []
        start = threading.Barrier(8)

        def ask() -> None:
            with closing(GroupCommitWriter(database)) as own:
                start.wait()
                answer = submit_many(
                    own, RULES, some(5), WHO, now_ms=NOW_MS, ring=lambda: None, once=Once("k", b"1")
                )
                done.append(batch(answer))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert sorted(each.is_repeat for each in done) == [False] + [True] * 7
        assert len({each.messages[0].id for each in done}) == 1
        assert len(stored(database)) == 5

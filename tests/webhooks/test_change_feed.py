"""The feed of changes: complete and in order while somebody wants it, and of no cost while nobody does."""

from __future__ import annotations

import sqlite3

from appliance.store import changes, deliveries, events, inbound, messages, webhooks
from appliance.store.changes import ChangeKind
from appliance.store.events import EventKind
from appliance.store.inbound import InboundKind
from appliance.store.life import MessageState
from tests.store.stored import NOW_MS, add_message

DAY_MS = 86_400_000


def subscribe(connection: sqlite3.Connection) -> int:
    return webhooks.add(connection, dialect="standard", name="", url="http://x", secret=b"", now_ms=NOW_MS)


def kinds(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return [(each.kind.value, each.state) for each in changes.after(connection, 0, 100)]


def test_nothing_is_recorded_while_nobody_wants_it(writing: sqlite3.Connection) -> None:
    add_message(writing)
    assert kinds(writing) == []
    triggers = writing.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0]
    assert triggers == 0


def test_every_step_is_recorded_in_the_transaction_that_takes_it(writing: sqlite3.Connection) -> None:
    subscribe(writing)
    seq = add_message(writing)
    message = messages.of_seq(writing, seq)
    assert message is not None
    writing.execute("BEGIN")
    assert messages.cancel(writing, message.id, NOW_MS + 1)
    writing.execute("ROLLBACK")
    writing.execute("UPDATE messages SET reason = 'message.continues-by-person' WHERE seq = ?", (seq,))
    assert messages.cancel(writing, message.id, NOW_MS + 2)
    assert kinds(writing) == [("began", ""), ("message", "queued"), ("message", "cancelled")]
    last = changes.after(writing, 0, 10)[-1]
    assert (last.message_seq, last.at_ms, last.finished_at_ms) == (seq, NOW_MS + 2, NOW_MS + 2)
    assert last.reason == "message.cancelled"


def test_what_is_received_and_what_happens_to_a_sim_are_recorded(writing: sqlite3.Connection) -> None:
    subscribe(writing)
    writing.execute(
        "INSERT INTO sims (id, identity, first_seen_at_ms, last_seen_at_ms) VALUES (1, 'iccid:1', 0, 0)"
    )
    message = inbound.NewMessage(
        sim_id=1,
        sender="+861",
        text="a",
        data=None,
        kind=InboundKind.TEXT,
        parts_total=2,
        parts_received=1,
        scts_at_ms=None,
        received_at_ms=NOW_MS,
        completed_at_ms=NOW_MS,
    )
    seq = inbound.file(writing, message, [])
    writing.execute("UPDATE inbound_messages SET parts_received = 2 WHERE seq = ?", (seq,))
    events.add(writing, EventKind.SIM_RESTED, "sim.rests-silent", {"sim": "x"}, at_ms=NOW_MS, sim_id=1)
    events.add(writing, EventKind.TECHNICIAN, "event.swap-done", {}, at_ms=NOW_MS)
    assert kinds(writing)[1:] == [("inbound", "received"), ("inbound", "completed"), ("modem", "sim-rested")]


def test_the_feed_ends_when_nobody_wants_it_and_says_that_it_has_a_gap(writing: sqlite3.Connection) -> None:
    changes.note_reader(writing, NOW_MS)
    add_message(writing)
    assert changes.wants(writing, NOW_MS + DAY_MS // 2)
    assert not changes.wants(writing, NOW_MS + 2 * DAY_MS)
    changes.stop_recording(writing)
    add_message(writing)
    changes.note_reader(writing, NOW_MS + 3 * DAY_MS)
    add_message(writing)
    assert [each[0] for each in kinds(writing)] == ["began", "message", "began", "message"]


def test_a_callback_is_kept_until_its_message_is_long_over(writing: sqlite3.Connection) -> None:
    seq = add_message(writing)
    webhooks.add_callback(writing, seq, "kannel", "http://x", {"mask": 31}, now_ms=NOW_MS)
    assert webhooks.callbacks_of(writing, seq)[0].options == {"mask": 31}
    assert changes.wants(writing, NOW_MS)
    over = {"over_before_ms": NOW_MS + DAY_MS, "silent_before_ms": NOW_MS + DAY_MS}
    assert webhooks.forget_callbacks(writing, **over) == 0
    message = messages.of_seq(writing, seq)
    assert message is not None
    messages.cancel(writing, message.id, NOW_MS + 5)
    assert webhooks.forget_callbacks(writing, over_before_ms=NOW_MS, silent_before_ms=NOW_MS) == 0
    assert webhooks.forget_callbacks(writing, **over) == 1
    assert not changes.wants(writing, NOW_MS)


def test_the_oldest_go_when_there_are_too_many_but_nothing_that_is_still_to_be_told(
    writing: sqlite3.Connection,
) -> None:
    subscribe(writing)
    for _ in range(20):
        add_message(writing)
    assert changes.trim(writing, 5) == 0
    deliveries.note_told(writing, 12)
    aside = deliveries.NewDelivery(
        webhook_id=1, callback_id=None, change_id=3, subject="m2", first_at_ms=0, next_try_at_ms=0
    )
    deliveries.put_aside(writing, [aside])
    assert changes.trim(writing, 5) == 11
    assert changes.oldest_id(writing) == 3
    assert changes.after(writing, 3, 1)[0].id == 13


def test_what_is_due_is_found_by_an_index_however_much_waits(writing: sqlite3.Connection) -> None:
    plan = " ".join(
        str(row[3])
        for row in writing.execute(
            "EXPLAIN QUERY PLAN SELECT next_try_at_ms FROM deliveries INDEXED BY deliveries_due "
            "WHERE webhook_id IS 1 AND state = 'waiting' ORDER BY next_try_at_ms LIMIT 1"
        )
    )
    assert "TEMP B-TREE" not in plan


def test_a_change_has_what_the_message_was_and_not_what_it_is(writing: sqlite3.Connection) -> None:
    subscribe(writing)
    seq = add_message(writing)
    message = messages.of_seq(writing, seq)
    assert message is not None
    messages.cancel(writing, message.id, NOW_MS + 2)
    first = changes.after(writing, 1, 1)[0]
    assert first.kind is ChangeKind.MESSAGE
    assert first.state == MessageState.QUEUED
    assert first.finished_at_ms is None

"""Counters that only grow, read from rows that change: nothing is counted twice, and no step is missed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk import tally
from appliance.desk.tally import ANSWER_BUCKETS_S, Histogram, Tally
from appliance.store import reports, sending
from appliance.store.database import connect
from tests.store.stored import (
    NOW_MS,
    add_message,
    add_sim,
    leave_uncertain,
    report,
    reserve_next,
    send,
    watched_database,
)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(watched_database(tmp_path / "simloft.db"))) as opened:
        yield opened


def test_counts_begin_at_the_first_look(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    add_message(connection)
    send(connection, sim, 1)
    counting = Tally()
    counts = counting.look(connection, NOW_MS)
    assert (counts.submitted, counts.taken, counts.accepted) == ({}, {}, {})
    assert counting.since_ms == NOW_MS


def test_each_step_of_a_part_is_counted_once_however_often_one_looks(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    counting = Tally()
    counting.look(connection, NOW_MS)
    add_message(connection, source="api", priority=0)
    send(connection, sim, 7)
    for _ in range(3):
        counts = counting.look(connection, NOW_MS)
    assert counts.accepted == {("api", 1, 0): 1}
    assert (counts.submitted, counts.taken) == ({sim[0]: 1}, {sim[0]: 1})
    assert counts.answer[sim[0]].sum_s == pytest.approx(0.1)
    assert counts.wait[0].cumulative()[-1] == (float("inf"), 1)
    reports.keep(connection, sim[0], report(7))
    for _ in range(3):
        counts = counting.look(connection, NOW_MS)
    assert counts.reported == {(sim[0], "delivered"): 1}
    assert counts.taken == {sim[0]: 1}
    assert counts.delivery[sim[0]].cumulative()[-1] == (float("inf"), 1)


def test_a_part_in_doubt_that_its_report_settles_is_taken_then(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    counting = Tally()
    counting.look(connection, NOW_MS)
    add_message(connection)
    leave_uncertain(connection, sim)
    counts = counting.look(connection, NOW_MS)
    assert (counts.uncertain, counts.taken) == ({sim[0]: 1}, {})
    reports.keep(connection, sim[0], report(9))
    counts = counting.look(connection, NOW_MS)
    assert (counts.uncertain, counts.taken) == ({sim[0]: 1}, {sim[0]: 1})
    assert sim[0] not in counts.answer  # Nobody knows when it was answered.


def test_errors_are_counted_by_kind_and_number(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    counting = Tally()
    counting.look(connection, NOW_MS)
    add_message(connection)
    _, part_id = reserve_next(connection, sim)
    counts = counting.look(connection, NOW_MS)
    assert (counts.submitted, counts.refused) == ({sim[0]: 1}, {})
    refusal = sending.Refusal("cms", 38, "network out of order")
    sending.part_refused(connection, part_id, refusal, went_out=True, now_ms=NOW_MS + 50)
    counts = counting.look(connection, NOW_MS)
    assert counts.refused == {(sim[0], "cms", "38"): 1}
    assert counts.submitted == {sim[0]: 1}


def test_a_scheduled_message_waits_from_its_time_on(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    counting = Tally()
    counting.look(connection, NOW_MS)
    add_message(connection, not_before_ms=NOW_MS + 3_600_000)
    send(connection, sim, 7, NOW_MS + 3_602_000)
    counts = counting.look(connection, NOW_MS)
    assert counts.wait[1].sum_s == pytest.approx(2.0)


def test_a_table_that_was_emptied_counts_on(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    counting = Tally()
    counting.look(connection, NOW_MS)
    for tp_mr in (1, 2, 3):
        add_message(connection)
        send(connection, sim, tp_mr)
    counting.look(connection, NOW_MS)
    connection.execute("PRAGMA foreign_keys = OFF")
    for table in ("parts", "messages"):
        connection.execute(f"DELETE FROM {table}")
    counting.look(connection, NOW_MS)
    add_message(connection)
    send(connection, sim, 4)
    counts = counting.look(connection, NOW_MS)
    assert counts.taken == {sim[0]: 4}


def test_parts_that_no_report_comes_for_are_not_followed_without_end(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MOST_OPEN", 2)
    sim = add_sim(connection, 1)
    counting = Tally()
    counting.look(connection, NOW_MS)
    for tp_mr in (1, 2, 3):
        add_message(connection)
        send(connection, sim, tp_mr)
    counting.look(connection, NOW_MS)
    for tp_mr in (1, 2, 3):
        reports.keep(connection, sim[0], report(tp_mr))
    assert counting.look(connection, NOW_MS).reported == {(sim[0], "delivered"): 2}


@given(st.lists(st.floats(min_value=-10, max_value=1e6, allow_nan=False)))
def test_a_histogram_is_cumulative_and_whole(observed: list[float]) -> None:
    histogram = Histogram(ANSWER_BUCKETS_S)
    for seconds in observed:
        histogram.observe(seconds)
    found = histogram.cumulative()
    for bound, count in found:
        assert count == sum(max(0.0, each) <= bound for each in observed)
    assert found[-1] == (float("inf"), len(observed))

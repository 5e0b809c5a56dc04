"""Why the queue waits: by reason and bounded, on a real database with a queue of many kinds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.desk import waiting
from appliance.desk.accounts import standings
from appliance.desk.sims import read_book
from appliance.policy.plan import Plan
from appliance.store import backlog, sims
from appliance.store.database import connect
from appliance.store.queue import LaneKey
from tests.store.stored import NOW_MS, add_message, add_sim, watched_database

HOUR_MS = 3_600_000
BOX = Plan(parts_per_hour=1)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(watched_database(tmp_path / "simloft.db"))) as opened:
        yield opened


def seen(connection: sqlite3.Connection, plan: Plan = BOX) -> waiting.Overview:
    return waiting.overview(connection, read_book(connection, plan, NOW_MS), NOW_MS)


def test_an_empty_queue_has_nothing_to_say(connection: sqlite3.Connection) -> None:
    add_sim(connection, 1)
    found = seen(connection)
    assert (found.groups, found.counted, found.is_more, found.next_instants) == ((), 0, False, ())
    assert [each.standing.sim_id for each in found.sims] == [1]


def test_messages_that_wait_for_the_same_are_counted_together(connection: sqlite3.Connection) -> None:
    sim_id, _ = add_sim(connection, 1)
    sims.rest(connection, sim_id, until_ms=NOW_MS + HOUR_MS, reason="sim.resting", args={}, by_person=True)
    for destination in ("china-mobile", "china-unicom", "abroad"):
        add_message(connection, destination=destination, priority=2)
    add_message(connection, priority=0)
    add_message(connection, priority=2, sticky_sim_id=sim_id)
    found = seen(connection)
    assert [(each.priority, each.reason.code, each.count) for each in found.groups] == [
        (0, "sim.resting", 1),
        (2, "sim.resting", 4),
    ]
    assert found.counted == 5
    assert [each.until_ms for each in found.next_instants] == [NOW_MS + HOUR_MS]


def test_what_is_scheduled_or_put_off_is_apart_with_the_first_instant(connection: sqlite3.Connection) -> None:
    add_sim(connection, 1)
    for hours in (5, 2, 3):
        add_message(
            connection,
            reason="message.scheduled",
            reason_args={"until_ms": NOW_MS + hours * HOUR_MS},
            not_before_ms=NOW_MS + hours * HOUR_MS,
        )
    (group,) = seen(connection).groups
    assert (group.reason.code, group.count, group.first_ms) == ("message.scheduled", 3, NOW_MS + 2 * HOUR_MS)
    assert group.example.not_before_ms == NOW_MS + 2 * HOUR_MS


def test_what_only_one_sim_may_send_is_told_of_that_sim(connection: sqlite3.Connection) -> None:
    sim_id, _ = add_sim(connection, 1, state="no-network")
    add_sim(connection, 2)
    add_message(connection, via_sim_id=sim_id)
    (group,) = seen(connection).groups
    assert group.reason.code == "message.the-one-sim-is-not-ready"


def test_no_more_is_looked_at_than_the_limit(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "COUNTED_AT_MOST", 5)
    monkeypatch.setattr(waiting, "COUNTED_AT_LEAST", 1)
    monkeypatch.setattr(waiting, "LATER_LOOKED_AT", 3)
    for priority in (1, 2):
        for _ in range(4):
            add_message(connection, priority=priority)
    for _ in range(4):
        add_message(connection, priority=2, not_before_ms=NOW_MS + HOUR_MS, reason="message.scheduled")
    found = seen(connection)
    assert [(each.priority, each.count, each.is_more) for each in found.groups] == [
        (1, 4, False),
        (2, 3, True),
        (2, 1, True),
    ]
    assert found.is_more


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (backlog.COUNT_LANE, (1, 1, "", 10)),
        (backlog.COUNT_STICKY_LANE, (1, 1, 1, 10)),
        (backlog.COUNT_PINNED, (1, 10)),
        (backlog.HEAD_PINNED, (1,)),
        (backlog.LATER, (1, 10)),
    ],
)
def test_each_question_walks_an_index(
    connection: sqlite3.Connection, query: str, values: tuple[object, ...]
) -> None:
    steps = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    assert any("USING" in step and "INDEX" in step for step in steps), steps
    assert not any("TEMP B-TREE" in step for step in steps), steps
    assert not any(step.startswith("SCAN messages") for step in steps), steps


def test_a_count_stops_at_its_limit(connection: sqlite3.Connection) -> None:
    for _ in range(5):
        add_message(connection)
    assert backlog.count_lane(connection, LaneKey(1, 1), 3) == 3
    assert [each.waiting for each in standings(connection, 4)] == [4]

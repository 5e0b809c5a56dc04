"""The queue in memory: what came in meanwhile is seen soon, however much else there is to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance.pool.card import Card
from appliance.pool.dispatch import Step, advance
from appliance.pool.lanes import NEWS_MS
from appliance.pool.scheduler import Scheduler, scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Nothing, Submit
from appliance.store import sending, sims
from appliance.store.database import connect
from appliance.store.sending import Said
from tests.store.stored import NOW_MS, add_message, add_sim, watched_database

MANY_LANES = 40


@pytest.fixture
def settings(tmp_path: Path) -> PoolSettings:
    database = watched_database(tmp_path / "simloft.db")
    return PoolSettings(database=database, doorbell=tmp_path / "pool.sock", port_patterns=())


def test_a_code_is_sent_next_though_a_slow_sim_has_many_lanes_to_choose_from(settings: PoolSettings) -> None:
    connection = connect(settings.database)
    scheduler = scheduler_of(settings)
    sim_id, port_id = add_sim(connection, 1)
    card = Card.of(sims.get(connection, sim_id), port_id)
    for account in range(MANY_LANES):
        for _ in range(2):
            add_message(connection, account_id=account, priority=1)
    assert _chosen(connection, card, scheduler, settings, NOW_MS) is not None

    code = add_message(connection, priority=0)
    scheduler.outdate()

    assert _chosen(connection, card, scheduler, settings, NOW_MS + NEWS_MS) == code


def test_a_code_that_comes_back_is_not_hidden_from_a_sim_that_passed_by_younger_ones(
    settings: PoolSettings,
) -> None:
    connection, scheduler, (first, second) = _two_sims(settings)
    code = add_message(connection, priority=0)
    _add_refused_by(connection, second)
    step = _advance(connection, first, scheduler, settings, NOW_MS)
    assert isinstance(step.next, Submit)
    assert _chosen(connection, second, scheduler, settings, NOW_MS + 1) is None

    _come_back(connection, code, scheduler)

    assert _chosen(connection, second, scheduler, settings, NOW_MS + 2) == code


def test_what_comes_back_between_others_is_found_soon_without_another_ring(settings: PoolSettings) -> None:
    connection, scheduler, (_, second) = _two_sims(settings)
    _add_refused_by(connection, second)
    code = add_message(connection, priority=0)
    connection.execute("UPDATE messages SET state = 'sending', attempt = 1 WHERE seq = ?", (code,))
    _add_refused_by(connection, second)
    assert _chosen(connection, second, scheduler, settings, NOW_MS) is None

    _come_back(connection, code, scheduler)

    now_ms = NOW_MS
    while (step := _advance(connection, second, scheduler, settings, now_ms)) and isinstance(
        step.next, Nothing
    ):
        assert step.next.until_ms is not None
        now_ms = step.next.until_ms
        assert now_ms <= NOW_MS + 20_000
    assert isinstance(step.next, Submit)
    assert step.next.submitted.work.reservation.message.seq == code


def test_a_sim_that_is_put_into_a_group_in_mid_part_takes_that_part_along(settings: PoolSettings) -> None:
    connection, scheduler, (first, second) = _two_sims(settings)
    for number in range(3):
        add_message(connection, recipient=f"+861391234567{number}")
    connection.execute("INSERT INTO sim_groups (id, name, parts_per_day) VALUES (7, 'contract', 1)")
    connection.execute("UPDATE sims SET group_id = 7 WHERE id = ?", (second.sim_id,))
    assert _chosen(connection, first, scheduler, settings, NOW_MS) is not None

    connection.execute("UPDATE sims SET group_id = 7")
    scheduler.outdate()

    assert _chosen(connection, second, scheduler, settings, NOW_MS + 1) is None


def _two_sims(settings: PoolSettings) -> tuple[sqlite3.Connection, Scheduler, list[Card]]:
    connection = connect(settings.database)
    places = [add_sim(connection, number) for number in (1, 2)]
    cards = [Card.of(sims.get(connection, sim_id), port_id) for sim_id, port_id in places]
    return connection, scheduler_of(settings), cards


def _add_refused_by(connection: sqlite3.Connection, card: Card) -> None:
    """A message that other SIMs may still try."""
    seq = add_message(connection, priority=0)
    connection.execute("UPDATE messages SET excluded_sim_ids = ? WHERE seq = ?", (f"[{card.sim_id}]", seq))


def _come_back(connection: sqlite3.Connection, seq: int, scheduler: Scheduler) -> None:
    sending.requeue(
        connection,
        seq,
        Said("message.again.network"),
        not_before_ms=0,
        pinned_sim_id=None,
        excluded=frozenset(),
        now_ms=NOW_MS,
    )
    scheduler.outdate()


def _chosen(
    connection: sqlite3.Connection, card: Card, scheduler: Scheduler, settings: PoolSettings, now_ms: int
) -> int | None:
    step = _advance(connection, card, scheduler, settings, now_ms)
    return step.next.submitted.work.reservation.message.seq if isinstance(step.next, Submit) else None


def _advance(
    connection: sqlite3.Connection, card: Card, scheduler: Scheduler, settings: PoolSettings, now_ms: int
) -> Step:
    return advance(
        connection,
        card,
        None,
        None,
        take=True,
        now_ms=now_ms,
        settings=settings,
        scheduler=scheduler,
    )


def test_who_finds_nothing_for_itself_lets_the_sim_look_that_alone_may_send_what_waits(
    settings: PoolSettings,
) -> None:
    connection = connect(settings.database)
    scheduler = scheduler_of(settings)
    one, other = add_sim(connection, 1), add_sim(connection, 2)
    add_message(connection, via_sim_id=other[0])
    card = Card.of(sims.get(connection, one[0]), one[1])
    scheduler.begun(connection)
    step = advance(
        connection, card, None, None, take=True, now_ms=NOW_MS, settings=settings, scheduler=scheduler
    )
    assert isinstance(step.next, Nothing)
    assert step.next.others_may
    connection.close()


def test_what_comes_behind_a_message_that_was_passed_by_is_seen_within_a_second(
    settings: PoolSettings,
) -> None:
    """A lane is read on once a second at most; a SIM that must wait for that looks again then, though nobody rings."""
    connection = connect(settings.database)
    scheduler = scheduler_of(settings)
    sim_id, port_id = add_sim(connection, 1)
    card = Card.of(sims.get(connection, sim_id), port_id)
    refused = add_message(connection)
    connection.execute("UPDATE messages SET excluded_sim_ids = ? WHERE seq = ?", (f"[{sim_id}]", refused))
    assert _chosen(connection, card, scheduler, settings, NOW_MS) is None

    behind = add_message(connection)
    scheduler.outdate()
    step = advance(
        connection, card, None, None, take=True, now_ms=NOW_MS + 10, settings=settings, scheduler=scheduler
    )
    assert isinstance(step.next, Nothing)
    assert step.next.until_ms is not None
    assert step.next.until_ms <= NOW_MS + 1_000
    assert _chosen(connection, card, scheduler, settings, step.next.until_ms) == behind
    connection.close()

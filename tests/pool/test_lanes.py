"""The queue in memory: what came in meanwhile is seen soon, however much else there is to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from appliance.pool.card import Card
from appliance.pool.dispatch import advance
from appliance.pool.lanes import NEWS_MS
from appliance.pool.scheduler import Scheduler, scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Nothing, Submit
from appliance.store import sims
from appliance.store.database import connect
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


def _chosen(
    connection: sqlite3.Connection, card: Card, scheduler: Scheduler, settings: PoolSettings, now_ms: int
) -> int | None:
    step = advance(
        connection,
        card,
        None,
        None,
        take=True,
        now_ms=now_ms,
        settings=settings,
        scheduler=scheduler,
    )
    return step.next.submitted.work.reservation.message.seq if isinstance(step.next, Submit) else None


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

"""A clock that was wrong by years and is set right: what was sent meanwhile holds a SIM for its window only."""

from __future__ import annotations

from pathlib import Path

from appliance.policy.plan import Plan
from appliance.pool.card import Card
from appliance.pool.dispatch import Step, advance
from appliance.pool.outcome import Taken
from appliance.pool.scheduler import scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Nothing, Submit
from appliance.pool.work import Finished
from appliance.store import sims
from appliance.store.database import connect
from tests.store.stored import ALICE, NOW_MS, add_message, add_sim, watched_database

TEN_YEARS_MS = 10 * 365 * 86_400_000


def test_a_clock_that_was_ahead_by_years_holds_no_sim_for_years(tmp_path: Path) -> None:
    path = watched_database(tmp_path / "simloft.db")
    connection = connect(path)
    connection.isolation_level = None
    sim_id, port_id = add_sim(connection, 1)
    settings = PoolSettings(
        database=path, doorbell=tmp_path / "bell", port_patterns=(), plan=Plan(parts_per_hour=1)
    )

    scheduler = scheduler_of(settings)

    def step(card: Card, now_ms: int, finished: Finished | None = None, *, take: bool = True) -> Step:
        scheduler.outdate()
        return advance(
            connection,
            card,
            finished,
            None,
            take=take,
            now_ms=now_ms,
            settings=settings,
            scheduler=scheduler,
        )

    add_message(connection)
    add_message(connection)
    card = Card.of(sims.get(connection, sim_id), port_id)
    sent = step(card, NOW_MS + TEN_YEARS_MS).next
    assert isinstance(sent, Submit)
    card.answered(ALICE, NOW_MS + TEN_YEARS_MS, counts=True)
    step(card, NOW_MS, Finished(sent.submitted, Taken(1), NOW_MS + TEN_YEARS_MS), take=False)
    for each in (card, Card.of(sims.get(connection, sim_id), port_id)):  # as it goes on, and after a restart
        for now_ms in (NOW_MS, NOW_MS + 3_600_000):
            held = step(each, now_ms).next
            assert isinstance(held, Nothing)
            assert held.until_ms is not None
            assert now_ms < held.until_ms <= NOW_MS + 3_600_001
    assert isinstance(step(card, NOW_MS + 3_600_001).next, Submit)
    connection.close()

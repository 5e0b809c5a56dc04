"""A message of which parts went, while the plan of its SIM holds the rest of it."""

from __future__ import annotations

from pathlib import Path

from appliance.pool.card import Card
from appliance.pool.dispatch import NextPartLater, Step, advance
from appliance.pool.outcome import Taken
from appliance.pool.scheduler import scheduler_of
from appliance.pool.settings import PoolSettings
from appliance.pool.taking import Submit
from appliance.pool.work import Finished
from appliance.store import sims
from appliance.store.database import connect
from tests.store.stored import ALICE, NOW_MS, add_message, add_sim, state_of, watched_database


def test_it_says_why_the_rest_waits_once_its_sim_is_outside_its_hours(tmp_path: Path) -> None:
    database = watched_database(tmp_path / "simloft.db")
    settings = PoolSettings(database=database, doorbell=tmp_path / "pool.sock", port_patterns=())
    connection, scheduler = connect(database), scheduler_of(settings)
    sim_id, port_id = add_sim(connection, 1)
    card = Card.of(sims.get(connection, sim_id), port_id)
    seq = add_message(connection, text="字" * 100, alphabet="ucs2", parts_total=2)

    def step(finished: Finished | None, going_on: NextPartLater | None, now_ms: int) -> Step:
        return advance(
            connection,
            card,
            finished,
            going_on,
            take=True,
            now_ms=now_ms,
            settings=settings,
            scheduler=scheduler,
        )

    first = step(None, None, NOW_MS).next
    assert isinstance(first, Submit)
    connection.execute("UPDATE sims SET sending_hours = '03:00-04:00'")
    scheduler.outdate()
    card.answered(ALICE, NOW_MS + 10, counts=True)
    rest = step(Finished(first.submitted, Taken(1), NOW_MS + 10), None, NOW_MS + 10).next
    assert isinstance(rest, NextPartLater)
    assert state_of(connection, seq) == ("sending", "sim.at-limit.sending-hours")

    changes = connection.total_changes
    assert step(None, rest, NOW_MS + 20).next == rest
    assert connection.total_changes == changes, "told once"

    last = step(None, rest, rest.at_ms).next
    assert isinstance(last, Submit)
    assert last.submitted.number == 2
    assert state_of(connection, seq) == ("sending", "message.sending-part")
    connection.close()

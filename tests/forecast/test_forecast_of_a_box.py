"""The forecast of a box: what is gathered from its database, and that a real pool takes the time that is told."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.desk.forecast import forecast_batch, piles_of_queue
from appliance.desk.sims import SimBook, read_book
from appliance.policy.choice import SimStanding
from appliance.policy.forecast import BatchToSend
from appliance.policy.forecast_queue import Pile
from appliance.policy.forecast_run import MOST_LOOKS, ForecastSim, forecast
from appliance.policy.plan import Plan
from appliance.policy.usage import Usage
from appliance.store import waiting
from appliance.store.clock import now_ms
from appliance.store.database import connect
from tests.bank import running_bank
from tests.forecast.situations import instant
from tests.pool.pools import SENT, box, numbers
from tests.store.stored import watched_database

NOW_MS = instant("2026-03-02 09:00")
EVERY_PART_S = 0.25
"""Of the simulated network."""


def test_a_real_pool_does_a_batch_in_the_time_that_was_told(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=4, latency_ms=round(EVERY_PART_S * 1000)) as bank:
        pool = box(tmp_path, bank, plan=Plan(minimum_gap_ms=300, parts_per_minute=70))
        with pool.running():
            pool.wait_until_ready(4)
            # From these it knows how long the network takes.
            pool.submit(numbers(16), "hello", delivery_report=False)
            pool.wait_until_all(SENT)
            pool.change("UPDATE sims SET minimum_gap_ms = 900 WHERE id = 1")
            reader = pool.connection()
            asked_at_ms = now_ms()
            book = read_book(reader, pool.settings.plan, asked_at_ms)
            told = forecast_batch(reader, book, BatchToSend(messages=60), asked_at_ms)
            reader.close()
            pool.submit(numbers(60), "hello again", priority=2, delivery_report=False)
            pool.wait_until_all(SENT)
        [(done_at_ms,)] = pool.rows("SELECT max(answered_at_ms) FROM parts")
        shares = dict(
            tuple(row)
            for row in pool.rows("SELECT sim_id, count(*) FROM messages WHERE priority = 2 GROUP BY sim_id")
        )
    assert told.sent == 60
    assert told.done_at_ms is not None
    took_ms, off_ms = done_at_ms - asked_at_ms, abs(told.done_at_ms - done_at_ms)
    # Five percent, and twice a part: which SIM does the last one is a matter of moments.
    assert off_ms <= 0.05 * took_ms + 2 * EVERY_PART_S * 1000, (told.done_at_ms - asked_at_ms, took_ms)
    for share in told.sims:
        assert share.messages == pytest.approx(shares[share.sim_id], abs=2)


# -- what is gathered -------------------------------------------------------------------------------------------------


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An empty database."""
    opened = connect(watched_database(tmp_path / "box.db"))
    yield opened
    opened.close()


_PUT_IN = """
    INSERT INTO messages (id, recipient, text, alphabet, parts_total, source, state, reason, accepted_at_ms,
        updated_at_ms, priority, account_id, destination, expires_at_ms, not_before_ms, is_due, pinned_sim_id)
    VALUES (?, '+8613900000000', 'x', 'gsm7', ?, 'api', 'queued', 'message.queued', ?, 1, ?, 1, ?, ?, ?, ?, ?)
"""


def _book(connection: sqlite3.Connection) -> SimBook:
    for number in (1, 2):
        connection.execute(
            "INSERT INTO sims (identity, iccid, first_seen_at_ms, last_seen_at_ms) VALUES (?, ?, 1, 1)",
            (f"iccid:8986000000000000000{number}", f"8986000000000000000{number}"),
        )
        connection.execute(
            """
            INSERT INTO ports (name, device, state, reason, sim_id, state_since_ms, updated_at_ms)
            VALUES (?, ?, 'ready', 'port.ready', ?, 1, 1)
            """,
            (f"port{number}", f"/dev/tty{number}", number),
        )
    return read_book(connection, Plan(), NOW_MS)


def _put_in(
    connection: sqlite3.Connection,
    messages: int,
    *,
    parts: int = 1,
    priority: int = 2,
    destination: str = "",
    expires_at_ms: int | None = None,
    not_before_ms: int = 0,
    pinned_sim_id: int | None = None,
) -> None:
    (so_far,) = connection.execute("SELECT coalesce(max(seq), 0) FROM messages").fetchone()
    connection.execute("BEGIN")
    connection.executemany(
        _PUT_IN,
        (
            (
                f"id{so_far + number}",
                parts,
                NOW_MS - 1_000,
                priority,
                destination,
                expires_at_ms,
                not_before_ms,
                int(not_before_ms == 0),
                pinned_sim_id,
            )
            for number in range(messages)
        ),
    )
    connection.execute("COMMIT")


def test_the_queue_is_told_in_piles(connection: sqlite3.Connection) -> None:
    book = _book(connection)
    _put_in(connection, 40, destination="china-mobile")
    _put_in(connection, 20, destination="china-mobile", expires_at_ms=NOW_MS + 60_000)
    _put_in(connection, 7, parts=3, priority=1)
    _put_in(connection, 5, not_before_ms=NOW_MS + 7_200_000)
    _put_in(connection, 3, pinned_sim_id=2)
    piles = {
        (each.priority, each.destination, each.expires_at_ms, each.due_at_ms, each.pinned_sim_id): each
        for each in piles_of_queue(connection, book, NOW_MS)
    }
    assert {key: (each.messages, each.parts) for key, each in piles.items()} == {
        (2, "china-mobile", None, 0, None): (40, 1),
        (2, "china-mobile", NOW_MS + 60_000, 0, None): (20, 1),
        (1, "", None, 0, None): (7, 3),
        (2, "", None, NOW_MS + 7_200_000, None): (5, 1),
        (2, "", None, 0, 2): (3, 1),
    }


def test_a_long_lane_is_counted_by_stretches(connection: sqlite3.Connection) -> None:
    _put_in(connection, 8_000, destination="a")
    for _ in range(40):
        _put_in(connection, 600, destination="a")
        _put_in(connection, 300, destination="b")
    counts = {each.sample[0].destination: each.count for each in waiting.due(connection)}
    assert counts["a"] == pytest.approx(32_000, rel=0.05)
    assert counts["b"] == pytest.approx(12_000, rel=0.05)


def test_a_batch_goes_behind_what_waits_in_its_priority_and_before_what_is_less_urgent(
    connection: sqlite3.Connection,
) -> None:
    book = _book(connection)
    _put_in(connection, 400)
    bulk = forecast_batch(connection, book, BatchToSend(messages=10), NOW_MS)
    notices = forecast_batch(connection, book, BatchToSend(messages=10, priority=1), NOW_MS)
    assert bulk.done_at_ms == NOW_MS + 205 * 3_000
    assert notices.done_at_ms == NOW_MS + 5 * 3_000
    assert bulk.waiting_before == notices.waiting_before == 400


def test_without_a_sim_the_reason_is_told(connection: sqlite3.Connection) -> None:
    told = forecast_batch(connection, read_book(connection, Plan(), NOW_MS), BatchToSend(messages=10), NOW_MS)
    assert (told.sent, told.unsent) == (0, 10)
    assert told.sentences[0].code == "message.no-sim"


# -- what is said -----------------------------------------------------------------------------------------------------


def _sims(count: int, plan: Plan, **of_each: object) -> list[ForecastSim]:
    standing = SimStanding(sim_id=1, name="SIM 1", plan=plan, usage=Usage(plan, now_ms=NOW_MS))
    standing = replace(standing, **of_each)  # type: ignore[arg-type]
    return [
        ForecastSim(
            standing=replace(standing, sim_id=number, name=f"SIM {number}", usage=standing.usage.copy())
        )
        for number in range(1, count + 1)
    ]


def test_the_first_limit_is_told_with_the_sim_and_the_time() -> None:
    told = forecast(_sims(2, Plan(parts_per_day=100)), [], BatchToSend(messages=250), NOW_MS)
    main, limit = told.sentences
    assert main.code == "forecast.done"
    assert limit.code == "forecast.first-at-limit.day"
    assert limit.args["at_ms"] == NOW_MS + 300_000
    assert limit.args["until_ms"] == NOW_MS + 3_000 + 86_400_001


def test_what_expires_is_counted() -> None:
    batch = BatchToSend(messages=250, expires_at_ms=NOW_MS + 3_600_000)
    told = forecast(_sims(2, Plan(parts_per_day=100)), [], batch, NOW_MS)
    assert (told.sent, told.expired, told.unsent) == (200, 50, 0)
    assert told.sentences[0].code == "forecast.some-expire"


def test_what_never_fits_is_told_with_its_reason() -> None:
    told = forecast(_sims(2, Plan(parts_per_hour=3)), [], BatchToSend(messages=5, parts=4), NOW_MS)
    assert (told.sent, told.unsent) == (0, 5)
    assert told.sentences[0].code == "message.too-many-parts"


def test_the_cost_leaves_out_what_the_allowance_holds() -> None:
    plan = Plan(allowance_parts=100, price_on_net_micros=10_000, price_off_net_micros=30_000)
    sims = _sims(1, plan, carrier_id="a")
    told = forecast(sims, [], BatchToSend(messages=300, destinations={"a": 1}), NOW_MS)
    assert told.cost_micros == 200 * 10_000
    many = forecast(sims, [], BatchToSend(messages=3000, destinations={"b": 1}), NOW_MS)
    assert many.cost_micros == 2900 * 30_000


def test_a_sim_that_rests_for_an_hour_comes_back() -> None:
    told = forecast(
        _sims(1, Plan(), resting_until_ms=NOW_MS + 3_600_000), [], BatchToSend(messages=1), NOW_MS
    )
    assert told.done_at_ms == NOW_MS + 3_603_000


def test_a_million_that_waits_is_told_without_being_listed() -> None:
    plan = Plan(minimum_gap_ms=4_000, parts_per_minute=10, parts_per_day=200)
    queue = [
        Pile(messages=300_000, priority=2, destination=destination, since_ms=NOW_MS)
        for destination in ("", "a", "b")
    ]
    queue.append(Pile(messages=100_000, priority=1, since_ms=NOW_MS))
    began_s = time.process_time()
    told = forecast(_sims(64, plan), queue, BatchToSend(messages=1_000), NOW_MS)
    spent_s = time.process_time() - began_s
    assert told.done_at_ms is not None
    days = (told.done_at_ms - NOW_MS) / 86_400_000
    # 12,800 on each day; the last one is done some minutes after its beginning.
    assert days == pytest.approx(1_001_000 / 12_800, rel=0.02)
    assert not told.is_exact
    assert spent_s < 3, f"{MOST_LOOKS} looks are some 0.2 s on a machine that does nothing else"

"""What is read from the rows of a SIM's parts lets go exactly what was counted part by part while they were sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from appliance.policy.ledger import read_group_usage, read_usage
from appliance.policy.opening import opening
from appliance.policy.plan import DAY_MS, Plan
from appliance.policy.usage import Usage
from appliance.store import folding, usage
from appliance.store.database import connect, prepare
from tests.store.stored import add_message, add_sim

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONTH_MS = int(datetime(2026, 3, 15, tzinfo=SHANGHAI).timestamp() * 1000)
"""A billing month begins here."""

PLAN = Plan(
    minimum_gap_ms=2_000,
    gap_jitter_percent=50,
    parts_per_minute=4,
    parts_per_hour=9,
    parts_per_day=20,
    parts_per_month=30,
    recipients_per_month=6,
    parts_per_recipient_per_day=3,
    reserve_percent=20,
    warm_up_days=9,
    contract_day=15,
    zone=SHANGHAI,
)
RECIPIENTS = tuple(f"+861390000000{digit}" for digit in range(8))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    prepare(tmp_path / "simloft.db")
    opened = connect(tmp_path / "simloft.db")
    yield opened
    opened.close()


def add_part(
    connection: sqlite3.Connection,
    sim: tuple[int, int],
    recipient: str,
    submitted_ms: int | None,
    answered_ms: int | None,
    *,
    state: str = "accepted",
    destination: str = "",
) -> int:
    seq = add_message(connection, recipient=recipient, destination=destination)
    connection.execute(
        """
        INSERT INTO parts (message_seq, attempt, number, sim_id, port_id, state, submitted_at_ms, answered_at_ms)
        VALUES (?, 1, 1, ?, ?, ?, ?, ?)
        """,
        (seq, *sim, state, submitted_ms, answered_ms),
    )
    return seq


def assert_same(read: Usage, counted: Usage, plan: Plan, now_ms: int, chance: Random) -> None:
    """Whatever is asked of both, now and later, is answered alike."""
    for _ in range(40):
        parts, priority, recipient = (
            chance.choice([1, 1, 2, 3]),
            chance.randrange(3),
            chance.choice(RECIPIENTS),
        )
        later_ms = now_ms + chance.choice([0, 1, 3_000, 60_001, 3_600_001, DAY_MS, 40 * DAY_MS])
        said, expected = (
            opening(plan, each, parts, later_ms, recipient=recipient, priority=priority)
            for each in (read, counted)
        )
        assert said == expected


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("folds", [False, True])
def test_the_rows_say_what_was_counted(connection: sqlite3.Connection, seed: int, folds: bool) -> None:
    chance = Random(seed)
    sim = add_sim(connection, 1)
    now_ms = MONTH_MS - chance.choice([1_000, 40_000, 3 * DAY_MS])
    counted = Usage(PLAN, now_ms=now_ms)
    seqs = []
    for _ in range(chance.randint(0, 60)):
        now_ms += chance.choice([10, 3_000, 70_000, 3_000_000, DAY_MS // 2])
        submitted_ms, recipient = now_ms, chance.choice(RECIPIENTS)
        now_ms += chance.choice([0, 900, 30_000])
        if chance.random() < 0.2:
            add_part(connection, sim, recipient, None, now_ms, state="refused")  # Never given to the network.
            continue
        state = chance.choice(["accepted", "refused", "uncertain"])
        seqs.append(add_part(connection, sim, recipient, submitted_ms, now_ms, state=state))
        counted.count(now_ms, recipient)
        usage.note_first_sent(connection, sim[0], submitted_ms)
    now_ms += chance.choice([1, 1_000, 100_000])
    if folds:
        # Retention deleted all but what is of the last days.
        old = [seq for seq in seqs if _answered(connection, seq) < now_ms - 2 * DAY_MS]
        folding.fold(connection, old, now_ms=now_ms, zone=SHANGHAI)
        connection.executemany("DELETE FROM parts WHERE message_seq = ?", [(seq,) for seq in old])
    read = read_usage(connection, sim[0], PLAN, now_ms)
    if counted.first_sent_at_ms is not None:
        assert read.first_sent_at_ms is not None
        assert read.first_sent_at_ms >= counted.first_sent_at_ms, "a warm-up is never shorter after a restart"
        read.first_sent_at_ms = counted.first_sent_at_ms
    assert_same(read, counted.as_of(now_ms), PLAN, now_ms, chance)


def _answered(connection: sqlite3.Connection, seq: int) -> int:
    return int(
        connection.execute("SELECT answered_at_ms FROM parts WHERE message_seq = ?", (seq,)).fetchone()[0]
    )


def test_a_part_that_crosses_the_edge_of_a_month_counts_in_both(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    add_part(connection, sim, RECIPIENTS[0], MONTH_MS - 5_000, MONTH_MS + 5_000)
    add_part(connection, sim, RECIPIENTS[1], MONTH_MS - 20_000, MONTH_MS - 10_000)
    add_part(connection, sim, RECIPIENTS[2], MONTH_MS - 2_000, None, state="submitting")
    after = read_usage(connection, sim[0], PLAN, MONTH_MS + 6_000)
    assert (after.month_parts, after.month_recipients) == (2, {RECIPIENTS[0], RECIPIENTS[2]})
    before = read_usage(connection, sim[0], PLAN, MONTH_MS - 1)
    assert (before.month_parts, len(before.month_recipients)) == (3, 3)


def test_what_is_in_the_air_is_left_to_the_pool_that_sends_it(connection: sqlite3.Connection) -> None:
    sim, other = add_sim(connection, 1), add_sim(connection, 2)
    now_ms = MONTH_MS + 100_000
    add_part(connection, sim, RECIPIENTS[0], now_ms - 9_000, now_ms - 8_000)
    add_part(connection, other, RECIPIENTS[1], now_ms - 1_000, None, state="submitting")
    group = replace(PLAN, warm_up_days=0)
    ids = (sim[0], other[0])
    answered = read_group_usage(connection, ids, group, now_ms, is_answered=True)
    assert (answered.month_parts, list(answered.counted), answered.month_recipients) == (
        1,
        [now_ms - 8_000],
        {RECIPIENTS[0]},
    )
    answered.hold(RECIPIENTS[1], 1)
    everything = read_group_usage(connection, ids, group, now_ms)
    assert answered.parts_in_month(now_ms) == everything.parts_in_month(now_ms) == 2
    assert answered.recipients_in_month(now_ms) == everything.recipients_in_month(now_ms) == 2


def test_a_part_that_was_answered_late_is_among_the_newest(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    now_ms = MONTH_MS + 1_000_000
    add_part(connection, sim, RECIPIENTS[0], now_ms - 400_000, now_ms - 1_000)
    for ago_ms in (300_000, 200_000):
        add_part(connection, sim, RECIPIENTS[1], now_ms - ago_ms, now_ms - ago_ms + 1_000)
    plan = Plan(parts_per_minute=1)
    opens = opening(plan, read_usage(connection, sim[0], plan, now_ms), 1, now_ms)
    assert opens.at_ms == now_ms - 1_000 + 60_001


def test_a_sim_without_limits_costs_no_query(connection: sqlite3.Connection) -> None:
    sim = add_sim(connection, 1)
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    read_usage(connection, sim[0], Plan(reserve_percent=10, price_off_net_micros=1), MONTH_MS)
    assert asked == []
    read_usage(connection, sim[0], Plan(parts_per_hour=1), MONTH_MS)
    assert len(asked) == 1


@pytest.mark.parametrize("seed", range(4))
def test_who_asks_every_second_is_told_the_same(connection: sqlite3.Connection, seed: int) -> None:
    chance = Random(seed)
    sim = add_sim(connection, 1)
    memo: usage.Memo = {}
    now_ms = MONTH_MS + chance.choice([-3_600_000, 5_000, DAY_MS])
    for _ in range(60):
        now_ms += chance.choice([10, 1_000, 90_000, 700_000, DAY_MS // 3])
        if chance.random() < 0.7:
            state, answered_ms = chance.choice(
                [("accepted", now_ms), ("uncertain", now_ms), ("submitting", None)]
            )
            connection.execute(
                "UPDATE parts SET answered_at_ms = ? WHERE answered_at_ms IS NULL", (now_ms - 1,)
            )
            add_part(connection, sim, chance.choice(RECIPIENTS), now_ms - 5_000, answered_ms, state=state)
        remembered = read_usage(connection, sim[0], PLAN, now_ms, memo=memo)
        anew = read_usage(connection, sim[0], PLAN, now_ms)
        assert remembered.month_parts == anew.month_parts
        assert remembered.month_recipients == anew.month_recipients
    assert len(memo) == 1

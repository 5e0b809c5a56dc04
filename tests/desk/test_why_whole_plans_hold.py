"""Why a message waits for the plan of a SIM or of its group, read from the rows as the pool writes them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance.desk.sims import on_wall, read_book, reason_at_acceptance, reason_of
from appliance.policy.choice import PATIENCE_MS
from appliance.policy.plan import DAY_MS, Plan
from appliance.policy.reason import Reason
from appliance.policy.sending_hours import parse_sending_hours
from appliance.store import groups, messages, plans, queue
from appliance.store.database import connect
from appliance.store.groups import SimGroup, Strategy
from appliance.store.sending import Said
from tests.policy.test_ledger import add_part
from tests.store.stored import ALICE, add_message, add_sim, watched_database

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW_MS = int(datetime(2026, 11, 24, 12, tzinfo=SHANGHAI).timestamp() * 1000)
BOX = Plan(zone=SHANGHAI, reserve_percent=10)
BOB = "+8618900000001"
HOUR_MS = 3_600_000

Connection = sqlite3.Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    opened = connect(watched_database(tmp_path / "simloft.db"))
    yield opened
    opened.close()


def sent(connection: Connection, sim: tuple[int, int], count: int, ago_ms: int, recipient: str = BOB) -> None:
    for _ in range(count):
        seq = add_part(connection, sim, recipient, NOW_MS - ago_ms - 500, NOW_MS - ago_ms)
        connection.execute("UPDATE messages SET state = 'sending' WHERE seq = ?", (seq,))


def why(connection: Connection, *, box: Plan = BOX, **fields: object) -> Reason:
    seq = add_message(connection, **({"accepted_at_ms": NOW_MS} | fields))
    message = messages.of_seq(connection, seq)
    assert message is not None
    book = read_book(connection, box, NOW_MS)
    reason = reason_of(connection, message, book, NOW_MS)
    at_once = reason_at_acceptance(message, book, NOW_MS)
    assert at_once.code in (reason.code, "message.queued")
    return reason


def give(connection: Connection, sim: tuple[int, int], **own: str | int) -> None:
    plans.set_plan(connection, sim[0], own)


def test_a_month_is_used_up_until_its_contract_day(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    give(connection, sim, parts_per_month=2, contract_day=26, reserve_percent=0)
    sent(connection, sim, 2, 20 * DAY_MS)
    reason = why(connection)
    assert reason.code == "sim.at-limit.month"
    assert reason.until_ms == int(datetime(2026, 11, 26, tzinfo=SHANGHAI).timestamp() * 1000)


def test_new_recipients_wait_and_known_ones_do_not(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    give(connection, sim, recipients_per_month=1)
    sent(connection, sim, 3, DAY_MS)
    assert why(connection).code == "sim.at-limit.recipients"
    assert why(connection, recipient=BOB).code == "message.waits-its-turn"


def test_what_retention_deleted_still_counts(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    give(connection, sim, recipients_per_month=1, parts_per_month=5)
    for day, parts in (("2026-10-31", 50), ("2026-11-01", 4)):
        connection.execute("INSERT INTO sim_days VALUES (?, ?, ?, ?)", (sim[0], day, BOB, parts))
    assert why(connection).code == "sim.at-limit.recipients"
    assert why(connection, recipient=BOB).code == "message.waits-its-turn"
    assert why(connection, recipient=BOB, parts_total=2).code == "sim.at-limit.month"


def test_one_recipient_in_a_day(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    give(connection, sim, parts_per_recipient_per_day=1)
    sent(connection, sim, 1, HOUR_MS)
    reason = why(connection, recipient=BOB)
    assert (reason.code, reason.until_ms) == ("sim.at-limit.per-recipient", NOW_MS - HOUR_MS + DAY_MS + 1)
    assert why(connection).code == "message.waits-its-turn"


def test_outside_of_the_sending_hours(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    give(connection, sim, sending_hours="08:00-11:30, 14:00-18:00")
    reason = why(connection)
    assert (reason.code, reason.until_ms) == ("sim.at-limit.sending-hours", NOW_MS + 2 * HOUR_MS)
    hours = parse_sending_hours("20:00-22:00")
    other = add_sim(connection, 2)
    assert why(connection, box=replace(BOX, sending_hours=hours)).code == "message.all-at-limit.sending-hours"
    give(connection, other, sending_hours="")
    assert why(connection, box=replace(BOX, sending_hours=hours)).code.startswith("message.waits")


def test_the_reserve_is_left_to_what_is_more_urgent(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    give(connection, sim, parts_per_hour=20)
    sent(connection, sim, 18, 60_000)
    assert why(connection, priority=2).code == "sim.keeps-reserve"
    assert why(connection, priority=1).code in ("message.next", "message.waits-its-turn")
    sent(connection, sim, 1, 60_000)
    assert why(connection, priority=1).code == "sim.keeps-reserve"
    assert why(connection, priority=0).code == "message.next"
    sent(connection, sim, 1, 60_000)
    assert why(connection, priority=0).code == "sim.at-limit.hour"


def test_a_new_sim_is_warmed_up(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    give(connection, sim, warm_up_days=10, parts_per_day=20)
    sent(connection, sim, 2, HOUR_MS)
    reason = why(connection)
    assert reason.code == "sim.at-limit.warm-up"
    assert reason.until_ms == NOW_MS - HOUR_MS + DAY_MS + 1


def test_a_group_is_at_its_limit_together(connection: Connection) -> None:
    one, other, away = add_sim(connection, 1), add_sim(connection, 2), add_sim(connection, 3, "no-sim")
    group_id = groups.add(connection, SimGroup(id=0, name="Contract", parts_per_hour=3))
    for sim in (one, other, away):
        groups.put_sim(connection, sim[0], group_id)
    sent(connection, one, 1, 60_000)
    sent(connection, away, 2, 120_000)
    reason = why(connection, priority=0)
    assert reason.code == "group.at-limit.hour"
    assert reason.args["group"] == "Contract"
    assert reason.until_ms == NOW_MS - 120_000 + HOUR_MS + 1


def test_a_sim_is_in_one_group_at_most(connection: Connection) -> None:
    """Of two groups the later one holds: the row of a SIM has one."""
    sim = add_sim(connection, 1)
    first = groups.add(connection, SimGroup(id=0, name="One", parts_per_hour=1))
    second = groups.add(connection, SimGroup(id=0, name="Two"))
    assert groups.put_sim(connection, sim[0], first)
    assert groups.put_sim(connection, sim[0], second)
    assert (groups.members(connection, first), groups.members(connection, second)) == ([], [sim[0]])
    sent(connection, sim, 5, 60_000)
    assert why(connection).code == "message.next"


def test_a_limit_below_what_was_sent_holds_until_it_fits(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    sent(connection, sim, 5, 30 * 60_000)
    sent(connection, sim, 5, 60_000)
    give(connection, sim, parts_per_hour=2)
    reason = why(connection)
    assert (reason.code, reason.until_ms) == ("sim.at-limit.hour", NOW_MS - 60_000 + HOUR_MS + 1)
    give(connection, sim, parts_per_hour=0)
    assert why(connection).code.startswith("message.waits"), "0 is no limit"


def test_a_message_waits_for_the_sim_of_its_conversation(connection: Connection) -> None:
    its, _ = add_sim(connection, 1), add_sim(connection, 2)
    give(connection, its, parts_per_minute=1)
    sent(connection, its, 1, 20_000)
    reason = why(connection, sticky_sim_id=its[0], priority=1)
    assert (reason.code, reason.until_ms) == ("message.left-to-its-sim", NOW_MS + PATIENCE_MS[1])
    give(connection, its, parts_per_hour=1)
    assert why(connection, sticky_sim_id=its[0], priority=1).code == "message.waits-its-turn"


def test_a_message_waits_for_a_cheaper_sim_of_its_group(connection: Connection) -> None:
    cheap, dear = add_sim(connection, 1), add_sim(connection, 2)
    group_id = groups.add(connection, SimGroup(id=0, name="G", strategy=Strategy.FILL))
    for sim, price in ((cheap, 35_000), (dear, 100_000)):
        groups.put_sim(connection, sim[0], group_id)
        give(connection, sim, price_off_net_micros=price, parts_per_minute=1)
    sent(connection, cheap, 1, 20_000)
    assert why(connection, priority=2).code == "message.left-to-cheaper"


def test_what_is_parked_says_why_and_until_when(connection: Connection) -> None:
    add_sim(connection, 1)
    seq = add_message(connection)
    queue.park(connection, seq, Said.of("sim.at-limit.per-recipient", sim="A"), NOW_MS + 9_000, NOW_MS)
    message = messages.of_seq(connection, seq)
    assert message is not None
    reason = reason_of(connection, message, read_book(connection, BOX, NOW_MS), NOW_MS)
    assert (reason.code, reason.until_ms) == ("sim.at-limit.per-recipient", NOW_MS + 9_000)


def test_the_wall_shows_what_a_month_used_and_cost(connection: Connection) -> None:
    sim = add_sim(connection, 1)
    connection.execute("UPDATE sims SET imsi = '460000000000001' WHERE id = ?", (sim[0],))
    give(
        connection,
        sim,
        allowance_parts=2,
        recipients_per_month=9,
        price_on_net_micros=100_000,
        price_off_net_micros=150_000,
        price_abroad_micros=1_000_000,
    )
    for ago_days, destination in ((9, "abroad"), (8, "abroad"), (7, "china-mobile"), (6, ""), (5, "abroad")):
        at_ms = NOW_MS - ago_days * DAY_MS
        add_part(connection, sim, BOB, at_ms, at_ms + 1_000, destination=destination)
    add_part(connection, sim, ALICE, NOW_MS - 40 * DAY_MS, NOW_MS - 40 * DAY_MS)
    book = read_book(connection, BOX, NOW_MS)
    used = on_wall(connection, book.cards[sim[0]], book, NOW_MS).used
    assert (used.month, used.month_recipients) == (5, 1)
    assert used.cost_micros == 100_000 + 150_000 + 1_000_000
    give(connection, sim)
    book = read_book(connection, BOX, NOW_MS)
    used = on_wall(connection, book.cards[sim[0]], book, NOW_MS).used
    assert (used.month, used.month_recipients, used.cost_micros) == (None, None, None)

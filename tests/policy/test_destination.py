"""Whose network a number seems to be in, as the ranges were given out; ported numbers keep theirs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from phonenumbers import carrier, parse

from appliance.desk.carriers import built_in, number_table, set_carrier
from appliance.policy.carriers import Carrier
from appliance.policy.destination import ABROAD, UNKNOWN, NumberTable, destination_of
from appliance.policy.plan import Plan
from appliance.policy.prices import is_on_net, part_price
from tests.money.desks import NOON_MS, PERSON, running_desk

TABLE = NumberTable.of(built_in(), "+86")

NAMES = {
    "China Mobile": "china-mobile",
    "China Unicom": "china-unicom",
    "China Telecom": "china-telecom",
    "China Broadnet": "china-broadnet",
}


def test_it_knows_every_range_of_numbers_that_libphonenumber_knows() -> None:
    differing = {}
    for first in range(13_000, 20_000):
        number = f"+86{first}123456"
        known = NAMES.get(carrier.name_for_number(parse(number), "en"))
        if known is not None and destination_of(number, TABLE) != known:
            differing[first] = known
    assert differing == {}


@pytest.mark.parametrize(
    ("number", "destination"),
    [
        ("+8613912345678", "china-mobile"),
        ("+8619212345678", "china-broadnet"),
        ("+8613491234567", "china-telecom"),
        ("+8617031234567", "china-mobile"),
        ("+8617091234567", "china-unicom"),
        ("+8616212345678", "china-telecom"),
        ("+8616512345678", "china-mobile"),
        ("+8616712345678", "china-unicom"),
        ("+861012345678", UNKNOWN),
        ("10086", UNKNOWN),
        ("1069012345678", UNKNOWN),
        ("+85291234567", ABROAD),
        ("+4915112345678", ABROAD),
        ("+79161234567", ABROAD),
        ("+86", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_where_a_message_goes(number: str, destination: str) -> None:
    assert destination_of(number, TABLE) == destination


def test_the_longest_beginning_wins_and_other_countries_are_not_told_apart() -> None:
    table = NumberTable.of(
        [
            Carrier(id="a", name="A", number_prefixes=("+4915", "+861")),
            Carrier(id="b", name="B", number_prefixes=("+49151",)),
        ],
        "+49",
    )
    assert destination_of("+4915112345678", table) == "b"
    assert destination_of("+4915212345678", table) == "a"
    assert destination_of("+8613912345678", table) == ABROAD


def test_a_carrier_that_is_edited_on_the_box_gives_its_own_ranges(tmp_path: Path) -> None:
    with running_desk(tmp_path) as desk:
        assert destination_of("+8613912345678", number_table(desk.reader, "CN")) == "china-mobile"
        edited = {"name": "Mine", "imsi": ["99901"], "numbers": ["+8613912"]}
        saved = set_carrier(desk.tools.writer, PERSON, "mine", edited, now_ms=NOON_MS)
        assert isinstance(saved, Carrier)
        table = number_table(desk.reader, "CN")
        assert destination_of("+8613912345678", table) == "mine"
        assert destination_of("+8613812345678", table) == "china-mobile"


def test_a_carrier_that_was_edited_before_there_were_ranges_keeps_those_of_the_release(
    tmp_path: Path,
) -> None:
    def write_as_before(connection: sqlite3.Connection) -> None:
        connection.execute(
            """
            INSERT INTO carriers (id, definition, changed_at_ms, changed_by)
            VALUES ('china-mobile', '{"name": "中国移动", "imsi": ["46000"]}', 0, '')
            """
        )

    with running_desk(tmp_path) as desk:
        desk.write(write_as_before)
        assert destination_of("+8613912345678", number_table(desk.reader, "CN")) == "china-mobile"


def test_what_a_part_costs() -> None:
    plan = Plan(price_on_net_micros=10, price_off_net_micros=50, price_abroad_micros=900)
    assert part_price(plan, "china-mobile", "+8613912345678", "china-mobile") == 10
    assert part_price(plan, "china-telecom", "+8613912345678", "china-mobile") == 50
    assert part_price(plan, "", "10086", UNKNOWN) == 50
    assert part_price(plan, "china-mobile", "+4915112345678", ABROAD) == 900
    own = Plan(on_net_prefixes=("+86139",))
    assert is_on_net(own, "", "+8613912345678", "china-telecom")
    assert not is_on_net(own, "china-telecom", "+8618912345678", "china-telecom")
    assert not is_on_net(Plan(on_net_prefixes=()), "china-telecom", "+8618912345678", "china-telecom")

"""Plans, groups of SIMs and accounts at the desk: what is refused with its reason, what is let pass and said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk import accounts, groups
from appliance.desk.fields import read_members
from appliance.desk.groups import GROUP_FIELDS, Moved
from appliance.desk.mistake import Refusal
from appliance.desk.plan_standing import group_standing, plan_standing
from appliance.desk.plans import (
    PLAN_FIELDS,
    as_columns,
    as_typed,
    read_plan,
    remarks_on,
    set_plan,
    typed_plan,
)
from appliance.desk.sims import read_book
from appliance.policy.own_plan import plan_of
from appliance.policy.plan import OWN_FIELDS, Limit, Plan
from appliance.store import keys, plans, sims
from appliance.store.accounts import Account
from appliance.store.database import connect
from appliance.store.groups import SimGroup
from tests.store.stored import add_message, send
from tests.technician.office import NOW_MS, PERSON, Office

HOUR_MS = 3_600_000


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path)
    with closing(opened.writer):
        yield opened


def wrong(members: dict[str, object]) -> list[tuple[str, str]]:
    read = read_plan(members)
    assert isinstance(read, Refusal), read
    return [(each.pointer, each.code.removeprefix("problem.")) for each in read.mistakes]


def test_there_is_a_field_for_all_that_a_sim_may_have_of_its_own() -> None:
    assert set(PLAN_FIELDS) == set(OWN_FIELDS) == set(plans.COLUMNS)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("contract_day", 32, "plan-contract-day"),
        ("contract_day", 0, "plan-contract-day"),
        ("gap_jitter_percent", 101, "field-range"),
        ("reserve_percent", 100, "plan-reserve"),
        ("parts_per_day", -1, "field-range"),
        ("parts_per_day", 2.5, "field-whole-number"),
        ("parts_per_day", "200", "field-whole-number"),
        ("recipients_per_month", True, "field-whole-number"),
        ("warm_up_days", 366, "field-range"),
        ("sending_hours", "25:00-26:00", "plan.hours-malformed"),
        ("sending_hours", "morning", "plan.hours-malformed"),
        ("sending_hours", "08:00-08:00", "plan.hours-too-short"),
        ("sending_hours", "08:00-12:00, 11:00-13:00", "plan.hours-overlap"),
        ("sending_hours", 8, "field-text"),
        ("on_net_prefixes", ["86139"], "plan-prefix"),
        ("on_net_prefixes", "+86139", "field-strings"),
        ("on_net_prefixes", ["+86139"] * 3 + [f"+8613{n:04d}" for n in range(300)], "field-too-many"),
        ("price_abroad_micros", 0.8, "field-whole-number"),
        ("parts_per_year", 1, "field-unknown"),
    ],
)
def test_nonsense_is_refused_with_its_field_and_a_reason(field: str, value: object, code: str) -> None:
    assert wrong({field: value}) == [(f"/{field}", code)]


def test_every_mistake_of_a_plan_is_told_at_once() -> None:
    assert wrong({"contract_day": 32, "reserve_percent": 100, "sending_hours": "x"}) == [
        ("/sending_hours", "plan.hours-malformed"),
        ("/contract_day", "plan-contract-day"),
        ("/reserve_percent", "plan-reserve"),
    ]


@pytest.mark.parametrize("typed", ["8:00-21:00", "08：00—21：00", "8:00至21:00", " 08:00 - 21:00 "])
def test_hours_are_read_as_people_type_them(typed: str) -> None:
    read = read_plan({"sending_hours": typed})
    assert not isinstance(read, Refusal)
    assert str(read["sending_hours"]) == "08:00-21:00"


@given(
    gap=st.integers(0, 86_400_000),
    price=st.integers(0, 1_000_000_000),
    day=st.integers(1, 31),
    hours=st.sampled_from(["", "08:00-12:00, 14:00-21:00", "22:00-06:00"]),
)
def test_what_a_form_shows_it_reads_again(gap: int, price: int, day: int, hours: str) -> None:
    read = read_plan(
        {
            "minimum_gap_ms": gap,
            "price_abroad_micros": price,
            "contract_day": day,
            "sending_hours": hours,
            "on_net_prefixes": ["+86139", "+86138"],
        }
    )
    assert not isinstance(read, Refusal)
    shown = {name: as_typed(name, value) for name, value in read.items()}
    assert read_plan(typed_plan(shown)) == read


def test_a_plan_that_is_stored_is_the_plan_that_holds(office: Office) -> None:
    own = read_plan(
        {
            "parts_per_day": 200,
            "sending_hours": "08:00-21:00",
            "on_net_prefixes": ["+86139"],
            "contract_day": 31,
        }
    )
    assert not isinstance(own, Refusal)
    assert set_plan(office.writer, office.ring, PERSON, office.sims[0], own, now_ms=NOW_MS) is None
    card = office.writer.write_blocking(lambda c: sims.get(c, office.sims[0]))
    holds = plan_of(card, Plan(parts_per_hour=30))
    assert (holds.parts_per_day, holds.parts_per_hour, holds.contract_day) == (200, 30, 31)
    assert str(holds.sending_hours) == "08:00-21:00"
    assert holds.on_net_prefixes == ("+86139",)
    assert office.rings == 1
    assert office.acts()[-1][0] == "event.technician.plan"


def test_changing_one_field_leaves_the_others_and_replacing_takes_them_away(office: Office) -> None:
    def put(own: dict[str, object], *, only_given: bool) -> dict[str, object]:
        set_plan(office.writer, office.ring, PERSON, 1, own, only_given=only_given, now_ms=NOW_MS)
        return dict(plans.own_plan(office.writer.write_blocking(lambda c: sims.get(c, 1))))

    put({"parts_per_day": 200, "parts_per_hour": 20}, only_given=False)
    changed = put({"parts_per_hour": None, "contract_day": 5}, only_given=True)
    assert (changed["parts_per_day"], changed["parts_per_hour"], changed["contract_day"]) == (200, None, 5)
    replaced = put({"parts_per_month": 0}, only_given=False)
    assert {name: value for name, value in replaced.items() if value is not None} == {"parts_per_month": 0}


def test_a_sim_that_nobody_saw_is_told(office: Office) -> None:
    refused = set_plan(office.writer, office.ring, PERSON, 99, {}, now_ms=NOW_MS)
    assert isinstance(refused, Refusal)
    assert refused.mistakes[0].code == "problem.no-such-sim"
    assert office.rings == 0


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan(parts_per_day=200, parts_per_month=150), [("/parts_per_month", "plan.longer-below-shorter")]),
        (Plan(parts_per_minute=20, parts_per_month=150), []),
        (Plan(parts_per_month=500, contract_day=31), [("/contract_day", "plan.contract-day-missing")]),
        (Plan(contract_day=31), []),
        (Plan(warm_up_days=14), [("/warm_up_days", "plan.warm-up-without-day")]),
        (Plan(parts_per_hour=3), [("", "plan.long-messages-never-fit")]),
    ],
)
def test_what_may_surprise_is_let_pass_and_said(plan: Plan, said: list[tuple[str, str]]) -> None:
    assert [(each.pointer, each.code) for each in remarks_on(plan, most_parts=10)] == said


def test_a_limit_below_what_was_sent_holds_the_sim_and_says_until_when(office: Office) -> None:
    def send_three(connection: sqlite3.Connection) -> None:
        for number in range(3):
            add_message(connection, recipient=f"+861391234560{number}")
            send(connection, (1, 1), number, NOW_MS - HOUR_MS + number)

    office.writer.write_blocking(send_three)
    set_plan(office.writer, office.ring, PERSON, 1, {"parts_per_day": 2}, now_ms=NOW_MS)
    office.put("modem01", "ready")
    with closing(connect(office.database, read_only=True)) as connection:
        book = read_book(connection, Plan(), NOW_MS)
        standing = plan_standing(connection, book.cards[1], book, NOW_MS, most_parts=10)
    assert standing.holds is not None
    assert standing.holds.code == "sim.at-limit.day"
    # Two of the three must be older than 24 hours before the third may go: the second one decides.
    assert standing.holds.until_ms == NOW_MS - HOUR_MS + 101 + 24 * HOUR_MS + 1
    (day,) = [each for each in standing.uses if each.limit is Limit.DAY]
    assert (day.used, day.most, day.left) == (3, 2, 0)


# -- groups -----------------------------------------------------------------------------------------------------------


def group(office: Office, name: str, **limits: object) -> SimGroup:
    members = read_members(GROUP_FIELDS, {"name": name, **limits})
    assert not isinstance(members, Refusal)
    made = groups.create_group(office.writer, office.ring, PERSON, members, now_ms=NOW_MS)
    assert isinstance(made, SimGroup)
    return made


def move(office: Office, sim_id: int, group_id: int | None) -> Moved:
    moved = groups.move_sim(office.writer, office.ring, PERSON, sim_id, group_id, now_ms=NOW_MS)
    assert isinstance(moved, Moved)
    return moved


def test_a_sim_is_in_one_group_at_most_and_moving_it_says_from_where(office: Office) -> None:
    first, second = group(office, "Contract A"), group(office, " Contract  B ", strategy="fill")
    assert (second.name, second.strategy) == ("Contract B", "fill")
    assert move(office, 1, first.id).code == "group.put-in"
    assert move(office, 1, first.id).code == "group.stays"
    moved = move(office, 1, second.id)
    assert (moved.code, moved.args["before"], moved.args["group"]) == (
        "group.moved",
        "Contract A",
        "Contract B",
    )
    assert move(office, 1, None).code == "group.taken-out"
    assert move(office, 1, None).code == "group.in-none"
    told = [code.removeprefix("event.technician.") for code, _ in office.acts()]
    assert told == ["group-made", "group-made", "group.put-in", "group.moved", "group.taken-out"]


def test_what_a_sim_sent_before_counts_in_its_new_group(office: Office) -> None:
    def send_one(connection: sqlite3.Connection) -> None:
        add_message(connection)
        send(connection, (1, 1), 1, NOW_MS - 1000)

    office.writer.write_blocking(send_one)
    made = group(office, "A", parts_per_hour=10)
    move(office, 1, made.id)
    with closing(connect(office.database, read_only=True)) as connection:
        standing = group_standing(connection, made, read_book(connection, Plan(), NOW_MS), NOW_MS)
    assert [(each.limit, each.used, each.most) for each in standing.uses] == [(Limit.HOUR, 1, 10)]
    assert [each.id for each in standing.sims] == [1]


def test_a_group_s_name_is_its_own_and_removing_it_leaves_its_sims(office: Office) -> None:
    first = group(office, "A")
    taken = groups.create_group(office.writer, office.ring, PERSON, {"name": "A"}, now_ms=NOW_MS)
    assert isinstance(taken, Refusal)
    assert (taken.mistakes[0].pointer, taken.mistakes[0].code) == ("/name", "problem.name-taken")
    renamed = groups.change_group(
        office.writer, office.ring, PERSON, first.id, {"name": "A", "parts_per_day": 5}, now_ms=NOW_MS
    )
    assert isinstance(renamed, SimGroup)
    assert renamed.parts_per_day == 5
    move(office, 1, first.id)
    assert isinstance(
        groups.remove_group(office.writer, office.ring, PERSON, first.id, now_ms=NOW_MS), SimGroup
    )
    assert office.writer.write_blocking(lambda c: sims.get(c, 1)).group_id is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "a\x00b"])
def test_a_name_can_be_seen(office: Office, name: str) -> None:
    for refused in (
        groups.create_group(office.writer, office.ring, PERSON, {"name": name}, now_ms=NOW_MS),
        accounts.create_account(office.writer, office.ring, PERSON, name, now_ms=NOW_MS),
    ):
        assert isinstance(refused, Refusal)
        assert (refused.mistakes[0].pointer, refused.mistakes[0].code) == ("/name", "problem.name")


# -- accounts ---------------------------------------------------------------------------------------------------------


def test_a_key_sends_in_the_name_of_its_account_and_of_the_box_once_that_is_gone(office: Office) -> None:
    key = keys.new_key()
    key_id = office.writer.write_blocking(lambda c: keys.add_key(c, "till", key, NOW_MS))
    shop = accounts.create_account(office.writer, office.ring, PERSON, "Shop", 3, now_ms=NOW_MS)
    assert isinstance(shop, Account)
    assert isinstance(accounts.give_key(office.writer, PERSON, key_id, shop.id, now_ms=NOW_MS), Account)
    found = office.writer.write_blocking(lambda c: keys.find_key(c, key))
    assert found is not None
    assert found.account_id == shop.id
    removed = accounts.remove_account(office.writer, office.ring, PERSON, shop.id, now_ms=NOW_MS)
    assert isinstance(removed, Account)
    found = office.writer.write_blocking(lambda c: keys.find_key(c, key))
    assert found is not None
    assert found.account_id == 1


def test_the_box_s_own_account_stays(office: Office) -> None:
    refused = accounts.remove_account(office.writer, office.ring, PERSON, 1, now_ms=NOW_MS)
    assert isinstance(refused, Refusal)
    assert refused.mistakes[0].code == "problem.account-of-the-box"
    heavier = accounts.change_account(office.writer, office.ring, PERSON, 1, {"weight": 4}, now_ms=NOW_MS)
    assert heavier == Account(1, "box", 4)


def test_columns_are_what_the_store_keeps() -> None:
    own = read_plan({"sending_hours": "8:00-9:00", "on_net_prefixes": [], "parts_per_day": 0})
    assert not isinstance(own, Refusal)
    assert as_columns(own) == {
        "sending_hours": "08:00-09:00",
        "on_net_prefixes": "[]",
        "parts_per_day": 0,
    }

"""When a SIM is used so that its number is kept, by which way, and what is said where that can't be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.keep_alive import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    Cell,
    KeepAliveRules,
    Later,
    Send,
    Stuck,
    plan,
    planned_ms,
)

ZONE = ZoneInfo("Asia/Shanghai")
NOON_MS = int(datetime(2026, 11, 24, 12, tzinfo=ZONE).timestamp() * 1000)
NIGHT_MS = NOON_MS + 11 * HOUR_MS
RULES = KeepAliveRules()


def cell(sim_id: int, **fields: object) -> Cell:
    made = Cell(
        sim_id=sim_id,
        name=f"SIM {sim_id}",
        carrier="china-mobile",
        number=f"+861380000{sim_id:04d}",
        is_ready=True,
        every_days=90,
        since_ms=NOON_MS - 200 * DAY_MS,
        last_spent_ms=NOON_MS - 100 * DAY_MS,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def idle(sim_id: int, **fields: object) -> Cell:
    """One that need not spend anything."""
    return cell(sim_id, every_days=0, **fields)


def step_of(sim_id: int, *cells: Cell, now_ms: int = NOON_MS, rules: KeepAliveRules = RULES) -> object:
    return next(each for each in plan(cells, None, rules, now_ms=now_ms, zone=ZONE) if each.sim_id == sim_id)


def test_it_writes_to_another_sim_of_its_carrier_that_is_ready() -> None:
    others = (
        idle(2, carrier="china-unicom"),
        idle(3, is_ready=False),
        idle(4, number=None),
        idle(5),
    )
    assert step_of(1, cell(1), *others) == Send(1, "+8613800000005", 5, NOON_MS - 10 * DAY_MS)


def test_off_net_is_better_than_none() -> None:
    step = step_of(1, cell(1), idle(2, carrier="china-unicom"), idle(3, is_ready=False))
    assert isinstance(step, Send)
    assert step.to_sim_id == 2


def test_the_number_of_the_settings_comes_before_a_sim_that_is_off() -> None:
    rules = replace(RULES, fallback="+8613912345678")
    assert isinstance(step_of(1, cell(1), idle(2, is_ready=False)), Send)
    assert step_of(1, cell(1), idle(2, is_ready=False), rules=rules) == Send(
        1, "+8613912345678", None, NOON_MS - 10 * DAY_MS
    )


def test_what_failed_is_tried_by_another_way() -> None:
    failed = cell(
        1,
        tried_ms=(NOON_MS - 5 * HOUR_MS,),
        failed_recipients=frozenset({"+8613800000002"}),
    )
    step = step_of(1, failed, idle(2), idle(3, carrier="china-unicom"))
    assert isinstance(step, Send)
    assert step.to_sim_id == 3
    rules = replace(RULES, fallback="+8613912345678")
    alone = step_of(1, failed, idle(2), rules=rules)
    assert isinstance(alone, Send)
    assert alone.recipient == rules.fallback


def test_a_try_that_failed_is_repeated_after_a_while_and_not_without_end() -> None:
    just_failed = cell(1, tried_ms=(NOON_MS - HOUR_MS,))
    assert step_of(1, just_failed, idle(2)) == Later(1, NOON_MS + 3 * HOUR_MS, NOON_MS - 10 * DAY_MS)
    often = cell(1, tried_ms=tuple(NOON_MS - hours * HOUR_MS for hours in (40, 30, 20, 10)))
    step = step_of(1, often, idle(2))
    assert isinstance(step, Stuck)
    assert step.reason.code == "keep-alive.tried"


def test_what_is_in_the_way_is_said() -> None:
    for fields, code in (
        ({"is_ready": False}, "keep-alive.not-ready"),
        ({"holds": "sim.resting"}, "keep-alive.resting"),
        ({"holds": "sim.low-balance"}, "keep-alive.low-balance"),
    ):
        step = step_of(1, cell(1, **fields), idle(2))
        assert isinstance(step, Stuck)
        assert step.reason.code == code
        assert step.reason.args["until_ms"] == step.due_ms
    step = step_of(1, cell(1), idle(2, number=None))
    assert isinstance(step, Stuck)
    assert step.reason.code == "keep-alive.no-number"


def test_a_sim_does_not_write_to_itself_under_a_second_row() -> None:
    step = step_of(1, cell(1), idle(2, number="+8613800000001"))
    assert isinstance(step, Stuck)


def test_nothing_goes_by_night() -> None:
    step = step_of(1, cell(1), idle(2), now_ms=NIGHT_MS)
    assert isinstance(step, Later)
    assert datetime.fromtimestamp(step.at_ms / 1000, ZONE).hour == RULES.from_hour


def test_one_at_a_time_the_most_urgent_first_with_a_gap_between() -> None:
    cells = (
        cell(1, last_spent_ms=NOON_MS - 95 * DAY_MS),
        cell(2, last_spent_ms=NOON_MS - 120 * DAY_MS),
        cell(3),
    )
    steps = plan(cells, None, RULES, now_ms=NOON_MS, zone=ZONE)
    assert [each.sim_id for each in steps if isinstance(each, Send)] == [2]
    assert {each.at_ms for each in steps if isinstance(each, Later)} == {NOON_MS + 10 * MINUTE_MS}
    again = plan(cells, NOON_MS - MINUTE_MS, RULES, now_ms=NOON_MS, zone=ZONE)
    assert not [each for each in again if isinstance(each, Send)]


def test_one_that_is_under_way_is_left_alone() -> None:
    assert plan((cell(1, is_trying=True), idle(2)), None, RULES, now_ms=NOON_MS, zone=ZONE) == ()


def test_one_that_never_spent_anything_counts_from_when_it_was_first_seen() -> None:
    fresh = cell(1, last_spent_ms=None, since_ms=NOON_MS)
    assert fresh.due_ms == NOON_MS + 90 * DAY_MS
    assert isinstance(step_of(1, fresh, idle(2)), Later)


_CELLS = st.lists(
    st.builds(
        cell,
        st.integers(1, 40),
        carrier=st.sampled_from([None, "a", "b"]),
        number=st.sampled_from([None, "+8613800000001", "+8613800000002", "+8613800000003"]),
        is_ready=st.booleans(),
        holds=st.sampled_from([None, None, "sim.resting"]),
        every_days=st.integers(0, 400),
        last_spent_ms=st.none() | st.integers(NOON_MS - 500 * DAY_MS, NOON_MS),
        since_ms=st.integers(NOON_MS - 500 * DAY_MS, NOON_MS),
        is_trying=st.booleans(),
    ),
    unique_by=lambda each: each.sim_id,
    max_size=12,
)


@given(_CELLS, st.integers(NOON_MS - DAY_MS, NOON_MS + DAY_MS), st.none() | st.integers(-DAY_MS, 0))
def test_whatever_there_is_no_rule_is_broken(cells: list[Cell], now_ms: int, ago_ms: int | None) -> None:
    last_ms = None if ago_ms is None else now_ms + ago_ms
    steps = plan(cells, last_ms, RULES, now_ms=now_ms, zone=ZONE)
    by_id = {each.sim_id: each for each in cells}
    wanted = {each.sim_id for each in cells if each.every_days and not each.is_trying}
    assert {each.sim_id for each in steps} == wanted, "each SIM that needs it gets one step"
    sends = [each for each in steps if isinstance(each, Send)]
    assert len(sends) <= 1
    for send in sends:
        sim = by_id[send.sim_id]
        assert sim.is_ready
        assert sim.holds is None
        assert send.recipient != sim.number
        assert RULES.from_hour <= datetime.fromtimestamp(now_ms / 1000, ZONE).hour < RULES.to_hour
        assert last_ms is None or now_ms - last_ms >= RULES.gap_min * MINUTE_MS
        assert (planned_ms(sim, RULES, ZONE) or 0) <= now_ms
    for step in steps:
        if isinstance(step, Later):
            assert step.at_ms > now_ms
            assert RULES.from_hour <= datetime.fromtimestamp(step.at_ms / 1000, ZONE).hour < RULES.to_hour
        if isinstance(step, Stuck):
            assert step.retry_ms > now_ms


@given(st.integers(1, 10_000), st.integers(1, 400), st.integers(0, DAY_MS))
def test_it_is_planned_in_daytime_and_never_after_its_date(sim_id: int, days: int, part_of_day: int) -> None:
    sim = cell(sim_id, every_days=days, last_spent_ms=NOON_MS + part_of_day)
    at_ms = planned_ms(sim, RULES, ZONE)
    assert at_ms is not None
    assert sim.due_ms is not None
    assert at_ms <= sim.due_ms
    assert sim.due_ms - at_ms <= (RULES.days_before + 2) * DAY_MS
    assert RULES.from_hour <= datetime.fromtimestamp(at_ms / 1000, ZONE).hour < RULES.to_hour
    if days > 2 * RULES.days_before:
        assert sim.due_ms - at_ms >= DAY_MS, "a day is left for tries that fail"


def test_sims_that_were_put_in_together_are_not_used_together() -> None:
    instants = [planned_ms(cell(sim_id), RULES, UTC) for sim_id in range(1, 33)]
    assert len(set(instants)) == 32
    assert len({(each or 0) // DAY_MS for each in instants}) >= 3

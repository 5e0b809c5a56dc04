"""Whole months through the real policy: no limit is exceeded, counted by an oracle that shares no code with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.policy.rehearsal import rehearse
from appliance.policy.rehearsal_oracle import Taken, broken_limits
from appliance.policy.rehearsal_plan import (
    BULK,
    NOTICE,
    OTP,
    Batch,
    DescribedGroup,
    DescribedSim,
    Kind,
    Load,
    Rehearsal,
    Replies,
    Span,
    Stream,
)
from appliance.policy.rehearsal_result import Course
from tests.forecast.situations import DAY_MS, SHANGHAI, bank, instant, plan

BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000


def a_month(
    sims: tuple[DescribedSim, ...],
    *loads: Load,
    begins: str = "2026-03-01",
    days: int = 31,
    zone: ZoneInfo = SHANGHAI,
    groups: tuple[DescribedGroup, ...] = (),
    seed: int = 1,
) -> Course:
    """One rehearsal; nothing of it is lost, and no limit is exceeded."""
    begins_at_ms = instant(begins, zone)
    rehearsal = Rehearsal(
        seed=seed,
        begins_at_ms=begins_at_ms,
        ends_at_ms=begins_at_ms + days * DAY_MS,
        zone=zone,
        sims=sims,
        groups=groups,
        loads=loads,
    )
    course = rehearse(rehearsal)
    assert course.broken == ()
    assert (
        sum(course.waiting_by_reason.values())
        <= course.waiting
        <= sum(course.waiting_by_reason.values()) + len(sims)
    ), "what waits is in the queue or with a modem"
    whole = [each.message for each in course.ledger if each.is_accepted]
    assert len(whole) == len(
        {(each.message, each.submitted_at_ms) for each in course.ledger if each.is_accepted}
    )
    return course


def each_day(at: str, messages: int, *, days: int = 31, begins: str = "2026-03-01", **kind: Any) -> Batch:
    """The same batch at a time of each day, in Shanghai."""
    first_ms = instant(f"{begins} {at}")
    return Batch(
        kind=Kind(**{"name": "bulk", "priority": BULK, **kind}),
        at_ms=tuple(first_ms + day * DAY_MS for day in range(days)),
        messages=messages,
    )


def codes(per_minute: float, *, begins: str = "2026-03-01", days: int = 31, **kind: Any) -> Stream:
    """One-time codes by day and night."""
    from_ms = instant(begins)
    return Stream(
        kind=Kind(**{"name": "codes", "priority": OTP, "expires_after_ms": 5 * 60_000, **kind}),
        spans=(Span(from_ms, from_ms + days * DAY_MS),),
        per_minute=per_minute,
    )


def test_a_month_ends_on_its_contract_day_and_not_before() -> None:
    course = a_month(
        bank(2, parts_per_day=100, parts_per_month=600, contract_day=31), each_day("09:00", 300), days=45
    )
    for each in course.sims:
        sent = each.parts_by_day
        # February has no 31st day: its last one begins the billing month that ends on March 30.
        first = sum(parts for day, parts in sent.items() if day.isoformat() <= "2026-03-30")
        second = sum(parts for day, parts in sent.items() if day.isoformat() > "2026-03-30")
        assert first == 600
        assert 500 <= second <= 600


def test_different_recipients_are_counted_by_the_month_and_known_ones_go_on() -> None:
    course = a_month(
        bank(2, recipients_per_month=50, parts_per_day=200, contract_day=15),
        each_day("09:00", 60, recipients=60),
        each_day("10:00", 60, name="new people every day"),
    )
    by_day = sum((each.parts_by_day for each in course.sims), Counter())
    before = sum(parts for day, parts in by_day.items() if day.isoformat() < "2026-03-15")
    assert before == 14 * 60 + 40, (
        "the same sixty again and again, for each is known to a SIM, and forty others"
    )
    assert by_day.total() - before == 100, "in the new month those go first that wait since the one before"


@pytest.mark.parametrize(
    ("begins", "hours"), [("2026-03-27", "01:30-03:15"), ("2026-10-23", "02:15-02:45, 20:00-21:00")]
)
def test_sending_hours_hold_while_the_clock_is_changed(begins: str, hours: str) -> None:
    sims = bank(2, zone=BERLIN, parts_per_minute=10, sending_hours=hours)
    load = Batch(kind=Kind(name="bulk", priority=BULK), at_ms=(instant(begins, BERLIN),), messages=20_000)
    course = a_month(sims, load, begins=begins, days=5, zone=BERLIN)
    assert course.sent > 500


def test_new_sims_are_warmed_up() -> None:
    course = a_month(bank(3, parts_per_day=140, warm_up_days=14), each_day("08:00", 600), days=20)
    for each in course.sims:
        days = [each.parts_by_day[day] for day in sorted(each.parts_by_day)]
        assert days[0] <= 20
        assert days[:13] == sorted(days[:13])
        assert max(days) >= 130


def test_sims_of_one_contract_keep_its_limits_together() -> None:
    course = a_month(
        bank(5, group="contract", parts_per_day=100),
        each_day("08:00", 600, days=12),
        codes(0.05, days=12),
        days=12,
        groups=(
            DescribedGroup(
                name="contract", plan=plan(parts_per_day=300, parts_per_month=3000, contract_day=8)
            ),
        ),
    )
    assert 3_000 < course.sent < 3_800
    assert max(each.spent_ms["group.at-limit.day"] for each in course.sims) > 0


def test_a_group_that_is_filled_sends_by_its_cheapest_sim_first() -> None:
    cheap, dear = (
        bank(2, group="g", price_off_net_micros=10_000),
        bank(2, first=3, group="g", price_off_net_micros=90_000),
    )
    group = DescribedGroup(name="g", plan=plan(), strategy="fill")
    course = a_month(cheap + dear, codes(2.0, days=3), days=3, groups=(group,))
    by_price = {each.sim.sim_id: each.messages for each in course.sims}
    assert by_price[1] + by_price[2] > 20 * (by_price[3] + by_price[4])


def test_the_reserve_keeps_codes_quick_while_bulk_takes_all_that_it_may() -> None:
    sims = bank(6, parts_per_day=200, minimum_gap_ms=2_000, reserve_percent=20)
    course = a_month(sims, each_day("09:00", 1500, days=8), codes(0.1, days=8), days=8)
    its = course.latencies[OTP]
    p99 = its.percentile(99)
    assert p99 is not None
    assert p99 < 12_000, "a part that is under way, its gap, and the code itself"
    assert next(each for each in course.loads if each.name == "codes").expired == 0
    assert next(each for each in course.loads if each.name == "bulk").waiting > 0, "bulk has more than fits"


def test_without_a_reserve_the_same_codes_come_too_late() -> None:
    """So that the test before could fail."""
    sims = bank(6, parts_per_day=200, minimum_gap_ms=2_000)
    course = a_month(sims, each_day("09:00", 1500, days=8), codes(0.1, days=8), days=8)
    assert next(each for each in course.loads if each.name == "codes").expired > 30


def test_outages_rests_refusals_and_answers_of_people() -> None:
    at = instant("2026-03-05 09:00")
    sims = (
        *bank(
            2,
            parts_per_day=300,
            error_percent=3.0,
            sim_error_percent=1.0,
            outages=(Span(at, at + 5 * HOUR_MS),),
        ),
        *bank(
            2, first=3, parts_per_day=300, rests=(Span(at + HOUR_MS, at + 30 * HOUR_MS),), latency_ms=9_000
        ),
    )
    reminders = each_day("09:00", 300, name="reminders", priority=NOTICE, parts=2, recipients=300)
    answers = Replies(
        kind=Kind(name="answers", priority=NOTICE), to_load="reminders", percent=10, after_ms=20 * 60_000
    )
    course = a_month(sims, reminders, answers, codes(0.3), days=14)
    loads = {each.name: each for each in course.loads}
    assert loads["answers"].sent > 100
    assert loads["reminders"].sent > 14 * 250
    assert sum(each.refused for each in course.sims) > 50


def test_the_same_seed_is_the_same_rehearsal_and_another_one_is_not() -> None:
    def ledger(seed: int) -> list[Taken]:
        load = codes(0.5, days=3)
        return list(a_month(bank(3, parts_per_day=300, error_percent=5.0), load, days=3, seed=seed).ledger)

    first = ledger(1)
    assert first == ledger(1)
    assert first != ledger(2)


# -- the oracle can fail ----------------------------------------------------------------------------------------------


def _ledger_of(sims: tuple[DescribedSim, ...], *at_ms: int, **other: Any) -> tuple[str, ...]:
    begins_at_ms = instant("2026-03-01")
    rehearsal = Rehearsal(
        seed=1, begins_at_ms=begins_at_ms, ends_at_ms=begins_at_ms + 40 * DAY_MS, zone=SHANGHAI, sims=sims
    )
    ledger = [
        Taken(
            **{
                "sim_id": 1,
                "message": number,
                "parts": 1,
                "priority": BULK,
                "recipient": f"{number}",
                "submitted_at_ms": begins_at_ms + each,
                "at_ms": begins_at_ms + each,
                "is_first": True,
                **other,
            }
        )
        for number, each in enumerate(at_ms)
    ]
    return tuple(each.limit for each in broken_limits(rehearsal, ledger))


@pytest.mark.parametrize(
    ("own", "at_ms", "other", "broken"),
    [
        ({"minimum_gap_ms": 5_000}, (0, 4_999), {}, "gap"),
        ({"parts_per_minute": 2}, (0, 1, 60_000), {}, "minute"),
        ({"parts_per_hour": 2}, (0, 1, HOUR_MS), {}, "hour"),
        ({"parts_per_day": 1}, (0, DAY_MS), {}, "day"),
        ({"parts_per_month": 1}, (0, 30 * DAY_MS), {}, "month"),
        ({"recipients_per_month": 1}, (0, 30 * DAY_MS), {}, "recipients"),
        ({"parts_per_recipient_per_day": 1}, (0, DAY_MS), {"recipient": "one"}, "day"),
        ({"sending_hours": "08:00-20:00"}, (20 * HOUR_MS,), {}, "hours"),
        ({"parts_per_day": 10, "reserve_percent": 90}, (0, 1), {}, "day-reserve"),
        ({"warm_up_days": 10, "parts_per_day": 10}, (0, 1), {}, "warm-up"),
    ],
)
def test_the_oracle_finds(
    own: dict[str, Any], at_ms: tuple[int, ...], other: dict[str, Any], broken: str
) -> None:
    assert broken in _ledger_of(bank(1, **own), *at_ms, **other)


@pytest.mark.parametrize(
    ("own", "at_ms"),
    [
        ({"minimum_gap_ms": 5_000}, (0, 5_000)),
        ({"parts_per_minute": 2}, (0, 1, 60_001)),
        ({"parts_per_day": 1}, (0, DAY_MS + 1)),
        ({"parts_per_month": 1}, (0, 31 * DAY_MS)),
        ({"sending_hours": "08:00-20:00"}, (20 * HOUR_MS - 1,)),
    ],
)
def test_the_oracle_lets_pass_what_just_fits(own: dict[str, Any], at_ms: tuple[int, ...]) -> None:
    assert _ledger_of(bank(1, **own), *at_ms) == ()


# -- any bank ---------------------------------------------------------------------------------------------------------

plans = st.fixed_dictionaries(
    {
        "minimum_gap_ms": st.sampled_from((0, 0, 3_000)),
        "gap_jitter_percent": st.sampled_from((0, 80)),
        "parts_per_minute": st.sampled_from((0, 0, 4)),
        "parts_per_hour": st.sampled_from((0, 0, 25)),
        "parts_per_day": st.sampled_from((0, 40, 120)),
        "parts_per_month": st.sampled_from((0, 0, 250)),
        "recipients_per_month": st.sampled_from((0, 0, 60)),
        "parts_per_recipient_per_day": st.sampled_from((0, 0, 3)),
        "contract_day": st.sampled_from((1, 10, 31)),
        "reserve_percent": st.sampled_from((0, 10, 50)),
        "warm_up_days": st.sampled_from((0, 0, 5)),
        "sending_hours": st.sampled_from(("", "", "08:00-20:00", "19:00-02:30, 06:00-07:00")),
        "error_percent": st.sampled_from((0.0, 4.0)),
        "sim_error_percent": st.sampled_from((0.0, 2.0)),
        "latency_ms": st.sampled_from((500, 8_000)),
        "group": st.sampled_from((None, "g")),
        "carrier": st.sampled_from(("", "a", "b")),
    }
)


@settings(max_examples=10, deadline=None)
@given(
    banks=st.lists(st.tuples(st.integers(1, 3), plans), min_size=1, max_size=3), seed=st.integers(0, 1 << 16)
)
def test_no_limit_of_any_bank_is_exceeded(banks: list[tuple[int, dict[str, Any]]], seed: int) -> None:
    sims: tuple[DescribedSim, ...] = ()
    for count, its in banks:
        sims += bank(count, first=len(sims) + 1, **its)
    group = DescribedGroup(name="g", plan=plan(parts_per_day=100, recipients_per_month=150), strategy="fill")
    to = {"a": 2, "b": 1, "": 1}
    a_month(
        sims,
        each_day("09:00", 120, days=12, begins="2026-02-20", parts=2, recipients=90, to=to),
        codes(0.05, days=12, begins="2026-02-20", recipients=40, to=to),
        begins="2026-02-20",
        days=12,
        groups=(replace(group, plan=replace(group.plan, contract_day=25)),),
        seed=seed,
    )

"""Billing months and sending hours by the clock on the wall, in zones that change it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.policy.billing import billing_month, day_of
from appliance.policy.plan import Plan
from appliance.policy.sending_hours import (
    CLOSING_MS,
    SendingHours,
    SendingHoursError,
    parse_sending_hours,
)
from tests.policy.oracle import MINUTE_MS, is_open, last_day_of_month, local, month_of
from tests.policy.strategies import zones

instants = st.integers(1_577_836_800_000, 1_893_456_000_000)  # 2020 … 2030


def ms(*when: int, zone: str = "Asia/Shanghai") -> int:
    return int(datetime(*when, tzinfo=ZoneInfo(zone)).timestamp() * 1000)  # type: ignore[misc, arg-type]


@given(instants, st.integers(1, 31), zones)
def test_a_billing_month_begins_with_its_day(at_ms: int, contract_day: int, zone: ZoneInfo) -> None:
    from_ms, to_ms = billing_month(at_ms, contract_day, zone)
    assert from_ms <= at_ms < to_ms
    for begin_ms in (from_ms, to_ms):
        day = local(begin_ms, zone).date()
        assert day.day == min(contract_day, last_day_of_month(day))
        assert local(begin_ms - 1, zone).date() < day, "it is the first instant of its day"
    assert local(from_ms, zone).date() == month_of(at_ms, contract_day, zone)
    assert month_of(to_ms - 1, contract_day, zone) < month_of(to_ms, contract_day, zone)
    assert day_of(from_ms, zone) == local(from_ms, zone).date().isoformat()


@given(instants, st.integers(1, 31), zones)
def test_months_follow_each_other_without_a_gap(at_ms: int, contract_day: int, zone: ZoneInfo) -> None:
    _, to_ms = billing_month(at_ms, contract_day, zone)
    following_ms, end_ms = billing_month(to_ms, contract_day, zone)
    assert following_ms == to_ms
    assert timedelta(days=27) <= timedelta(milliseconds=end_ms - to_ms) <= timedelta(days=32)


@pytest.mark.parametrize(
    ("at", "contract_day", "begin", "end"),
    [
        ((2026, 2, 10, 12), 31, (2026, 1, 31), (2026, 2, 28)),
        ((2026, 2, 28, 0), 31, (2026, 2, 28), (2026, 3, 31)),
        ((2028, 2, 29, 5), 30, (2028, 2, 29), (2028, 3, 30)),
        ((2026, 3, 30, 23), 31, (2026, 2, 28), (2026, 3, 31)),
        ((2026, 4, 30, 0), 31, (2026, 4, 30), (2026, 5, 31)),
        ((2026, 12, 31, 23), 1, (2026, 12, 1), (2027, 1, 1)),
        ((2026, 1, 14, 23), 15, (2025, 12, 15), (2026, 1, 15)),
    ],
)
def test_where_a_month_has_no_such_day_its_last_one_counts(
    at: tuple[int, ...], contract_day: int, begin: tuple[int, ...], end: tuple[int, ...]
) -> None:
    assert billing_month(ms(*at), contract_day, ZoneInfo("Asia/Shanghai")) == (ms(*begin), ms(*end))


def test_a_midnight_that_a_zone_skips_is_the_instant_of_the_change() -> None:
    beirut = ZoneInfo("Asia/Beirut")  # 2021-03-28: 00:00 → 01:00
    _, to_ms = billing_month(ms(2021, 3, 20, zone="Asia/Beirut"), 28, beirut)
    assert local(to_ms, beirut).isoformat() == "2021-03-28T01:00:00+03:00"
    assert local(to_ms - 1, beirut).date() == date(2021, 3, 27)


# -- sending hours ---------------------------------------------------------------------------------------------------

minutes = st.integers(0, 24 * 60 // 5 - 1).map(lambda each: 5 * each)


@st.composite
def some_hours(draw: st.DrawFn) -> SendingHours:
    bounds = sorted(draw(st.sets(minutes, min_size=2, max_size=6)))
    periods = [
        f"{b // 60:02d}:{b % 60:02d}-{e // 60:02d}:{e % 60:02d}"
        for b, e in zip(*[iter(bounds)] * 2, strict=False)
    ]
    if draw(st.booleans()):
        # Over midnight instead.
        first, last = bounds[0], bounds[-1]
        periods = [f"{last // 60:02d}:{last % 60:02d}-{first // 60:02d}:{first % 60:02d}"]
    return parse_sending_hours(", ".join(periods))


@st.composite
def around_changes(draw: st.DrawFn) -> tuple[ZoneInfo, int]:
    """An instant within a day or two of a change of the zone's clock, or anywhere."""
    zone = draw(zones)
    at_ms = draw(instants)
    day = local(at_ms, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(200):
        following = day + timedelta(days=1)
        if following.utcoffset() != day.utcoffset():
            at_ms = int(day.timestamp() * 1000) + draw(st.integers(-36, 36)) * 1_800_000
            break
        day = following
    return zone, at_ms // 1000 * 1000


@settings(max_examples=150, deadline=None)
@given(some_hours(), around_changes(), st.sampled_from([0, 0, 30_000, 600_000, 90_000_000]))
def test_something_is_begun_only_where_all_of_it_fits(
    hours: SendingHours, when: tuple[ZoneInfo, int], needs_ms: int
) -> None:
    zone, at_ms = when
    plan = Plan(sending_hours=hours, zone=zone)
    opens_ms = hours.opens_at(at_ms, zone, needs_ms)
    longest_ms = max(end - begin for begin, end in hours.periods) * MINUTE_MS
    needed_ms = min(needs_ms + CLOSING_MS, longest_ms - CLOSING_MS)
    assert opens_ms >= at_ms
    assert _fits(plan, opens_ms, needed_ms)
    for earlier_ms in range(at_ms, opens_ms, 5 * MINUTE_MS):
        assert not _fits(plan, earlier_ms, needed_ms)
    if opens_ms > at_ms:
        assert not _fits(plan, opens_ms - 1, needed_ms)


def _fits(plan: Plan, begin_ms: int, needed_ms: int) -> bool:
    looks = [*range(begin_ms, begin_ms + needed_ms, MINUTE_MS), begin_ms + needed_ms - 1]
    return all(is_open(plan, each) for each in looks)


@given(some_hours())
def test_hours_are_written_as_they_are_read(hours: SendingHours) -> None:
    assert parse_sending_hours(str(hours)) == hours


@pytest.mark.parametrize(
    ("text", "periods"),
    [
        ("", ()),
        ("  ", ()),
        ("08:00-21:00", ((480, 1260),)),
        ("08:00 – 21:00", ((480, 1260),)),
        ("14:00-18:00，09:00-12:00", ((540, 720), (840, 1080))),
        ("22:00-06:00", ((0, 360), (1320, 1440))),
        ("22:00-24:00", ((1320, 1440),)),
        ("22:00-00:00", ((1320, 1440),)),
        ("00:00-24:00", ()),
        ("00:00-12:00, 12:00-24:00", ()),
        ("06:00-09:00, 09:00-12:00", ((360, 720),)),
    ],
)
def test_sending_hours_as_people_write_them(text: str, periods: tuple[tuple[int, int], ...]) -> None:
    assert parse_sending_hours(text).periods == periods


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("8-21", "plan.hours-malformed"),
        ("08:00", "plan.hours-malformed"),
        ("08:00-24:30", "plan.hours-malformed"),
        ("25:00-26:00", "plan.hours-malformed"),
        ("08:00-21:00,", "plan.hours-malformed"),
        ("08:00-08:00", "plan.hours-too-short"),
        ("08:00-08:04", "plan.hours-too-short"),
        ("08:00-12:00, 11:00-14:00", "plan.hours-overlap"),
        ("22:00-06:00, 05:00-07:00", "plan.hours-overlap"),
        (", ".join(f"{hour:02d}:00-{hour:02d}:30" for hour in range(13)), "plan.hours-too-many"),
    ],
)
def test_what_are_no_sending_hours_says_so(text: str, code: str) -> None:
    with pytest.raises(SendingHoursError) as caught:
        parse_sending_hours(text)
    assert caught.value.code == code


def test_an_hour_that_comes_twice_is_open_twice_and_one_that_is_skipped_never() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = parse_sending_hours("02:00-03:00")
    # 2025-10-26: 02:00 … 03:00 comes twice, from 00:00 to 02:00 UTC.
    twice = [datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)]
    for each in twice:
        at_ms = int(each.timestamp() * 1000)
        assert night.opens_at(at_ms, berlin) == at_ms
    # 2026-03-29: it is skipped, so the next is a day later.
    before_ms = ms(2026, 3, 29, 1, 59, zone="Europe/Berlin")
    assert local(night.opens_at(before_ms, berlin), berlin).isoformat() == "2026-03-30T02:00:00+02:00"

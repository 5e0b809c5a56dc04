"""When the night is, when its work is due, and that a wrong clock makes nothing old."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.policy.housekeeping import HOUR_MS, Night, advanced, is_night_work_due

ZONE = ZoneInfo("Asia/Shanghai")
DAY_MS = 24 * HOUR_MS


def at(hour: int, day: int = 15) -> int:
    return int(datetime(2027, 6, day, hour, 30, tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("night", "hours"),
    [(Night(), {2, 3, 4}), (Night(22, 1), {22, 23, 0}), (Night(23, 0), {23}), (Night(0, 1), {0})],
)
def test_the_hours_of_the_night(night: Night, hours: set[int]) -> None:
    assert {hour for hour in range(24) if night.holds(at(hour), ZONE)} == hours


@pytest.mark.parametrize(
    ("last_ms", "now_ms", "is_quiet", "is_due"),
    [
        (None, at(3), False, True),
        (None, at(12), True, False),
        (at(3, 14), at(3), False, True),
        (at(2), at(4), True, False),
        (at(3, 12), at(12), True, True),
        (at(3, 12), at(12), False, False),
        (at(3, 14), at(12), True, False),
        (at(3, 20), at(3), False, True),
        (at(3, 20), at(12), True, False),
    ],
)
def test_once_a_night_and_by_day_only_where_the_nights_were_missed(
    last_ms: int | None, now_ms: int, is_quiet: bool, is_due: bool
) -> None:
    assert is_night_work_due(Night(), ZONE, last_ms=last_ms, now_ms=now_ms, is_quiet=is_quiet) is is_due


def test_a_clock_that_is_set_forward_is_followed_slowly_and_back_at_once() -> None:
    believed = at(3)
    for hour in range(1, 24):
        believed = advanced(believed, at(3) + 365 * DAY_MS + hour * HOUR_MS, HOUR_MS)
    assert believed - at(3) == 23 * 8 * HOUR_MS
    assert advanced(believed, at(4), HOUR_MS) == believed
    assert min(advanced(believed, at(4), HOUR_MS), at(4)) == at(4)


def test_a_clock_that_is_right_is_believed() -> None:
    assert advanced(at(3), at(4), HOUR_MS) == at(4)

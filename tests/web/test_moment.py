"""When something happened, as people and as programs say it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.web.language import CHINESE, ENGLISH, languages
from appliance.web.moment import ago, clock, exact, rfc3339
from appliance.web.words import Words

SHANGHAI = ZoneInfo("Asia/Shanghai")


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


NOW_MS = ms("2026-05-17 00:20:30")


@pytest.mark.parametrize(
    ("at", "chinese", "english"),
    [
        ("2026-05-17 00:20:30", "刚刚", "just now"),
        ("2026-05-17 00:20:33", "刚刚", "just now"),
        ("2026-05-17 00:20:01", "20 秒前", "20 s ago"),
        ("2026-05-17 00:17:29", "3 分钟前", "3 min ago"),
        ("2026-05-16 23:40:00", "40 分钟前", "40 min ago"),
        ("2026-05-16 23:10:00", "昨天 23:10", "yesterday 23:10"),
        ("2026-05-15 08:00:00", "5月15日 08:00", "5/15 08:00"),
        ("2025-12-31 08:00:00", "2025-12-31 08:00", "2025-12-31 08:00"),
        ("2026-05-17 09:00:00", "09:00", "09:00"),
        ("2026-05-18 09:00:00", "明天 09:00", "tomorrow 09:00"),
    ],
)
def test_how_long_ago_it_was(at: str, chinese: str, english: str) -> None:
    assert ago(ms(at), NOW_MS, SHANGHAI, languages()[CHINESE]) == chinese
    assert ago(ms(at), NOW_MS, SHANGHAI, languages()[ENGLISH]) == english


def test_what_comes_within_a_minute_is_said_to_the_second() -> None:
    assert clock(NOW_MS + 20_000, NOW_MS, SHANGHAI, languages()[CHINESE]) == "00:20:50"


def test_exact_times_are_of_the_box_and_those_for_programs_are_utc() -> None:
    assert exact(NOW_MS, SHANGHAI) == "2026-05-17 00:20:30"
    assert rfc3339(NOW_MS + 7) == "2026-05-16T16:20:30.007Z"
    assert rfc3339(None) is None


def test_a_sentence_leaves_out_the_day_where_it_is_that_of_the_box_not_of_the_wall_clock() -> None:
    words = Words(languages()[ENGLISH], SHANGHAI, NOW_MS)
    said = words.sentence("clock.doubted", {"box_ms": NOW_MS, "wall_ms": ms("2025-05-17 00:20:30")})
    assert said.startswith("The clock of the system says 2025-05-17 00:20:30, which")
    assert "The box goes on with 00:20:30:" in said

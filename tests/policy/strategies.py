"""Plans and traffic for the tests of the policy."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from appliance.policy.plan import Plan
from appliance.policy.sending_hours import ANY_HOUR, SendingHours, parse_sending_hours

START_MS = 1_700_000_000_000

ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/Santiago",  # changes at midnight
    "America/Havana",  # has a midnight twice
    "Asia/Beirut",  # has no midnight once a year
    "Australia/Lord_Howe",  # changes by half an hour
)
zones = st.sampled_from(ZONES).map(ZoneInfo)

hours = st.sampled_from(
    ["", "", "08:00-21:00", "22:00-06:00", "00:00-02:30", "09:00-12:00, 14:00-18:00", "23:30-00:10"]
).map(lambda text: parse_sending_hours(text) if text else ANY_HOUR)


def limit(most: int) -> st.SearchStrategy[int]:
    return st.one_of(st.just(0), st.integers(1, most))


plans = st.builds(
    Plan,
    minimum_gap_ms=st.sampled_from([0, 0, 1, 900, 5_000]),
    gap_jitter_percent=st.sampled_from([0, 30]),
    parts_per_minute=limit(7),
    parts_per_hour=limit(20),
    parts_per_day=limit(30),
    parts_per_month=limit(40),
    recipients_per_month=limit(5),
    parts_per_recipient_per_day=limit(6),
    sending_hours=hours,
    contract_day=st.sampled_from([1, 15, 29, 30, 31]),
    reserve_percent=st.sampled_from([0, 10, 40]),
    warm_up_days=st.sampled_from([0, 0, 3]),
    zone=zones,
)

__all__ = ["START_MS", "ZONES", "SendingHours", "hours", "limit", "plans", "zones"]

"""The network's clock in what modems say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.network_time import NetworkTime, announced_time, clock_in


def at(*parts: int) -> int:
    """Year, month, day, hour, minute, second of UTC as milliseconds."""
    year, month, day, hour, minute, second = parts
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('+CCLK: "26/11/24,19:00:00+32"', NetworkTime(at(2026, 11, 24, 11, 0, 0), 480)),
        ('+CCLK: "2026/11/24,19:00:00+32"', NetworkTime(at(2026, 11, 24, 11, 0, 0), 480)),
        ('+CCLK: "26/11/24,16:45:00+23"', NetworkTime(at(2026, 11, 24, 11, 0, 0), 345)),  # Kathmandu
        ('+CCLK: "26/11/24,03:00:00-32"', NetworkTime(at(2026, 11, 24, 11, 0, 0), -480)),
        ("+CCLK: 26/11/24,11:00:00+00", NetworkTime(at(2026, 11, 24, 11, 0, 0), 0)),
        ('+CCLK: "26/11/24,11:00:00"', NetworkTime(at(2026, 11, 24, 11, 0, 0), None)),
        ('+CCLK: "80/01/06,00:00:13"', None),  # Qualcomm counts from 1980
        ('+CCLK: "00/01/01,00:00:41+00"', None),  # SIM900
        ('+CCLK: "04/01/01,00:00:41+32"', None),  # SIM800, M35
        ('+CCLK: "70/01/01,00:00:00+00"', None),
        ('+CCLK: "1970/01/01,00:00:00+00"', None),
        ('+CCLK: "26/13/24,19:00:00+32"', None),
        ('+CCLK: "26/11/24,25:00:00+32"', None),
        ('+CCLK: "26/11/24,19:00:00+99"', None),  # no zone is so far
        ("+CCLK: ", None),
    ],
)
def test_a_clock(line: str, told: NetworkTime | None) -> None:
    assert clock_in(line) == told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        # SIM800 manual, +CLTS; TS 27.007 §8.41; ModemManager's tests of Huawei.
        ('*PSUTTZ: 2026,11,24,11,0,0,"+32",0', NetworkTime(at(2026, 11, 24, 11, 0, 0), 480)),
        ('+CTZE: "+32",0,"2026/11/24,19:00:00"', NetworkTime(at(2026, 11, 24, 11, 0, 0), 480)),
        ("+CTZE: +32,0,2026/11/24,19:00:00", NetworkTime(at(2026, 11, 24, 11, 0, 0), 480)),
        ("^NWTIME: 26/11/24,19:00:00+32,00", NetworkTime(at(2026, 11, 24, 11, 0, 0), 480)),
        ("+CTZV: 32", None),  # a zone alone is no time
        ('+CTZV: "+32"', None),
        ('*PSUTTZ: 2004,1,1,0,0,0,"+0",0', None),
        ("*PSUTTZ: 99", None),
        ('+NITZ: "26/11/24,19:00:00+32"', None),
    ],
)
def test_what_comes_unasked(line: str, told: NetworkTime | None) -> None:
    assert announced_time(line) == told


@given(st.text(max_size=60))
def test_any_line_is_a_time_or_none(text: str) -> None:
    for name in ("+CTZE", "+CTZV", "*PSUTTZ", "^NWTIME"):
        announced_time(f"{name}: {text}")
    clock_in(text)


@given(
    st.datetimes(datetime(2024, 1, 2), datetime(2069, 12, 30)),  # noqa: DTZ001
    st.integers(-48, 56),
)
def test_a_clock_that_is_written_is_read(local: datetime, quarters: int) -> None:
    line = f'+CCLK: "{local:%y/%m/%d,%H:%M:%S}{quarters:+03d}"'
    told = clock_in(line)
    assert told is not None
    whole = local.replace(microsecond=0, tzinfo=UTC)
    assert told == NetworkTime(int(whole.timestamp() * 1000) - quarters * 900_000, quarters * 15)

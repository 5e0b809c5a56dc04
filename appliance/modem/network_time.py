"""The network's clock, as modems tell it: ``+CCLK``, ``+CTZE``, and the codes of makers. Pure.

Where no network told the time (NITZ), a modem's own clock stands at the year in which its firmware begins
to count: 1970, 1980, 2000, 2004 and others. Such a time is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from appliance.modem.at.syntax import payload
from appliance.modem.at.unsolicited import line_name

EARLIEST_YEAR = 2024
"""This program is younger; whatever says an earlier year was never told the time."""

_LARGEST_OFFSET_QUARTERS = 14 * 4
"""The easternmost zone is UTC+14."""

_TIME = r"(\d{2,4})[/\-](\d{1,2})[/\-](\d{1,2}),\s*(\d{1,2}):(\d{1,2}):(\d{1,2})"
_WITH_ZONE = re.compile(_TIME + r"\s*([+-]\s*\d{1,3})?")
_CTZE = re.compile(r'"?([+-]?\d{1,3})"?\s*,\s*\d\s*,\s*"?' + _TIME)
_PSUTTZ = re.compile(r'(\d{4}),\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+),\s*"?([+-]?\d+)"?')


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """An instant and the offset of the place from UTC (None where it is not told)."""

    at_ms: int
    offset_minutes: int | None


def clock_in(line: str) -> NetworkTime | None:
    """``+CCLK: "24/11/26,10:00:00+32"``: local time, zone in quarter hours (TS 27.007 §8.15).

    None for a clock that was never set, or an impossible time; without zone it counts as UTC.
    """
    found = _WITH_ZONE.search(payload(line))
    if found is None:
        return None
    zone = None if found[7] is None else int(found[7].replace(" ", ""))
    return _local(found.groups()[:6], zone)


def announced_time(line: str) -> NetworkTime | None:
    """What a line says unasked of the network's time; None where it says none (``+CTZV: 32`` has no time)."""
    reader = _READERS.get(line_name(line))
    return None if reader is None else reader(line)


def _in_ctze(line: str) -> NetworkTime | None:
    """``+CTZE: "+32",0,"2024/11/26,10:00:00"``: zone, daylight saving, local time (TS 27.007 §8.41)."""
    found = _CTZE.search(payload(line))
    return None if found is None else _local(found.groups()[1:7], int(found[1]))


def _in_psuttz(line: str) -> NetworkTime | None:
    """``*PSUTTZ: 2024,11,26,2,0,0,"+32",0``: UTC, and the zone (SIM800 AT manual, +CLTS)."""
    found = _PSUTTZ.search(payload(line))
    if found is None:
        return None
    utc = _local(found.groups()[:6], 0)
    zone = _quarters(int(found[7]))
    return None if utc is None or zone is None else NetworkTime(utc.at_ms, zone * 15)


_READERS: Mapping[str, Callable[[str], NetworkTime | None]] = {
    "+CTZE": _in_ctze,
    "*PSUTTZ": _in_psuttz,
    "^NWTIME": clock_in,  # Huawei: ^NWTIME:24/11/26,10:00:00+32,00, local as +CCLK has it
    "+CTZV": clock_in,  # SIMCom 2G and Huawei add the time: +CTZV: 32,"24/11/26,…"; without one there is none
}


def _local(parts: tuple[str, ...], zone_quarters: int | None) -> NetworkTime | None:
    zone = _quarters(zone_quarters or 0)
    if zone is None:
        return None
    year, month, day, hour, minute, second = map(int, parts)
    if year < 100:
        year += 2000 if year < 70 else 1900
    try:
        local = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        instant = local - timedelta(minutes=15 * zone)
    except (ValueError, OverflowError):
        return None
    if instant.year < EARLIEST_YEAR:
        return None
    return NetworkTime(int(instant.timestamp() * 1000), None if zone_quarters is None else zone * 15)


def _quarters(zone: int) -> int | None:
    return zone if abs(zone) <= _LARGEST_OFFSET_QUARTERS else None

"""Instants as people say them, in the zone of the box; and as programs want them (RFC 3339)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import overload
from zoneinfo import ZoneInfo

from appliance.web.language import Language


@overload
def rfc3339(at_ms: int) -> str: ...
@overload
def rfc3339(at_ms: int | None) -> str | None: ...
def rfc3339(at_ms: int | None) -> str | None:
    """``2026-05-17T08:30:00.123Z``; None stays None."""
    if at_ms is None:
        return None
    seconds, ms = divmod(at_ms, 1000)
    return f"{_second(seconds)}.{ms:03d}Z"


@lru_cache(64)
def _second(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat()[:19]


def exact(at_ms: int, zone: ZoneInfo) -> str:
    """``2026-05-17 16:30:00`` in the box's zone."""
    return f"{datetime.fromtimestamp(at_ms // 1000, zone):%Y-%m-%d %H:%M:%S}"


def ago(at_ms: int, now_ms: int, zone: ZoneInfo, language: Language) -> str:
    """How a person says when something happened: “just now”, “3 min ago”, “14:05”, “yesterday 14:05”, a date."""
    passed_s = (now_ms - at_ms) // 1000
    if -5 <= passed_s < 10:
        return language.text("just now")
    if 0 <= passed_s < 60:
        return language.text("{n} s ago", n=passed_s // 10 * 10)
    if 0 <= passed_s < 3600:
        return language.text("{n} min ago", n=passed_s // 60)
    return clock(at_ms, now_ms, zone, language)


def clock(at_ms: int, now_ms: int, zone: ZoneInfo, language: Language) -> str:
    """A time of day, with the day where it is not today's; for what lies ahead as well."""
    then, now = (datetime.fromtimestamp(each // 1000, zone) for each in (at_ms, now_ms))
    time = f"{then:%H:%M}" if abs(at_ms - now_ms) >= 60_000 else f"{then:%H:%M:%S}"
    match (then.date() - now.date()).days:
        case 0:
            return time
        case -1:
            return language.text("yesterday {time}", time=time)
        case 1:
            return language.text("tomorrow {time}", time=time)
        case _ if then.year == now.year:
            return language.text("{month}/{day} {time}", month=then.month, day=then.day, time=time)
        case _:
            return f"{then:%Y-%m-%d} {time}"

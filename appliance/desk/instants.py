"""Instants as programs and people write them → UTC in milliseconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from appliance.desk.mistake import Mistake

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LOCAL = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})[T ](\d{1,2}:\d\d)(?::(\d\d))?", re.ASCII)
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d\d)", re.ASCII)


def instant_of(text: str) -> int | None:
    """``2026-05-17T08:30:00+08:00`` (RFC 3339 §5.6); None for anything else, one without a zone included."""
    if not _RFC_3339.fullmatch(text):
        return None
    try:
        return _ms(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        return None


def typed_instant(text: str, zone: tzinfo, now_ms: int, pointer: str) -> int | Mistake:
    """What a person typed: ``2026-05-17 08:30`` or ``2026-05-17T08:30`` in the zone of the box, ``8:30`` for the next
    time that a clock there shows that, or an RFC 3339 time with a zone of its own.

    Where clocks are set back a time is there twice: the first one is meant. One that a clock leaps over is a mistake.
    """
    typed = text.strip()
    exact = instant_of(typed)
    if exact is not None:
        return exact
    local = _next_of_day(typed, zone, now_ms) or _local(typed)
    if local is None:
        return Mistake(pointer, "problem.time-typed", {"value": typed[:40]})
    when = local.replace(tzinfo=zone)
    try:
        is_shown = when.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local
        return _ms(when) if is_shown else Mistake(pointer, "problem.time-leapt-over", {"value": typed[:40]})
    except (ValueError, OverflowError):
        return Mistake(pointer, "problem.time-typed", {"value": typed[:40]})


def as_typed(at_ms: int, zone: tzinfo) -> str:
    """The same for a field of a page that asks for date and time (``datetime-local``)."""
    return f"{datetime.fromtimestamp(at_ms // 1000, zone):%Y-%m-%dT%H:%M}"


def _local(typed: str) -> datetime | None:
    found = _LOCAL.fullmatch(typed)
    if found is None:
        return None
    try:
        return datetime.strptime(  # noqa: DTZ007 - the zone is that of the box, put there by the caller
            f"{found[1]} {found[2]}:{found[3] or '00'}", "%Y-%m-%d %H:%M:%S"
        )
    except ValueError:
        return None


def _next_of_day(typed: str, zone: tzinfo, now_ms: int) -> datetime | None:
    found = _TIME_OF_DAY.fullmatch(typed)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    now = datetime.fromtimestamp(now_ms / 1000, zone).replace(tzinfo=None)
    then = now.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    return then if then > now else then + timedelta(days=1)


def _ms(when: datetime) -> int:
    return int(when.timestamp() * 1000)

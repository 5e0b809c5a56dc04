"""The hours in which a SIM may send, by the clock on the wall of the box.

A period is open while the wall clock reads from its first minute up to, and not including, its last one. Where a zone
changes its offset that reading decides: an hour that comes twice is open twice, one that is skipped never is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

DAY_MIN = 24 * 60
MINUTE_MS = 60_000

CLOSING_MS = 60_000
"""Nothing is begun so shortly before the end: the network may take a part that much later than it was given."""

SHORTEST_MIN = 5
MOST_PERIODS = 12

_PERIOD = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\s*[-–]\s*([01][0-9]|2[0-4]):([0-5][0-9])")


class SendingHoursError(ValueError):
    """No sending hours; ``code`` is a sentence, ``args_for_person`` what is in it."""

    def __init__(self, code: str, **args_for_person: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.args_for_person = args_for_person


@dataclass(frozen=True, slots=True)
class SendingHours:
    """Periods of the day, ascending and apart, in minutes since midnight: ``(480, 1260)`` is 08:00-21:00.

    Without any every hour is open. One over midnight is kept as two.
    """

    periods: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        """Whether some hours are closed."""
        return bool(self.periods)

    def __str__(self) -> str:
        """As people write it, and as it is stored; '' is any hour."""
        periods = list(self.periods)
        if len(periods) > 1 and periods[0][0] == 0 and periods[-1][1] == DAY_MIN:
            periods = [*periods[1:-1], (periods[-1][0], periods[0][1])]
        return ", ".join(f"{_spelt(begin)}-{_spelt(end)}" for begin, end in periods)

    def opens_at(self, at_ms: int, zone: tzinfo, needs_ms: int = 0) -> int:
        """The first instant from ``at_ms`` on at which something may be begun that takes ``needs_ms``.

        What takes longer than any period is begun only at the start of one.
        """
        if not self.periods:
            return at_ms
        needs_ms = min(needs_ms + CLOSING_MS, self._longest_ms - CLOSING_MS)
        while True:
            is_open, until_ms = self._state(at_ms // MINUTE_MS, zone)
            if is_open and at_ms + needs_ms <= until_ms:
                return at_ms
            at_ms = until_ms

    def _state(self, at_min: int, zone: tzinfo) -> tuple[bool, int]:
        is_open, until_min = _state(self.periods, zone, at_min)
        return is_open, until_min * MINUTE_MS

    @property
    def _longest_ms(self) -> int:
        return max(end - begin for begin, end in self.periods) * MINUTE_MS


ANY_HOUR = SendingHours()


@lru_cache(maxsize=4096)
def _state(periods: tuple[tuple[int, int], ...], zone: tzinfo, at_min: int) -> tuple[bool, int]:
    """Whether it is open in a minute (since the epoch), and the first minute in which that may be otherwise.

    Two periods that meet at midnight, and two days that meet, are walked through as one.
    """
    is_open, until_min = _is_open(periods, zone, at_min), at_min
    for _ in range(2 * len(periods) + 3):
        until_min = _next_look(periods, zone, until_min)
        if _is_open(periods, zone, until_min) != is_open:
            return is_open, until_min
    return is_open, until_min


def _is_open(periods: tuple[tuple[int, int], ...], zone: tzinfo, at_min: int) -> bool:
    minute = _minute_of_day(at_min, zone)
    return any(begin <= minute < end for begin, end in periods)


def _next_look(periods: tuple[tuple[int, int], ...], zone: tzinfo, at_min: int) -> int:
    """The next minute in which a period begins or ends by the wall clock, or in which that clock is changed."""
    minute = _minute_of_day(at_min, zone)
    bounds = sorted({0, DAY_MIN, *(bound for period in periods for bound in period)})
    next_min = at_min + next(bound for bound in bounds if bound > minute) - minute
    before = _offset(at_min, zone)
    if _offset(next_min, zone) == before:
        return next_min
    low, high = at_min, next_min
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _local(at_min: int, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at_min * 60, UTC).astimezone(zone)


def _minute_of_day(at_min: int, zone: tzinfo) -> int:
    local = _local(at_min, zone)
    return local.hour * 60 + local.minute


def _offset(at_min: int, zone: tzinfo) -> timedelta | None:
    return _local(at_min, zone).utcoffset()


def _spelt(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@lru_cache(maxsize=256)
def parse_sending_hours(text: str) -> SendingHours:
    """``08:00-12:00, 14:00-21:00`` as a value; ``22:00-06:00`` goes over midnight, '' is any hour.

    SendingHoursError: another form, a period that is shorter than five minutes, periods that overlap.
    """
    if not text.strip():
        return ANY_HOUR
    pieces = re.split(r"[,，;；]", text)
    if len(pieces) > MOST_PERIODS:
        raise SendingHoursError("plan.hours-too-many", most=MOST_PERIODS)
    periods: list[tuple[int, int]] = []
    for piece in pieces:
        periods += _parse_period(piece.strip())
    periods.sort()
    for (_, end), (begin, _) in pairwise(periods):
        if begin < end:
            raise SendingHoursError("plan.hours-overlap")
    merged: list[tuple[int, int]] = []
    for begin, end in periods:
        if merged and merged[-1][1] == begin:
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((begin, end))
    return ANY_HOUR if merged == [(0, DAY_MIN)] else SendingHours(tuple(merged))


def _parse_period(piece: str) -> list[tuple[int, int]]:
    found = _PERIOD.fullmatch(piece)
    if found is None:
        raise SendingHoursError("plan.hours-malformed", given=piece[:40])
    begin = int(found[1]) * 60 + int(found[2])
    end = int(found[3]) * 60 + int(found[4])
    if end > DAY_MIN:
        raise SendingHoursError("plan.hours-malformed", given=piece[:40])
    length = end - begin if end > begin else end - begin + DAY_MIN
    if end == begin or length < SHORTEST_MIN:
        raise SendingHoursError("plan.hours-too-short", given=piece[:40], least=SHORTEST_MIN)
    if end > begin:
        return [(begin, end)]
    return [(begin, DAY_MIN), *([(0, end)] if end else [])]

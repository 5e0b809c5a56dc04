"""The month that a contract counts by: from 00:00 of its day, in the zone of the box, to the next such instant."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, tzinfo
from functools import lru_cache


def billing_month(at_ms: int, contract_day: int, zone: tzinfo) -> tuple[int, int]:
    """The first instant of the billing month that holds ``at_ms``, and the first after it.

    ``contract_day`` is 1 … 31; a month that has no such day begins its billing month on its last day (31: 28 or 29 in
    February). A midnight that a zone skips is the instant of the change; of one that comes twice the first counts.
    """
    today = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    begins = _begin(today.year, today.month, contract_day, zone)
    if at_ms >= begins:
        return begins, _begin(*_next(today.year, today.month), contract_day, zone)
    return _begin(*_previous(today.year, today.month), contract_day, zone), begins


@lru_cache(maxsize=1024)
def _begin(year: int, month: int, contract_day: int, zone: tzinfo) -> int:
    day = min(contract_day, calendar.monthrange(year, month)[1])
    return int(datetime(year, month, day, tzinfo=zone).timestamp() * 1000)


def _next(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _previous(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)


def day_of(at_ms: int, zone: tzinfo) -> str:
    """The day of an instant as ``sim_days.day`` has it: '2026-11-24' in the zone of the box."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).date().isoformat()

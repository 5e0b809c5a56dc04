"""The parameters that its lists have in common: ``from``, ``to``, ``limit``, ``offset``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from http import HTTPStatus

from appliance.web.dialects.android.shapes import Rejected, instant

MOST, USUAL, FARTHEST = 100, 50, 5000


def span_of(query: Mapping[str, str], zone: tzinfo) -> tuple[int | None, int | None]:
    """From which instant to which. A '+' of a zone that nobody escaped is a space by now."""
    begin, end = (
        instant(query[name].replace(" ", "+") if name in query else None, zone, name)
        for name in ("from", "to")
    )
    return begin, end


def pages_of(query: Mapping[str, str]) -> slice:
    """Which of a list."""
    limit, offset = _number(query, "limit", USUAL, MOST), _number(query, "offset", 0, FARTHEST)
    return slice(offset, offset + limit)


def _number(query: Mapping[str, str], name: str, usual: int, most: int) -> int:
    given = query.get(name, "")
    if not given:
        return usual
    if not (given.isascii() and given.isdigit()) or len(given) > 9 or int(given) > most:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"{name}: from 0 to {most}")
    return int(given)

"""Pages of a list: newest first, the next page by a cursor that stays good while new entries come in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from appliance.web.problem import bad_parameter

T = TypeVar("T")

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list is asked for: at most ``limit`` entries older than ``before_seq``."""

    limit: int
    before_seq: int | None


def slice_from(query: dict[str, str], list_name: str) -> Slice:
    """Read ``limit`` and ``cursor``. Raises 400 for a limit out of range or a cursor of another list."""
    limit_text = query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[0-9]{1,6}", limit_text) or not 1 <= int(limit_text) <= LARGEST_LIMIT:
        raise bad_parameter("limit", "problem.parameter-limit", most=LARGEST_LIMIT)
    return Slice(int(limit_text), _seq_of(query.get("cursor"), list_name))


def page_object(
    found: Sequence[T], asked: Slice, list_name: str, seq: Callable[[T], int], item: Callable[[T], object]
) -> dict[str, object]:
    """``{"items": […], "next_cursor": …}``; ``found`` may have one entry more than the limit, which shows
    that there is a next page."""
    shown = found[: asked.limit]
    more = len(found) > asked.limit
    return {
        "items": [item(each) for each in shown],
        "next_cursor": f"{list_name}{seq(shown[-1]):x}" if more else None,
    }


def _seq_of(cursor: str | None, list_name: str) -> int | None:
    if cursor is None:
        return None
    match = re.fullmatch(re.escape(list_name) + r"([0-9a-f]{1,15})", cursor)
    if match is None:
        raise bad_parameter("cursor", "problem.parameter-cursor")
    return int(match[1], 16)

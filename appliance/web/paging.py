"""Pages of a list: newest first, the next page by a cursor that stays good while new entries come in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from appliance.desk.fields import Schema, WrongValue
from appliance.web.problem import bad_parameter

T = TypeVar("T")

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list is asked for: at most ``limit`` entries older than ``before_seq``."""

    limit: int
    before_seq: int | None


@dataclass(frozen=True, slots=True)
class Limit:
    """How many entries a page has, as a query parameter."""

    most: int = LARGEST_LIMIT
    required: bool = False

    def read(self, value: object) -> int:
        if not isinstance(value, int) or not 1 <= value <= self.most:
            raise WrongValue("problem.parameter-limit", most=self.most)
        return value

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": self.most, "default": DEFAULT_LIMIT}


@dataclass(frozen=True, slots=True)
class Cursor:
    """``next_cursor`` of the page before, as a query parameter; read as the number after which to go on."""

    list_name: str
    required: bool = False

    def read(self, value: object) -> int:
        match = re.fullmatch(self._pattern, str(value))
        if match is None:
            raise WrongValue("problem.parameter-cursor")
        return int(match[1], 16)

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{self._pattern}$"}

    @property
    def _pattern(self) -> str:
        return re.escape(self.list_name) + "([0-9a-f]{1,15})"


def slice_of(parameters: Mapping[str, Any]) -> Slice:
    """The slice that the parameters ``limit`` (:class:`Limit`) and ``cursor`` (:class:`Cursor`) ask for."""
    return Slice(parameters.get("limit", DEFAULT_LIMIT), parameters.get("cursor"))


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


def walked_page(items: Sequence[object], list_name: str, next_before: int | None) -> dict[str, object]:
    """The same of a list that says itself from where its next page goes on."""
    return {
        "items": list(items),
        "next_cursor": None if next_before is None else f"{list_name}{next_before:x}",
    }


def _seq_of(cursor: str | None, list_name: str) -> int | None:
    if cursor is None:
        return None
    match = re.fullmatch(re.escape(list_name) + r"([0-9a-f]{1,15})", cursor)
    if match is None:
        raise bad_parameter("cursor", "problem.parameter-cursor")
    return int(match[1], 16)

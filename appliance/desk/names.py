"""Names that people give to things: on one line, and none that can't be seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from appliance.desk.mistake import Mistake
from appliance.desk.plain_text import ONE_LINE_NOT_EMPTY, is_one_line

LONGEST_NAME = 60

NAME_SHAPE: dict[str, object] = {"minLength": 1, "maxLength": LONGEST_NAME, "pattern": ONE_LINE_NOT_EMPTY}
"""What a schema says of a name."""


def read_name(typed: str, pointer: str = "/name") -> str | Mistake:
    """A name as it is kept, without ends of spaces."""
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME or not is_one_line(typed.strip()):
        return Mistake(pointer, "problem.name", {"limit": LONGEST_NAME})
    return name


class _Named(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


def free_name(typed: str, known: Iterable[_Named], but: int | None) -> str | Mistake:
    """A name as it is kept that none of the ``known`` has, but the one whose id is ``but``."""
    name = read_name(typed)
    if isinstance(name, str) and any(each.name == name and each.id != but for each in known):
        return Mistake("/name", "problem.name-taken", {"name": name})
    return name

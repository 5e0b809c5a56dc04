"""Names that people give to things: on one line, and none that can't be seen."""

from __future__ import annotations

from appliance.desk.mistake import Mistake

LONGEST_NAME = 60


def read_name(typed: str, pointer: str = "/name") -> str | Mistake:
    """A name as it is kept, without ends of spaces."""
    name = " ".join(typed.split())
    if not name or len(name) > LONGEST_NAME or not all(each.isprintable() for each in name):
        return Mistake(pointer, "problem.name", {"limit": LONGEST_NAME})
    return name

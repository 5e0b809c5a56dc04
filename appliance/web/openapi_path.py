"""Paths of the table of routes as OpenAPI has them: ``/sims/<sim_id:re:[0-9]+>`` is ``/sims/{sim_id}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from appliance.desk.fields import Schema

_PIECE = re.compile(r"<([a-z_]+)(?::([a-z]+)(?::(.*?))?)?>")
_WORDS = re.compile(r"[a-z-]+(\|[a-z-]+)*")
_MOST_ROWS = 10**15 - 1


def template_of(path: str) -> str:
    """The path with ``{name}`` for each piece that varies."""
    return _PIECE.sub(r"{\1}", path)


def parameters_of(path: str) -> Iterator[tuple[str, Schema]]:
    """Each piece that varies and what it may be."""
    for name, _, pattern in _PIECE.findall(path):
        yield name, _schema(pattern)


def operation_id(method: str, path: str) -> str:
    """A name for an operation that no other one has: ``get_sims_plan_of_sim_id``."""
    fixed = re.sub(r"\W+", "_", _PIECE.sub("", path.removeprefix("/api/v1"))).strip("_")
    varying = "_".join(name for name, _, _ in _PIECE.findall(path))
    return f"{method.lower()}_{fixed}" + (f"_of_{varying}" if varying else "")


def _schema(pattern: str) -> Schema:
    if pattern.startswith("[0-9]"):
        return {"type": "integer", "minimum": 0, "maximum": _MOST_ROWS}
    if pattern and _WORDS.fullmatch(pattern):
        return {"type": "string", "enum": pattern.split("|")}
    return {"type": "string", "pattern": f"^{pattern}$"} if pattern else {"type": "string", "minLength": 1}

"""What each field of the API means, by its name: one home for requests, parameters and answers."""

from __future__ import annotations

FIELDS: dict[str, str] = {}


def word_of(object_name: str, field: str) -> str | None:
    return FIELDS.get(f"{object_name}.{field}") or FIELDS.get(field)

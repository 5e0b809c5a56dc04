"""The members of a request, or the problem that they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from appliance.desk.fields import Kind, read_members
from appliance.desk.mistake import Refusal
from appliance.web.asked import Asked
from appliance.web.problem import invalid, refused

T = TypeVar("T")


def members_of(asked: Asked, kinds: Mapping[str, Kind], *, may_be_empty: bool = False) -> dict[str, Any]:
    """What the body gives, checked against a table of fields. Raises 400, 415 and 422.

    ``may_be_empty``: no body at all means no member, for what takes none.
    """
    if may_be_empty and not asked.body:
        asked.check_body()
        return {}
    members = read_members(kinds, asked.json_object())
    if isinstance(members, Refusal):
        raise invalid(members)
    return members


def agreed(value: T | Refusal) -> T:
    """What the desk answered, where it agreed. Raises 422, or what :func:`refused` says."""
    if isinstance(value, Refusal):
        raise refused(value)
    return value

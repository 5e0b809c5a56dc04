"""A reason as a code of :mod:`appliance.sentences` with its arguments: how everything here says why."""

from __future__ import annotations

from dataclasses import field

from appliance.values import value


@value
class Reason:
    """Why something is as it is. ``until_ms`` is when it may change by itself, where that is known."""

    code: str
    args: dict[str, str | int] = field(default_factory=dict)
    until_ms: int | None = None

"""What is wrong with what someone asked for: a field, a code of :mod:`appliance.sentences`, its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mistake:
    """One reason of a refusal. ``pointer`` is a JSON pointer (RFC 6901) into the request, '' for all of it."""

    pointer: str
    code: str
    args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was stored, and these are the reasons; there is at least one."""

    mistakes: tuple[Mistake, ...]


def pointer_to(name: str) -> str:
    """The JSON pointer of a member of an object, cut where the name is absurdly long."""
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    return "/" + shown.replace("~", "~0").replace("/", "~1")

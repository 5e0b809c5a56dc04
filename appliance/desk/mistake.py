"""What is wrong with what someone asked for: a field, a code of :mod:`appliance.sentences`, its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Mistake:
    """One reason of a refusal. ``pointer`` is a JSON pointer (RFC 6901) into the request, '' for all of it."""

    pointer: str
    code: str
    args: Mapping[str, object] = field(default_factory=dict)


class Because(StrEnum):
    """What kind of no it is: what the one who asked can do about it."""

    INVALID = "invalid"
    """Something in it is wrong."""
    LIMIT = "limit"
    """A limit is reached; later it may be let through."""
    FORBIDDEN = "forbidden"
    """Whoever asks may not."""
    CONFLICT = "conflict"
    """It contradicts what was asked before."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing was stored, and these are the reasons; there is at least one."""

    mistakes: tuple[Mistake, ...]
    because: Because = Because.INVALID
    retry_after_s: int | None = None
    """When a limit may let it through, where that is known."""
    more: int = 0
    """How many mistakes there are beside those that are named."""


STANDS_AGAINST = frozenset(
    {
        "problem.label-taken",
        "problem.name-taken",
        "problem.group-too-many",
        "problem.account-too-many",
        "problem.no-such-group",
        "problem.no-such-account",
        "problem.no-such-key",
        "problem.no-such-sim",
        "problem.no-such-swap",
        "problem.account-of-the-box",
        "problem.sim-is-in-port",
        "problem.sim-has-messages",
        "problem.pin-no-key",
        "problem.pin-needs-card-number",
        "problem.loop-test-no-sim",
        "problem.loop-test-no-number",
        "problem.loop-test-not-ready",
        "problem.swap-under-way",
        "problem.swap-not-now",
        "problem.expires-in-the-past",
        "problem.rest-in-the-past",
        "problem.key-expires-in-the-past",
        "problem.too-far-ahead",
        "problem.name-has-key",
        "problem.key-too-many",
        "problem.forecast-over-before-it-begins",
        "problem.forecast-parts-and-text",
        "problem.webhook-too-many",
        "problem.template-too-many",
        "problem.template-code-taken",
        "command.no-port",
    }
)
"""What is not wrong in a request by itself, but does not fit what the box has now."""


def pointer_to(name: str) -> str:
    """The JSON pointer of a member of an object, cut where the name is absurdly long."""
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    return "/" + shown.replace("~", "~0").replace("/", "~1")

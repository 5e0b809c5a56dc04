"""The plan of a SIM: a minimum gap and limits of parts in exact sliding windows.

What counts is when the network took a part. That instant is not known, only that it lies between the
part's submission and its answer. So each part counts *as of its answer* (as of now while there is none),
and a new part counts from its submission: whatever the network's true instants were, no window of its
own ledger ever holds more than the plan allows, and no two of its instants are nearer than the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Limit(StrEnum):
    """One of the four ways in which a plan can make a SIM wait."""

    GAP = "gap"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


WINDOW_MS = {Limit.MINUTE: 60_000, Limit.HOUR: 3_600_000, Limit.DAY: 86_400_000}
"""Sliding windows, closed at both ends: a day is any 24 hours, whatever the calendar says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of one SIM; 0 is no limit. Parts are counted, never messages."""

    minimum_gap_ms: int = 0
    """Between the answer to one part and the submission of the next, of the same message or another."""
    parts_per_minute: int = 0
    parts_per_hour: int = 0
    parts_per_day: int = 0

    def overridden(
        self,
        *,
        minimum_gap_ms: int | None,
        parts_per_minute: int | None,
        parts_per_hour: int | None,
        parts_per_day: int | None,
    ) -> Plan:
        """This plan (of the box) with what a SIM has of its own; None is nothing of its own."""
        return Plan(
            minimum_gap_ms=self.minimum_gap_ms if minimum_gap_ms is None else minimum_gap_ms,
            parts_per_minute=self.parts_per_minute if parts_per_minute is None else parts_per_minute,
            parts_per_hour=self.parts_per_hour if parts_per_hour is None else parts_per_hour,
            parts_per_day=self.parts_per_day if parts_per_day is None else parts_per_day,
        )

    @property
    def is_unlimited(self) -> bool:
        """Whether nothing ever waits for this plan."""
        return not (self.minimum_gap_ms or self.parts_per_minute or self.parts_per_hour or self.parts_per_day)

    @property
    def windows(self) -> tuple[tuple[Limit, int], ...]:
        """The windows that are limited, each with its number of parts."""
        given = (
            (Limit.MINUTE, self.parts_per_minute),
            (Limit.HOUR, self.parts_per_hour),
            (Limit.DAY, self.parts_per_day),
        )
        return tuple((limit, most) for limit, most in given if most > 0)

    @property
    def longest_message(self) -> int | None:
        """Most parts that a message may have to fit at all; None is any number."""
        return None if self.is_unlimited else min((most for _, most in self.windows), default=None)

    @property
    def remembered_parts(self) -> int:
        """How many of the newest parts of a SIM can matter for this plan."""
        return max((most for _, most in self.windows), default=1 if self.minimum_gap_ms else 0)

    @property
    def remembered_ms(self) -> int:
        """How far back a part of a SIM can matter for this plan."""
        return max((WINDOW_MS[limit] for limit, _ in self.windows), default=0) + self.minimum_gap_ms


@dataclass(frozen=True, slots=True)
class Opening:
    """When a plan lets something go, and which limit holds it until then."""

    at_ms: int | None
    """None: never, because it has more parts than a window may hold."""
    limit: Limit | None
    """None: nothing holds it, it may go now."""


def opening(plan: Plan, counted: Sequence[int], parts: int, now_ms: int) -> Opening:
    """The first instant from ``now_ms`` on at which ``parts`` more parts fit the plan all together.

    ``counted`` are the instants as of which earlier parts count, ascending; it must reach back as far as
    :attr:`Plan.remembered_parts` or :attr:`Plan.remembered_ms`. A message whose first part went when all of
    it fitted goes on without being held by a window again, as only its own parts were added meanwhile.
    """
    if plan.is_unlimited:
        return Opening(now_ms, None)
    at_ms, holding = now_ms, None
    if plan.minimum_gap_ms and counted and counted[-1] + plan.minimum_gap_ms > at_ms:
        at_ms, holding = counted[-1] + plan.minimum_gap_ms, Limit.GAP
    for limit, most in plan.windows:
        may_stay = most - parts
        if may_stay < 0:
            return Opening(None, limit)
        if len(counted) > may_stay:
            # Closed windows: a part that counts as of t is out of the window at t + window + 1.
            opens_ms = counted[-1 - may_stay] + WINDOW_MS[limit] + 1
            if opens_ms > at_ms:
                at_ms, holding = opens_ms, limit
    return Opening(at_ms, holding)

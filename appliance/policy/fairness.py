"""Between accounts that wait in one priority: each gets parts by its weight (stride scheduling, in memory).

An account's virtual time grows by parts ÷ weight with what it sends; the one that is furthest behind goes first. One
that had nothing waiting comes back at the time of the others: nobody saves up a right to a burst.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

STRIDE = 1 << 20
"""Virtual time of one part with a weight of 1, an integer so that nothing is lost by rounding of floats."""


class Fairness:
    """The virtual times, by priority and account."""

    __slots__ = ("_now", "_times", "_weights")

    def __init__(self, weights: Mapping[int, int] | None = None) -> None:
        self._weights = dict(weights or {})
        self._times: dict[tuple[int, int], int] = {}
        self._now: dict[int, int] = {}
        """Of each priority, the time of whoever was served last."""

    def set_weights(self, weights: Mapping[int, int]) -> None:
        """Accounts that are not named weigh 1. What they got so far stands."""
        self._weights = dict(weights)

    def order(self, priority: int, accounts: Iterable[int]) -> list[int]:
        """The accounts, the one first that is to be served next. Ties go by id."""
        now = self._now.get(priority, 0)
        times = self._times
        return sorted(accounts, key=lambda account: (max(now, times.get((priority, account), 0)), account))

    def took(self, priority: int, account: int, parts: int) -> None:
        """So many parts of an account were taken."""
        now = self._now.get(priority, 0)
        began = max(now, self._times.get((priority, account), 0))
        self._now[priority] = began
        self._times[priority, account] = began + parts * STRIDE // max(1, self._weights.get(account, 1))

    def copy(self) -> Fairness:
        """Another one that stands the same, for what is tried and not done."""
        other = Fairness(self._weights)
        other._times, other._now = dict(self._times), dict(self._now)
        return other

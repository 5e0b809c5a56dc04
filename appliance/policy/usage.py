"""What a SIM has used of its plan, or the SIMs of a group of theirs together.

The pool keeps one for each SIM and counts every part in it; a page reads one from the rows of the parts. It is
mutable and cheap: counting a part takes a microsecond, and only what a plan needs is remembered.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping

from appliance.policy.billing import billing_month
from appliance.policy.plan import DAY_MS, NO_LIMITS, Plan

NEVER_MS = 1 << 62


class Usage:
    """What counts in the windows, the billing month and for each recipient, as far as ``plan`` needs it."""

    __slots__ = (
        "_enough",
        "_enough_recipients",
        "by_recipient",
        "counted",
        "first_sent_at_ms",
        "held",
        "held_recipients",
        "month_from_ms",
        "month_parts",
        "month_recipients",
        "month_to_ms",
        "plan",
    )

    def __init__(
        self,
        plan: Plan = NO_LIMITS,
        counted: Iterable[int] = (),
        *,
        now_ms: int = 0,
        month_parts: int = 0,
        month_recipients: Iterable[str] = (),
        by_recipient: Mapping[str, Iterable[int]] | None = None,
        first_sent_at_ms: int | None = None,
    ) -> None:
        """``counted`` ascending; what is of the month is of the one that holds ``now_ms``."""
        self.plan = plan
        self.counted = array("q", counted)
        """The instants as of which its parts count, ascending; at least as many as the plan can need."""
        self.month_from_ms, self.month_to_ms = (
            billing_month(now_ms, plan.contract_day, plan.zone)
            if plan.counts_months
            else (-NEVER_MS, NEVER_MS)
        )
        self.month_parts = month_parts
        self.month_recipients = set(month_recipients)
        """Empty where the plan has no limit for them."""
        self.by_recipient = {to: array("q", at) for to, at in (by_recipient or {}).items()}
        """The instants of the last day for each recipient; empty where the plan has no limit for that."""
        self.held = 0
        """Parts of messages that were begun and are not answered: they count as of now. Of a group."""
        self.held_recipients: dict[str, int] = {}
        self.first_sent_at_ms = first_sent_at_ms
        """From here on a new SIM is warmed up; None: it has sent nothing yet."""
        self._enough = 2 * plan.remembered_parts + 64
        self._enough_recipients = 2 * len(self.by_recipient) + 64

    def count(self, at_ms: int, recipient: str = "", parts: int = 1) -> None:
        """Parts were answered at ``at_ms``: they count as of then."""
        if at_ms >= self.month_to_ms:
            self._begin_month(at_ms)
        counted = self.counted
        for _ in range(parts):
            if counted and counted[-1] > at_ms:
                insort(counted, at_ms)
            else:
                counted.append(at_ms)
        if len(counted) > self._enough:
            self._forget_parts()
        self.month_parts += parts
        if self.first_sent_at_ms is None:
            self.first_sent_at_ms = at_ms
        plan = self.plan
        if not plan.is_about_recipients:
            return
        if plan.recipients_per_month:
            self.month_recipients.add(recipient)
        if plan.parts_per_recipient_per_day:
            self._count_recipient(at_ms, recipient, parts)

    def count_later(self, gave_up_at_ms: int, answered_at_ms: int, recipient: str = "") -> None:
        """A part of which nobody knew was answered after all, so the network may have taken it until now."""
        for instants in (self.counted, self.by_recipient.get(recipient, ())):
            if isinstance(instants, array) and gave_up_at_ms in instants:
                instants.remove(gave_up_at_ms)
        if gave_up_at_ms >= self.month_from_ms:
            self.month_parts -= 1
        self.count(answered_at_ms, recipient)

    def hold(self, recipient: str, parts: int) -> None:
        """A SIM of this group begins a message of ``parts``: until they are answered they count as of now."""
        self.held += parts
        self.held_recipients[recipient] = self.held_recipients.get(recipient, 0) + parts

    def release(self, recipient: str, parts: int = 1) -> None:
        """Of what is held, so much is answered (:meth:`count` it as well) or certainly does not go."""
        self.held = max(0, self.held - parts)
        left = self.held_recipients.get(recipient, 0) - parts
        if left > 0:
            self.held_recipients[recipient] = left
        else:
            self.held_recipients.pop(recipient, None)

    def hold_as(self, other: Usage) -> None:
        """Hold what another usage of the same SIMs holds: this one was read anew because their plan changed."""
        self.held = other.held
        self.held_recipients = dict(other.held_recipients)

    def as_of(self, now_ms: int) -> Usage:
        """The same, brought up to date in place: another month may have begun; and where the clock was set back, what
        seems to come from the future counts as of now, not until then."""
        if now_ms >= self.month_to_ms:
            self._begin_month(now_ms)
        if self.counted and self.counted[-1] > now_ms:
            _clamp(self.counted, now_ms)
            for instants in self.by_recipient.values():
                _clamp(instants, now_ms)
        return self

    def copy(self) -> Usage:
        """Another one that stands the same, for what is tried and not done."""
        other = Usage(self.plan, self.counted, first_sent_at_ms=self.first_sent_at_ms)
        other.month_from_ms, other.month_to_ms = self.month_from_ms, self.month_to_ms
        other.month_parts, other.month_recipients = self.month_parts, set(self.month_recipients)
        other.by_recipient = {to: array("q", at) for to, at in self.by_recipient.items()}
        other.held, other.held_recipients = self.held, dict(self.held_recipients)
        return other

    def parts_in_month(self, now_ms: int) -> int:
        """Parts that count in the billing month of ``now_ms``."""
        return self.held + (self.month_parts if now_ms < self.month_to_ms else 0)

    def recipients_in_month(self, now_ms: int) -> int:
        """Different recipients in the billing month of ``now_ms``."""
        if now_ms >= self.month_to_ms:
            return len(self.held_recipients)
        known = self.month_recipients
        return len(known) + sum(1 for each in self.held_recipients if each not in known)

    def is_known_in_month(self, recipient: str, now_ms: int) -> bool:
        """Whether the billing month of ``now_ms`` has the recipient already."""
        if recipient in self.held_recipients:
            return True
        return now_ms < self.month_to_ms and recipient in self.month_recipients

    def parts_since(self, at_ms: int) -> int:
        """Parts that count as of ``at_ms`` or later, and those that are held."""
        return len(self.counted) - bisect_right(self.counted, at_ms - 1) + self.held

    def _begin_month(self, at_ms: int) -> None:
        self.month_from_ms, self.month_to_ms = billing_month(at_ms, self.plan.contract_day, self.plan.zone)
        self.month_parts = 0
        self.month_recipients = set()

    def _forget_parts(self) -> None:
        del self.counted[: len(self.counted) - self.plan.remembered_parts]

    def _count_recipient(self, at_ms: int, recipient: str, parts: int) -> None:
        instants = self.by_recipient.get(recipient)
        if instants is None:
            instants = self.by_recipient[recipient] = array("q")
        for _ in range(parts):
            insort(instants, at_ms)
        if len(self.by_recipient) > self._enough_recipients:
            since_ms = at_ms - DAY_MS
            self.by_recipient = {to: at for to, at in self.by_recipient.items() if at[-1] >= since_ms}
            self._enough_recipients = 2 * len(self.by_recipient) + 64


def _clamp(instants: array[int], now_ms: int) -> None:
    first = bisect_right(instants, now_ms)
    for index in range(first, len(instants)):
        instants[index] = now_ms

"""The plan of a SIM: a minimum gap, and limits of what may go in exact windows and billing months.

What counts is when the network took a part. That instant is not known, only that it lies between the
part's submission and its answer. So each part counts *as of its answer* (as of now while there is none),
and a new part counts from its submission: whatever the network's true instants were, no window of its
own ledger ever holds more than the plan allows, and no two of its instants are nearer than the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import UTC, tzinfo
from enum import IntEnum, StrEnum
from typing import Any

from appliance.policy.sending_hours import ANY_HOUR, SendingHours

DAY_MS = 86_400_000


class Limit(StrEnum):
    """One of the ways in which a plan can make a SIM wait."""

    GAP = "gap"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    WARM_UP = "warm-up"
    """The day's limit while a SIM is new."""
    RECIPIENTS = "recipients"
    """Different recipients in the billing month."""
    PER_RECIPIENT = "per-recipient"
    """Parts to this one recipient in a day."""
    SENDING_HOURS = "sending-hours"


OF_THE_MESSAGE = frozenset({Limit.RECIPIENTS, Limit.PER_RECIPIENT})
"""Limits that hold one message and let the next one pass: they are about its recipient."""


class Urgency(IntEnum):
    """The numbers of ``messages.priority``, as the reserve of a plan knows them."""

    CODE = 0
    NOTICE = 1
    BULK = 2


WINDOW_MS = {Limit.MINUTE: 60_000, Limit.HOUR: 3_600_000, Limit.DAY: DAY_MS}
"""Sliding windows, closed at both ends: a day is any 24 hours, whatever the calendar says."""

WARM_UP_BASE = 100
"""Parts a day from which the limit of a new SIM grows where its plan has none for the day."""

Shares = tuple[int, int, int]
"""How much of a limit codes, notices and bulk may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The limits of one SIM, or of a group together; 0 is no limit. Parts are counted, never messages."""

    minimum_gap_ms: int = 0
    """Between the answer to one part and the submission of the next, of the same message or another."""
    gap_jitter_percent: int = 0
    """Each gap is longer by up to so much, so that a SIM does not send like clockwork."""
    parts_per_minute: int = 0
    parts_per_hour: int = 0
    parts_per_day: int = 0
    parts_per_month: int = 0
    """In the billing month, see :mod:`appliance.policy.billing`."""
    recipients_per_month: int = 0
    """Different recipients in the billing month; one that was sent to in it is free."""
    parts_per_recipient_per_day: int = 0
    sending_hours: SendingHours = ANY_HOUR
    contract_day: int = 1
    """1 … 31: on this day of each month a billing month begins."""
    reserve_percent: int = 0
    """Of each limit of parts or recipients, rounded down: bulk leaves so much to others, notices half of it to
    codes."""
    warm_up_days: int = 0
    """So many days a new SIM's limit for a day grows from its first sending on, see :func:`warm_up_limit`."""
    allowance_parts: int = 0
    """Parts of a billing month that cost nothing."""
    price_on_net_micros: int = 0
    price_off_net_micros: int = 0
    price_abroad_micros: int = 0
    """Of a part beyond the allowance, in millionths of the unit of the currency."""
    on_net_prefixes: tuple[str, ...] | None = None
    """E.164 prefixes ('+86134') that are in this SIM's own network; None: those of its carrier."""
    zone: tzinfo = UTC
    """Of the box: months and hours are its."""

    is_unlimited: bool = field(init=False, repr=False, compare=False)
    """Whether nothing ever waits for this plan."""
    shared_windows: tuple[tuple[Limit, int, Shares], ...] = field(init=False, repr=False, compare=False)
    """The sliding windows that are limited, each with its length in ms and what each urgency may use."""
    month_shares: Shares | None = field(init=False, repr=False, compare=False)
    recipient_shares: Shares | None = field(init=False, repr=False, compare=False)
    is_about_recipients: bool = field(init=False, repr=False, compare=False)
    """Whether it matters to whom a message goes."""
    counts_months: bool = field(init=False, repr=False, compare=False)
    """Whether what went in the billing month matters, for a limit or for the price."""

    def __post_init__(self) -> None:
        """Work out once what is asked for with every message."""
        made: dict[str, object] = {
            "shared_windows": tuple(
                (limit, WINDOW_MS[limit], self.shares(most)) for limit, most in self.windows
            ),
            "month_shares": self.shares(self.parts_per_month) if self.parts_per_month else None,
            "recipient_shares": self.shares(self.recipients_per_month) if self.recipients_per_month else None,
            "is_about_recipients": bool(self.recipients_per_month or self.parts_per_recipient_per_day),
            "counts_months": bool(self.parts_per_month or self.recipients_per_month or self.allowance_parts),
            "is_unlimited": not (
                self.minimum_gap_ms
                or self.windows
                or self.parts_per_month
                or self.recipients_per_month
                or self.parts_per_recipient_per_day
                or self.sending_hours
                or self.warm_up_days
            ),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def overridden(self, **own: object) -> Plan:
        """This plan (of the box) with what a SIM has of its own; None is nothing of its own."""
        given: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
        return replace(self, **given)

    def shares(self, most: int) -> Shares:
        """How much of a limit each urgency may use, the reserve for more urgent ones left out."""
        reserve = most * self.reserve_percent // 100
        return most, most - reserve // 2, most - reserve

    @property
    def windows(self) -> tuple[tuple[Limit, int], ...]:
        """The sliding windows that are limited, each with its number of parts."""
        given = (
            (Limit.MINUTE, self.parts_per_minute),
            (Limit.HOUR, self.parts_per_hour),
            (Limit.DAY, self.parts_per_day),
        )
        return tuple((limit, most) for limit, most in given if most > 0)

    def longest_for(self, priority: int) -> int | None:
        """Most parts that a message of a priority may have to fit at all; None is any number."""
        limits = [shares[min(priority, Urgency.BULK)] for _, _, shares in self.shared_windows]
        if self.month_shares is not None:
            limits.append(self.month_shares[min(priority, Urgency.BULK)])
        if self.parts_per_recipient_per_day:
            limits.append(self.parts_per_recipient_per_day)
        return min(limits, default=None)

    @property
    def longest_message(self) -> int | None:
        """Most parts that the most urgent message may have to fit at all; None is any number."""
        return self.longest_for(Urgency.CODE)

    @property
    def remembered_parts(self) -> int:
        """How many of the newest parts of a SIM can matter for its windows and its gap."""
        kept = [most for _, most in self.windows]
        if self.minimum_gap_ms:
            kept.append(1)
        if self.warm_up_days:
            kept.append(self.parts_per_day or WARM_UP_BASE)
        return max(kept, default=0)

    @property
    def remembered_ms(self) -> int:
        """How far back a part of a SIM can matter for its windows and its gap."""
        longest = max((WINDOW_MS[limit] for limit, _ in self.windows), default=0)
        return max(longest, DAY_MS if self.warm_up_days else 0) + self.longest_gap_ms

    @property
    def longest_gap_ms(self) -> int:
        """The gap with all of its jitter."""
        return self.minimum_gap_ms + self.minimum_gap_ms * self.gap_jitter_percent // 100

    def gap_after(self, answered_at_ms: int) -> int:
        """The gap in ms after a part that was answered at an instant.

        Its jitter is drawn from that instant, so that whoever asks, whenever, is told the same: the page as the pool,
        and the pool after a restart.
        """
        if not self.gap_jitter_percent:
            return self.minimum_gap_ms
        return (
            self.minimum_gap_ms
            + self.minimum_gap_ms * self.gap_jitter_percent * _drawn(answered_at_ms) // 100_000
        )

    def warm_up_limit(self, day: int) -> int | None:
        """Parts in any 24 hours that a SIM may send on the ``day``-th day (from 0) after its first sending.

        The limit grows by the same step each day and is whole on the last of :attr:`warm_up_days`; None from then on,
        when nothing but the limits of the plan hold. Where nothing went in 24 hours one message goes, whatever its
        parts.
        """
        if day >= self.warm_up_days:
            return None
        whole = self.parts_per_day or WARM_UP_BASE
        return max(1, whole * (day + 1) // self.warm_up_days)


def _drawn(at_ms: int) -> int:
    """0 … 1000, from an instant, as if by chance (the finaliser of MurmurHash3)."""
    bits = at_ms & 0xFFFFFFFFFFFFFFFF
    bits = (bits ^ bits >> 33) * 0xFF51AFD7ED558CCD & 0xFFFFFFFFFFFFFFFF
    bits = (bits ^ bits >> 33) * 0xC4CEB9FE1A85EC53 & 0xFFFFFFFFFFFFFFFF
    return (bits ^ bits >> 33) % 1001


NO_LIMITS = Plan()

OWN_FIELDS: tuple[str, ...] = tuple(each.name for each in fields(Plan) if each.init and each.name != "zone")
"""What a SIM may have of its own, by the names of its columns."""

"""TP-VP, the validity period, in its three formats (TS 23.040 §9.2.3.12)."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import TpduError
from .reader import octets_of
from .timestamp import Timestamp

MINUTE_S = 60
HOUR_S = 60 * MINUTE_S
DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S

# Upper end of each range of the relative octet, in seconds: with the step and the first value of the range.
# §9.2.3.12.1: 0–143 (n+1) × 5 min; 144–167 12 h + (n−143) × 30 min; 168–196 (n−166) days; 197–255 (n−192) weeks.
_RANGES = (
    (12 * HOUR_S, 5 * MINUTE_S, -1),
    (24 * HOUR_S, 30 * MINUTE_S, 119),
    (30 * DAY_S, DAY_S, 166),
    (63 * WEEK_S, WEEK_S, 192),
)


@dataclass(frozen=True, slots=True)
class RelativeValidity:
    """One octet: so long from the moment when the SMSC takes the message (§9.2.3.12.1)."""

    octet: int

    @classmethod
    def from_seconds(cls, validity_s: int) -> RelativeValidity:
        """The shortest period that can be said and is no shorter than ``validity_s`` (5 minutes to 63 weeks)."""
        if validity_s <= 0:
            raise TpduError("validity.not_positive")
        for longest_s, step_s, base in _RANGES:
            if validity_s <= longest_s:
                return cls(base + -(-validity_s // step_s))
        return cls(255)

    @property
    def seconds(self) -> int:
        """The period in seconds."""
        if self.octet <= 143:
            return (self.octet + 1) * 5 * MINUTE_S
        if self.octet <= 167:
            return 12 * HOUR_S + (self.octet - 143) * 30 * MINUTE_S
        if self.octet <= 196:
            return (self.octet - 166) * DAY_S
        return (self.octet - 192) * WEEK_S

    def to_bytes(self) -> bytes:
        """TP-VP."""
        return octets_of(self.octet)


@dataclass(frozen=True, slots=True)
class AbsoluteValidity:
    """Seven octets: until that moment (§9.2.3.12.2)."""

    until: Timestamp

    def to_bytes(self) -> bytes:
        """TP-VP."""
        return self.until.octets


@dataclass(frozen=True, slots=True)
class EnhancedValidity:
    """Seven octets whose first, the functionality indicator, says how to read the others (§9.2.3.12.3)."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 7:
            raise TpduError("validity.length")

    @classmethod
    def from_seconds(cls, validity_s: int, *, single_shot: bool = False) -> EnhancedValidity:
        """``validity_s`` to the second (up to 255 s), else rounded up to what the relative format can say.

        ``single_shot``: the SMSC tries once.
        """
        indicator = 0x40 if single_shot else 0x00
        if 0 < validity_s <= 255:
            return cls(bytes((indicator | 0x02, validity_s, 0, 0, 0, 0, 0)))
        return cls(bytes((indicator | 0x01, RelativeValidity.from_seconds(validity_s).octet, 0, 0, 0, 0, 0)))

    @property
    def seconds(self) -> int | None:
        """The period in seconds; None where none is given or its format is reserved."""
        match self.octets[0] & 0x07:
            case 1:
                return RelativeValidity(self.octets[1]).seconds
            case 2:
                return self.octets[1]
            case 3:
                return self._hours_minutes_seconds()
            case _:
                return None

    def _hours_minutes_seconds(self) -> int | None:
        digits = "".join(f"{octet & 0x0F:x}{octet >> 4:x}" for octet in self.octets[1:4])
        if not digits.isdecimal():
            return None
        return int(digits[0:2]) * HOUR_S + int(digits[2:4]) * MINUTE_S + int(digits[4:6])

    @property
    def single_shot(self) -> bool:
        """Whether the SMSC is to try once only."""
        return bool(self.octets[0] & 0x40)

    def to_bytes(self) -> bytes:
        """TP-VP."""
        return self.octets


Validity = RelativeValidity | AbsoluteValidity | EnhancedValidity

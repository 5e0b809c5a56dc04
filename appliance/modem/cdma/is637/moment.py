"""Times: six octets of binary coded decimals without a zone (C.S0015-B §4.5.4), and validity as one octet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from appliance.modem.cdma.is637.errors import CdmaError
from appliance.modem.sms import RelativeValidity

OCTETS = 6
FIRST_YEAR = 1996
"""Two digits of a year mean 1996 to 2095 (C.S0015-B §4.5.4)."""
INDEFINITE = 245
"""The greatest relative validity that is a length of time is 244: 52 weeks (C.S0015-B, table 4.5.6-1)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The six octets as the message centre said them, possible or not: its own local time."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != OCTETS:
            raise CdmaError("cdma.ends-early", field="YEAR … SECONDS")

    @classmethod
    def from_datetime(cls, moment: datetime) -> Moment:
        """The whole second that a clock on the wall shows at ``moment``, whose zone is dropped."""
        if not FIRST_YEAR <= moment.year < FIRST_YEAR + 100:
            raise CdmaError("cdma.too-large", field="YEAR", value=moment.year)
        return cls(bytes.fromhex(moment.strftime("%y%m%d%H%M%S")))

    def at(self, zone: tzinfo) -> datetime | None:
        """The moment, if ``zone`` is that of the message centre; None where the octets name none."""
        digits = self.octets.hex()
        if not digits.isdecimal():
            return None
        year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
        century = 1900 if year >= FIRST_YEAR % 100 else 2000
        try:
            return datetime(century + year, month, day, hour, minute, second, tzinfo=zone)
        except ValueError:
            return None


def relative_validity(seconds: int) -> int:
    """The octet for at least so many seconds; what is beyond 52 weeks is 52 weeks.

    The steps are those of TS 23.040 §9.2.3.12.1, but for the last ones (C.S0015-B, table 4.5.6-1).
    """
    return min(RelativeValidity.from_seconds(max(1, seconds)).octet, INDEFINITE - 1)

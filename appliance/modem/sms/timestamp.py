"""TP-SCTS and TP-DT: seven octets of local time and zone (TS 23.040 §9.2.3.11)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from appliance.values import value

from .errors import TpduError
from .semi_octets import SWAP_HALVES

OCTETS = 7

FIRST_YEAR, LAST_YEAR = 1980, 2079
"""The years that the two digits of a timestamp are taken for."""


@value
class Timestamp:
    """The seven octets as the network said them, possible or not."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != OCTETS:
            raise TpduError("timestamp.length")

    @classmethod
    def from_datetime(cls, moment: datetime) -> Timestamp:
        """The whole second of ``moment``, which is aware; its offset to UTC goes in quarters of an hour.

        An offset between two quarters is rounded to the nearer one and the instant kept. TpduError without an
        offset, for one of 20 hours or more, and outside the years 1981–2078.
        """
        offset = moment.utcoffset()
        if offset is None:
            raise TpduError("timestamp.naive")
        quarters = round(offset / timedelta(minutes=15))
        if not (FIRST_YEAR < moment.year < LAST_YEAR and abs(quarters) <= 79):
            raise TpduError("timestamp.range", moment=moment.isoformat())
        local = moment.astimezone(timezone(timedelta(minutes=15 * quarters)))
        digits = local.strftime("%y%m%d%H%M%S") + f"{abs(quarters):02d}"
        octets = bytearray(bytes.fromhex(digits).translate(SWAP_HALVES))
        if quarters < 0:
            octets[6] |= 0x08
        return cls(bytes(octets))

    @property
    def utc_offset(self) -> timedelta | None:
        """Offset of the local time to UTC; None where the octet has no decimal digits."""
        octet = self.octets[6]
        digits = f"{octet & 0x07}{octet >> 4:x}"
        if not digits.isdecimal():
            return None
        quarters = timedelta(minutes=15 * int(digits))
        return -quarters if octet & 0x08 else quarters

    def to_datetime(self) -> datetime | None:
        """The moment with its zone; None where the octets name none (a 31 June, hexadecimal digits).

        Two digits of the year: 80–99 are 1980–1999 (clocks that were never set begin there), others 20xx.
        """
        offset = self.utc_offset
        digits = self.octets[:6].translate(SWAP_HALVES).hex()
        if offset is None or not digits.isdecimal():
            return None
        year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
        try:
            return datetime(
                year + (1900 if year >= 80 else 2000),
                month,
                day,
                hour,
                minute,
                second,
                tzinfo=timezone(offset),
            )
        except ValueError:
            return None

    def __str__(self) -> str:
        moment = self.to_datetime()
        return moment.isoformat() if moment else self.octets.hex().upper()

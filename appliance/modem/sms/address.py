"""Addresses: TP-OA, TP-DA, TP-RA and the SMSC prefix (TS 23.040 §9.1.2.5)."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from appliance.values import value

from .errors import TpduError
from .gsm7 import decode_gsm7, encode_gsm7
from .reader import OctetReader, octets_of
from .semi_octets import DIALLED, decode_semi_octets, encode_semi_octets
from .septets import pack_septets, unpack_septets

MAX_DIGITS = 20
"""Semi-octets of an address in a TPDU (§9.1.2.5: twelve octets with length and type)."""

MAX_LETTERS = 11
"""Characters of an alphanumeric address: eleven septets in twenty semi-octets."""

_SEPARATORS = re.compile(r"[\s\-().\u00a0\u202f\u2010\u2011]")
_DIALLABLE = re.compile(r"\+?[0-9*#]+", re.ASCII)


class TypeOfNumber(IntEnum):
    """Type-of-number, bits 6..4 of the type-of-address octet (§9.1.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6
    RESERVED = 7


_TYPES_OF_NUMBER = tuple(TypeOfNumber)


@value
class Address:
    """A number as digits without ``+`` (0–9 * # a b c), or a name where ``ton`` is ALPHANUMERIC.

    ``npi`` is the numbering plan identification: 1 is ISDN/telephone (E.164), 0 unknown.
    """

    number: str
    ton: TypeOfNumber = TypeOfNumber.UNKNOWN
    npi: int = 1

    @classmethod
    def from_text(cls, text: str) -> Address:
        """What a person writes: ``+8613…`` is international, other digits have no known type, letters are a name.

        Spaces, dashes, dots and brackets between digits are ignored. TpduError where no address can carry it.
        """
        if text[:1] == "+" and text.isascii() and text[1:].isdecimal() and len(text) <= MAX_DIGITS + 1:
            return cls(text[1:], TypeOfNumber.INTERNATIONAL)  # E.164, as nearly all are
        dialled = _SEPARATORS.sub("", text)
        if not _DIALLABLE.fullmatch(dialled):
            return cls._from_name(text.strip())
        digits = dialled.removeprefix("+")
        if len(digits) > MAX_DIGITS:
            raise TpduError("address.too_long", limit=MAX_DIGITS)
        return cls(digits, TypeOfNumber.INTERNATIONAL if dialled[0] == "+" else TypeOfNumber.UNKNOWN)

    @classmethod
    def _from_name(cls, name: str) -> Address:
        if not name.strip("+"):
            raise TpduError("address.empty")
        if len(encode_gsm7(name)) > MAX_LETTERS:
            raise TpduError("address.name_too_long", limit=MAX_LETTERS)
        return cls(name, TypeOfNumber.ALPHANUMERIC, npi=0)

    def __str__(self) -> str:
        return "+" + self.number if self.ton is TypeOfNumber.INTERNATIONAL else self.number

    def to_bytes(self) -> bytes:
        """Length in semi-octets, type of address, value (§9.1.2.5)."""
        type_of_address = 0x80 | self.ton << 4 | self.npi
        if self.ton is TypeOfNumber.ALPHANUMERIC:
            septets = encode_gsm7(self.number)
            length, value = (len(septets) * 7 + 3) // 4, pack_septets(septets)
        else:
            length, value = len(self.number), self._semi_octets()
        if length > 255:
            raise TpduError("address.too_long", limit=MAX_DIGITS)
        return octets_of(length, type_of_address) + value

    def to_smsc_prefix(self) -> bytes:
        """The prefix that +CMGS and +CMGR carry: length in octets, type of address, digits (TS 27.005 §3.1)."""
        value = self._semi_octets()
        if len(value) > 254:
            raise TpduError("address.too_long", limit=MAX_DIGITS)
        return octets_of(len(value) + 1, 0x80 | self.ton << 4 | self.npi) + value

    def _semi_octets(self) -> bytes:
        if not (self.number.isascii() and self.number.isdecimal()) and not DIALLED.issuperset(self.number):
            raise TpduError("address.not_dialled", number=self.number.encode("utf-8", "replace").decode())
        return encode_semi_octets(self.number)


def read_address(reader: OctetReader, field: str) -> Address:
    """An address of a TPDU."""
    length = reader.octet(field)
    type_of_address = reader.octet(field)
    octets = reader.take((length + 1) // 2, field)
    ton = _TYPES_OF_NUMBER[type_of_address >> 4 & 0x07]
    if ton is TypeOfNumber.ALPHANUMERIC:
        number = decode_gsm7(unpack_septets(octets, length * 4 // 7))
    else:
        number = decode_semi_octets(octets, length)
    return Address(number, ton, type_of_address & 0x0F)


def read_smsc_prefix(reader: OctetReader) -> Address | None:
    """The SMSC prefix; None where its length is zero: the one that the SIM names."""
    length = reader.octet("SMSC")
    if not length:
        return None
    return _smsc_of(reader.take(length, "SMSC"))


@lru_cache(maxsize=64)
def _smsc_of(octets: bytes) -> Address:
    """A network has a few, which stand before everything that comes."""
    digits = decode_semi_octets(octets[1:], (len(octets) - 1) * 2)
    return Address(digits.removesuffix("f"), _TYPES_OF_NUMBER[octets[0] >> 4 & 0x07], octets[0] & 0x0F)

"""Addresses: digits of four bits as in DTMF, or characters of eight (C.S0015-B §3.4.3.3, §4.5.15)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from appliance.modem.cdma.is637.bits import BitReader, BitWriter
from appliance.modem.cdma.is637.errors import CdmaError

_DTMF = "?1234567890*#???"
"""0 is no digit, 10 is '0' (C.S0005, table 2.7.1.3.2.4-4); those above 12 are reserved."""
_CODES = {character: code for code, character in enumerate(_DTMF) if character != "?"}
_LONGEST = 255


class NumberType(IntEnum):
    """NUMBER_TYPE where NUMBER_MODE is 0 (C.S0005, table 2.7.1.3.2.4-2). In data networks 1 is IP and 2 e-mail."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    RESERVED = 5
    ABBREVIATED = 6
    EXTENDED = 7


@dataclass(frozen=True, slots=True)
class CdmaAddress:
    """An address as it is sent. ``number`` has no '+': `number_type` says that a number is international.

    With ``is_eight_bit`` the characters are octets (shown as Latin-1), else digits, ``*`` and ``#``; a four-bit
    code that is none of them reads as '?' and can't be written. ``numbering_plan`` and ``number_type`` are sent
    with eight-bit addresses only, the plan only with numbers.
    """

    number: str
    is_eight_bit: bool = False
    is_of_data_network: bool = False
    number_type: NumberType = NumberType.UNKNOWN
    numbering_plan: int = 0
    """1 is the telephony plan (E.164)."""

    @classmethod
    def from_text(cls, text: str) -> CdmaAddress:
        """``+86…`` as an international number, digits as they are, anything else as a text of eight-bit characters."""
        if text.startswith("+") and all(character in _CODES for character in text[1:]):
            return cls(text[1:], True, False, NumberType.INTERNATIONAL, 1)
        if all(character in _CODES for character in text):
            return cls(text)
        number_type = NumberType.NATIONAL if "@" in text else NumberType.UNKNOWN
        return cls(text, True, True, number_type)

    def __str__(self) -> str:
        plus = self.number_type is NumberType.INTERNATIONAL and not self.is_of_data_network and self.number
        return f"+{self.number}" if plus and not self.number.startswith("+") else self.number

    def write(self, bits: BitWriter, *, with_mode: bool) -> None:
        """``with_mode``: whether NUMBER_MODE is sent; a call-back number has none."""
        bits.put(self.is_eight_bit, 1, "DIGIT_MODE")
        if with_mode:
            bits.put(self.is_of_data_network, 1, "NUMBER_MODE")
        if self.is_eight_bit:
            bits.put(self.number_type, 3, "NUMBER_TYPE")
            if not (with_mode and self.is_of_data_network):
                bits.put(self.numbering_plan, 4, "NUMBERING_PLAN")
        values = self._values()
        bits.put(len(values), 8, "NUM_FIELDS")
        bits.put_fields(values, 8 if self.is_eight_bit else 4, "CHARi")

    def _values(self) -> bytes:
        if len(self.number) > _LONGEST:
            raise CdmaError("cdma.too-large", field="NUM_FIELDS", value=len(self.number))
        if self.is_eight_bit:
            try:
                return self.number.encode("latin-1")
            except UnicodeEncodeError:
                raise CdmaError("cdma.no-address", characters=_named(self.number)) from None
        foreign = [character for character in self.number if character not in _CODES]
        if foreign:
            raise CdmaError("cdma.no-address", characters=_named("".join(foreign)))
        return bytes(_CODES[character] for character in self.number)


def _named(characters: str) -> str:
    return " ".join(sorted(set(characters))[:10]).encode("utf-8", "replace").decode()


def read_address(bits: BitReader, *, with_mode: bool) -> CdmaAddress:
    """An address; ``with_mode`` as for `CdmaAddress.write`."""
    is_eight_bit = bool(bits.take(1, "DIGIT_MODE"))
    is_of_data_network = with_mode and bool(bits.take(1, "NUMBER_MODE"))
    number_type, plan = NumberType.UNKNOWN, 0
    if is_eight_bit:
        number_type = NumberType(bits.take(3, "NUMBER_TYPE"))
        if not is_of_data_network:
            plan = bits.take(4, "NUMBERING_PLAN")
    count = bits.take(8, "NUM_FIELDS")
    values = bits.fields(count, 8 if is_eight_bit else 4, "CHARi")
    number = values.decode("latin-1") if is_eight_bit else "".join(_DTMF[value] for value in values)
    return CdmaAddress(number, is_eight_bit, is_of_data_network, number_type, plan)

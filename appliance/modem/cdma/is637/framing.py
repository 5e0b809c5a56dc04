"""What both layers are made of: pieces of an identifier, a length and a value, each read and written by its codec."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from appliance.modem.cdma.is637.bits import BitReader, BitWriter
from appliance.modem.cdma.is637.errors import CdmaError


@dataclass(frozen=True, slots=True)
class Unread:
    """A parameter or sub-parameter as it came: one that is not read here, or is damaged."""

    identifier: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Codec:
    """How one field of a message is read from its piece and written to it."""

    name: str
    read: Callable[[bytes], object]
    write: Callable[[Any], bytes]


def number(name: str, width: int) -> Codec:
    """``width`` bits from the front; what is left of the octet is reserved."""

    def write(value: int) -> bytes:
        bits = BitWriter()
        bits.put(value, width, name.upper())
        return bits.to_bytes()

    return Codec(name, lambda octets: BitReader(octets).take(width, name.upper()), write)


def framed(identifier: int, data: bytes, *, length_field: str) -> bytes:
    """One piece. CdmaError, naming ``length_field``, where the value is longer than that can say."""
    if len(data) > 0xFF:
        raise CdmaError("cdma.too-large", field=length_field, value=len(data))
    return bytes((identifier, len(data))) + data


def pieces_in(octets: bytes, *, id_field: str) -> Iterator[Unread]:
    """Every piece in turn. CdmaError at the one that does not end within ``octets``."""
    at = 0
    while at < len(octets):
        if at + 2 > len(octets) or at + 2 + octets[at + 1] > len(octets):
            raise CdmaError("cdma.ends-early", field=f"{id_field} {octets[at]}")
        end = at + 2 + octets[at + 1]
        yield Unread(octets[at], octets[at + 2 : end])
        at = end

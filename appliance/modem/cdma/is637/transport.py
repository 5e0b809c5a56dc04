"""The transport layer: one message between a phone and its message centre (C.S0015-B §3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from appliance.modem.cdma.is637.address import CdmaAddress, read_address
from appliance.modem.cdma.is637.bearer_data import BearerData, read_bearer_data
from appliance.modem.cdma.is637.bits import BitReader, BitWriter
from appliance.modem.cdma.is637.errors import CdmaError
from appliance.modem.cdma.is637.framing import Codec, Unread, framed, number, pieces_in


class TransportType(IntEnum):
    """SMS_MSG_TYPE (C.S0015-B, table 3.4-1)."""

    POINT_TO_POINT = 0
    BROADCAST = 1
    ACKNOWLEDGE = 2


class Teleservice(IntEnum):
    """Teleservice identifiers (C.R1001, table 3.1-1)."""

    PAGING = 4097
    """CPT-95, WPT: a call-back number."""
    MESSAGING = 4098
    """CMT-95, WMT: a text."""
    VOICE_MAIL = 4099
    """VMN-95: so many messages wait."""
    WAP = 4100
    ENHANCED = 4101
    """WEMT: messages in parts, with user data headers."""


class Parameter(IntEnum):
    """PARAMETER_ID (C.S0015-B, table 3.4.3-1)."""

    TELESERVICE = 0
    SERVICE_CATEGORY = 1
    ORIGINATING_ADDRESS = 2
    ORIGINATING_SUBADDRESS = 3
    DESTINATION_ADDRESS = 4
    DESTINATION_SUBADDRESS = 5
    BEARER_REPLY_OPTION = 6
    CAUSE_CODES = 7
    BEARER_DATA = 8


@dataclass(frozen=True, slots=True)
class CauseCodes:
    """How an acknowledge message answers (C.S0015-B §3.4.3.6); the code is that of ANSI-41."""

    reply_sequence: int
    error_class: int = 0
    """0 no error, 2 temporary, 3 permanent."""
    code: int | None = None
    """Sent where there is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportMessage:
    """The parameters of one transport layer message; None: not sent."""

    transport_type: TransportType = TransportType.POINT_TO_POINT
    teleservice: int | None = None
    service_category: int | None = None
    originating: CdmaAddress | None = None
    destination: CdmaAddress | None = None
    reply_sequence: int | None = None
    """Bearer reply option: an acknowledge message is asked for, with this number (0–63)."""
    cause_codes: CauseCodes | None = None
    bearer_data: BearerData | None = None
    unread: tuple[Unread, ...] = ()

    def to_bytes(self) -> bytes:
        """The packet. CdmaError for a value that has no place in it."""
        pieces = [
            (int(identifier), codec.write(value))
            for identifier, codec in _CODECS.items()
            if (value := getattr(self, codec.name)) is not None
        ]
        pieces += [(each.identifier, each.data) for each in self.unread]
        return bytes((self.transport_type,)) + b"".join(
            framed(*piece, length_field="PARAMETER_LEN") for piece in pieces
        )


# -- one codec for each parameter -------------------------------------------------------------------------------


def _address(name: str) -> Codec:
    def write(address: CdmaAddress) -> bytes:
        bits = BitWriter()
        address.write(bits, with_mode=True)
        return bits.to_bytes()

    return Codec(name, lambda octets: read_address(BitReader(octets), with_mode=True), write)


def _read_causes(octets: bytes) -> CauseCodes:
    bits = BitReader(octets)
    sequence, error_class = bits.take(6, "REPLY_SEQ"), bits.take(2, "ERROR_CLASS")
    return CauseCodes(sequence, error_class, bits.take(8, "CAUSE_CODE") if error_class else None)


def _write_causes(causes: CauseCodes) -> bytes:
    bits = BitWriter()
    bits.put(causes.reply_sequence, 6, "REPLY_SEQ")
    bits.put(causes.error_class, 2, "ERROR_CLASS")
    if causes.error_class:
        bits.put(causes.code or 0, 8, "CAUSE_CODE")
    return bits.to_bytes()


_CODECS: dict[Parameter, Codec] = {
    Parameter.TELESERVICE: number("teleservice", 16),
    Parameter.SERVICE_CATEGORY: number("service_category", 16),
    Parameter.ORIGINATING_ADDRESS: _address("originating"),
    Parameter.DESTINATION_ADDRESS: _address("destination"),
    Parameter.BEARER_REPLY_OPTION: number("reply_sequence", 6),
    Parameter.CAUSE_CODES: Codec("cause_codes", _read_causes, _write_causes),
    Parameter.BEARER_DATA: Codec("bearer_data", read_bearer_data, lambda bearer: bytes(bearer.to_bytes())),
}
_BY_NUMBER: dict[int, Codec] = {int(identifier): codec for identifier, codec in _CODECS.items()}


# -- reading ----------------------------------------------------------------------------------------------------


def decode_packet(packet: bytes | str) -> TransportMessage:
    """The message in a packet, as octets or in hexadecimal. A damaged parameter is kept unread.

    CdmaError for what is no hexadecimal, a reserved type, and a parameter that does not end within the packet.
    """
    octets = _octets(packet)
    if not octets:
        raise CdmaError("cdma.ends-early", field="SMS_MSG_TYPE")
    try:
        transport_type = TransportType(octets[0])
    except ValueError:
        raise CdmaError("cdma.reserved-type", type=octets[0]) from None
    found: dict[str, Any] = {}
    unread: list[Unread] = []
    for piece in pieces_in(octets[1:], id_field="PARAMETER_ID"):
        codec = _BY_NUMBER.get(piece.identifier)
        try:
            value = None if codec is None else codec.read(piece.data)
        except CdmaError:
            value = None
        if codec is None or value is None or codec.name in found:
            unread.append(piece)
        else:
            found[codec.name] = value
    return TransportMessage(transport_type=transport_type, unread=tuple(unread), **found)


def _octets(packet: bytes | str) -> bytes:
    if isinstance(packet, bytes):
        return packet
    try:
        return bytes.fromhex(packet)
    except ValueError:
        raise CdmaError("cdma.not-hex") from None

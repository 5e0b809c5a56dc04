"""The user data sub-parameter: a text or data in one of the encodings (C.S0015-B §4.5.2, C.R1001 table 9.1-1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from appliance.modem.cdma.is637.bits import BitReader, BitWriter
from appliance.modem.cdma.is637.errors import CdmaError
from appliance.modem.sms.gsm7 import decode_gsm7, try_encode_gsm7
from appliance.modem.sms.septets import pack_septets, unpack_septets

REPLACEMENT = "\ufffd"


class Encoding(IntEnum):
    """MSG_ENCODING (C.R1001, table 9.1-1); the numbers beyond these are kept as they come."""

    OCTET = 0
    IS91 = 1
    """Extended protocol messages of analogue systems; MESSAGE_TYPE says which."""
    ASCII = 2
    """Seven bits each."""
    IA5 = 3
    UNICODE = 4
    """UTF-16, big end first; NUM_FIELDS counts units of sixteen bits."""
    SHIFT_JIS = 5
    KOREAN = 6
    LATIN_HEBREW = 7
    LATIN = 8
    GSM7 = 9
    GSM_DCS = 10
    """As MESSAGE_TYPE says, which is a TP-DCS."""


IS91_VOICE_MAIL = 0x82
IS91_SHORT_MESSAGE_FULL = 0x83
IS91_CLI_ORDER = 0x84
IS91_SHORT_MESSAGE = 0x85

_IS91_TEXTS = frozenset({IS91_VOICE_MAIL, IS91_SHORT_MESSAGE_FULL, IS91_CLI_ORDER, IS91_SHORT_MESSAGE})
_KNOWN = frozenset(Encoding)
_SEVEN_BITS = frozenset({Encoding.ASCII, Encoding.IA5})
_TYPED = frozenset({Encoding.IS91, Encoding.GSM_DCS})
_EIGHT_BIT_CODECS = {
    Encoding.SHIFT_JIS: "shift_jis",
    Encoding.KOREAN: "euc_kr",
    Encoding.LATIN_HEBREW: "iso8859-8",
    Encoding.LATIN: "latin-1",
}
_IS91_DIGITS = "?1234567890*#???"


@dataclass(frozen=True, slots=True)
class UserData:
    """Header and payload.

    In the payload of a seven-bit encoding (ASCII, IA5, GSM-7) one octet holds one septet; other payloads are the
    octets as sent (those of IS-91 from the first bit of the text on, filled up with zeros). ``header`` is a TP-UDH
    (TS 23.040 §9.2.3.24) without its length. ``fields`` is NUM_FIELDS where it says more than the payload does.
    """

    encoding: int
    payload: bytes
    header: bytes | None = None
    message_type: int = 0
    """MESSAGE_TYPE of IS-91 and of the GSM data coding scheme; sent with those only."""
    fields: int | None = None

    @classmethod
    def from_text(cls, text: str, encoding: Encoding, header: bytes | None = None) -> UserData:
        """``text`` in `encoding`. CdmaError where that has no place for a character."""
        payload = _encoded(text, encoding)
        if payload is None:
            raise CdmaError("cdma.not-in-encoding", encoding=encoding.name.replace("_", "-"))
        return cls(encoding, payload, header)

    @property
    def is_text(self) -> bool:
        """Whether :attr:`text` means something."""
        match self.encoding:
            case Encoding.OCTET:
                return False
            case Encoding.IS91:
                return self.message_type in _IS91_TEXTS
            case Encoding.GSM_DCS:
                return self.written_in != Encoding.OCTET
            case _:
                return self.encoding in _KNOWN

    @property
    def text(self) -> str:
        """The text; empty for data. What has no character shows as U+FFFD."""
        match self.written_in:
            case Encoding.ASCII | Encoding.IA5:
                return self.payload.decode("ascii", "replace")
            case Encoding.GSM7:
                return decode_gsm7(self.payload)
            case Encoding.UNICODE:
                return self.payload.decode("utf-16-be", "replace")
            case Encoding.IS91:
                return self._is91_text()
            case encoding if encoding in _EIGHT_BIT_CODECS:
                return self.payload.decode(_EIGHT_BIT_CODECS[Encoding(encoding)], "replace")
            case _:
                return ""

    @property
    def written_in(self) -> int:
        """The encoding of the payload: for GSM-DCS what MESSAGE_TYPE, taken for a TP-DCS, says (TS 23.038 §4)."""
        if self.encoding != Encoding.GSM_DCS:
            return self.encoding
        alphabets = (Encoding.GSM7, Encoding.OCTET, Encoding.UNICODE, Encoding.GSM7)
        return alphabets[self.message_type >> 2 & 3]

    def _is91_text(self) -> str:
        bits = BitReader(self.payload)
        count = self.fields or 0
        if self.message_type == IS91_CLI_ORDER:
            return "".join(_IS91_DIGITS[bits.take(4, "CHARi")] for _ in range(min(count, bits.left // 4)))
        # Six bits each, from the blank on (TIA/EIA/IS-91).
        return "".join(chr(0x20 + bits.take(6, "CHARi")) for _ in range(min(count, bits.left // 6)))

    # -- writing --------------------------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The sub-parameter without its identifier and length."""
        bits = BitWriter()
        bits.put(self.encoding, 5, "MSG_ENCODING")
        if self.encoding in _TYPED:
            bits.put(self.message_type, 8, "MESSAGE_TYPE")
        prefix = b"" if self.header is None else self._prefix(self.header)
        kind = self.written_in
        if kind in _SEVEN_BITS or kind == Encoding.GSM7:
            if not self.payload.isascii():
                raise CdmaError("cdma.too-large", field="CHARi", value=max(self.payload))
            self._put_septets(bits, prefix, is_gsm=kind == Encoding.GSM7)
        else:
            octets = prefix + self.payload
            octets += bytes(len(octets) % 2 if kind == Encoding.UNICODE else 0)
            count = len(octets) // 2 if kind == Encoding.UNICODE else len(octets)
            bits.put(
                self.fields if self.encoding == Encoding.IS91 and self.fields else count, 8, "NUM_FIELDS"
            )
            bits.put_octets(octets)
        return bits.to_bytes()

    def _put_septets(self, bits: BitWriter, prefix: bytes, *, is_gsm: bool) -> None:
        covered = (len(prefix) * 8 + 6) // 7
        bits.put(covered + len(self.payload), 8, "NUM_FIELDS")
        if is_gsm:
            packed = pack_septets(bytes(covered) + self.payload)
            bits.put_octets(prefix + packed[len(prefix) :])
            return
        bits.put_octets(prefix)
        bits.put(0, covered * 7 - len(prefix) * 8, "fill")
        bits.put_fields(self.payload, 7, "CHARi")

    @staticmethod
    def _prefix(header: bytes) -> bytes:
        if len(header) > 0xFF:
            raise CdmaError("cdma.too-large", field="UDHL", value=len(header))
        return bytes((len(header),)) + header


def _encoded(text: str, encoding: Encoding) -> bytes | None:
    try:
        match encoding:
            case Encoding.ASCII | Encoding.IA5:
                return text.encode("ascii")
            case Encoding.UNICODE:
                return text.encode("utf-16-be")
            case Encoding.GSM7:
                return try_encode_gsm7(text)
            case _ if encoding in _EIGHT_BIT_CODECS:
                return text.encode(_EIGHT_BIT_CODECS[encoding])
            case _:
                return None
    except UnicodeEncodeError:
        return None


def read_user_data(octets: bytes, *, has_header: bool) -> UserData:
    """The sub-parameter without its identifier and length. ``has_header``: HEADER_IND of the message identifier."""
    bits = BitReader(octets)
    encoding = bits.take(5, "MSG_ENCODING")
    message_type = bits.take(8, "MESSAGE_TYPE") if encoding in _TYPED else 0
    count = bits.take(8, "NUM_FIELDS")
    if encoding == Encoding.IS91:
        left = bits.left // 8
        rest = bits.octets(left, "CHARi")
        spare = bits.left
        rest += bytes((bits.take(spare, "CHARi") << 8 - spare,)) if spare else b""
        return UserData(encoding, rest, None, message_type, count)
    kind = UserData(encoding, b"", message_type=message_type).written_in
    if kind in _SEVEN_BITS or kind == Encoding.GSM7:
        return _read_septets(bits, encoding, message_type, count, has_header, is_gsm=kind == Encoding.GSM7)
    body = bits.octets(count * 2 if kind == Encoding.UNICODE else count, "CHARi")
    header, covered = _header_of(body, has_header)
    payload = body[covered:]
    if kind == Encoding.UNICODE and len(payload) % 2:
        payload = payload[:-1]  # the octet that fills up the last field behind a header of odd length
    return UserData(encoding, payload, header, message_type)


def _read_septets(
    bits: BitReader, encoding: int, message_type: int, count: int, has_header: bool, *, is_gsm: bool
) -> UserData:
    length = (count * 7 + 7) // 8
    missing = length * 8 - bits.left
    if count * 7 > bits.left:
        raise CdmaError("cdma.ends-early", field="CHARi")
    # The last septet ends where the octets of the sub-parameter do, which may be within our last octet.
    body = (
        bits.octets(length, "CHARi")
        if missing <= 0
        else (bits.take(bits.left, "CHARi") << missing).to_bytes(length, "big")
    )
    header, covered = _header_of(body, has_header)
    skipped = (covered * 8 + 6) // 7
    if is_gsm:
        septets = unpack_septets(body, count)
    else:
        reader = BitReader(body)
        septets = reader.fields(count, 7, "CHARi")
    return UserData(encoding, septets[skipped:], header, message_type)


def _header_of(body: bytes, has_header: bool) -> tuple[bytes | None, int]:
    """The header and how many octets it takes with its length; none where it does not fit."""
    if not has_header or not body or 1 + body[0] > len(body):
        return None, 0
    return body[1 : 1 + body[0]], 1 + body[0]

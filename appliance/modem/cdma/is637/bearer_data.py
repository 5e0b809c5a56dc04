"""Bearer data: the message itself, as sub-parameters that may come in any order (C.S0015-B §4.5)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from appliance.modem.cdma.is637.address import CdmaAddress, read_address
from appliance.modem.cdma.is637.bits import BitReader, BitWriter
from appliance.modem.cdma.is637.errors import CdmaError
from appliance.modem.cdma.is637.framing import Codec, Unread, framed, number, pieces_in
from appliance.modem.cdma.is637.moment import Moment
from appliance.modem.cdma.is637.user_data import UserData, read_user_data


class MessageType(IntEnum):
    """MESSAGE_TYPE of the message identifier (C.S0015-B, table 4.5.1-1)."""

    RESERVED = 0
    DELIVER = 1
    SUBMIT = 2
    CANCELLATION = 3
    DELIVERY_ACKNOWLEDGEMENT = 4
    USER_ACKNOWLEDGEMENT = 5
    READ_ACKNOWLEDGEMENT = 6
    DELIVER_REPORT = 7
    SUBMIT_REPORT = 8


class Priority(IntEnum):
    NORMAL = 0
    INTERACTIVE = 1
    URGENT = 2
    EMERGENCY = 3


class DisplayMode(IntEnum):
    """How a message is shown (C.S0015-B §4.5.16)."""

    IMMEDIATE = 0
    """At once, and stored nowhere: what GSM calls class 0."""
    DEFAULT = 1
    USER = 2
    RESERVED = 3


class SubParameter(IntEnum):
    """SUBPARAMETER_ID (C.S0015-B, table 4.5-1), of what is read here."""

    MESSAGE_IDENTIFIER = 0
    USER_DATA = 1
    USER_RESPONSE_CODE = 2
    MESSAGE_CENTRE_TIME_STAMP = 3
    VALIDITY_ABSOLUTE = 4
    VALIDITY_RELATIVE = 5
    DEFERRED_ABSOLUTE = 6
    DEFERRED_RELATIVE = 7
    PRIORITY = 8
    PRIVACY = 9
    REPLY_OPTION = 10
    NUMBER_OF_MESSAGES = 11
    ALERT_ON_DELIVERY = 12
    LANGUAGE = 13
    CALL_BACK_NUMBER = 14
    DISPLAY_MODE = 15
    DEPOSIT_INDEX = 17
    MESSAGE_STATUS = 20


@dataclass(frozen=True, slots=True)
class ReplyOption:
    """Which acknowledgements the sender asks for (C.S0015-B §4.5.11)."""

    user: bool = False
    delivery: bool = False
    read: bool = False
    report: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """How a message fared (C.S0015-B §4.5.21)."""

    error_class: int
    """0 no error, 2 temporary, 3 permanent; 1 is reserved."""
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BearerData:
    """The sub-parameters of one message; None: not sent."""

    message_type: int = MessageType.RESERVED
    message_id: int | None = None
    """0–65535. An acknowledgement has that of the message that it is about."""
    user_data: UserData | None = None
    user_response_code: int | None = None
    time_stamp: Moment | None = None
    validity_absolute: Moment | None = None
    validity_relative: int | None = None
    deferred_absolute: Moment | None = None
    deferred_relative: int | None = None
    priority: int | None = None
    privacy: int | None = None
    reply_option: ReplyOption | None = None
    number_of_messages: int | None = None
    """Of voice mail, 0–99."""
    alert: int | None = None
    language: int | None = None
    """1 English, 6 Chinese (C.R1001, table 9.2-1)."""
    call_back: CdmaAddress | None = None
    display_mode: int | None = None
    deposit_index: int | None = None
    status: Status | None = None
    unread: tuple[Unread, ...] = ()

    def to_bytes(self) -> bytes:
        """All that is there, by identifier; what was not read comes last. CdmaError for a value that has no place."""
        pieces = [(SubParameter.MESSAGE_IDENTIFIER, self._message_identifier())]
        if self.user_data is not None:
            pieces.append((SubParameter.USER_DATA, self.user_data.to_bytes()))
        for identifier, codec in _CODECS.items():
            value = getattr(self, codec.name)
            if value is not None:
                pieces.append((identifier, codec.write(value)))
        written = b"".join(
            framed(identifier, data, length_field="SUBPARAM_LEN")
            for identifier, data in pieces
            if data is not None
        )
        return written + b"".join(
            framed(each.identifier, each.data, length_field="SUBPARAM_LEN") for each in self.unread
        )

    def _message_identifier(self) -> bytes | None:
        if self.message_id is None:
            return None
        bits = BitWriter()
        bits.put(self.message_type, 4, "MESSAGE_TYPE")
        bits.put(self.message_id, 16, "MESSAGE_ID")
        bits.put(self.user_data is not None and self.user_data.header is not None, 1, "HEADER_IND")
        bits.put(0, 3, "RESERVED")
        return bits.to_bytes()


# -- one codec for each sub-parameter ---------------------------------------------------------------------------


def _moment(name: str) -> Codec:
    return Codec(name, Moment, lambda moment: bytes(moment.octets))


def _read_reply_option(octets: bytes) -> ReplyOption:
    bits = BitReader(octets)
    return ReplyOption(*[bool(bits.take(1, "REPLY_OPTION")) for _ in range(4)])


def _write_reply_option(option: ReplyOption) -> bytes:
    bits = BitWriter()
    for asked in (option.user, option.delivery, option.read, option.report):
        bits.put(asked, 1, "REPLY_OPTION")
    return bits.to_bytes()


def _read_two_digits(octets: bytes) -> int:
    digits = octets[:1].hex()
    if not digits.isdecimal():
        raise CdmaError("cdma.ends-early", field="NUM_MESSAGES")
    return int(digits)


def _write_two_digits(value: int) -> bytes:
    if not 0 <= value <= 99:
        raise CdmaError("cdma.too-large", field="NUM_MESSAGES", value=value)
    return bytes.fromhex(f"{value:02d}")


def _write_call_back(number: CdmaAddress) -> bytes:
    bits = BitWriter()
    number.write(bits, with_mode=False)
    return bits.to_bytes()


def _read_status(octets: bytes) -> Status:
    bits = BitReader(octets)
    return Status(bits.take(2, "ERROR_CLASS"), bits.take(6, "MSG_STATUS_CODE"))


def _write_status(status: Status) -> bytes:
    bits = BitWriter()
    bits.put(status.error_class, 2, "ERROR_CLASS")
    bits.put(status.code, 6, "MSG_STATUS_CODE")
    return bits.to_bytes()


_CODECS: dict[SubParameter, Codec] = {
    SubParameter.USER_RESPONSE_CODE: number("user_response_code", 8),
    SubParameter.MESSAGE_CENTRE_TIME_STAMP: _moment("time_stamp"),
    SubParameter.VALIDITY_ABSOLUTE: _moment("validity_absolute"),
    SubParameter.VALIDITY_RELATIVE: number("validity_relative", 8),
    SubParameter.DEFERRED_ABSOLUTE: _moment("deferred_absolute"),
    SubParameter.DEFERRED_RELATIVE: number("deferred_relative", 8),
    SubParameter.PRIORITY: number("priority", 2),
    SubParameter.PRIVACY: number("privacy", 2),
    SubParameter.REPLY_OPTION: Codec("reply_option", _read_reply_option, _write_reply_option),
    SubParameter.NUMBER_OF_MESSAGES: Codec("number_of_messages", _read_two_digits, _write_two_digits),
    SubParameter.ALERT_ON_DELIVERY: number("alert", 2),
    SubParameter.LANGUAGE: number("language", 8),
    SubParameter.CALL_BACK_NUMBER: Codec(
        "call_back", lambda octets: read_address(BitReader(octets), with_mode=False), _write_call_back
    ),
    SubParameter.DISPLAY_MODE: number("display_mode", 2),
    SubParameter.DEPOSIT_INDEX: number("deposit_index", 16),
    SubParameter.MESSAGE_STATUS: Codec("status", _read_status, _write_status),
}


# -- reading ----------------------------------------------------------------------------------------------------


def read_bearer_data(octets: bytes) -> BearerData:
    """The sub-parameters in ``octets``. A damaged one is kept unread; CdmaError where one does not end within them."""
    found: dict[str, Any] = {}
    unread: list[Unread] = []
    pieces = list(pieces_in(octets, id_field="SUBPARAMETER_ID"))
    has_header = any(
        piece.identifier == SubParameter.MESSAGE_IDENTIFIER and len(piece.data) >= 3 and piece.data[2] & 0x08
        for piece in pieces
    )
    for piece in pieces:
        try:
            values = _read(piece, has_header=has_header)
        except CdmaError:
            values = {}
        if not values or values.keys() & found.keys():
            unread.append(piece)
        else:
            found.update(values)
    return BearerData(**found, unread=tuple(unread))


def _read(piece: Unread, *, has_header: bool) -> dict[str, Any]:
    """What a sub-parameter says; nothing where it is none that is read here."""
    if piece.identifier == SubParameter.MESSAGE_IDENTIFIER:
        bits = BitReader(piece.data)
        message_type = bits.take(4, "MESSAGE_TYPE")
        return {"message_type": message_type, "message_id": bits.take(16, "MESSAGE_ID")}
    if piece.identifier == SubParameter.USER_DATA:
        return {"user_data": read_user_data(piece.data, has_header=has_header)}
    codec = _BY_NUMBER.get(piece.identifier)
    return {} if codec is None else {codec.name: codec.read(piece.data)}


_BY_NUMBER: dict[int, Codec] = {int(identifier): codec for identifier, codec in _CODECS.items()}

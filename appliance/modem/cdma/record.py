"""What a CDMA modem gave, as it is stored and read again: one string for each message or report.

``cdma:`` and the packet in hexadecimal, of a modem in PDU mode; or ``cdma:`` and a JSON object of what the header
and the text said, of one in text mode. Whether a message was read before is not part of it, so that a second
reading gives the same record.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.modem.cdma.is637 import (
    BearerData,
    CdmaError,
    DisplayMode,
    Encoding,
    MessageType,
    Moment,
    Status,
    Teleservice,
    TransportMessage,
    decode_packet,
)
from appliance.modem.cdma.is637 import UserData as CdmaUserData
from appliance.modem.sms import Alphabet, UserData

PREFIX = "cdma:"

DELIVERED = Status(0, 2)


class ArrivalKind(StrEnum):
    """What came."""

    TEXT = "text"
    FLASH = "flash"
    BINARY = "binary"
    VOICEMAIL = "voicemail"
    """Something waits: voice mail, or someone who wants to be called back."""
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message or report, whichever way the modem told it."""

    kind: ArrivalKind
    sender: str
    """Of a report: the recipient of the message that it is about."""
    stamp: Moment | None
    user_data: UserData | None
    """The text or data as that of a TPDU, so that parts are joined in one way; None for a report."""
    reference: int | None = None
    """Of a report: MESSAGE_ID of its message; None where text mode does not tell."""
    status: Status | None = None
    """Of a report; None: delivered, as an acknowledgement without a status says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What text mode told."""

    kind: ArrivalKind
    sender: str
    stamp: str = ""
    """Twelve digits YYMMDDhhmmss; empty where none came."""
    text: str = ""
    data: str = ""
    """Hexadecimal, of what is no text."""
    reference: int | None = None
    status: tuple[int, int] | None = None
    """ERROR_CLASS and MSG_STATUS_CODE."""

    def to_record(self) -> str:
        """The record."""
        said = {
            "kind": self.kind.value,
            "from": self.sender,
            "at": self.stamp,
            "text": self.text,
            "data": self.data,
            "reference": self.reference,
            "status": None if self.status is None else list(self.status),
        }
        return PREFIX + json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def packet_record(packet: str) -> str:
    """The record of a packet in hexadecimal."""
    return PREFIX + packet.upper()


def is_record(pdu: str) -> bool:
    """Whether a stored PDU is a record of a CDMA modem."""
    return pdu.startswith(PREFIX)


def read_record(record: str) -> Arrival:
    """What a record says. CdmaError where that is no message that arrives."""
    said = record.removeprefix(PREFIX)
    return _told(said) if said.startswith("{") else _of_packet(decode_packet(said))


# -- text mode --------------------------------------------------------------------------------------------------


def _told(said: str) -> Arrival:
    try:
        fields: dict[str, Any] = json.loads(said)
        kind = ArrivalKind(fields["kind"])
        data, text = bytes.fromhex(fields["data"]), str(fields["text"])
        stamp = Moment(bytes.fromhex(fields["at"])) if fields["at"] else None
        status = None if fields["status"] is None else Status(*fields["status"])
    except (ValueError, KeyError, TypeError):
        raise CdmaError("cdma.not-hex") from None
    if kind is ArrivalKind.REPORT:
        user_data = None
    elif kind is ArrivalKind.BINARY:
        user_data = UserData.from_data(data)
    else:
        user_data = _as_ucs2(text)
    return Arrival(
        kind=kind,
        sender=str(fields["from"]),
        stamp=stamp,
        user_data=user_data,
        reference=fields["reference"],
        status=status,
    )


def _as_ucs2(text: str, header: bytes | None = None) -> UserData:
    return UserData(text.encode("utf-16-be", "surrogatepass"), Alphabet.UCS2, header)


# -- PDU mode ---------------------------------------------------------------------------------------------------

_ACKNOWLEDGEMENTS = frozenset(
    {
        MessageType.DELIVERY_ACKNOWLEDGEMENT,
        MessageType.USER_ACKNOWLEDGEMENT,
        MessageType.READ_ACKNOWLEDGEMENT,
    }
)
_WAITING = frozenset({Teleservice.VOICE_MAIL, Teleservice.PAGING})


def _of_packet(message: TransportMessage) -> Arrival:
    bearer = message.bearer_data
    if bearer is None:
        raise CdmaError("cdma.ends-early", field="BEARER_DATA")
    sender = str(message.originating or message.destination or bearer.call_back or "")
    if bearer.message_type in _ACKNOWLEDGEMENTS:
        return Arrival(
            kind=ArrivalKind.REPORT,
            sender=sender,
            stamp=bearer.time_stamp,
            user_data=None,
            reference=bearer.message_id,
            status=bearer.status,
        )
    return Arrival(
        kind=_kind(message, bearer),
        sender=sender,
        stamp=bearer.time_stamp,
        user_data=_as_ucs2("") if bearer.user_data is None else _as_of_tpdu(bearer.user_data),
    )


def _kind(message: TransportMessage, bearer: BearerData) -> ArrivalKind:
    if message.teleservice in _WAITING:
        return ArrivalKind.VOICEMAIL
    if bearer.user_data is not None and not bearer.user_data.is_text:
        return ArrivalKind.BINARY
    return ArrivalKind.FLASH if bearer.display_mode == DisplayMode.IMMEDIATE else ArrivalKind.TEXT


def _as_of_tpdu(user_data: CdmaUserData) -> UserData:
    """The same in an alphabet of TPDUs; what has none of its own becomes UCS-2."""
    match user_data.written_in:
        case Encoding.GSM7:
            return UserData(user_data.payload, Alphabet.GSM7, user_data.header)
        case Encoding.UNICODE:
            return UserData(user_data.payload, Alphabet.UCS2, user_data.header)
        case _ if user_data.is_text:
            return _as_ucs2(user_data.text, user_data.header)
        case _:
            return UserData(user_data.payload, Alphabet.DATA8, user_data.header)

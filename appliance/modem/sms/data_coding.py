"""TP-DCS, the data coding scheme: what the user data is and what is to be done with it (TS 23.038 §4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .errors import TpduError


class Alphabet(Enum):
    """How user data is to be read. UCS2 is UTF-16 in truth: characters outside the BMP come as surrogate pairs."""

    GSM7 = "gsm7"
    DATA8 = "data8"
    UCS2 = "ucs2"


class CodingGroup(Enum):
    """The coding groups of TS 23.038 §4 (bits 7..4 of the octet)."""

    GENERAL = "general"
    AUTOMATIC_DELETION = "marked for automatic deletion"
    RESERVED = "reserved"
    WAITING_DISCARD = "message waiting, discard"
    WAITING_STORE = "message waiting, store"
    WAITING_STORE_UCS2 = "message waiting, store, UCS2"
    DATA_CODING_CLASS = "data coding and message class"


class WaitingKind(Enum):
    """What is waiting, in the message waiting groups (bits 1..0)."""

    VOICEMAIL = "voicemail"
    FAX = "fax"
    EMAIL = "email"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class MessageWaiting:
    """An indication that something waits (``active``) or waits no more."""

    kind: WaitingKind
    active: bool


@dataclass(frozen=True, slots=True)
class DataCoding:
    """The meaning of one value of TP-DCS.

    ``message_class``: 0 immediate display (flash), 1 ME, 2 SIM, 3 TE; None without one.
    """

    octet: int
    group: CodingGroup
    alphabet: Alphabet
    compressed: bool = False
    message_class: int | None = None
    waiting: MessageWaiting | None = None

    @property
    def is_text(self) -> bool:
        """Whether the user data can be read as text here (compression of TS 23.042 is not undone)."""
        return self.alphabet is not Alphabet.DATA8 and not self.compressed


# The fourth value is reserved, and "any reserved codings shall be assumed to be the GSM 7 bit default alphabet".
_ALPHABETS = (Alphabet.GSM7, Alphabet.DATA8, Alphabet.UCS2, Alphabet.GSM7)
_WAITING_KINDS = tuple(WaitingKind)
_WAITING_GROUPS = {
    0xC0: (CodingGroup.WAITING_DISCARD, Alphabet.GSM7),
    0xD0: (CodingGroup.WAITING_STORE, Alphabet.GSM7),
    0xE0: (CodingGroup.WAITING_STORE_UCS2, Alphabet.UCS2),
}


def _read(octet: int) -> DataCoding:
    if octet < 0x80:
        return DataCoding(
            octet,
            CodingGroup.AUTOMATIC_DELETION if octet & 0x40 else CodingGroup.GENERAL,
            _ALPHABETS[octet >> 2 & 0x03],
            compressed=bool(octet & 0x20),
            message_class=octet & 0x03 if octet & 0x10 else None,
        )
    if octet < 0xC0:
        return DataCoding(octet, CodingGroup.RESERVED, Alphabet.GSM7)
    if octet >= 0xF0:
        alphabet = Alphabet.DATA8 if octet & 0x04 else Alphabet.GSM7
        return DataCoding(octet, CodingGroup.DATA_CODING_CLASS, alphabet, message_class=octet & 0x03)
    group, alphabet = _WAITING_GROUPS[octet & 0xF0]
    waiting = MessageWaiting(_WAITING_KINDS[octet & 0x03], active=bool(octet & 0x08))
    return DataCoding(octet, group, alphabet, waiting=waiting)


_DATA_CODINGS = tuple(_read(octet) for octet in range(256))


def data_coding(octet: int) -> DataCoding:
    """What ``octet`` means as TP-DCS. Every octet has a meaning; TpduError for a number that is none."""
    if not 0 <= octet <= 255:
        raise TpduError("pdu.not_an_octet", values=octet)
    return _DATA_CODINGS[octet]


_GENERAL = {Alphabet.GSM7: 0x00, Alphabet.DATA8: 0x04, Alphabet.UCS2: 0x08}


def general_dcs(alphabet: Alphabet, message_class: int | None = None) -> int:
    """The octet of the general group for uncompressed user data in ``alphabet``."""
    octet = _GENERAL[alphabet]
    return octet if message_class is None else octet | 0x10 | message_class

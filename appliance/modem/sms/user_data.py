"""TP-UD: a header of information elements, and text or data (TS 23.040 §9.2.3.24)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from appliance.values import value

from .data_coding import Alphabet, DataCoding
from .errors import TpduError
from .gsm7 import Gsm7Tables, decode_gsm7, encode_gsm7, gsm7_tables
from .reader import OctetReader, octets_of
from .septets import pack_septets, unpack_septets

MAX_OCTETS = 140
"""Octets of TP-UD, header included (§9.2.3.24)."""

IE_CONCATENATION_8 = 0x00
IE_PORTS_8 = 0x04
IE_PORTS_16 = 0x05
IE_CONCATENATION_16 = 0x08
IE_SINGLE_SHIFT = 0x24
IE_LOCKING_SHIFT = 0x25


@dataclass(frozen=True, slots=True)
class InformationElement:
    """One element of a user data header, known or not."""

    identifier: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Part ``number`` (from 1) of ``total`` under ``reference``, which has ``bits`` 8 or 16 (§9.2.3.24.1, .8)."""

    reference: int
    total: int
    number: int
    bits: int = 8

    def element(self) -> InformationElement:
        """The information element that says this."""
        if not (0 <= self.reference < 1 << self.bits and 1 <= self.number <= self.total <= 255):
            raise TpduError(
                "concatenation.range", reference=self.reference, total=self.total, number=self.number
            )
        place = bytes((self.total, self.number))
        if self.bits == 8:
            return InformationElement(IE_CONCATENATION_8, bytes((self.reference,)) + place)
        return InformationElement(IE_CONCATENATION_16, self.reference.to_bytes(2, "big") + place)


@dataclass(frozen=True, slots=True)
class Ports:
    """Application ports (§9.2.3.24.3, .4): for instance 2948 for WAP push."""

    destination: int
    source: int

    def element(self) -> InformationElement:
        """The information element with 16-bit ports."""
        if not (0 <= self.destination <= 0xFFFF and 0 <= self.source <= 0xFFFF):
            raise TpduError("ports.range", destination=self.destination, source=self.source)
        ports = self.destination << 16 | self.source
        return InformationElement(IE_PORTS_16, ports.to_bytes(4, "big"))


@lru_cache(maxsize=512)
def _elements(header: bytes) -> tuple[InformationElement, ...] | None:
    """The elements of ``header``, or None where they do not fill it exactly."""
    elements: list[InformationElement] = []
    at = 0
    while at < len(header):
        if at + 1 == len(header):
            return None
        end = at + 2 + header[at + 1]
        if end > len(header):
            return None
        elements.append(InformationElement(header[at], header[at + 2 : end]))
        at = end
    return tuple(elements)


def header_octets(elements: Sequence[InformationElement]) -> bytes | None:
    """``elements`` as the octets of a header after its length; None for no header at all."""
    if not elements:
        return None
    return b"".join(octets_of(ie.identifier, len(ie.data)) + ie.data for ie in elements)


@value
class UserData:
    """Header and payload. The payload of GSM-7 text has one septet in each octet; other payloads are as sent.

    ``header`` is the octets of the user data header after its length, None where there is none.
    ``alphabet`` is what TP-DCS says; DATA8 also where the text is compressed, which is not undone here.
    """

    payload: bytes
    alphabet: Alphabet = Alphabet.GSM7
    header: bytes | None = None

    @classmethod
    def from_text(
        cls,
        text: str,
        alphabet: Alphabet,
        elements: Sequence[InformationElement] = (),
    ) -> UserData:
        """``text`` under a header of ``elements``, whose national shift tables (0x24, 0x25) are obeyed.

        TpduError where the alphabet lacks a character or a surrogate stands alone.
        """
        header = header_octets(elements)
        if alphabet is Alphabet.GSM7:
            return cls(encode_gsm7(text, _tables(tuple(elements))), alphabet, header)
        if alphabet is Alphabet.UCS2:
            return cls(encode_ucs2(text), alphabet, header)
        raise TpduError("text.is_data")

    @classmethod
    def from_data(cls, data: bytes, elements: Sequence[InformationElement] = ()) -> UserData:
        """8-bit data under a header of ``elements``."""
        return cls(data, Alphabet.DATA8, header_octets(elements))

    @property
    def elements(self) -> tuple[InformationElement, ...]:
        """The information elements; none of them where one does not fit, as §9.2.3.24 has it."""
        return (_elements(self.header) or ()) if self.header else ()

    @property
    def header_damaged(self) -> bool:
        """Whether the header is there but its elements do not fill it exactly."""
        return self.header is not None and _elements(self.header) is None

    @property
    def is_text(self) -> bool:
        """Whether :attr:`text` means something."""
        return self.alphabet is not Alphabet.DATA8

    @property
    def text(self) -> str:
        """The text of this part alone; empty for 8-bit and compressed data."""
        return _decode(self.payload, self.alphabet, self.elements)

    @property
    def data(self) -> bytes:
        """The octets of 8-bit (or compressed) data; empty for text."""
        return b"" if self.is_text else self.payload

    @property
    def concatenation(self) -> Concatenation | None:
        """Which part of how many; None for a message of one part or a value that makes no sense.

        Of several elements the last one counts (§9.2.3.24).
        """
        found: Concatenation | None = None
        for element in self.elements if self.header else ():
            match element.identifier, tuple(element.data):
                case 0x00, (reference, total, number) if 0 < number <= total:
                    found = Concatenation(reference, total, number, 8)
                case 0x08, (high, low, total, number) if 0 < number <= total:
                    found = Concatenation(high << 8 | low, total, number, 16)
        return found

    @property
    def ports(self) -> Ports | None:
        """Application ports, if addressed to one; of several elements the last one counts."""
        found: Ports | None = None
        for element in self.elements if self.header else ():
            match element.identifier, tuple(element.data):
                case 0x04, (destination, source):
                    found = Ports(destination, source)
                case 0x05, (dest_high, dest_low, source_high, source_low):
                    found = Ports(dest_high << 8 | dest_low, source_high << 8 | source_low)
        return found

    def to_bytes(self) -> bytes:
        """TP-UDL and TP-UD. TpduError above 140 octets."""
        prefix = b"" if self.header is None else self._prefix(self.header)
        if self.alphabet is Alphabet.GSM7:
            if not self.payload.isascii():
                raise TpduError("user_data.no_septets")
            # The text begins at the next septet boundary: as many septets as the header covers, wholly or in
            # part, are packed as zeros, and the header is laid over them (§9.2.3.24, fill bits).
            covered = (len(prefix) * 8 + 6) // 7
            length = covered + len(self.payload)
            packed = pack_septets(bytes(covered) + self.payload)
            octets = prefix + packed[len(prefix) :]
        else:
            octets = prefix + self.payload
            length = len(octets)
        if len(octets) > MAX_OCTETS:
            raise TpduError("user_data.too_long", limit=MAX_OCTETS, octets=len(octets))
        return bytes((length,)) + octets

    @staticmethod
    def _prefix(header: bytes) -> bytes:
        if len(header) >= MAX_OCTETS:
            raise TpduError("user_data.too_long", limit=MAX_OCTETS, octets=len(header))
        return bytes((len(header),)) + header


def encode_ucs2(text: str) -> bytes:
    """UTF-16, big end first. TpduError where a surrogate stands alone."""
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise TpduError("text.lone_surrogate") from None


def read_user_data(reader: OctetReader, coding: DataCoding, *, has_header: bool) -> UserData:
    """TP-UDL and TP-UD as ``coding`` (TP-DCS) and ``has_header`` (TP-UDHI) say."""
    length = reader.octet("TP-UDL")
    septets = coding.alphabet is Alphabet.GSM7 and not coding.compressed
    octets = reader.take((length * 7 + 7) // 8 if septets else length, "TP-UD")
    if len(octets) > MAX_OCTETS:
        raise TpduError("user_data.too_long", limit=MAX_OCTETS, octets=len(octets))
    header, covered = None, 0
    if has_header:
        covered = 1 + octets[0] if octets else 1
        if covered > len(octets):
            raise TpduError("user_data.header_too_long")
        header = octets[1:covered]
    if septets:
        payload = unpack_septets(octets, length)[(covered * 8 + 6) // 7 :]
        return UserData(payload, Alphabet.GSM7, header)
    return UserData(octets[covered:], coding.alphabet if coding.is_text else Alphabet.DATA8, header)


def join_text(parts: Sequence[UserData]) -> str:
    """The text of ``parts`` in the given order. Octets are joined before they are decoded.

    So a surrogate pair or an escape sequence that a bad sender split comes out whole. 8-bit parts add nothing.
    """
    texts: list[str] = []
    run: list[UserData] = []
    for part in parts:
        if run and not _continues(run[-1], part):
            texts.append(_join_run(run))
            run = []
        run.append(part)
    if run:
        texts.append(_join_run(run))
    return "".join(texts)


def _continues(before: UserData, after: UserData) -> bool:
    return before.alphabet is after.alphabet and (
        before.alphabet is not Alphabet.GSM7 or _tables(before.elements) is _tables(after.elements)
    )


def _join_run(run: Sequence[UserData]) -> str:
    return _decode(b"".join(part.payload for part in run), run[0].alphabet, run[0].elements)


def _decode(payload: bytes, alphabet: Alphabet, elements: Sequence[InformationElement]) -> str:
    match alphabet:
        case Alphabet.GSM7:
            return decode_gsm7(payload, _tables(elements))
        case Alphabet.UCS2:
            return payload.decode("utf-16-be", "replace")
        case Alphabet.DATA8:
            return ""


def _tables(elements: Sequence[InformationElement]) -> Gsm7Tables:
    """The tables that the national language elements of a header choose (§9.2.3.24.15, .16)."""
    single = locking = 0
    for element in elements:
        if element.identifier == IE_SINGLE_SHIFT and len(element.data) == 1:
            single = element.data[0]
        elif element.identifier == IE_LOCKING_SHIFT and len(element.data) == 1:
            locking = element.data[0]
    return gsm7_tables(locking, single)

"""A TPDU behind its SMSC prefix, as AT commands carry it in PDU mode (TS 27.005 §3.1, <pdu>)."""

from __future__ import annotations

from appliance.values import value

from .address import Address, read_smsc_prefix
from .decoding import Direction, decode_tpdu
from .errors import TpduError
from .reader import OctetReader
from .tpdu import Tpdu


@value
class Pdu:
    """What +CMGR, +CMGL, +CMT and +CDS carry. ``smsc`` is None where the prefix names none.

    ``tpdu_length`` counts the octets after the prefix: the <length> of these responses.
    """

    smsc: Address | None
    tpdu: Tpdu
    tpdu_length: int


@value
class EncodedPdu:
    """What AT+CMGS wants: upper-case hex with the SMSC prefix, and the octets of the TPDU alone as <length>."""

    hex: str
    tpdu_length: int


def octets_of_hex(text: str) -> bytes:
    """Octets of hexadecimal ``text``; white space is ignored. TpduError for anything else."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    digits = "".join(text.split())
    if len(digits) % 2 and digits.isascii() and digits.isalnum():
        raise TpduError("pdu.odd_hex", digits=len(digits))
    raise TpduError("pdu.not_hex")


def decode_pdu(pdu: bytes | str, direction: Direction) -> Pdu:
    """``pdu`` (octets, or hex as a modem writes it). :class:`TpduError` where it is none; no other exception."""
    reader = OctetReader(octets_of_hex(pdu) if isinstance(pdu, str) else pdu)
    smsc = read_smsc_prefix(reader)
    octets = reader.rest()
    return Pdu(smsc, decode_tpdu(octets, direction), len(octets))


def encode_pdu(tpdu: Tpdu, smsc: Address | None = None) -> EncodedPdu:
    """``tpdu`` with its SMSC prefix; without ``smsc`` the modem takes the one that it was set to (AT+CSCA)."""
    octets = tpdu.to_bytes()
    prefix = b"\x00" if smsc is None else smsc.to_smsc_prefix()
    return EncodedPdu((prefix + octets).hex().upper(), len(octets))

"""The TE character set of +CSCS (27.007 clause 5.5): how strings and text bodies travel between modem and terminal.

Wire strings are `str` with one character an octet (Latin-1), as the rest of the AT line has them.
"""

from enum import StrEnum

from appliance.modem.sms.gsm7 import decode_gsm7, try_encode_gsm7


class TeCharset(StrEnum):
    """The sets that the bank's modems know."""

    GSM = "GSM"
    IRA = "IRA"
    UCS2 = "UCS2"
    HEX = "HEX"
    LATIN1 = "8859-1"


def to_te(text: str, charset: TeCharset) -> str:
    """`text` as the terminal gets it; what the set has no place for becomes '?'."""
    match charset:
        case TeCharset.UCS2:
            return text.encode("utf-16-be", "surrogatepass").hex().upper()
        case TeCharset.HEX:
            return _gsm_octets(text).hex().upper()
        case TeCharset.GSM:
            return _gsm_octets(text).decode("latin-1")
        case TeCharset.IRA:
            return text.encode("ascii", "replace").decode("ascii")
        case TeCharset.LATIN1:
            return text.encode("latin-1", "replace").decode("latin-1")


def from_te(octets: bytes, charset: TeCharset) -> str:
    """What the terminal wrote, as text. ValueError when it is not of that set."""
    match charset:
        case TeCharset.UCS2:
            return bytes.fromhex(octets.decode("ascii")).decode("utf-16-be", "surrogatepass")
        case TeCharset.HEX:
            return decode_gsm7(bytes(octet & 0x7F for octet in bytes.fromhex(octets.decode("ascii"))))
        case TeCharset.GSM:
            return decode_gsm7(bytes(octet & 0x7F for octet in octets))
        case TeCharset.IRA:
            return octets.decode("ascii", "replace").replace("�", "?")
        case TeCharset.LATIN1:
            return octets.decode("latin-1")


def _gsm_octets(text: str) -> bytes:
    return b"".join(try_encode_gsm7(character) or b"?" for character in text)

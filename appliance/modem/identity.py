"""Who a modem and its SIM are: IMEI, ICCID, IMSI, own number, out of what modems answer."""

from __future__ import annotations

import re

from appliance.modem.at.syntax import payload, values

_DIGITS = re.compile(r"(?<![0-9A-Fa-f])[0-9]{14,17}(?![0-9A-Fa-f])")
_ICCID = re.compile(r"(?<![0-9A-Za-z])[0-9]{5}[0-9A-Fa-f]{13,17}(?![0-9A-Za-z])")
_IMSI = re.compile(r"(?<![0-9])[0-9]{6,15}(?![0-9])")

_MEID = re.compile(r"(?<![0-9A-Za-z])(?:0x)?([A-Fa-f][0-9A-Fa-f]{13})[0-9A-Fa-f]?(?![0-9A-Za-z])")
_ESN = re.compile(r"(?<![0-9A-Za-z])(?:0x)?([0-9A-Fa-f]{8})(?![0-9A-Za-z])")

_UCS2_HEX = re.compile(r"(?:[0-9A-Fa-f]{4}){2,}")
_LABEL = re.compile(r"^(\+[A-Z]+|manufacturer|model|revision) *: *", re.IGNORECASE)

MAX_NAME = 100
"""Characters that are kept of a name; some modems say thousands."""

READ_EF_ICCID = "AT+CRSM=176,12258,0,0,10"
"""READ BINARY of EF-ICCID (0x2FE2), ten octets (TS 27.007 §8.18, TS 31.102)."""


def words_in(text: str) -> str | None:
    """What ``AT+CGMI``, ``+CGMM``, ``+CGMR`` answered, without the label that some firmware puts before it; cut."""
    return _LABEL.sub("", text).strip('" ')[:MAX_NAME] or None


def is_luhn_valid(digits: str) -> bool:
    """The check digit of TS 23.003 annex B."""
    doubled = (int(d) * (1 + index % 2) for index, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def imei_in(text: str) -> str | None:
    """A 15-digit number with a valid check digit in what ``AT+CGSN`` answered."""
    found = _DIGITS.search(text)
    if found is None or len(found[0]) != 15 or not is_luhn_valid(found[0]) or not int(found[0]):
        return None
    return found[0]


def meid_in(text: str) -> str | None:
    """14 hexadecimal digits, the first from A on so that it is no IMEI (3GPP2 S.R0048); a check digit may follow."""
    found = _MEID.search(text)
    return None if found is None else found[1].upper()


def esn_in(text: str) -> str | None:
    """8 hexadecimal digits, as in ``0x80ABCDEF``; not those that begin an MEID."""
    found = _ESN.search(text)
    return None if found is None else found[1].upper()


def iccid_in(text: str) -> str | None:
    """The card number in an answer: 18–20 digits (some carriers use A–F too), without padding.

    Some firmware gives the octets as they are on the card, nibbles swapped: every ICCID begins with 89 (E.118).
    """
    found = _ICCID.search(payload(text))
    if found is None:
        return None
    digits = found[0].upper()
    if digits.startswith("98") and not digits.startswith("89"):
        digits = _swapped(digits)
    digits = digits.rstrip("F")
    return digits if 18 <= len(digits) <= 20 else None


def is_same_card(one: str, other: str) -> bool:
    """Some commands leave out the check digit of E.118 that another one, or the card, has."""
    return one == other or (
        abs(len(one) - len(other)) == 1 and (one.startswith(other) or other.startswith(one))
    )


def iccid_on_card(line: str) -> str | None:
    """The card number in ``+CRSM: 144,0,"98684..."``: status words 0x90 0x00, nibbles swapped, padded with F."""
    fields = values(line)
    if len(fields) < 3 or fields[0] != "144":
        return None
    return iccid_in(_swapped(fields[2]))


def _swapped(digits: str) -> str:
    return "".join(digits[index : index + 2][::-1] for index in range(0, len(digits), 2))


def imsi_in(text: str) -> str | None:
    """6–15 digits (TS 23.003 §2.2) in what ``AT+CIMI`` answered."""
    found = _IMSI.search(payload(text))
    return None if found is None else found[0]


def number_in(fields: list[str]) -> str | None:
    """A number and its type of address (145: international) as text with '+'; None where it is empty."""
    digits = _readable(fields[0]).strip() if fields else ""
    if not digits:
        return None
    international = len(fields) > 1 and fields[1] == "145" and digits[0] != "+"
    return f"+{digits}" if international else digits


def _readable(text: str) -> str:
    """A text, which a modem that was left in UCS2 (``+CSCS``) gives as hexadecimal digits; a number stays one."""
    if not _UCS2_HEX.fullmatch(text) or (text.isdigit() and not text.startswith("00")):
        return text
    read = bytes.fromhex(text).decode("utf-16-be", "replace")
    return read if read.isprintable() and "\ufffd" not in read else text


def own_number_in(lines: list[str]) -> str | None:
    """The first number in ``+CNUM: [<alpha>],<number>,<type>…`` lines (TS 27.007 §7.1)."""
    return next((own for line in lines if (own := number_in(values(line)[1:3])) is not None), None)


def operator_in(line: str) -> str | None:
    """The third field of ``+COPS: <mode>,<format>,<oper>[,<AcT>]`` (TS 27.007 §7.3), cut where it is too long."""
    fields = values(line)
    return _readable(fields[2])[:MAX_NAME] or None if len(fields) > 2 else None

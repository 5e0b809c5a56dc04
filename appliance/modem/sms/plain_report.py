"""A delivery report as nearly all are, read without a value for each of its fields."""

from __future__ import annotations

from appliance.values import value

from .semi_octets import SWAP_HALVES
from .timestamp import OCTETS as TIMESTAMP_OCTETS
from .tpdu import MTI_STATUS_REPORT

_INTERNATIONAL = 0x91
"""Type of address of a number in E.164 (TS 23.040 §9.1.2.5)."""

_AFTER_RECIPIENT = 2 * TIMESTAMP_OCTETS + 1
"""TP-SCTS, TP-DT, TP-ST."""


@value
class PlainReport:
    """What an SMS-STATUS-REPORT says (§9.2.2.3); the instants are the octets of a ``Timestamp``."""

    message_reference: int
    recipient: str
    timestamp: bytes
    discharge_time: bytes
    status: int


def read_plain_report(pdu: str) -> PlainReport | None:
    """``pdu`` (hexadecimal, SMSC prefix included) as :func:`decode_pdu` reads it from a network.

    None where it is anything else, damaged or has optional fields: then :func:`decode_pdu` tells what it is.
    """
    try:
        octets = bytes.fromhex(pdu)
        at = octets[0] + 1
        count = octets[at + 2]
        if octets[at] & 0x03 != MTI_STATUS_REPORT or octets[at + 3] != _INTERNATIONAL:
            return None
    except (ValueError, IndexError):
        return None
    begun, end = at + 4, at + 4 + (count + 1) // 2
    if len(octets) != end + _AFTER_RECIPIENT:
        return None
    digits = octets[begun:end].translate(SWAP_HALVES).hex()[:count]
    if not digits.isdecimal():
        return None
    discharged = end + TIMESTAMP_OCTETS
    return PlainReport(
        octets[at + 1],
        "+" + digits,
        octets[end:discharged],
        octets[discharged : discharged + TIMESTAMP_OCTETS],
        octets[-1],
    )

"""A message of one part as it goes to a modem, all but its destination: many are the same text to many people."""

from __future__ import annotations

from appliance.values import value

from .address import MAX_DIGITS, Address, TypeOfNumber
from .pdu import EncodedPdu, encode_pdu
from .semi_octets import SWAP_HALVES
from .text_plan import TextPlan, submits

_ANYONE = Address("1", TypeOfNumber.INTERNATIONAL)
_BEFORE = 6
"""Digits before TP-DA: SMSC prefix, first octet, TP-MR."""


@value
class Stencil:
    """What stands before and behind the destination, in hexadecimal, and of how many octets of the TPDU that is."""

    before: str
    behind: str
    octets: int

    def to(self, recipient: str) -> EncodedPdu | None:
        """The message to ``recipient``; None unless that is in E.164 with its ``+``."""
        digits = recipient[1:]
        count = len(digits)
        if not (recipient[:1] == "+" and 0 < count <= MAX_DIGITS and digits.isascii() and digits.isdecimal()):
            return None
        value = bytes.fromhex(digits if count % 2 == 0 else digits + "f").translate(SWAP_HALVES)
        pdu = f"{self.before}{count:02X}91{value.hex().upper()}{self.behind}"
        return EncodedPdu(pdu, self.octets + 2 + len(value))


def stencil(plan: TextPlan, *, status_report_request: bool, flash: bool) -> Stencil | None:
    """Of a plan of one part, without a validity period; None where it has more. TpduError as :func:`submits`."""
    if len(plan.parts) != 1:
        return None
    (submit,) = submits(plan, _ANYONE, reference=0, status_report_request=status_report_request, flash=flash)
    whole = encode_pdu(submit)
    destination = len(_ANYONE.to_bytes())
    behind = whole.hex[_BEFORE + 2 * destination :]
    return Stencil(whole.hex[:_BEFORE], behind, whole.tpdu_length - destination)

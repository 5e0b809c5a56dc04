"""Sending from the card's memory: what is on the line, and what the memory may be believed."""

from __future__ import annotations

import pytest

from appliance.modem.outbox import (
    SENT,
    UNSENT,
    Sign,
    is_same,
    reference_in,
    sign_of,
)
from appliance.modem.outcomes import StoredPdu
from appliance.modem.profile import SentFlag
from appliance.modem.sms import Address, encode_pdu, plan_text, submits

[SUBMIT] = submits(plan_text("您好"), Address.from_text("+8613912345678"), reference=1)
PDU = encode_pdu(SUBMIT).hex


def stored(status: int, pdu: str = PDU) -> StoredPdu:
    return StoredPdu("SM", 3, status, pdu)


AFTER, BEFORE = SentFlag.AFTER_ANSWER, SentFlag.BEFORE_SENDING


@pytest.mark.parametrize(
    ("found", "flag", "may_have_been_sent", "sign"),
    [
        # +CMSS was never given: nothing else matters.
        (None, AFTER, False, Sign.NOT_SENT),
        (stored(UNSENT), AFTER, False, Sign.NOT_SENT),
        (stored(UNSENT), BEFORE, False, Sign.NOT_SENT),
        # Marked once the network has answered: the mark is a proof, and its absence is none.
        (stored(SENT), AFTER, True, Sign.SENT),
        (stored(UNSENT), AFTER, True, Sign.NONE),
        # Marked before anything goes on the air: the other way round.
        (stored(SENT), BEFORE, True, Sign.NONE),
        (stored(UNSENT), BEFORE, True, Sign.NOT_SENT),
        # A modem that marks nothing, and a place where something else lies.
        (stored(SENT), SentFlag.NONE, True, Sign.NONE),
        (stored(UNSENT), SentFlag.NONE, True, Sign.NONE),
        (None, AFTER, True, Sign.NONE),
        (None, BEFORE, True, Sign.NONE),
        (stored(0), AFTER, True, Sign.NONE),
        (stored(1), BEFORE, True, Sign.NONE),
    ],
)
def test_what_the_memory_says(
    found: StoredPdu | None, flag: SentFlag, may_have_been_sent: bool, sign: Sign
) -> None:
    assert sign_of(found, flag, may_have_been_sent=may_have_been_sent) is sign


def with_reference(reference: int, smsc: str = "00") -> str:
    """Our PDU as a modem gives it back: with the reference that it got, and its own service centre."""
    return f"{smsc}{PDU[2:4]}{reference:02X}{PDU[6:]}"


def test_it_is_the_same_message_whatever_service_centre_and_reference_the_modem_wrote() -> None:
    assert is_same(PDU, PDU.lower())
    assert is_same(PDU, with_reference(77))
    assert is_same(PDU, with_reference(0xFF, smsc="07915892000000F0"))
    assert reference_in(PDU, with_reference(77)) == 77
    assert reference_in(PDU, with_reference(0xFF)) is None, "filler of one that was not sent"
    assert reference_in(PDU, PDU) is None, "left as we wrote it"


@pytest.mark.parametrize("octet", range(4, 18, 3))
def test_any_other_octet_makes_it_another_message(octet: int) -> None:
    octets = bytearray.fromhex(PDU)
    octets[octet] ^= 1
    assert not is_same(PDU, octets.hex())


@pytest.mark.parametrize("theirs", ["", "0", "zz", "00", "0001", "07915892", PDU[:-2], PDU + "00"])
def test_what_is_no_whole_pdu_is_not_it(theirs: str) -> None:
    assert not is_same(PDU, theirs)
    if len(theirs) < 12:
        assert reference_in(PDU, theirs) is None

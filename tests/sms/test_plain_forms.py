"""The quick ways of the codec say what the whole one says, or nothing."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from appliance.modem.sms import (
    Address,
    Alphabet,
    Direction,
    StatusReport,
    Timestamp,
    TpduError,
    decode_pdu,
    encode_pdu,
    plan_text,
    read_plain_report,
    stencil,
    submits,
)
from appliance.pool.received import read_received
from appliance.store.matching import Report

REPORT = "07914477790706500602170B91449781230100F011110210321640111102103217400000"[:-2]
_digits = st.text(st.sampled_from("0123456789"), min_size=1, max_size=20)


@given(st.binary(max_size=40).map(lambda octets: octets.hex()) | st.text(max_size=20))
@example(REPORT)
@example("00" + "0602170B91449781230100F0" + "1111021032164011110210321740" + "00" + "FFFF")
@example("00" + "0602170091" + "1111021032164011110210321740" + "00")
@example("00" + "0602170391" + "21FA" + "1111021032164011110210321740" + "46")
@example("00" + "0602170391" + "21F3" + "FFFFFFFFFFFFFF11110210321740" + "46")
def test_a_plain_report_is_what_the_whole_codec_reads(pdu: str) -> None:
    plain = read_plain_report(pdu)
    if plain is None:
        return
    whole = decode_pdu(pdu, Direction.MOBILE_TERMINATED).tpdu
    assert isinstance(whole, StatusReport)
    assert plain.message_reference == whole.message_reference
    assert plain.recipient == str(whole.recipient)
    assert plain.status == whole.status
    assert Timestamp(plain.timestamp) == whole.timestamp
    assert Timestamp(plain.discharge_time) == whole.discharge_time


@given(
    st.integers(0, 255),
    _digits,
    st.binary(min_size=14, max_size=14),
    st.integers(0, 255),
)
def test_reports_of_any_content_are_read_plainly(
    reference: int, digits: str, stamps: bytes, status: int
) -> None:
    to = Address(digits, Address.from_text("+1").ton).to_bytes()
    octets = bytes((0, 0x06, reference)) + to + stamps + bytes((status,))
    read = read_received(octets.hex(), 5)
    assert isinstance(read, Report)
    assert (read.tp_mr, read.recipient, read.status) == (reference, "+" + digits, status)
    assert read_plain_report(octets.hex()) is not None


@given(
    st.sampled_from(("hello", "您的验证码是 482913", "€{", "x" * 160)),
    st.booleans(),
    st.booleans(),
    _digits,
    st.sampled_from(("+", "", "00")),
)
def test_a_stencil_gives_what_the_whole_codec_writes(
    text: str, report: bool, flash: bool, digits: str, prefix: str
) -> None:
    plan, number = plan_text(text), prefix + digits
    made = stencil(plan, status_report_request=report, flash=flash)
    assert made is not None
    pdu = made.to(number)
    if pdu is None:
        assert prefix != "+"
        return
    (submit,) = submits(
        plan, Address.from_text(number), reference=0, status_report_request=report, flash=flash
    )
    assert pdu == encode_pdu(submit)


def test_a_stencil_is_of_one_part_to_a_number_that_fits() -> None:
    assert stencil(plan_text("x" * 161), status_report_request=True, flash=False) is None
    made = stencil(plan_text("x", alphabet=Alphabet.UCS2), status_report_request=True, flash=False)
    assert made is not None
    for number in ("+", "+1234x", "+" + "1" * 21, "10086", "SHOP", "+१२"):
        assert made.to(number) is None
    try:
        Address.from_text("+" + "1" * 21)
    except TpduError:
        return
    raise AssertionError

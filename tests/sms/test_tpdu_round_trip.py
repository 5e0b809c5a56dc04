"""Every TPDU that can be said is read as it was meant, with every flag and every field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import (
    Address,
    Alphabet,
    Command,
    Deliver,
    DeliverReport,
    Direction,
    EnhancedValidity,
    OptionalFields,
    RelativeValidity,
    StatusReport,
    Submit,
    SubmitReport,
    Timestamp,
    Tpdu,
    TpduError,
    TypeOfNumber,
    UserData,
    decode_pdu,
    decode_tpdu,
    encode_pdu,
    explain,
)
from appliance.sentences import sentence
from tests.sms.tpdu_values import MOBILE_ORIGINATED, MOBILE_TERMINATED, NUMBERS

MO, MT = Direction.MOBILE_ORIGINATED, Direction.MOBILE_TERMINATED


@given(MOBILE_ORIGINATED)
def test_what_a_phone_sends(tpdu: Tpdu) -> None:
    assert decode_tpdu(tpdu.to_bytes(), MO) == tpdu


@given(MOBILE_TERMINATED)
def test_what_a_network_sends(tpdu: Tpdu) -> None:
    assert decode_tpdu(tpdu.to_bytes(), MT) == tpdu


@given(MOBILE_TERMINATED, st.none() | NUMBERS)
def test_through_the_hex_of_a_modem(tpdu: Tpdu, smsc: Address | None) -> None:
    encoded = encode_pdu(tpdu, smsc)
    pdu = decode_pdu(encoded.hex, MT)
    assert pdu.tpdu == tpdu
    assert pdu.tpdu_length == encoded.tpdu_length == len(tpdu.to_bytes())
    assert pdu.smsc == smsc
    assert encode_pdu(pdu.tpdu, pdu.smsc) == encoded
    assert explain(pdu)["type"]


@given(
    MOBILE_TERMINATED.filter(lambda tpdu: not isinstance(tpdu, StatusReport)),
    st.binary(min_size=1, max_size=9),
)
def test_what_stands_behind_the_end_is_kept_apart(tpdu: Tpdu, behind: bytes) -> None:
    read = decode_tpdu(tpdu.to_bytes() + behind, MT)
    assert read.trailing == behind
    assert read.to_bytes() == tpdu.to_bytes()


SCTS = Timestamp(bytes.fromhex("62113051438023"))
NUMBER = Address("13912345678", TypeOfNumber.UNKNOWN)
TOOLKIT = UserData(b"\x0a\xff", Alphabet.DATA8, header=b"\x70\x00")

# Written by hand after the layouts of TS 23.040 §9.2.2.1 to §9.2.2.4.
BY_HAND: list[tuple[str, Direction, Tpdu]] = [
    ("01 00 62113051438023", MT, SubmitReport(SCTS)),
    ("01 C4 03 62113051438023 00 08", MT, SubmitReport(SCTS, 0xC4, OptionalFields(b"\x03", 0, 8))),
    ("00 00", MO, DeliverReport()),
    ("00 D3 00", MO, DeliverReport(0xD3)),
    ("40 D5 07 7F F6 05 02 7000 0AFF", MO, DeliverReport(0xD5, OptionalFields(b"\x07", 0x7F, 0xF6, TOOLKIT))),
    (
        "22 2A 00 02 07 0B81 3119325476F8 00",
        MO,
        Command(0x2A, 2, 7, NUMBER, status_report_request=True),
    ),
    (
        "06 2A 0B81 3119325476F8 62113051438023 62113051538023 46",
        MT,
        StatusReport(0x2A, NUMBER, SCTS, Timestamp(bytes.fromhex("62113051538023")), 0x46),
    ),
    (
        "A5 2A 0B81 3119325476F8 00 08 02 4F60",
        MO,
        Submit(
            NUMBER,
            UserData(b"\x4f\x60", Alphabet.UCS2),
            0x08,
            message_reference=0x2A,
            status_report_request=True,
            reject_duplicates=True,
            reply_path=True,
        ),
    ),
    (
        "09 00 0B81 3119325476F8 00 00 021E0000000000 00",
        MO,
        Submit(NUMBER, UserData(b""), 0, validity=EnhancedValidity(bytes.fromhex("021E0000000000"))),
    ),
    (
        "A8 0B81 3119325476F8 00 00 62113051438023 00",
        MT,
        Deliver(
            NUMBER,
            SCTS,
            UserData(b""),
            0,
            more_messages=True,
            status_report_indication=True,
            reply_path=True,
            loop_prevention=True,
        ),
    ),
]


@pytest.mark.parametrize(("octets", "direction", "tpdu"), BY_HAND)
def test_layouts_of_the_standard(octets: str, direction: Direction, tpdu: Tpdu) -> None:
    assert decode_tpdu(bytes.fromhex(octets), direction) == tpdu
    assert tpdu.to_bytes() == bytes.fromhex(octets)


def test_the_reserved_type_is_treated_as_a_deliver_and_kept_as_it_was() -> None:
    deliver = Deliver(NUMBER, SCTS, UserData(b""), 0)
    octets = bytes([deliver.to_bytes()[0] | 0x03]) + deliver.to_bytes()[1:]
    read = decode_tpdu(octets, MT)
    assert isinstance(read, Deliver)
    assert read.reserved_type
    assert read.to_bytes() == octets


@pytest.mark.parametrize("filler", ["FF", "FFFFFFFF", "0402"])
def test_a_report_is_not_lost_for_what_a_modem_fills_it_up_with(filler: str) -> None:
    report = StatusReport(7, NUMBER, SCTS, SCTS, 0)
    read = decode_tpdu(report.to_bytes() + bytes.fromhex(filler), MT)
    assert isinstance(read, StatusReport)
    assert (read.message_reference, read.status) == (7, 0)
    assert read.trailing == bytes.fromhex(filler)


@pytest.mark.parametrize(
    "tpdu",
    [
        Submit(NUMBER, UserData(b""), 0, message_reference=256),
        Submit(NUMBER, UserData(b""), -1),
        Submit(NUMBER, UserData(b""), 0, pid=-1),
        Submit(NUMBER, UserData(b"", Alphabet.UCS2), 0),
        Submit(NUMBER, UserData(b"a" * 161), 0),
        Submit(NUMBER, UserData(b"\x80"), 0),
        Submit(NUMBER, UserData(b"", header=b"a" * 140), 0),
        Submit(NUMBER, UserData(b"a" * 155, header=b"a" * 5), 0),
        Submit(NUMBER, UserData(b"a" * 141, Alphabet.DATA8), 4),
        Submit(NUMBER, UserData(b""), 0, validity=RelativeValidity(256)),
        Submit(Address("12e"), UserData(b""), 0),
        Submit(Address("١٢٣"), UserData(b""), 0),
        Submit(Address("1" * 256), UserData(b""), 0),
        Submit(Address("123", npi=400), UserData(b""), 0),
        Submit(Address("你好", TypeOfNumber.ALPHANUMERIC), UserData(b""), 0),
        Command(0, 0, 0, NUMBER, b"a" * 256),
    ],
)
def test_what_fits_into_no_tpdu_is_refused_in_words(tpdu: Tpdu) -> None:
    with pytest.raises(TpduError) as refused:
        encode_pdu(tpdu)
    assert str(refused.value) == sentence(refused.value.code, refused.value.args_for_person)
    assert str(refused.value) != refused.value.code

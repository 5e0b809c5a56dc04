"""User data and its header (TS 23.040 §9.2.3.24)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import (
    Alphabet,
    Concatenation,
    InformationElement,
    Ports,
    TpduError,
    UserData,
    data_coding,
    join_text,
)
from appliance.modem.sms.reader import OctetReader
from appliance.modem.sms.user_data import read_user_data
from tests.sms.tpdu_values import ELEMENTS, GSM7_TEXT

GSM7, DATA8, UCS2 = Alphabet.GSM7, Alphabet.DATA8, Alphabet.UCS2
DCS = {GSM7: 0x00, DATA8: 0x04, UCS2: 0x08}


def read(octets: bytes, alphabet: Alphabet, *, has_header: bool = True) -> UserData:
    return read_user_data(OctetReader(octets), data_coding(DCS[alphabet]), has_header=has_header)


def with_header(header: str, alphabet: Alphabet = UCS2) -> UserData:
    return UserData(b"", alphabet, bytes.fromhex(header))


@pytest.mark.parametrize("length", range(40))
def test_text_after_a_header_begins_at_a_septet(length: int) -> None:
    # Fill bits: 0 to 6 of them, by the length of the header.
    header = bytes([0x70, length - 2]) + bytes(length - 2) if length >= 2 else bytes(length)
    user_data = UserData(b"Hello", GSM7, header)
    octets = user_data.to_bytes()
    fill_bits = -(length + 1) * 8 % 7
    assert octets[0] * 7 == (length + 1) * 8 + fill_bits + 5 * 7
    bits = int.from_bytes(octets[1:], "little") >> ((length + 1) * 8 + fill_bits)
    assert bits & 0x7F == ord("H")
    assert read(octets, GSM7) == user_data


def test_the_widest_messages_fit_exactly() -> None:
    eight, sixteen = Concatenation(1, 2, 1, 8).element(), Concatenation(1, 2, 1, 16).element()
    for element, septets, units in ((eight, 153, 67), (sixteen, 152, 66)):
        # 152 septets after a header of 7 octets end with a spare septet: 1 octet of 8 is 2 septets with fill.
        assert UserData.from_text("a" * septets, GSM7, [element]).to_bytes()[0] == 160
        assert UserData.from_text("好" * units, UCS2, [element]).to_bytes()[0] in {139, 140}
        with pytest.raises(TpduError):
            UserData.from_text("a" * (septets + 1), GSM7, [element]).to_bytes()
        with pytest.raises(TpduError):
            UserData.from_text("好" * (units + 1), UCS2, [element]).to_bytes()


@given(ELEMENTS)
def test_unknown_elements_are_kept(elements: list[InformationElement]) -> None:
    user_data = UserData.from_data(b"data", elements)
    assert list(user_data.elements) == elements
    assert not user_data.header_damaged


@pytest.mark.parametrize(
    ("header", "concatenation"),
    [
        ("00032A0302", Concatenation(0x2A, 3, 2, 8)),
        ("08042A010302", Concatenation(0x2A01, 3, 2, 16)),
        ("050400010002 00032A0302", Concatenation(0x2A, 3, 2, 8)),
        ("00032A0302 0003110201", Concatenation(0x11, 2, 1, 8)),  # the last one counts
        ("00032A0302 0804FFFF0201", Concatenation(0xFFFF, 2, 1, 16)),
        ("00032A0300", None),  # part 0
        ("00032A0304", None),  # part 4 of 3
        ("00032A0000", None),
        ("00022A03", None),
        ("0003FFFF01", Concatenation(0xFF, 255, 1, 8)),
        ("2403010101", None),
    ],
)
def test_concatenation(header: str, concatenation: Concatenation | None) -> None:
    assert with_header(header).concatenation == concatenation


@pytest.mark.parametrize(
    ("header", "ports"),
    [
        ("04020B0C", Ports(11, 12)),
        ("05040B8423F0", Ports(2948, 9200)),
        ("04020B0C 05040B8423F0", Ports(2948, 9200)),
        ("05020B84", None),
        ("00032A0302", None),
    ],
)
def test_ports(header: str, ports: Ports | None) -> None:
    assert with_header(header).ports == ports


def test_elements_say_what_they_were_made_of() -> None:
    assert with_header("").ports is None
    for concatenation in (Concatenation(255, 255, 255, 8), Concatenation(65535, 2, 1, 16)):
        assert UserData.from_data(b"", [concatenation.element()]).concatenation == concatenation
    assert UserData.from_data(b"", [Ports(2948, 9200).element()]).ports == Ports(2948, 9200)


@pytest.mark.parametrize(
    "concatenation",
    [
        Concatenation(256, 2, 1, 8),
        Concatenation(-1, 2, 1, 8),
        Concatenation(65536, 2, 1, 16),
        Concatenation(1, 0, 0, 8),
        Concatenation(1, 2, 3, 8),
        Concatenation(1, 256, 1, 8),
    ],
)
def test_a_concatenation_that_cannot_be_said(concatenation: Concatenation) -> None:
    with pytest.raises(TpduError):
        concatenation.element()


@pytest.mark.parametrize("ports", [Ports(65536, 0), Ports(0, -1)])
def test_ports_that_cannot_be_said(ports: Ports) -> None:
    with pytest.raises(TpduError):
        ports.element()


def test_an_element_that_is_too_long_is_refused() -> None:
    with pytest.raises(TpduError):
        UserData.from_data(b"", [InformationElement(0x70, bytes(256))])


@pytest.mark.parametrize("header", ["00", "0003", "00032A03", "00032A030201", "7005AABB", "00032A0302 00"])
def test_a_header_whose_elements_do_not_fill_it_is_ignored_and_kept(header: str) -> None:
    # §9.2.3.24: "… too few or too many octets in the final Information Element then the whole User Data
    # Header shall be ignored."
    user_data = UserData("好".encode("utf-16-be"), UCS2, bytes.fromhex(header))
    assert user_data.header_damaged
    assert user_data.elements == ()
    assert user_data.concatenation is None
    assert user_data.ports is None
    assert user_data.text == "好"
    assert read(user_data.to_bytes(), UCS2) == user_data


def test_an_empty_header_is_kept() -> None:
    user_data = UserData(b"\x4f\x60", UCS2, b"")
    assert user_data.to_bytes().hex() == "03004f60"
    assert read(user_data.to_bytes(), UCS2) == user_data
    assert not user_data.header_damaged


@pytest.mark.parametrize("octets", ["0200", "00", "0203 0000".replace(" ", "")])
def test_a_header_longer_than_the_user_data_is_refused(octets: str) -> None:
    with pytest.raises(TpduError):
        read(bytes.fromhex(octets), UCS2)


def test_national_tables_are_chosen_by_the_header() -> None:
    hindi = [InformationElement(0x24, b"\x06"), InformationElement(0x25, b"\x06")]
    user_data = UserData.from_text("नमस्ते ०", GSM7, hindi)
    assert read(user_data.to_bytes(), GSM7).text == "नमस्ते ०"
    assert UserData.from_text("Ş", GSM7, [InformationElement(0x24, b"\x01")]).payload == b"\x1b\x53"
    with pytest.raises(TpduError):
        UserData.from_text("Ş", GSM7)


def test_a_reserved_national_table_is_ignored() -> None:
    user_data = UserData(b"abc", GSM7, bytes.fromhex("2401FF2502AABB"))
    assert user_data.text == "abc"


def test_data_has_no_text_and_text_no_data() -> None:
    data = UserData.from_data(b"\x00\xff")
    assert (data.text, data.data, data.is_text) == ("", b"\x00\xff", False)
    text = UserData.from_text("a", GSM7)
    assert (text.text, text.data, text.is_text) == ("a", b"", True)
    with pytest.raises(TpduError):
        UserData.from_text("a", DATA8)


def test_compressed_text_is_data() -> None:
    compressed = read_user_data(OctetReader(b"\x02\xab\xcd"), data_coding(0x20), has_header=False)
    assert compressed.data == b"\xab\xcd"
    assert not compressed.is_text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("D83DDE00", "😀"),
        ("D83D", "\ufffd"),
        ("DE00D83D0041", "\ufffd\ufffdA"),
        ("4F60FF", "你\ufffd"),
        ("FEFF4F60", "\ufeff你"),
    ],
)
def test_ucs2_is_utf16_and_what_is_none_is_visible(octets: str, text: str) -> None:
    user_data = UserData(bytes.fromhex(octets), UCS2)
    assert user_data.text == text
    assert user_data.payload.hex().upper() == octets


def test_characters_split_across_parts_come_out_whole() -> None:
    emoji = "你😀好".encode("utf-16-be")
    for cut in range(len(emoji) + 1):
        assert join_text([UserData(emoji[:cut], UCS2), UserData(emoji[cut:], UCS2)]) == "你😀好"
    assert join_text([UserData(b"a\x1b", GSM7), UserData(b"\x65b", GSM7)]) == "a€b"


def test_parts_in_different_alphabets_are_joined() -> None:
    hindi = bytes.fromhex("250106")
    parts = [
        UserData(b"abc", GSM7),
        UserData("您好".encode("utf-16-be"), UCS2),
        UserData(b"\x15", GSM7, hindi),
        UserData(b"\x15", GSM7),
        UserData(b"\x01\x02", DATA8),
        UserData(b"def", GSM7),
    ]
    assert join_text(parts) == "abc您好कΩdef"
    assert join_text([]) == ""


@given(GSM7_TEXT, st.data())
def test_joining_is_the_inverse_of_cutting_anywhere(text: str, data: st.DataObject) -> None:
    septets = UserData.from_text(text, GSM7).payload
    cut = data.draw(st.integers(0, len(septets)))
    assert join_text([UserData(septets[:cut], GSM7), UserData(septets[cut:], GSM7)]) == text

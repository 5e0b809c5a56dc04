"""Addresses: what people write, what the octets are (TS 23.040 §9.1.2.5)."""

from __future__ import annotations

import pytest
from hypothesis import given

from appliance.modem.sms import Address, TpduError, TypeOfNumber
from appliance.modem.sms.address import read_address, read_smsc_prefix
from appliance.modem.sms.reader import OctetReader
from tests.sms.tpdu_values import ADDRESSES, NUMBERS

INTERNATIONAL, UNKNOWN, ALPHANUMERIC = (
    TypeOfNumber.INTERNATIONAL,
    TypeOfNumber.UNKNOWN,
    TypeOfNumber.ALPHANUMERIC,
)


@pytest.mark.parametrize(
    ("text", "number", "ton"),
    [
        ("+8613912345678", "8613912345678", INTERNATIONAL),
        ("13912345678", "13912345678", UNKNOWN),
        ("10086", "10086", UNKNOWN),
        ("*100#", "*100#", UNKNOWN),
        (" +86 139-1234-5678 ", "8613912345678", INTERNATIONAL),
        ("(0571) 8888.1234", "057188881234", UNKNOWN),
        ("Simloft", "Simloft", ALPHANUMERIC),
        ("My Shop", "My Shop", ALPHANUMERIC),
        ("1-800-TAXI", "1-800-TAXI", ALPHANUMERIC),
    ],
)
def test_what_people_write(text: str, number: str, ton: TypeOfNumber) -> None:
    address = Address.from_text(text)
    assert (address.number, address.ton) == (number, ton)


def test_an_international_number_is_shown_with_its_plus() -> None:
    assert str(Address("8613912345678", INTERNATIONAL)) == "+8613912345678"
    assert str(Address("10086", UNKNOWN)) == "10086"
    assert str(Address("Simloft", ALPHANUMERIC, 0)) == "Simloft"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "address.empty"),
        ("   ", "address.empty"),
        ("+", "address.empty"),
        ("1" * 21, "address.too_long"),
        ("+" + "1" * 21, "address.too_long"),
        ("ABCDEFGHIJKL", "address.name_too_long"),
        ("ABCDEFGHI[]", "address.name_too_long"),
        ("商店", "text.not_in_gsm7"),
        ("\ud800", "text.not_in_gsm7"),
        ("١٢٣", "text.not_in_gsm7"),
    ],
)
def test_what_no_address_can_carry(text: str, code: str) -> None:
    with pytest.raises(TpduError) as refused:
        Address.from_text(text)
    assert refused.value.code == code


@given(ADDRESSES)
def test_an_address_comes_back(address: Address) -> None:
    reader = OctetReader(address.to_bytes())
    assert read_address(reader, "TP-DA") == address
    assert reader.left == 0


@given(NUMBERS)
def test_an_smsc_comes_back(address: Address) -> None:
    prefix = address.to_smsc_prefix()
    assert prefix[0] == len(prefix) - 1
    assert read_smsc_prefix(OctetReader(prefix)) == address


def test_the_length_of_a_name_counts_semi_octets() -> None:
    # Seven letters are 49 bits: 13 semi-octets in seven octets, and an eighth letter must not appear.
    octets = Address.from_text("Simloft").to_bytes()
    assert octets[:2].hex() == "0dd0"
    assert len(octets) == 2 + 7


def test_special_digits_of_semi_octets() -> None:
    octets = bytes.fromhex("0781") + bytes.fromhex("A1 CB ED F2".replace(" ", ""))
    assert read_address(OctetReader(octets), "TP-OA").number == "1*#abc2"


def test_no_smsc_is_none() -> None:
    assert read_smsc_prefix(OctetReader(b"\x00")) is None


def test_numbers_longer_than_the_standard_allows_are_still_read() -> None:
    octets = bytes((21, 0x81)) + bytes.fromhex("0156551077204513324576F1")[:11]
    assert len(read_address(OctetReader(octets), "TP-OA").number) == 21

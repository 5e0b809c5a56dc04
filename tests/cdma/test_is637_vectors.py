"""Packets that other programs and makers hold to be right, read and written again."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from appliance.modem.cdma.is637 import (
    BearerData,
    CdmaAddress,
    CdmaError,
    Encoding,
    MessageType,
    Moment,
    Teleservice,
    TransportMessage,
    UserData,
    decode_packet,
    read_bearer_data,
    relative_validity,
)

DATA = Path(__file__).parents[1] / "data" / "cdma"


def vectors(name: str) -> list[Any]:
    read: list[Any] = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return read


def said(value: object) -> object:
    """A value as a vector writes it."""
    match value:
        case Moment():
            moment = value.at(UTC)
            return None if moment is None else moment.isoformat().removesuffix("+00:00")
        case CdmaAddress():
            return str(value)
        case _:
            return value


def holds(bearer: BearerData, vector: dict[str, Any]) -> None:
    assert bearer.user_data is not None
    assert bearer.user_data.text == vector["text"]
    assert bearer.user_data.encoding == vector.get("encoding", bearer.user_data.encoding)
    plain = ("message_type", "message_id", "time_stamp", "priority", "privacy", "number_of_messages", "alert")
    more = (
        "language",
        "call_back",
        "display_mode",
        "deposit_index",
        "user_response_code",
        "validity_relative",
    )
    for name in (*plain, *more, "deferred_absolute", "deferred_relative"):
        if name in vector:
            assert said(getattr(bearer, name)) == vector[name], name
    if "reply_option" in vector:
        option = bearer.reply_option
        assert option is not None
        assert [option.user, option.delivery, option.read, option.report] == vector["reply_option"]
    assert bearer.unread == ()


@pytest.mark.parametrize("vector", vectors("packets"), ids=lambda vector: vector["source"])
def test_a_packet_is_read_and_written_again_octet_for_octet(vector: dict[str, Any]) -> None:
    packet = bytes.fromhex(vector["packet"])
    message = decode_packet(packet)
    for name in ("teleservice", "originating", "destination", "reply_sequence"):
        assert said(getattr(message, name)) == vector.get(name), name
    assert message.bearer_data is not None
    holds(message.bearer_data, vector)
    assert message.to_bytes() == packet


@pytest.mark.parametrize("vector", vectors("bearer_data"), ids=lambda vector: vector["source"])
def test_bearer_data_is_read_and_keeps_its_meaning_when_written(vector: dict[str, Any]) -> None:
    bearer = read_bearer_data(bytes.fromhex(vector["octets"]))
    holds(bearer, vector)
    assert read_bearer_data(bearer.to_bytes()) == bearer


@pytest.mark.parametrize(
    ("text", "encoding", "octets"),
    [
        # ModemManager, src/tests/test-sms-part-cdma.c, the three creator tests
        ("AAAA", Encoding.ASCII, "10241830 6080"),
        ("Campeón!", Encoding.LATIN, "40421B0B6B832F9B7108"),
        ("中國哲學書電子化計劃", Encoding.UNICODE, "2052716AB85AA792DBC337C4B7DADA8298B450429418"),
    ],
)
def test_what_a_phone_submits_is_what_another_program_makes_of_it(
    text: str, encoding: Encoding, octets: str
) -> None:
    user_data = UserData.from_text(text, encoding)
    submit = TransportMessage(
        teleservice=Teleservice.MESSAGING,
        destination=CdmaAddress.from_text("3305773196"),
        bearer_data=BearerData(message_type=MessageType.SUBMIT, message_id=0, user_data=user_data),
    )
    assert user_data.to_bytes() == bytes.fromhex(octets)
    assert submit.to_bytes().startswith(bytes.fromhex("00000210020407028CE95DCC658008"))
    assert decode_packet(submit.to_bytes()) == submit


@pytest.mark.parametrize(
    ("text", "number", "eight_bit", "data_network"),
    [
        # Android, CdmaSmsTest.testCdmaSmsAddress
        ("6502531000", "6502531000", False, False),
        ("+886917222555", "886917222555", True, False),
        ("x@y.com,a@b.com", "x@y.com,a@b.com", True, True),
    ],
)
def test_an_address_is_made_of_what_a_person_writes(
    text: str, number: str, eight_bit: bool, data_network: bool
) -> None:
    address = CdmaAddress.from_text(text)
    assert (address.number, address.is_eight_bit, address.is_of_data_network) == (
        number,
        eight_bit,
        data_network,
    )
    assert str(address) == text


def test_a_damaged_parameter_costs_only_itself() -> None:
    # ModemManager, test_invalid_address_length: the address announces more digits than it has.
    packet = "00000210020207038CE95DCC65800601FC08150003168D3001061024183060800306101004044847"
    message = decode_packet(packet)
    # With that first octet the address is read otherwise, but the message is there.
    assert message.bearer_data is not None
    assert message.bearer_data.user_data is not None
    assert message.bearer_data.user_data.text == "AAAA"


def test_a_parameter_that_does_not_end_is_said_in_words() -> None:
    # ModemManager, test_invalid_parameter_length
    packet = "00000210020207028CE95DCC65800601FC08200003168D3001061024183060800306101004044847"
    with pytest.raises(CdmaError) as caught:
        decode_packet(packet)
    assert caught.value.code == "cdma.ends-early"
    assert "PARAMETER_ID 8" in str(caught.value)


def test_messages_of_analogue_systems_are_read() -> None:
    # Six bits a character from the blank on: IS-91, short message (MESSAGE_TYPE 0x85).
    letters = [ord(letter) - 0x20 for letter in "HELLO"]
    bits = "00001" + f"{0x85:08b}" + f"{5:08b}" + "".join(f"{each:06b}" for each in letters)
    bits = bits.ljust((len(bits) + 7) // 8 * 8, "0")
    user_data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    bearer = read_bearer_data(bytes((1, len(user_data))) + user_data)
    assert bearer.user_data is not None
    assert bearer.user_data.is_text
    assert bearer.user_data.text == "HELLO"


@pytest.mark.parametrize(
    ("seconds", "octet"), [(1, 0), (300, 0), (301, 1), (86_400, 167), (172_800, 168), (10**9, 244)]
)
def test_a_validity_is_rounded_up_and_never_indefinite(seconds: int, octet: int) -> None:
    assert relative_validity(seconds) == octet

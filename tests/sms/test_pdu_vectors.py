"""PDUs of other projects, of phones and of networks, each with its source in ``tests/data/sms``."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from appliance.cli.decode import Given, decode
from appliance.modem.sms import (
    Address,
    Direction,
    Submit,
    Timestamp,
    TpduError,
    TypeOfNumber,
    decode_gsm7,
    decode_pdu,
    encode_gsm7,
    encode_pdu,
    explain,
    join_text,
    plan_text,
    submits,
)
from appliance.modem.sms.address import read_address, read_smsc_prefix
from appliance.modem.sms.reader import OctetReader
from appliance.modem.sms.septets import pack_septets, unpack_septets
from tests.sms.sms_data import vectors


def _named(name: str) -> list[Any]:
    return [pytest.param(vector, id=vector.get("name")) for vector in vectors(name)]


@pytest.mark.parametrize("vector", _named("pdus"))
def test_a_pdu_says_what_its_source_says(vector: dict[str, Any]) -> None:
    has_smsc = not vector.get("no_smsc", False)
    pdu = decode(Given(vector["pdu"], has_smsc=has_smsc))
    explanation = explain(pdu)
    assert {key: explanation.get(key) for key in vector["expect"]} == vector["expect"]
    encoded = encode_pdu(pdu.tpdu, pdu.smsc).hex[0 if has_smsc else 2 :]
    assert (encoded == vector["pdu"]) is vector.get("reencodes", True)


@pytest.mark.parametrize("vector", _named("messages"))
def test_a_long_text_is_cut_encoded_and_joined_as_others_do(vector: dict[str, Any]) -> None:
    parts = submits(
        plan_text(vector["text"]),
        Address.from_text(vector["number"]),
        reference=vector["reference"],
        status_report_request=False,
    )
    ours = [dataclasses.replace(part, reject_duplicates=vector["reject_duplicates"]) for part in parts]
    assert [encode_pdu(part).hex for part in ours] == vector["pdus"]
    theirs = [decode_pdu(pdu, Direction.MOBILE_ORIGINATED).tpdu for pdu in vector["pdus"]]
    assert join_text([part.user_data for part in theirs if isinstance(part, Submit)]) == vector["text"]


@pytest.mark.parametrize("vector", _named("splits"))
def test_a_text_is_split_where_others_split_it(vector: dict[str, Any]) -> None:
    plan = plan_text(vector["text"])
    assert plan.alphabet.value == vector["alphabet"]
    assert list(plan.parts) == vector["parts"]


@pytest.mark.parametrize("vector", vectors("gsm7"))
def test_septets_are_packed_as_others_pack_them(vector: dict[str, Any]) -> None:
    septets, packed = bytes.fromhex(vector["septets"]), bytes.fromhex(vector["packed"])
    assert encode_gsm7(vector["text"]) == septets
    assert decode_gsm7(septets) == vector["text"]
    assert pack_septets(septets) == packed
    assert unpack_septets(packed, len(septets)) == septets


@pytest.mark.parametrize("vector", vectors("addresses"))
def test_an_address_is_written_as_others_write_it(vector: dict[str, Any]) -> None:
    octets = bytes.fromhex(vector["octets"])
    address = (
        read_smsc_prefix(OctetReader(octets))
        if vector["smsc"]
        else read_address(OctetReader(octets), "TP-OA")
    )
    assert address is not None
    assert str(address) == vector["text"]
    assert address.ton is TypeOfNumber[vector["ton"]]
    assert (address.to_smsc_prefix() if vector["smsc"] else address.to_bytes()) == octets
    if address.ton is not TypeOfNumber.NATIONAL:
        assert Address.from_text(vector["text"]) == address


@pytest.mark.parametrize("vector", vectors("timestamps"))
def test_a_time_is_read_and_written_as_others_do(vector: dict[str, Any]) -> None:
    timestamp = Timestamp(bytes.fromhex(vector["octets"]))
    moment = timestamp.to_datetime()
    assert moment is not None
    assert moment.isoformat() == vector["moment"]
    assert Timestamp.from_datetime(moment) == timestamp


@pytest.mark.parametrize("vector", _named("damaged"))
def test_a_damaged_pdu_is_refused_for_the_right_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(TpduError) as refused:
        decode_pdu(vector["pdu"], Direction(vector["direction"]))
    assert refused.value.code == vector["code"]
    assert str(refused.value).endswith(".")

"""Whatever comes over the line is a value or a TpduError: never another exception, never a hang."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.cli.decode import Given, decode
from appliance.modem.sms import (
    Direction,
    Tpdu,
    TpduError,
    decode_pdu,
    decode_tpdu,
    encode_pdu,
    explain,
    explanation_lines,
    join_text,
    plan_text,
    transliterate_to_gsm7,
)
from appliance.modem.sms.gsm7 import REPLACEMENT
from tests.sms.sms_data import vectors
from tests.sms.tpdu_values import MOBILE_ORIGINATED, MOBILE_TERMINATED

DIRECTIONS = st.sampled_from(Direction)
PDUS = [vector["pdu"] for vector in vectors("pdus")]


def _look_at_everything(pdu: Any) -> None:
    """No property may raise, and what was read can be written again and then reads the same."""
    explanation = explain(pdu)
    assert explanation_lines(explanation)
    user_data = getattr(pdu.tpdu, "user_data", None)
    if user_data is not None:
        assert isinstance(user_data.text, str)
        assert isinstance(join_text([user_data, user_data]), str)
    if REPLACEMENT in str(explanation.get("number")):
        return  # an escape that leads nowhere in a sender's name cannot be written
    again = encode_pdu(pdu.tpdu, pdu.smsc)
    assert encode_pdu(decode_pdu(again.hex, _direction(pdu)).tpdu, pdu.smsc) == again


def _direction(pdu: Any) -> Direction:
    return Direction(explain(pdu)["direction"])


def _read(pdu: bytes | str, direction: Direction) -> None:
    try:
        read = decode_pdu(pdu, direction)
    except TpduError:
        return
    _look_at_everything(read)


@given(st.binary(max_size=200), DIRECTIONS)
def test_any_octets(octets: bytes, direction: Direction) -> None:
    _read(octets, direction)
    with contextlib.suppress(TpduError):
        decode_tpdu(octets, direction)


@given(st.text(max_size=100) | st.text("0123456789abcdefABCDEF \n\r", max_size=300), DIRECTIONS)
def test_any_characters(text: str, direction: Direction) -> None:
    _read(text, direction)


@given(MOBILE_ORIGINATED | MOBILE_TERMINATED, st.data(), DIRECTIONS)
def test_a_tpdu_that_was_cut_or_changed(tpdu: Tpdu, data: st.DataObject, direction: Direction) -> None:
    octets = bytearray(b"\x00" + tpdu.to_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    _read(bytes(octets[: data.draw(st.integers(0, len(octets)))]), direction)


@pytest.mark.parametrize("pdu", PDUS)
def test_every_single_cut_and_many_single_changes_of_a_real_pdu(pdu: str) -> None:
    octets = bytes.fromhex(pdu)
    chance = random.Random(pdu)
    for direction in Direction:
        for length in range(len(octets) + 1):
            _read(octets[:length], direction)
        for _ in range(150):
            changed = bytearray(octets)
            changed[chance.randrange(len(octets))] = chance.randrange(256)
            _read(bytes(changed), direction)


@given(st.text("0123456789ABCDEF", max_size=60), st.none() | st.integers(-1, 300), st.booleans())
def test_what_a_technician_pastes(digits: str, length: int | None, has_smsc: bool) -> None:
    try:
        pdu = decode(Given(digits, length, None, has_smsc))
    except TpduError:
        return
    assert explain(pdu)


@given(st.text(st.characters(), max_size=200), st.booleans(), st.sampled_from((8, 16)))
def test_any_text_is_planned_or_refused(text: str, transliterate: bool, bits: int) -> None:
    transliterate_to_gsm7(text)
    if any("\ud800" <= character <= "\udfff" for character in text):
        with pytest.raises(TpduError, match="lone surrogate"):
            plan_text(text, transliterate=transliterate, reference_bits=bits)
    else:
        assert plan_text(text, transliterate=transliterate, reference_bits=bits).parts

"""Packing by large integers gives what packing bit by bit gives (TS 23.038 §6.1.2.1.1)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms.septets import pack_septets, unpack_septets


def packed_bit_by_bit(septets: bytes) -> bytes:
    """The definition: bit j of septet i is bit 7i + j of the octets, the low one first."""
    bits = [septet >> place & 1 for septet in septets for place in range(7)]
    bits += [0] * (-len(bits) % 8)
    return bytes(sum(bits[at + place] << place for place in range(8)) for at in range(0, len(bits), 8))


@pytest.mark.parametrize("count", range(256))
def test_every_length(count: int) -> None:
    septets = bytes(random.Random(count).choices(range(128), k=count))
    packed = pack_septets(septets)
    assert packed == packed_bit_by_bit(septets)
    assert unpack_septets(packed, count) == septets


@given(st.lists(st.integers(0, 127), max_size=255).map(bytes))
def test_any_septets(septets: bytes) -> None:
    packed = pack_septets(septets)
    assert packed == packed_bit_by_bit(septets)
    assert len(packed) == (len(septets) * 7 + 7) // 8
    assert unpack_septets(packed, len(septets)) == septets


@pytest.mark.parametrize("count", [7, 15, 159])
def test_seven_spare_bits_are_no_at_sign(count: int) -> None:
    # 8n−1 septets leave seven spare bits, which look like one more '@': TP-UDL tells them apart.
    without, with_at_sign = b"a" * count, b"a" * count + b"\x00"
    assert pack_septets(without) == pack_septets(with_at_sign)
    assert unpack_septets(pack_septets(without), count) == without
    assert unpack_septets(pack_septets(without), count + 1) == with_at_sign


def test_septets_beyond_the_octets_are_zero() -> None:
    assert unpack_septets(b"\x31", 4) == b"\x31\x00\x00\x00"
    assert unpack_septets(b"", 3) == b"\x00\x00\x00"

"""Packing of septets into octets and back (TS 23.038 §6.1.2.1), some thousand times faster than bit by bit.

Eight septets, one to an octet, are a 64-bit number with a hole at the top of every octet. Three shifts
close the holes, first between neighbours, then between pairs, then between fours, for all groups of
eight at once in one large integer; the octet that is left empty in each group is cut out by slicing.
"""

from __future__ import annotations

from functools import cache


@cache
def _masks(groups: int) -> tuple[int, int, int, int, int, int]:
    """For ``groups`` of 64 bits: which bits stay and which move, at each of the three steps."""

    def repeat(pattern: int) -> int:
        return int.from_bytes(pattern.to_bytes(8, "little") * groups, "little")

    return (
        repeat(0x007F_007F_007F_007F),
        repeat(0x7F00_7F00_7F00_7F00),
        repeat(0x0000_3FFF_0000_3FFF),
        repeat(0x3FFF_0000_3FFF_0000),
        repeat(0x0000_0000_0FFF_FFFF),
        repeat(0x0FFF_FFFF_0000_0000),
    )


def pack_septets(septets: bytes) -> bytes:
    """``septets`` (one in each octet, below 0x80) in ``ceil(len * 7 / 8)`` octets, spare bits zero."""
    count = len(septets)
    groups = (count + 7) // 8
    low1, high1, low2, high2, low4, high4 = _masks(groups)
    bits = int.from_bytes(septets, "little")
    bits = bits & low1 | (bits & high1) >> 1
    bits = bits & low2 | (bits & high2) >> 2
    bits = bits & low4 | (bits & high4) >> 4
    packed = bytearray(bits.to_bytes(groups * 8, "little"))
    del packed[7::8]
    return bytes(packed[: (count * 7 + 7) // 8])


def unpack_septets(octets: bytes, count: int) -> bytes:
    """The first ``count`` septets of ``octets``, one in each octet. Septets beyond the octets are zero."""
    groups = (count + 7) // 8
    packed = octets[: groups * 7].ljust(groups * 7, b"\x00")
    spread = bytearray(groups * 8)
    for place in range(7):
        spread[place::8] = packed[place::7]
    low1, _, low2, _, low4, _ = _masks(groups)
    bits = int.from_bytes(spread, "little")
    bits = bits & low4 | (bits & ~low4) << 4
    bits = bits & low2 | (bits & ~low2) << 2
    bits = bits & low1 | (bits & ~low1) << 1
    return bits.to_bytes(groups * 8, "little")[:count]

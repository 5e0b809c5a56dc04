"""Semi-octets: two digits in an octet, the first in the low half (TS 23.040 §9.1.2.3)."""

from __future__ import annotations

SWAP_HALVES = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))
"""``octets.translate(SWAP_HALVES)`` puts the digits of each octet in reading order."""

# TS 23.040 §9.1.2.3: 1010 '*', 1011 '#', 1100 'a', 1101 'b', 1110 'c'; 1111 is the filler, and only
# a damaged number has it before its end, where it stays visible as 'f'.
_HEX_TO_DIALLED = str.maketrans("abcdef", "*#abcf")
_DIALLED_TO_HEX = str.maketrans("*#abcf", "abcdef")

DIALLED = frozenset("0123456789*#abcf")
"""What a semi-octet can mean."""


def decode_semi_octets(octets: bytes, count: int) -> str:
    """The first ``count`` digits of ``octets``."""
    digits = octets.translate(SWAP_HALVES).hex()[:count]
    return digits if digits.isdecimal() else digits.translate(_HEX_TO_DIALLED)


def encode_semi_octets(digits: str) -> bytes:
    """``digits`` (of :data:`DIALLED`) two to an octet, filled up with 1111. ValueError for anything else."""
    if not digits.isdecimal():
        digits = digits.translate(_DIALLED_TO_HEX)
    if len(digits) % 2:
        digits += "f"
    return bytes.fromhex(digits).translate(SWAP_HALVES)

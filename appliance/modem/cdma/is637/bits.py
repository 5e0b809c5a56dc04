"""Fields that begin and end anywhere in an octet, the first bit being the highest (C.S0015-B §1.6)."""

from __future__ import annotations

from appliance.modem.cdma.is637.errors import CdmaError


class BitReader:
    """Reads octets bit by bit from front to back; every read names the field that it is for."""

    __slots__ = ("_bits", "_left")

    def __init__(self, octets: bytes) -> None:
        self._bits = int.from_bytes(octets, "big")
        self._left = len(octets) * 8

    @property
    def left(self) -> int:
        """Bits not yet read."""
        return self._left

    def take(self, count: int, field: str) -> int:
        """The next ``count`` bits as a number."""
        if count > self._left:
            raise CdmaError("cdma.ends-early", field=field)
        self._left -= count
        return self._bits >> self._left & ((1 << count) - 1)

    def octets(self, count: int, field: str) -> bytes:
        """The next ``count`` times eight bits, wherever they begin."""
        return self.take(count * 8, field).to_bytes(count, "big")

    def fields(self, count: int, width: int, field: str) -> bytes:
        """The next ``count`` numbers of ``width`` (at most eight) bits, one in each octet."""
        if count * width > self._left:
            raise CdmaError("cdma.ends-early", field=field)
        return bytes(self.take(width, field) for _ in range(count))


class BitWriter:
    """Puts fields one after another; what is left of the last octet is zero."""

    __slots__ = ("_bits", "_length")

    def __init__(self) -> None:
        self._bits = 0
        self._length = 0

    def put(self, value: int, count: int, field: str) -> None:
        """``value`` in ``count`` bits. CdmaError where it doesn't fit."""
        if not 0 <= value < 1 << count:
            raise CdmaError("cdma.too-large", field=field, value=value)
        self._bits = self._bits << count | value
        self._length += count

    def put_octets(self, octets: bytes) -> None:
        """``octets``, from wherever the last field ended."""
        self._bits = self._bits << len(octets) * 8 | int.from_bytes(octets, "big")
        self._length += len(octets) * 8

    def put_fields(self, values: bytes, width: int, field: str) -> None:
        """Each of ``values`` in ``width`` bits."""
        for value in values:
            self.put(value, width, field)

    def to_bytes(self) -> bytes:
        """All of it."""
        spare = -self._length % 8
        return (self._bits << spare).to_bytes((self._length + spare) // 8, "big")

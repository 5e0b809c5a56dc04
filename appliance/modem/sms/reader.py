"""Octets in and out that answer what does not fit with a :class:`TpduError`."""

from __future__ import annotations

from .errors import TpduError


def octets_of(*values: int) -> bytes:
    """``values`` as octets; TpduError where one is none."""
    try:
        return bytes(values)
    except ValueError:
        raise TpduError("pdu.not_an_octet", values=" ".join(map(str, values))) from None


class OctetReader:
    """Reads ``octets`` from front to back; every read names the field that it is for."""

    __slots__ = ("_octets", "_position")

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._position = 0

    @property
    def left(self) -> int:
        """Octets not yet read."""
        return len(self._octets) - self._position

    def octet(self, field: str) -> int:
        """The next octet."""
        position = self._position
        if position >= len(self._octets):
            raise TpduError("pdu.ends_early", field=field)
        self._position = position + 1
        return self._octets[position]

    def take(self, count: int, field: str) -> bytes:
        """The next ``count`` octets."""
        end = self._position + count
        if end > len(self._octets):
            raise TpduError("pdu.ends_early", field=field)
        taken = self._octets[self._position : end]
        self._position = end
        return taken

    @property
    def position(self) -> int:
        """Octets read so far. May be set back."""
        return self._position

    @position.setter
    def position(self, position: int) -> None:
        self._position = position

    def rest(self) -> bytes:
        """Everything that is left."""
        taken = self._octets[self._position :]
        self._position = len(self._octets)
        return taken

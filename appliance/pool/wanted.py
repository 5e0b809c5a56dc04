"""A rung that a person asks for at one port, from the asking until it was taken or turned out not to be possible."""

from __future__ import annotations

from collections.abc import Callable

from appliance.pool.rungs import Rung
from appliance.store.commands import Said

ON_THE_LINE = frozenset({Rung.SOFT_RESET, Rung.RADIO_RESET})
"""Rungs that are commands to the modem: they need an open line, and are given by whoever talks on it."""


class Wanted:
    """Asked for by the technician's command, taken by the port; it costs no budget of the ladder."""

    def __init__(self, rung: Rung, meanwhile: Callable[[], None] | None = None) -> None:
        self.rung = rung
        self._meanwhile = meanwhile
        self.is_taken = False
        self.why_not: Said | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be done about it any more."""
        return self.is_taken or self.why_not is not None

    def take(self) -> None:
        """It is done now: what was open before is closed, or forgotten by the modem."""
        if self._meanwhile is not None:
            self._meanwhile()
        self.is_taken = True

    def refuse(self, code: str, /, **args: str | int) -> None:
        """It can't be done, and why; also how whoever asked gives it up."""
        if not self.is_over:
            self.why_not = Said(code, args)

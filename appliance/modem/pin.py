"""Who is asked for the PIN of a SIM, and what becomes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PinRequest:
    """A SIM asks for its PIN."""

    iccid: str | None
    """Read before the PIN; None where the modem can't without it."""
    tries_left: int | None
    """None where nothing tells; that counts as 1."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A PIN to try once."""

    value: str = field(repr=False)
    forced: bool = False
    """A person wants it tried although it is not known how many tries are left (never for a known last try)."""
    on_answer: Callable[[bool], Awaitable[None]] | None = field(default=None, repr=False)
    """Awaited once the card answered: whether it took the PIN. Not called where none was tried, or no answer came."""


PinSource = Callable[[PinRequest], Awaitable[Pin | None]]
"""Gives the PIN to try, or None. What must be durable before a try (that it is being made) is written in it."""


async def no_pin(_: PinRequest) -> Pin | None:
    """For a box without PINs."""
    return None

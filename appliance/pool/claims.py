"""Which port sends for which SIM: one SIM that is shown by two ports sends from one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Claim:
    """A port in service that shows a SIM."""

    port_name: str
    on_change: Callable[[Sequence[str]], None]
    """Called with the names of the other ports that show it, whenever they change."""


@dataclass(slots=True)
class _Shown:
    claims: list[Claim] = field(default_factory=list)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)


class SimClaims:
    """All SIMs in service, by id."""

    def __init__(self) -> None:
        self._shown: dict[int, _Shown] = {}

    def lock(self, sim_id: int) -> asyncio.Lock:
        """Held by the one port that sends for a SIM; it passes on in the order in which ports asked."""
        return self._shown.setdefault(sim_id, _Shown()).sending

    def enter(self, sim_id: int, claim: Claim) -> None:
        """A port shows a SIM from now on."""
        shown = self._shown.setdefault(sim_id, _Shown())
        shown.claims.append(claim)
        self._tell(shown)

    def leave(self, sim_id: int, claim: Claim) -> None:
        """It does no longer."""
        shown = self._shown[sim_id]
        shown.claims.remove(claim)
        self._tell(shown)

    def _tell(self, shown: _Shown) -> None:
        for claim in shown.claims:
            claim.on_change([other.port_name for other in shown.claims if other is not claim])

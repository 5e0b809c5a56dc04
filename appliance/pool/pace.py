"""How many answers of modems are about to come, so that they and the next parts share a transaction.

Networks take seconds, and then nothing is gained by waiting for another answer. Modems that answer in a few
milliseconds all at once would otherwise have the disk write for each of them.
"""

from __future__ import annotations

QUICK_S = 0.005
"""A modem that took no longer for its last part is expected to answer the next one as soon."""


class Pace:
    """Of all SIMs of a pool."""

    def __init__(self) -> None:
        self._quick: set[int] = set()
        self._awaited: set[int] = set()

    def begin(self, sim_id: int) -> None:
        """A part is given to the modem of a SIM."""
        if sim_id in self._quick:
            self._awaited.add(sim_id)

    def end(self, sim_id: int, took_s: float) -> None:
        """It was answered, or is not awaited any more."""
        self._awaited.discard(sim_id)
        if took_s <= QUICK_S:
            self._quick.add(sim_id)
        else:
            self._quick.discard(sim_id)

    def expected(self) -> int:
        """Answers that are about to come."""
        return len(self._awaited)

"""The network's clock, which is shown, and a witness for ours: ours orders everything."""

from __future__ import annotations

from functools import partial

from appliance.modem.session import NetworkTimeHeard
from appliance.pool.durable import DurableWriter
from appliance.pool.ledger_clock import LedgerClock
from appliance.pool.wall import Place
from appliance.store import events
from appliance.store.clock import now_ms

STEP_MS = 60_000
"""An offset that moved by less is not written again."""
WORTH_TELLING_MS = 5 * 60_000
"""A difference by which a person reads wrong times."""
OLDEST_MS = 1_577_836_800_000
"""2020: a clock before that was never set (1980, 2000 and 2004 are what modems begin with)."""


class NetworkClock:
    """What one port's network says of the time."""

    def __init__(self, place: Place, writer: DurableWriter, clock: LedgerClock | None) -> None:
        self._place = place
        self._writer = writer
        self._clock = clock
        self._shown_ms: int | None = None
        self._has_told = False

    async def heard(self, heard: NetworkTimeHeard) -> None:
        """Note how far it is from ours, where that is news."""
        if heard.at_ms < OLDEST_MS:
            return
        if self._clock is not None:
            self._clock.network_said(heard.at_ms)
        at_ms = now_ms()
        offset_ms = heard.at_ms - at_ms
        if self._shown_ms is not None and abs(offset_ms - self._shown_ms) < STEP_MS:
            return
        self._shown_ms = offset_ms
        await self._place.note_clock(offset_ms)
        if abs(offset_ms) >= WORTH_TELLING_MS and not self._has_told:
            self._has_told = True
            await self._writer.write(
                partial(
                    events.add,
                    kind=events.EventKind.CLOCK,
                    reason="event.clock-differs",
                    args={"port": self._place.name, "theirs_ms": heard.at_ms, "ours_ms": at_ms},
                    at_ms=at_ms,
                    port_id=self._place.port_id,
                )
            )

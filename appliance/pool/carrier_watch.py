"""Looks whether what a SIM sends arrives: a carrier may take all of it and deliver nothing, and says no word of that.

Reads only, until there is something to write: that a SIM rests, or that the one it tried has arrived.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from functools import partial

from appliance.policy.blocking import (
    BlockRules,
    Evidence,
    Fate,
    Rate,
    Silence,
    is_suspect,
    silence_in,
    silent_block,
)
from appliance.policy.breaker import Breaker, BreakerState, from_json
from appliance.pool.breaking import SimBreaker
from appliance.pool.durable import DurableWriter
from appliance.pool.settings import PoolSettings
from appliance.pool.turns import Turns
from appliance.store import breakers, sims
from appliance.store.breakers import Watched
from appliance.store.clock import now_ms
from appliance.store.database import connect


class CarrierWatch:
    """One for all SIMs of a pool."""

    def __init__(self, writer: DurableWriter, turns: Turns, settings: PoolSettings) -> None:
        self._writer = writer
        self._turns = turns
        self._settings = settings
        self._rules = settings.breaker

    async def run(self) -> None:
        """Until cancelled."""
        timings = self._settings.timings
        reader = connect(self._settings.database, read_only=True)
        try:
            while True:
                awaits = await self.once(reader)
                await asyncio.sleep(timings.housekeeping_s if awaits else timings.carrier_look_s)
        finally:
            reader.close()

    async def once(self, reader: sqlite3.Connection) -> bool:
        """Look at every SIM in service; whether the report of a probe is awaited, so that it is worth looking soon."""
        at_ms = now_ms()
        watched = breakers.watched(reader)
        awaits = False
        for each in watched:
            breaker = from_json(each.breaker)
            if breaker.state is BreakerState.HALF_OPEN and breaker.probe_part_id is not None:
                awaits = True
                await self._settle(reader, each, breaker, at_ms)
            elif breaker.state is BreakerState.CLOSED:
                evidence = evidence_of_silence(
                    reader, each, among=watched, at_ms=at_ms, rules=self._rules.blocking
                )
                if evidence is not None:
                    await self._writer.write(partial(self._rest, each, evidence))
        return awaits

    async def _settle(
        self, reader: sqlite3.Connection, watched: Watched, breaker: Breaker, at_ms: int
    ) -> None:
        assert breaker.probe_part_id is not None
        state = breakers.state_of_part(reader, breaker.probe_part_id)
        if state == "accepted" and at_ms < breaker.until_ms:
            return
        if await self._writer.write(partial(self._settle_now, watched)):
            self._turns.ring_all()

    def _settle_now(self, watched: Watched, connection: sqlite3.Connection) -> bool:
        return self._breaker(watched, connection).settle_probe(now_ms())

    def _rest(self, watched: Watched, evidence: Evidence, connection: sqlite3.Connection) -> None:
        self._breaker(watched, connection).silent(evidence, now_ms())

    def _breaker(self, watched: Watched, connection: sqlite3.Connection) -> SimBreaker:
        name = sims.get(connection, watched.sim_id).name
        return SimBreaker(connection, watched.sim_id, name, watched.port_id, self._rules)


def evidence_of_silence(
    reader: sqlite3.Connection, watched: Watched, *, among: list[Watched], at_ms: int, rules: BlockRules
) -> Evidence | None:
    """The evidence that a SIM is blocked without a word, or None."""
    silent_since_ms = at_ms - rules.silent_after_ms
    fates = _fates(reader, watched.sim_id, at_ms - rules.remembered_ms, silent_since_ms)
    silence = silence_in(fates, not_before_ms=from_json(watched.breaker).since_ms)
    if not is_suspect(silence, rules):
        return None
    others = [each for each in among if each is not watched]
    # Where no other is of its network, those of other networks show at least that reports come to this box.
    others = [each for each in others if _may_share(each, watched)] or others
    # What others sent just now counts as not delivered yet: better to look again than to rest one after the other.
    return silent_block(silence, _rate(reader, others, silence, at_ms), rules)


def _may_share(one: Watched, other: Watched) -> bool:
    """Whether two SIMs are of one network, as far as is known."""
    return one.network is None or other.network is None or one.network == other.network


def _rate(reader: sqlite3.Connection, others: list[Watched], silence: Silence, silent_since_ms: int) -> Rate:
    parts = delivered = 0
    for each in others:
        for fate in _fates(reader, each.sim_id, silence.since_ms, silent_since_ms):
            parts, delivered = parts + 1, delivered + fate.is_delivered
    return Rate(parts, delivered)


def _fates(reader: sqlite3.Connection, sim_id: int, since_ms: int, silent_since_ms: int) -> Iterator[Fate]:
    for row in breakers.fates(reader, sim_id, since_ms=since_ms, silent_since_ms=silent_since_ms):
        yield Fate(*row)

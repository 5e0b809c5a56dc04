"""The circuit breaker of a SIM, inside a transaction: read, stepped by :mod:`appliance.policy.breaker`, written."""

from __future__ import annotations

import sqlite3
from functools import partial

from appliance.policy.blocking import Evidence, Pattern, needs_others, pattern_of
from appliance.policy.breaker import (
    Breaker,
    BreakerRules,
    BreakerState,
    delivered,
    from_json,
    is_probe_due,
    not_delivered,
    probing,
    refused,
    silent,
    taken,
    to_json,
)
from appliance.policy.failure import Fault
from appliance.store import breakers, events, sims, swaps
from appliance.store.sending import Refusal, Said
from appliance.store.swaps import Rest


class SimBreaker:
    """The breaker of one SIM, in one transaction."""

    def __init__(
        self, connection: sqlite3.Connection, sim_id: int, sim_name: str, port_id: int, rules: BreakerRules
    ) -> None:
        self._connection = connection
        self._sim_id = sim_id
        self._name = sim_name
        self._port_id = port_id
        self._rules = rules

    def state(self) -> Breaker:
        """As it is stored."""
        return from_json(breakers.stored(self._connection, self._sim_id))

    def probe_due(self, now_ms: int) -> Breaker | None:
        """The breaker where the next message of the SIM is to tell whether it may go on; else None."""
        breaker = self.state()
        return breaker if is_probe_due(breaker, now_ms) else None

    def begin_probe(self, breaker: Breaker, seq: int, attempt: int, part_id: int, now_ms: int) -> None:
        """This part is the probe, and its attempt is free."""
        breakers.store(self._connection, self._sim_id, to_json(probing(breaker, now_ms)))
        breakers.note_probe(self._connection, seq, attempt, part_id)

    def taken(self, part_id: int, now_ms: int) -> Breaker:
        """The network took a part."""
        before = self.state()
        after = taken(before, part_id, now_ms, self._rules)
        self._store(before, after, now_ms)
        return after

    def refused(self, fault: Fault, refusal: Refusal, recipient: str, now_ms: int) -> Breaker:
        """A part was refused; the breaker as it is then."""
        pattern = pattern_of(fault, refusal.code)
        before = self.state()
        after = refused(
            before,
            fault,
            code=refusal.code,
            detail=refusal.detail,
            recipient=recipient,
            now_ms=now_ms,
            rules=self._rules,
            others_sent_since=partial(self._others_sent_since, pattern),
        )
        self._store(before, after, now_ms)
        return after

    def silent(self, evidence: Evidence, now_ms: int) -> None:
        """What it sent was taken and not delivered."""
        before = self.state()
        self._store(before, silent(before, evidence, now_ms, self._rules), now_ms)

    def settle_probe(self, now_ms: int) -> bool:
        """See whether the probe that a silent SIM sent has arrived; whether the SIM goes on because of it."""
        before = self.state()
        if before.state is not BreakerState.HALF_OPEN or before.probe_part_id is None:
            return False
        state = breakers.state_of_part(self._connection, before.probe_part_id)
        after = before
        if state == "delivered":
            after = delivered(before, now_ms)
        elif state != "accepted" or now_ms >= before.until_ms:
            after = not_delivered(before, now_ms, self._rules)
        self._store(before, after, now_ms)
        return after.state is BreakerState.CLOSED

    # -- what follows from a step -------------------------------------------------------------------------------

    def _others_sent_since(self, pattern: Pattern | None, since_ms: int) -> bool:
        if pattern is None or not needs_others(pattern):
            return True
        network = breakers.network_of(self._connection, self._sim_id) if pattern is Pattern.NETWORK else None
        return breakers.others_sent_since(self._connection, self._sim_id, since_ms, network=network)

    def _store(self, before: Breaker, after: Breaker, now_ms: int) -> None:
        if after == before:
            return
        breakers.store(self._connection, self._sim_id, to_json(after))
        if after.trips > before.trips:
            self._rest(after, now_ms, is_news=True)
        elif after.probe_part_id is not None and before.probe_part_id is None:
            self._rest(after, now_ms, is_news=False)
        elif after.state is BreakerState.CLOSED and before.state is not BreakerState.CLOSED:
            sims.end_breakers_rest(self._connection, self._sim_id)
            self._note(events.EventKind.SIM_READMITTED, "event.sim-readmitted", {"sim": self._name}, now_ms)

    def _rest(self, breaker: Breaker, now_ms: int, *, is_news: bool) -> None:
        why = breaker.why(self._name, self._rules)
        if why is None or why.until_ms is None:
            return
        sims.rest(self._connection, self._sim_id, until_ms=why.until_ms, reason=why.code, args=why.args)
        said = Said.of(why.code, **why.args)
        swaps.rest_afterwards(self._connection, self._sim_id, Rest(why.until_ms, said.code, said.args))
        if is_news:
            self._note(events.EventKind.SIM_RESTED, why.code, why.args, now_ms)

    def _note(self, kind: events.EventKind, code: str, args: dict[str, str | int], now_ms: int) -> None:
        events.add(
            self._connection, kind, code, args, at_ms=now_ms, port_id=self._port_id, sim_id=self._sim_id
        )

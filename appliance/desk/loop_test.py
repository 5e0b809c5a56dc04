"""Loop tests: a real message from one SIM of the box to another, through the one door and within every plan.

It proves both SIMs, and learns the sender's number, which most cards don't tell. :func:`start` notes what is to be
tested; :func:`appliance.desk.loop_test_round.advance` is called every second while something is: by the desk's rounds,
and by whoever waits for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from appliance.desk import audit
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.technician import Ring
from appliance.desk.tools import ready_ports
from appliance.desk.who import Who
from appliance.store import loop_tests, sims
from appliance.store.sims import Sim
from appliance.store.writer import GroupCommitWriter

LIMIT_MS = 5 * 60_000
"""So long a test takes at most; networks deliver within seconds, or not for hours."""

Pair = tuple[int, int]
"""The SIM that sends and the SIM that receives."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A SIM that a test could be made with."""

    sim_id: int
    name: str
    number_is_known: bool


def pairs_for(
    candidates: Sequence[Candidate], from_sim_id: int | None, to_sim_id: int | None
) -> tuple[Pair, ...] | Mistake:
    """Which messages are sent: around a ring through all, or from and to certain ones. Pure.

    A number that is not known is learnt first, by a message in the other direction.
    """
    if not candidates:
        return Mistake("", "problem.loop-test-no-sim")
    ids = [each.sim_id for each in candidates]
    known = {each.sim_id for each in candidates if each.number_is_known}
    if from_sim_id is None and to_sim_id is None:
        pairs = tuple(zip(ids, [*ids[1:], ids[0]], strict=True))
    else:
        receiver = _partner(ids, known, from_sim_id) if to_sim_id is None else to_sim_id
        sender = _partner(ids, known, receiver) if from_sim_id is None else from_sim_id
        pairs = ((sender, receiver),)
        if receiver not in known and sender in known:
            pairs = ((receiver, sender), *pairs)
    stuck = _never_known(pairs, known)
    if stuck is None:
        return pairs
    name = next((each.name for each in candidates if each.sim_id == stuck), "")
    return Mistake("", "problem.loop-test-no-number", {"sim": name})


def _partner(ids: Sequence[int], known: set[int], sim_id: int | None) -> int:
    """Another SIM to test with, rather one whose number is known; itself where it is alone."""
    others = [each for each in ids if each != sim_id]
    return next((each for each in others if each in known), others[0] if others else ids[0])


def _never_known(pairs: Sequence[Pair], known: set[int]) -> int | None:
    """A receiver whose number no test of ``pairs`` would teach, if there is one."""
    learnt = set(known)
    waiting = list(pairs)
    while waiting:
        possible = [pair for pair in waiting if pair[1] in learnt]
        if not possible:
            return waiting[0][1]
        learnt |= {sender for sender, _ in possible}
        waiting = [pair for pair in waiting if pair not in possible]
    return None


def start(
    writer: GroupCommitWriter,
    ring: Ring,
    who: Who,
    *,
    from_sim_id: int | None = None,
    to_sim_id: int | None = None,
    now_ms: int,
) -> str | Refusal:
    """Note the tests to be made among the SIMs that are ready; returns their run, or why none can be."""
    noted = partial(note, who=who, from_sim_id=from_sim_id, to_sim_id=to_sim_id, now_ms=now_ms)
    started = writer.write_blocking(noted)
    ring()
    return started


def note(
    connection: sqlite3.Connection,
    who: Who,
    *,
    from_sim_id: int | None = None,
    to_sim_id: int | None = None,
    now_ms: int,
) -> str | Refusal:
    """The same as part of a transaction."""
    ready = [sims.get(connection, sim_id) for sim_id in ready_ports(connection)]
    for wanted in (from_sim_id, to_sim_id):
        if wanted is not None and wanted not in {each.id for each in ready}:
            return Refusal((_not_ready(sims.find(connection, wanted)),))
    candidates = [Candidate(each.id, each.name, each.msisdn is not None) for each in ready]
    pairs = pairs_for(candidates, from_sim_id, to_sim_id)
    if isinstance(pairs, Mistake):
        return Refusal((pairs,))
    args = {"tests": len(pairs)}
    audit.note(connection, who, "event.technician.loop-test", args, now_ms=now_ms)
    return loop_tests.add(connection, pairs, now_ms=now_ms, limit_ms=LIMIT_MS * len(pairs))


def _not_ready(sim: Sim | None) -> Mistake:
    if sim is None:
        return Mistake("", "problem.no-such-sim")
    return Mistake("", "problem.loop-test-not-ready", {"sim": sim.name})

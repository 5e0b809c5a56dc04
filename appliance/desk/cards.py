"""What a person decides about one SIM: that it rests or goes on, its number, its label, that it is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Protocol

from appliance.desk import audit
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.numbers import read_recipient
from appliance.desk.technician import Ring, read_label
from appliance.desk.who import Who
from appliance.policy.breaker import resumed, to_json
from appliance.store import breakers, messages, pins, sending, sims
from appliance.store.sims import UNTIL_RESUMED_MS, NumberSource, Sim
from appliance.store.writer import GroupCommitWriter

LONGEST_REASON = 120


class _Note(Protocol):
    """Notes the act that a change makes, with who made it."""

    def __call__(self, code: str, /, **args: str | int) -> None: ...


_Change = Callable[[sqlite3.Connection, Sim, _Note], Refusal | None]


def rest_sim(
    writer: GroupCommitWriter,
    ring: Ring,
    who: Who,
    sim_id: int,
    *,
    until_ms: int | None,
    why: str = "",
    now_ms: int,
) -> Sim | Refusal:
    """Let a SIM begin nothing until an instant (None: until a person resumes it); what it has begun it finishes."""
    if until_ms is not None and until_ms <= now_ms:
        return Refusal((Mistake("/until", "problem.rest-in-the-past"),))
    said = " ".join(why.split())[:LONGEST_REASON]

    def change(connection: sqlite3.Connection, sim: Sim, note: _Note) -> None:
        args: dict[str, str | int] = {"sim": sim.name, "who": audit.name_of(connection, who)}
        code = "sim.rested-by-person" if said else "sim.rested-by-person-without-reason"
        if said:
            args["why"] = said
        end_ms = UNTIL_RESUMED_MS if until_ms is None else min(until_ms, UNTIL_RESUMED_MS)
        sims.rest(connection, sim.id, until_ms=end_ms, reason=code, args=args, by_person=True)
        note("event.technician.rest", sim=sim.name)

    return _changed(writer, ring, who, sim_id, change, now_ms=now_ms)


def resume_sim(writer: GroupCommitWriter, ring: Ring, who: Who, sim_id: int, *, now_ms: int) -> Sim | Refusal:
    """End a rest, whoever or whatever ordered it. The plan holds as before."""

    def change(connection: sqlite3.Connection, sim: Sim, note: _Note) -> None:
        breakers.store(connection, sim.id, to_json(resumed(now_ms)))
        if (sim.resting_until_ms or 0) > now_ms:
            sims.resume(connection, sim.id)
            note("event.technician.resume", sim=sim.name)

    return _changed(writer, ring, who, sim_id, change, now_ms=now_ms)


def set_number(
    writer: GroupCommitWriter,
    ring: Ring,
    who: Who,
    sim_id: int,
    number: str,
    *,
    home_region: str,
    now_ms: int,
) -> Sim | Refusal:
    """Say which number a SIM has, as it is written on its card; '' for not known. A loop test checks it."""
    wanted: str | Mistake | None = read_recipient(number, home_region) if number.strip() else None
    if isinstance(wanted, Mistake):
        return Refusal((Mistake("/number", wanted.code, wanted.args),))
    if wanted is not None and not wanted.startswith("+"):
        return Refusal((Mistake("/number", "problem.number-of-sim"),))

    def change(connection: sqlite3.Connection, sim: Sim, note: _Note) -> None:
        sims.set_number(connection, sim.id, wanted, NumberSource.TYPED)
        code = "event.technician.number" if wanted else "event.technician.number-removed"
        note(code, sim=_end_of(sim), number=audit.masked_number(wanted or ""))

    return _changed(writer, ring, who, sim_id, change, now_ms=now_ms)


def set_label(
    writer: GroupCommitWriter, ring: Ring, who: Who, sim_id: int, label: str, *, now_ms: int
) -> Sim | Refusal:
    """Call a SIM something; '' takes the name away again."""
    wanted = read_label(label)
    if isinstance(wanted, Mistake):
        return Refusal((wanted,))

    def change(connection: sqlite3.Connection, sim: Sim, note: _Note) -> Refusal | None:
        taken = [
            each
            for each in sims.list_sims(connection)
            if wanted and each.label == wanted and each.id != sim.id
        ]
        if taken:
            return Refusal((Mistake("/label", "problem.label-taken", {"label": wanted}),))
        sims.set_label(connection, sim.id, wanted or None)
        code = "event.technician.sim-renamed" if wanted else "event.technician.sim-unnamed"
        note(code, sim=_end_of(sim), label=wanted)
        return None

    return _changed(writer, ring, who, sim_id, change, now_ms=now_ms)


def forget_sim(
    writer: GroupCommitWriter,
    ring: Ring,
    who: Who,
    sim_id: int,
    *,
    end_waiting: bool = False,
    now_ms: int,
) -> Sim | Refusal:
    """Forget a SIM that is in no port: its number, label and PIN go; what it sent, and its limits, stay.

    Should the card ever come back it is the same one for its plan. Messages of which it sent a part, and that nobody
    else may finish, are ended with ``end_waiting``; without, they are a reason not to forget it.
    """

    def change(connection: sqlite3.Connection, sim: Sim, note: _Note) -> Refusal | None:
        place = sims.place_of(connection, sim.id)
        if place is not None:
            return Refusal((Mistake("", "problem.sim-is-in-port", {"sim": sim.name, "port": place}),))
        waiting = sending.waiting_for(connection, sim.id)
        if waiting and not end_waiting:
            return Refusal(
                (Mistake("", "problem.sim-has-messages", {"sim": sim.name, "messages": len(waiting)}),)
            )
        for message_id in waiting:
            # Nobody else may send the rest of a message that has begun: it ends, and says what went of it.
            messages.cancel(connection, message_id, now_ms)
        sims.forget(connection, sim.id, now_ms)
        if sim.iccid:
            pins.remove(connection, pins.owner_of(sim.iccid, ""))
        note("event.technician.forgot", sim=_end_of(sim), messages=len(waiting))
        return None

    return _changed(writer, ring, who, sim_id, change, now_ms=now_ms)


def _end_of(sim: Sim) -> str:
    return f"…{sim.identity[-6:]}"


def _changed(
    writer: GroupCommitWriter, ring: Ring, who: Who, sim_id: int, change: _Change, *, now_ms: int
) -> Sim | Refusal:
    def in_transaction(connection: sqlite3.Connection) -> Sim | Refusal:
        sim = sims.find(connection, sim_id)
        if sim is None:
            return Refusal((Mistake("", "problem.no-such-sim"),))

        def note(code: str, /, **args: str | int) -> None:
            audit.note(connection, who, code, args, now_ms=now_ms, sim_id=sim_id)

        return change(connection, sim, note) or sims.get(connection, sim_id)

    changed = writer.write_blocking(in_transaction)
    ring()
    return changed

"""Keeping SIMs alive, as pages and commands see it: by when each must spend something, what is planned, what was done.

The work itself is :mod:`appliance.desk.keep_alive_round`.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import tzinfo

from appliance.desk import audit
from appliance.desk.carriers import carrier_of_sim, table
from appliance.desk.mistake import Mistake
from appliance.desk.numbers import read_recipient
from appliance.desk.sims import SimBook, read_book
from appliance.desk.who import Who
from appliance.policy.choice import READY, SimStanding, sim_holds
from appliance.policy.keep_alive import (
    TRIES_COUNT_MS,
    Cell,
    KeepAliveRules,
    Later,
    Step,
    Stuck,
    plan,
    planned_ms,
)
from appliance.policy.plan import Plan
from appliance.policy.reason import Reason
from appliance.store import keep_alive, money, sims
from appliance.store.keep_alive import Proof
from appliance.store.sims import Sim
from appliance.store.writer import GroupCommitWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAliveStanding:
    """How one SIM stands."""

    sim: Sim
    every_days: int
    """0: it need not spend anything."""
    last_spent_ms: int | None
    due_ms: int | None
    planned_ms: int | None
    """When the box writes by itself, if nothing is spent before."""
    stuck: Reason | None
    """Why that can't be done as things are."""
    latest: Proof | None


def standings(
    connection: sqlite3.Connection,
    rules: KeepAliveRules,
    *,
    home_region: str,
    default_plan: Plan,
    zone: tzinfo,
    now_ms: int,
) -> tuple[KeepAliveStanding, ...]:
    """Every SIM that is not forgotten."""
    book = read_book(connection, default_plan, now_ms)
    found = cells(connection, rules, home_region, book, now_ms)
    steps = {
        each.sim_id: each
        for each in plan(found, keep_alive.last_tried_ms(connection), rules, now_ms=now_ms, zone=zone)
    }
    return tuple(
        _standing(
            each,
            steps.get(each.sim_id),
            planned=planned_ms(each, rules, zone),
            sim=book.cards[each.sim_id],
            latest=next(iter(keep_alive.proofs(connection, each.sim_id, limit=1)), None),
        )
        for each in found
    )


def _standing(
    cell: Cell, step: Step | None, *, planned: int | None, sim: Sim, latest: Proof | None
) -> KeepAliveStanding:
    return KeepAliveStanding(
        sim=sim,
        every_days=cell.every_days,
        last_spent_ms=cell.last_spent_ms,
        due_ms=cell.due_ms,
        planned_ms=step.at_ms if isinstance(step, Later) else planned,
        stuck=step.reason if isinstance(step, Stuck) else None,
        latest=latest,
    )


def proofs(connection: sqlite3.Connection, sim_id: int, *, limit: int = 20) -> list[Proof]:
    """The messages that kept a SIM alive, and those that failed, newest first."""
    return keep_alive.proofs(connection, sim_id, limit=limit)


def set_every_days(
    writer: GroupCommitWriter, who: Who, sim_id: int, days: int | None, *, now_ms: int
) -> bool:
    """In how many days a SIM must spend something (None: as its carrier has it, 0: never).

    False: there is no such SIM.
    """

    def change(connection: sqlite3.Connection) -> bool:
        sim = sims.find(connection, sim_id)
        if sim is None:
            return False
        money.set_keep_alive_days(connection, sim_id, days)
        code = "event.technician.keep-alive-as-carrier"
        if days is not None:
            code = "event.technician.keep-alive" if days else "event.technician.keep-alive-never"
        args: dict[str, str | int] = {"sim": sim.name, "days": days or 0}
        audit.note(connection, who, code, args, now_ms=now_ms, sim_id=sim_id)
        return True

    return writer.write_blocking(change)


def cells(
    connection: sqlite3.Connection, rules: KeepAliveRules, home_region: str, book: SimBook, now_ms: int
) -> tuple[Cell, ...]:
    entries = table(connection)
    standing = {each.sim_id: each for each in book.standings}
    trying = {each.sim_id for each in keep_alive.open_proofs(connection)}

    def cell(sim: Sim) -> Cell:
        carrier = carrier_of_sim(entries, sim)
        own = money.own_money(connection, sim.id).keep_alive_days
        of_carrier = 0 if carrier is None else carrier.keep_alive_days
        failed = keep_alive.failed_since(connection, sim.id, now_ms - TRIES_COUNT_MS)
        port = standing.get(sim.id)
        return Cell(
            sim_id=sim.id,
            name=sim.name,
            carrier=None if carrier is None else carrier.id,
            number=_number_of(sim, home_region),
            is_ready=port is not None and port.port_state == READY,
            holds=None if port is None else _holds(port, now_ms),
            every_days=(of_carrier or rules.every_days) if own is None else own,
            last_spent_ms=keep_alive.last_spent_ms(connection, sim.id),
            since_ms=sim.first_seen_at_ms,
            is_trying=sim.id in trying,
            tried_ms=tuple(each.tried_at_ms for each in failed),
            failed_recipients=frozenset(each.recipient for each in failed),
        )

    return tuple(cell(sim) for sim in book.cards.values() if sim.forgotten_at_ms is None)


def _number_of(sim: Sim, home_region: str) -> str | None:
    """Its number where a message can be sent to it: cards tell all sorts of things as their own number."""
    number = Mistake("", "") if sim.msisdn is None else read_recipient(sim.msisdn, home_region)
    return number if isinstance(number, str) and number.startswith("+") else None


def _holds(standing: SimStanding, now_ms: int) -> str | None:
    held = sim_holds(standing, now_ms)
    return None if held is None or held.code == "sim.not-ready" else held.code

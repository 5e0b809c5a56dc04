"""Groups of SIMs under one contract or for one purpose: limits of all together, and which of them sends first."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.desk import audit
from appliance.desk.fields import Choice, Kind, Text, WholeNumber
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.names import NAME_SHAPE, free_name
from appliance.desk.news import change_and_ring
from appliance.desk.plans import LARGEST_LIMIT, PLAN_FIELDS
from appliance.desk.who import Who
from appliance.store import groups, sims
from appliance.store.groups import SimGroup, Strategy
from appliance.store.sims import Sim
from appliance.store.writer import GroupCommitWriter

MOST_GROUPS = 200

GROUP_LIMITS: dict[str, Kind] = {
    **{
        name: WholeNumber(0, LARGEST_LIMIT)
        for name in (
            "parts_per_minute",
            "parts_per_hour",
            "parts_per_day",
            "parts_per_month",
            "recipients_per_month",
        )
    },
    "contract_day": PLAN_FIELDS["contract_day"],
}
"""What all SIMs of a group have together; ``null`` or 0: no limit (of the contract's day: as the box has it)."""

GROUP_FIELDS: dict[str, Kind] = {
    "name": Text(shape=NAME_SHAPE),
    "strategy": Choice({each.value: each for each in Strategy}),
    **GROUP_LIMITS,
}
"""Every member of ``POST /api/v1/groups`` and of ``PUT /api/v1/groups/{id}``."""

GROUP_OF_SIM_FIELDS: dict[str, Kind] = {"group": WholeNumber(1, 10**15 - 1)}
"""Every member of ``PUT /api/v1/sims/{id}/group``; ``null``: in none."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A SIM that is in another group now, or in none."""

    sim: Sim
    before: SimGroup | None
    after: SimGroup | None

    @property
    def code(self) -> str:
        """The sentence that says so."""
        match self.before, self.after:
            case None, None:
                return "group.in-none"
            case None, _:
                return "group.put-in"
            case _, None:
                return "group.taken-out"
            case before, after:
                return "group.stays" if before == after else "group.moved"

    @property
    def args(self) -> dict[str, str]:
        return {
            "sim": self.sim.name,
            "before": "" if self.before is None else self.before.name,
            "group": "" if self.after is None else self.after.name,
        }


def create_group(
    writer: GroupCommitWriter,
    ring: Callable[[], object],
    who: Who,
    members: Mapping[str, Any],
    *,
    now_ms: int,
) -> SimGroup | Refusal:
    """A new group of ``members`` (:data:`GROUP_FIELDS`), without SIMs."""

    def change(connection: sqlite3.Connection) -> SimGroup | Refusal:
        known = groups.list_groups(connection)
        if len(known) >= MOST_GROUPS:
            return Refusal((Mistake("", "problem.group-too-many", {"most": MOST_GROUPS}),))
        name = free_name(members["name"], known, None)
        if isinstance(name, Mistake):
            return Refusal((name,))
        group = SimGroup(id=0, **{**members, "name": name})
        group = replace(group, id=groups.add(connection, group))
        audit.note(connection, who, "event.technician.group-made", {"group": name}, now_ms=now_ms)
        return group

    return change_and_ring(writer, ring, change)


def change_group(
    writer: GroupCommitWriter,
    ring: Callable[[], object],
    who: Who,
    group_id: int,
    members: Mapping[str, Any],
    *,
    now_ms: int,
) -> SimGroup | Refusal:
    """Replace name, strategy and limits; what its SIMs sent before counts against them at once."""

    def change(connection: sqlite3.Connection) -> SimGroup | Refusal:
        if groups.find(connection, group_id) is None:
            return Refusal((Mistake("", "problem.no-such-group"),))
        name = free_name(members["name"], groups.list_groups(connection), group_id)
        if isinstance(name, Mistake):
            return Refusal((name,))
        group = SimGroup(id=group_id, **{**members, "name": name})
        groups.put(connection, group)
        audit.note(connection, who, "event.technician.group-changed", {"group": name}, now_ms=now_ms)
        return group

    return change_and_ring(writer, ring, change)


def remove_group(
    writer: GroupCommitWriter, ring: Callable[[], object], who: Who, group_id: int, *, now_ms: int
) -> SimGroup | Refusal:
    """Its SIMs stay, in no group and with the limits of their own; the group as it was."""

    def change(connection: sqlite3.Connection) -> SimGroup | Refusal:
        group = groups.find(connection, group_id)
        if group is None:
            return Refusal((Mistake("", "problem.no-such-group"),))
        groups.remove(connection, group_id)
        audit.note(connection, who, "event.technician.group-removed", {"group": group.name}, now_ms=now_ms)
        return group

    return change_and_ring(writer, ring, change)


def move_sim(
    writer: GroupCommitWriter,
    ring: Callable[[], object],
    who: Who,
    sim_id: int,
    group_id: int | None,
    *,
    now_ms: int,
) -> Moved | Refusal:
    """Put a SIM into a group (None: into none), out of the one that it was in: it is never in two.

    What it sent before counts in its new group at once, and in the old one no more.
    """

    def change(connection: sqlite3.Connection) -> Moved | Refusal:
        sim = sims.find(connection, sim_id)
        if sim is None:
            return Refusal((Mistake("", "problem.no-such-sim"),))
        after = None if group_id is None else groups.find(connection, group_id)
        if group_id is not None and after is None:
            return Refusal((Mistake("/group", "problem.no-such-group"),))
        before = None if sim.group_id is None else groups.find(connection, sim.group_id)
        moved = Moved(sim, before, after)
        if before != after:
            groups.put_sim(connection, sim_id, group_id)
            audit.note(
                connection, who, f"event.technician.{moved.code}", moved.args, now_ms=now_ms, sim_id=sim_id
            )
        return moved

    return change_and_ring(writer, ring, change)

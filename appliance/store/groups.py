"""Groups of SIMs: SIMs of one contract or of one purpose, with limits of all of them together."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum


class Strategy(StrEnum):
    """Which SIM of a group sends what several could."""

    SPREAD = "spread"
    """The one that used the least fraction of its plan."""
    FILL = "fill"
    """The cheapest one, as long as it can begin soon enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimGroup:
    """A group; None or 0 is no limit."""

    id: int
    name: str
    strategy: str = Strategy.SPREAD
    parts_per_minute: int | None = None
    parts_per_hour: int | None = None
    parts_per_day: int | None = None
    parts_per_month: int | None = None
    recipients_per_month: int | None = None
    contract_day: int | None = None
    """1 … 31; None: as the box has it."""


def list_groups(connection: sqlite3.Connection) -> list[SimGroup]:
    """Every group by its name."""
    return [SimGroup(**dict(row)) for row in connection.execute("SELECT * FROM sim_groups ORDER BY name, id")]


def find(connection: sqlite3.Connection, group_id: int) -> SimGroup | None:
    """The group of an id."""
    row = connection.execute("SELECT * FROM sim_groups WHERE id = ?", [group_id]).fetchone()
    return None if row is None else SimGroup(**dict(row))


def members(connection: sqlite3.Connection, group_id: int) -> list[int]:
    """The ids of its SIMs, ascending."""
    rows = connection.execute("SELECT id FROM sims WHERE group_id = ? ORDER BY id", [group_id])
    return [int(sim_id) for (sim_id,) in rows]


_COLUMNS = """
    name, strategy, parts_per_minute, parts_per_hour, parts_per_day, parts_per_month, recipients_per_month, contract_day
"""


def add(connection: sqlite3.Connection, group: SimGroup) -> int:
    """A new group; its id. ``group.id`` is not looked at. IntegrityError: its name is taken."""
    cursor = connection.execute(
        f"INSERT INTO sim_groups ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _values(group)
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def put(connection: sqlite3.Connection, group: SimGroup) -> bool:
    """Replace the name, strategy and limits of a group; whether there is one. IntegrityError: its name is taken."""
    cursor = connection.execute(
        f"UPDATE sim_groups SET ({_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?",
        [*_values(group), group.id],
    )
    return cursor.rowcount == 1


def remove(connection: sqlite3.Connection, group_id: int) -> bool:
    """Its SIMs stay, in no group; whether there was one."""
    return connection.execute("DELETE FROM sim_groups WHERE id = ?", [group_id]).rowcount == 1


def put_sim(connection: sqlite3.Connection, sim_id: int, group_id: int | None) -> bool:
    """Put a SIM into a group, out of the one that it was in: it is in one at most. None: into none.

    Whether there is such a SIM. What it sent before counts in its new group from then on, as its rows do.
    """
    cursor = connection.execute("UPDATE sims SET group_id = ? WHERE id = ?", [group_id, sim_id])
    return cursor.rowcount == 1


def _values(group: SimGroup) -> list[object]:
    return [
        group.name,
        group.strategy,
        group.parts_per_minute,
        group.parts_per_hour,
        group.parts_per_day,
        group.parts_per_month,
        group.recipients_per_month,
        group.contract_day,
    ]

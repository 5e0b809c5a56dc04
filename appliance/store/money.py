"""What people decided about the money of a SIM, and the rest that a low balance brings."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LowRest:
    """A SIM that rests because too little is on it."""

    sim_id: int
    balance: str
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMoney:
    """What people decided for one SIM; None: as its carrier has it."""

    low_below: int | None = None
    never_rests: bool = False
    keep_alive_days: int | None = None


def rest_low(connection: sqlite3.Connection, sim_id: int, balance: str, now_ms: int) -> bool:
    """A SIM rests until a newer reading is above its threshold; whether it did not before."""
    row = connection.execute(
        """
        INSERT INTO low_balance_rests (sim_id, balance, since_ms) VALUES (?, ?, ?)
        ON CONFLICT (sim_id) DO UPDATE SET balance = excluded.balance RETURNING since_ms
        """,
        [sim_id, balance, now_ms],
    ).fetchone()
    return bool(row["since_ms"] == now_ms)


def end_low_rest(connection: sqlite3.Connection, sim_id: int) -> bool:
    """The SIM has enough again, or needs no more; whether it rested."""
    return connection.execute("DELETE FROM low_balance_rests WHERE sim_id = ?", [sim_id]).rowcount == 1


def low_rest(connection: sqlite3.Connection, sim_id: int) -> LowRest | None:
    """The rest of one SIM, if it rests for its balance."""
    row = connection.execute("SELECT * FROM low_balance_rests WHERE sim_id = ?", [sim_id]).fetchone()
    return None if row is None else LowRest(**dict(row))


def low_rests(connection: sqlite3.Connection) -> dict[int, LowRest]:
    """Every SIM that rests for its balance."""
    return {
        row["sim_id"]: LowRest(**dict(row)) for row in connection.execute("SELECT * FROM low_balance_rests")
    }


def own_money(connection: sqlite3.Connection, sim_id: int) -> OwnMoney:
    """What people decided for a SIM."""
    row = connection.execute("SELECT * FROM sim_money WHERE sim_id = ?", [sim_id]).fetchone()
    if row is None:
        return OwnMoney()
    return OwnMoney(
        low_below=row["low_below"],
        never_rests=bool(row["never_rests"]),
        keep_alive_days=row["keep_alive_days"],
    )


def set_low_balance(
    connection: sqlite3.Connection, sim_id: int, *, low_below: int | None, never_rests: bool
) -> None:
    """Its threshold in smallest units (None: its carrier's), or that a low balance only warns."""
    connection.execute(
        """
        INSERT INTO sim_money (sim_id, low_below, never_rests) VALUES (?, ?, ?)
        ON CONFLICT (sim_id) DO UPDATE SET low_below = excluded.low_below, never_rests = excluded.never_rests
        """,
        [sim_id, low_below, never_rests],
    )


def set_keep_alive_days(connection: sqlite3.Connection, sim_id: int, days: int | None) -> None:
    """In how many days it must spend something (None: as its carrier has it, 0: never)."""
    connection.execute(
        """
        INSERT INTO sim_money (sim_id, keep_alive_days) VALUES (?, ?)
        ON CONFLICT (sim_id) DO UPDATE SET keep_alive_days = excluded.keep_alive_days
        """,
        [sim_id, days],
    )

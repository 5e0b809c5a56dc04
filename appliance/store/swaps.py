"""Guided swaps, as rows that a restart does not forget. Their steps are in :mod:`appliance.policy.swap`."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass

from appliance.store import sims


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapRow:
    """A swap as it is stored; ``state`` is a JSON object of what else it remembers."""

    id: int
    port_name: str
    step: str
    old_sim_id: int | None
    new_sim_id: int | None
    state: str
    began_at_ms: int
    updated_at_ms: int
    ended_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Rest:
    """How a SIM rested before the swap had it take nothing new."""

    until_ms: int | None
    reason: str | None
    reason_args: str | None


def begin(
    connection: sqlite3.Connection,
    port_name: str,
    *,
    step: str,
    old_sim_id: int | None,
    state: str,
    now_ms: int,
) -> int:
    """Note a new swap. A port has one at a time: sqlite3.IntegrityError otherwise."""
    cursor = connection.execute(
        """
        INSERT INTO swaps (port_name, step, old_sim_id, state, began_at_ms, updated_at_ms)
        VALUES (?, ?, ?, ?, ?, ?)
        """,
        (port_name, step, old_sim_id, state, now_ms, now_ms),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def save(
    connection: sqlite3.Connection,
    swap_id: int,
    *,
    step: str,
    new_sim_id: int | None,
    state: str,
    ended: bool,
    now_ms: int,
) -> None:
    """Where a swap is now."""
    connection.execute(
        """
        UPDATE swaps SET step = ?, new_sim_id = ?, state = ?, updated_at_ms = ?,
            ended_at_ms = CASE WHEN ? THEN ? END
        WHERE id = ? AND ended_at_ms IS NULL
        """,
        (step, new_sim_id, state, now_ms, ended, now_ms, swap_id),
    )


def get(connection: sqlite3.Connection, swap_id: int) -> SwapRow | None:
    """A swap, over or not."""
    return next(iter(_read(connection, "WHERE id = ?", swap_id)), None)


def open_at(connection: sqlite3.Connection, port_name: str) -> SwapRow | None:
    """The swap that is under way at a port."""
    return next(iter(_read(connection, "WHERE port_name = ? AND ended_at_ms IS NULL", port_name)), None)


def open_swaps(connection: sqlite3.Connection) -> list[SwapRow]:
    """Those that are under way, oldest first."""
    return _read(connection, "WHERE ended_at_ms IS NULL ORDER BY id")


def is_any_open(connection: sqlite3.Connection) -> bool:
    """Whether some swap is under way."""
    row = connection.execute("SELECT EXISTS (SELECT 1 FROM swaps WHERE ended_at_ms IS NULL)").fetchone()
    return bool(row[0])


def count_begun(connection: sqlite3.Connection, sim_id: int) -> int:
    """Messages that a SIM is sending, or that only it may send."""
    row = connection.execute(
        """
        SELECT (SELECT count(*) FROM messages INDEXED BY messages_state WHERE state = 'sending' AND sim_id = :sim)
            + (SELECT count(*) FROM messages INDEXED BY messages_pinned
               WHERE state = 'queued' AND pinned_sim_id IS NOT NULL AND pinned_sim_id = :sim)
        """,
        {"sim": sim_id},
    ).fetchone()
    return int(row[0])


def hold(connection: sqlite3.Connection, port_name: str, sim_id: int, now_ms: int) -> None:
    """A SIM was found in a port: where its card is being swapped, it takes nothing before its plan is chosen.

    In the transaction that finds it, since it could send in the moment until the desk looks.
    """
    swap = open_at(connection, port_name)
    if swap is None or sim_id in (swap.old_sim_id, swap.new_sim_id):
        return
    connection.execute(
        """
        UPDATE sims SET resting_until_ms = ?, resting_reason = ?, resting_reason_args = '{}'
        WHERE id = ? AND coalesce(resting_until_ms, 0) <= ?
        """,
        (sims.UNTIL_RESUMED_MS, sims.DRAINING, sim_id, now_ms),
    )


def release_strays(connection: sqlite3.Connection) -> None:
    """At the end of a swap: a SIM that rested for one, and is in none any more, goes on.

    Such as a card that was put in by mistake and taken out again before the desk looked.
    """
    connection.execute(
        """
        UPDATE sims SET resting_until_ms = NULL, resting_reason = NULL, resting_reason_args = NULL
        WHERE resting_reason = ? AND id NOT IN (
            SELECT old_sim_id FROM swaps WHERE ended_at_ms IS NULL AND old_sim_id IS NOT NULL
            UNION SELECT new_sim_id FROM swaps WHERE ended_at_ms IS NULL AND new_sim_id IS NOT NULL
            UNION SELECT sim_id FROM ports JOIN swaps ON swaps.port_name = ports.name
            WHERE ended_at_ms IS NULL AND sim_id IS NOT NULL
        )
        """,
        (sims.DRAINING,),
    )


def rest_of(connection: sqlite3.Connection, sim_id: int) -> Rest:
    """How a SIM rests now, apart from a swap."""
    row = connection.execute(
        "SELECT resting_until_ms, resting_reason, resting_reason_args FROM sims WHERE id = ?", (sim_id,)
    ).fetchone()
    rest = Rest(*row)
    return Rest(None, None, None) if rest.reason == sims.DRAINING else rest


def rest_afterwards(connection: sqlite3.Connection, sim_id: int, rest: Rest) -> None:
    """A rest that was ordered while a SIM drains for a swap: it holds after that, where no longer one does."""
    key = f'$.rests."{sim_id}"'
    connection.execute(
        """
        UPDATE swaps SET state = json_set(state, :key, json(:rest))
        WHERE ended_at_ms IS NULL AND json_type(state, :key) = 'object'
            AND coalesce(json_extract(state, :key || '.until_ms'), 0) <= :until
        """,
        {"key": key, "rest": as_json(asdict(rest)), "until": rest.until_ms or 0},
    )


def restore_rest(connection: sqlite3.Connection, sim_id: int, rest: Rest, reason: str) -> None:
    """As it was, unless somebody else has ordered another rest than ``reason`` meanwhile."""
    connection.execute(
        """
        UPDATE sims SET resting_until_ms = ?, resting_reason = ?, resting_reason_args = ?
        WHERE id = ? AND resting_reason = ?
        """,
        (rest.until_ms, rest.reason, rest.reason_args, sim_id, reason),
    )


def as_json(value: object) -> str:
    """What a row keeps."""
    return json.dumps(value, ensure_ascii=False)


def _read(connection: sqlite3.Connection, condition: str, *values: str | int) -> list[SwapRow]:
    return [SwapRow(**dict(row)) for row in connection.execute(f"SELECT * FROM swaps {condition}", values)]

"""Setting the time of the box: everything that was told by it is moved along, so that no time passes by it.

An instant from the start of the system on was told by the clock that is set, and is moved with it: how long ago it was
is exact before and after. What is older was told by the clock of an earlier start. It is left alone where that one was
proved; else it is never made older than it was; and it never comes to lie after the start of the system.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from appliance.store.clock_judgement import EARLIEST_MS
from appliance.store.sims import UNTIL_RESUMED_MS

COUNTING_MS = 33 * 86_400_000
"""What is older is in no window and no month of a plan."""

INSTANTS: dict[str, tuple[str, ...]] = {
    "messages": ("accepted_at_ms", "sent_at_ms", "finished_at_ms", "updated_at_ms"),
    "delivery_reports": ("received_at_ms",),
    "inbound_messages": ("received_at_ms", "completed_at_ms", "read_at_ms"),
    "inbound_parts": ("received_at_ms",),
    "events": ("at_ms",),
    "changes": ("at_ms", "sent_at_ms", "finished_at_ms"),
    "feed": ("wanted_until_ms",),
    "webhooks": ("made_at_ms", "old_secret_until_ms", "failing_since_ms", "told_at_ms", "alarmed_at_ms"),
    "deliveries": ("first_at_ms", "next_try_at_ms", "tried_at_ms"),
    "sims": ("first_seen_at_ms", "last_seen_at_ms", "first_sent_at_ms"),
    "ports": ("state_since_ms", "updated_at_ms", "hold_until_ms", "identified_until_ms"),
    "port_commands": ("asked_at_ms", "began_at_ms", "done_at_ms"),
    "balance_questions": ("wanted_at_ms", "asked_at_ms", "next_at_ms", "done_at_ms"),
    "balance_readings": ("at_ms",),
    "low_balance_rests": ("since_ms",),
    "keep_alive_proofs": ("tried_at_ms", "sent_at_ms", "delivered_at_ms", "received_at_ms"),
    "loop_tests": (
        "began_at_ms",
        "ends_at_ms",
        "sent_at_ms",
        "delivered_at_ms",
        "received_at_ms",
        "done_at_ms",
    ),
    "swaps": ("began_at_ms", "updated_at_ms", "ended_at_ms"),
    "login_links": ("created_at_ms", "expires_at_ms", "used_at_ms"),
    "sessions": ("created_at_ms", "expires_at_ms"),
    "idempotency_keys": ("at_ms",),
    "sms_templates": ("made_at_ms", "changed_at_ms"),
    "aliyun_keys": ("made_at_ms",),
}
"""What the box noted of its own accord, and instants at which a span of time ends that it laid down itself. Those
that people name by the calendar, and those of a network's clock, are not among them."""

_JSON = (
    ("port_standings", "port_id", "standing"),
    ("swaps", "id", "state"),
    ("sims", "id", "breaker"),
    ("key_usage", "key_id", "minute"),
    ("key_usage", "key_id", "day"),
)


@dataclass(frozen=True, slots=True)
class Shift:
    """How the clock of the box is set."""

    by_ms: int
    began_ms: int
    """When this start of the system was first heard of, by the clock as it was."""
    earlier_is_proved: bool
    """Whether what is older was told by a clock that was right."""


def shift(connection: sqlite3.Connection, set_by: Shift, boot_id: str) -> None:
    """Move everything by it, within the transaction of the caller."""
    values = {
        "by": set_by.by_ms,
        "began": set_by.began_ms,
        "latest": set_by.began_ms + set_by.by_ms - 1,
        "since": set_by.began_ms - COUNTING_MS,
        "no_end": UNTIL_RESUMED_MS,
        "boot": boot_id,
    }
    connection.execute(_parts(set_by), values)
    for table, columns in INSTANTS.items():
        # Set back, nothing may be left that is yet to come: what time it was last is read from these too.
        older, first = ("min({0}, :latest)", ":latest") if set_by.by_ms < 0 else ("{0}", ":began")
        moved = ", ".join(
            f"{each} = iif({each} >= :began, {each} + :by, {older.format(each)})" for each in columns
        )
        any_of = " OR ".join(f"{each} >= {first}" for each in columns)
        connection.execute(f"UPDATE {table} SET {moved} WHERE {any_of}", values)
    for statement in _SPANS:
        connection.execute(statement, values)
    for table, key, column in _JSON:
        _shift_json(connection, table, key, column, set_by)
    connection.execute("UPDATE clock_marks SET at_ms = at_ms + :by WHERE boot_id = :boot", values)


_SPANS = (
    """
    UPDATE sims SET resting_until_ms = resting_until_ms + :by
    WHERE resting_until_ms >= :began AND resting_until_ms < :no_end
    """,
    # A back-off is a span of time; a message that is scheduled is for an instant of the calendar.
    """
    UPDATE messages SET not_before_ms = not_before_ms + :by
    WHERE state = 'queued' AND not_before_ms >= :began AND reason <> 'message.scheduled'
    """,
    # A deadline was given as a span (then it is whole seconds after the acceptance) or as an instant, which stays.
    """
    UPDATE messages SET expires_at_ms = expires_at_ms + :by
    WHERE state IN ('queued', 'held', 'sending', 'uncertain') AND expires_at_ms IS NOT NULL
        AND accepted_at_ms >= :began + :by AND reason <> 'message.scheduled'
        AND (expires_at_ms + :by - accepted_at_ms) % 1000 = 0
    """,
)


def _parts(set_by: Shift) -> str:
    """What the plans count: exact for this start of the system, and never too old for what was before."""
    if set_by.by_ms < 0:
        earlier, first = "min({0}, :latest)", ":latest"
    elif set_by.earlier_is_proved:
        earlier, first = "{0}", ":began"
    else:
        earlier, first = "iif({0} >= :since, min({0} + :by, :latest), {0})", ":since"
    moved = ", ".join(
        f"{each} = iif({each} >= :began, {each} + :by, {earlier.format(each)})"
        for each in ("submitted_at_ms", "answered_at_ms", "reported_at_ms")
    )
    return f"UPDATE parts SET {moved} WHERE answered_at_ms >= {first} OR submitted_at_ms >= {first}"


def _shift_json(connection: sqlite3.Connection, table: str, key: str, column: str, set_by: Shift) -> None:
    """Instants within what is remembered of a port, a swap or a SIM."""
    found = connection.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
    for row_key, kept in found:
        moved = json.dumps(_moved(json.loads(kept), set_by), ensure_ascii=False, separators=(",", ":"))
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (moved, row_key))


def _moved(value: object, set_by: Shift) -> object:
    match value:
        case dict():
            return {name: _moved(each, set_by) for name, each in value.items()}
        case list():
            return [_moved(each, set_by) for each in value]
        case bool():
            return value
        case int() if value >= max(EARLIEST_MS, set_by.began_ms) and value < UNTIL_RESUMED_MS:
            return value + set_by.by_ms
        case _:
            return value

"""The change feed: what became of messages, what was received, what happened to ports and SIMs, in one order.

Rows are written by triggers, in the transaction that makes the change, so no way in and no step of the pool can forget
one, and ids ascend in the order of commits. The triggers are there only while somebody :func:`wants` them: what nobody
reads costs nothing. Whatever was not recorded meanwhile is told by a row of the kind ``began``.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

WANTED_BY_A_READER_MS = 24 * 60 * 60 * 1000
"""Who read the feed by the API may come back within this and go on where he was."""

TRIM_ROWS = 500
"""So many old rows go in one transaction at most."""


class ChangeKind(StrEnum):
    """What a row is about."""

    MESSAGE = "message"
    """A message came to be, or has another state."""
    INBOUND = "inbound"
    """A message was received; or a part of one came late."""
    MODEM = "modem"
    """An event of a port or a SIM (:mod:`appliance.store.events`)."""
    BEGAN = "began"
    """Changes are recorded from here on: those before this row may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row. What a message was at that instant is in it, since its own row goes on changing."""

    id: int
    at_ms: int
    kind: ChangeKind
    state: str
    """Of a message: its new state. Of what was received: 'received' or 'completed'. Of an event: its kind."""
    reason: str
    reason_args: dict[str, str | int]
    message_seq: int | None = None
    account_id: int | None = None
    """Of a message: in whose name it goes."""
    attempt: int | None = None
    sim_id: int | None = None
    sent_at_ms: int | None = None
    finished_at_ms: int | None = None
    inbound_seq: int | None = None
    event_id: int | None = None
    port_id: int | None = None
    port_state: str | None = None

    @property
    def subject(self) -> str:
        """What it is about: changes of one subject are told in their order."""
        match self.kind:
            case ChangeKind.MESSAGE:
                return f"m{self.message_seq}"
            case ChangeKind.INBOUND:
                return f"i{self.inbound_seq}"
            case _:
                return f"e{self.event_id}"


_EVENT_KINDS = (
    "port-state",
    "sim-rested",
    "sim-readmitted",
    "sim-clone",
    "balance",
    "keep-alive",
    "pin",
    "ladder",
)
"""Of all events those that say how a port or a SIM stands."""

TRIGGERS = {
    "changes_new_message": """
        AFTER INSERT ON messages BEGIN
            INSERT INTO changes (at_ms, kind, state, reason, reason_args, message_seq, account_id, attempt, sim_id)
            VALUES (NEW.updated_at_ms, 'message', NEW.state, NEW.reason, NEW.reason_args, NEW.seq, NEW.account_id,
                NEW.attempt, NEW.sim_id);
        END
    """,
    "changes_of_message": """
        AFTER UPDATE OF state ON messages WHEN NEW.state <> OLD.state BEGIN
            INSERT INTO changes (at_ms, kind, state, reason, reason_args, message_seq, account_id, attempt, sim_id,
                sent_at_ms, finished_at_ms)
            VALUES (NEW.updated_at_ms, 'message', NEW.state, NEW.reason, NEW.reason_args, NEW.seq, NEW.account_id,
                NEW.attempt, NEW.sim_id, NEW.sent_at_ms, NEW.finished_at_ms);
        END
    """,
    "changes_new_inbound": """
        AFTER INSERT ON inbound_messages BEGIN
            INSERT INTO changes (at_ms, kind, state, inbound_seq, sim_id)
            VALUES (NEW.completed_at_ms, 'inbound', 'received', NEW.seq, NEW.sim_id);
        END
    """,
    "changes_of_inbound": """
        AFTER UPDATE OF parts_received ON inbound_messages WHEN NEW.parts_received <> OLD.parts_received BEGIN
            INSERT INTO changes (at_ms, kind, state, inbound_seq, sim_id)
            VALUES (NEW.completed_at_ms, 'inbound', 'completed', NEW.seq, NEW.sim_id);
        END
    """,
    "changes_new_event": f"""
        AFTER INSERT ON events WHEN NEW.kind IN ({", ".join(f"'{each}'" for each in _EVENT_KINDS)}) BEGIN
            INSERT INTO changes (at_ms, kind, state, reason, reason_args, sim_id, event_id, port_id, port_state)
            VALUES (NEW.at_ms, 'modem', NEW.kind, NEW.reason, NEW.reason_args, NEW.sim_id, NEW.id, NEW.port_id,
                (SELECT state FROM ports WHERE id = NEW.port_id));
        END
    """,
}


def is_recording(connection: sqlite3.Connection) -> bool:
    """Whether the triggers are there."""
    row = connection.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'changes_%'"
    )
    return int(row.fetchone()[0]) == len(TRIGGERS)


def record(connection: sqlite3.Connection, now_ms: int) -> None:
    """Record changes from this transaction on. To be called by whoever makes somebody want them."""
    if is_recording(connection):
        return
    for name, body in TRIGGERS.items():
        connection.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {body}")
    connection.execute("INSERT INTO changes (at_ms, kind, state) VALUES (?, 'began', '')", (now_ms,))


def stop_recording(connection: sqlite3.Connection) -> None:
    """Nobody wants them any more."""
    for name in TRIGGERS:
        connection.execute(f"DROP TRIGGER IF EXISTS {name}")


def note_reader(connection: sqlite3.Connection, now_ms: int) -> None:
    """Somebody reads the feed by the API: it is recorded for as long as he may come back."""
    connection.execute("UPDATE feed SET wanted_until_ms = ?", (now_ms + WANTED_BY_A_READER_MS,))
    record(connection, now_ms)


def wants(connection: sqlite3.Connection, now_ms: int) -> bool:
    """Whether a reader, a subscription or a message with a callback wants the feed."""
    row = connection.execute(
        """
        SELECT wanted_until_ms > ? OR EXISTS (SELECT 1 FROM webhooks WHERE is_on)
            OR EXISTS (SELECT 1 FROM callbacks) FROM feed
        """,
        (now_ms,),
    ).fetchone()
    return bool(row[0])


def box_id(connection: sqlite3.Connection) -> str:
    """Sixteen letters that no other database has: ids of changes are unique with it."""
    return str(connection.execute("SELECT box FROM feed").fetchone()[0])


def newest_id(connection: sqlite3.Connection) -> int:
    """The id of the newest change; 0 where there was none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM changes").fetchone()[0])


def oldest_id(connection: sqlite3.Connection) -> int:
    """The id of the oldest change that is kept; 0 where there is none."""
    return int(connection.execute("SELECT coalesce(min(id), 0) FROM changes").fetchone()[0])


def after(connection: sqlite3.Connection, change_id: int, limit: int) -> list[Change]:
    """Changes after one, oldest first."""
    rows = connection.execute("SELECT * FROM changes WHERE id > ? ORDER BY id LIMIT ?", (change_id, limit))
    return [_change(row) for row in rows]


def get(connection: sqlite3.Connection, change_id: int) -> Change | None:
    """The change of an id, where it is still kept."""
    row = connection.execute("SELECT * FROM changes WHERE id = ?", (change_id,)).fetchone()
    return None if row is None else _change(row)


def inbound_id(connection: sqlite3.Connection, seq: int) -> str:
    """The id of a received message by its number; '' where it is kept no more."""
    row = connection.execute("SELECT id FROM inbound_messages WHERE seq = ?", (seq,)).fetchone()
    return "" if row is None else str(row[0])


def trim(connection: sqlite3.Connection, most: int) -> int:
    """Delete the oldest of more than ``most`` (0: no limit) that were told to everybody; how many went.

    The night does it too, but a busy day may have more than the disk of a small box.
    """
    newest, oldest = newest_id(connection), oldest_id(connection)
    if not most or newest - oldest < most:
        return 0
    return connection.execute(
        """
        DELETE FROM changes WHERE id IN (
            SELECT id FROM changes WHERE id <= ? AND id <= (SELECT told_id FROM feed)
                AND id NOT IN (SELECT change_id FROM deliveries)
            ORDER BY id LIMIT ?)
        """,
        (newest - most, TRIM_ROWS),
    ).rowcount


def _change(row: sqlite3.Row) -> Change:
    return Change(
        **{**dict(row), "kind": ChangeKind(row["kind"]), "reason_args": json.loads(row["reason_args"])}
    )

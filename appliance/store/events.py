"""What happened on the box and matters to people, as a list that only grows at its end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class EventKind(StrEnum):
    """What an event is about."""

    PORT_STATE = "port-state"
    SIM_RESTED = "sim-rested"
    SIM_READMITTED = "sim-readmitted"
    """A SIM that rested tried a message, and goes on."""
    SIM_CLONE = "sim-clone"
    MESSAGE_UNCERTAIN = "message-uncertain"
    MISSED_CALL = "missed-call"
    DELETE_REFUSED = "delete-refused"
    BALANCE = "balance"
    """What is on a SIM, and that it can't be found out."""
    KEEP_ALIVE = "keep-alive"
    """That a SIM was used before its date, or can't be."""
    PIN = "pin"
    TECHNICIAN = "technician"
    """What a person did to a port or a SIM, with who it was."""
    LOOP_TEST = "loop-test"
    LADDER = "ladder"
    """What was done to a port that did not work, and whether it helped."""
    PROFILE = "profile"
    """A person's profile of a modem family has a mistake."""
    CLOCK = "clock"
    """A network's clock and ours differ."""
    WEBHOOK = "webhook"
    """A program that asked to be told takes nothing, or wants nothing more."""
    UPKEEP = "upkeep"
    """The database or its log needs a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; ``kind`` is an :class:`EventKind`, or a word of another part of the house."""

    id: int
    at_ms: int
    kind: str
    port_id: int | None
    sim_id: int | None
    message_seq: int | None
    reason: str
    reason_args: dict[str, str | int]


def add(
    connection: sqlite3.Connection,
    kind: EventKind,
    reason: str,
    args: Mapping[str, str | int],
    *,
    at_ms: int,
    port_id: int | None = None,
    sim_id: int | None = None,
    message_seq: int | None = None,
) -> None:
    """Note what happened now."""
    connection.execute(
        """
        INSERT INTO events (at_ms, kind, port_id, sim_id, message_seq, reason, reason_args)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        (at_ms, kind, port_id, sim_id, message_seq, reason, json.dumps(args, ensure_ascii=False)),
    )


def recent(
    connection: sqlite3.Connection,
    *,
    limit: int,
    before_id: int | None = None,
    port_id: int | None = None,
    sim_id: int | None = None,
) -> list[Event]:
    """The newest events before ``before_id``, newest first; of one port or of one SIM where that is given."""
    narrowed, values = "", [1 << 62 if before_id is None else before_id]
    if port_id is not None:
        narrowed, values = f"{narrowed} AND port_id = ?", [*values, port_id]
    if sim_id is not None:
        narrowed, values = f"{narrowed} AND sim_id = ?", [*values, sim_id]
    rows = connection.execute(
        f"SELECT * FROM events WHERE id < ?{narrowed} ORDER BY id DESC LIMIT ?",
        [*values, limit],
    )
    return [Event(**{**dict(row), "reason_args": json.loads(row["reason_args"])}) for row in rows]

"""What arrives: every TPDU is stored as it came, once for each SIM, and filed as a message when it is whole.

The inbox as the office reads it is :mod:`appliance.store.inbox`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from appliance.store.messages import new_id


class InboundKind(StrEnum):
    """What a received message is, so that none is shown as garbage or answered by a machine that must not."""

    TEXT = "text"
    FLASH = "flash"
    """Class 0: phones show it at once and store it nowhere."""
    BINARY = "binary"
    VOICEMAIL = "voicemail"
    """An indication that something waits (or waits no more): voice mail, fax, mail."""
    WAP_PUSH = "wap-push"
    SIM_OTA = "sim-ota"
    """For the card or its toolkit, sent by its operator."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKey:
    """Parts of one message agree in all of this; so may parts of others, as references are used again."""

    sim_id: int
    sender: str
    concat_reference: int
    parts_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPart:
    """A TPDU that was read and is not stored yet."""

    pdu: str
    sender: str
    concat_reference: int | None
    parts_total: int
    number: int
    scts_at_ms: int | None
    received_at_ms: int


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part of a long message."""

    id: int
    pdu: str
    number: int
    scts_at_ms: int | None
    received_at_ms: int
    message_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A received message that is shown from here on; ``data`` is hexadecimal."""

    sim_id: int
    sender: str
    text: str | None
    data: str | None
    kind: InboundKind
    parts_total: int
    parts_received: int
    scts_at_ms: int | None
    received_at_ms: int
    completed_at_ms: int

    @property
    def is_complete(self) -> bool:
        return self.parts_received >= self.parts_total


def keep_part(connection: sqlite3.Connection, sim_id: int, part: NewPart) -> int | None:
    """Store a TPDU; returns its id, or None where the SIM has received just this one before.

    One that is the same in every octet, the service centre's stamp included, is the same message: a second reading
    of its place, one that the modem keeps although it was deleted, or one that the network repeats because our
    acknowledgement was lost. So two messages of one sender with one text in one second count as one, and so does
    any repeated text where a network always gives the same stamp. Telling those apart takes more than the modem's
    OK to ``AT+CMGD``, as some say that and delete nothing: the place has to be seen empty in between.
    """
    row = connection.execute(
        """
        INSERT INTO inbound_parts (sim_id, pdu, sender, concat_reference, parts_total, number, scts_at_ms,
            received_at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sim_id, pdu) DO NOTHING RETURNING id
        """,
        (
            sim_id,
            part.pdu,
            part.sender,
            part.concat_reference,
            part.parts_total,
            part.number,
            part.scts_at_ms,
            part.received_at_ms,
        ),
    ).fetchone()
    return None if row is None else int(row[0])


SIBLINGS = """
    SELECT id, pdu, number, scts_at_ms, received_at_ms, message_seq
    FROM inbound_parts INDEXED BY inbound_parts_siblings
    WHERE sim_id = ? AND sender = ? AND concat_reference = ? AND parts_total = ?
        AND received_at_ms >= ?
    ORDER BY id
"""


def siblings(connection: sqlite3.Connection, key: PartKey, since_ms: int) -> list[StoredPart]:
    """The parts that agree in ``key`` and came since ``since_ms``, in order of arrival, filed or not."""
    values = (key.sim_id, key.sender, key.concat_reference, key.parts_total, since_ms)
    return [StoredPart(*row) for row in connection.execute(SIBLINGS, values)]


OVERDUE = """
    SELECT DISTINCT sim_id, sender, concat_reference, parts_total
    FROM inbound_parts INDEXED BY inbound_parts_overdue
    WHERE message_seq IS NULL AND received_at_ms <= ? LIMIT 50
"""


def overdue(connection: sqlite3.Connection, before_ms: int) -> list[PartKey]:
    """Keys of parts that have waited for their siblings since before ``before_ms``."""
    return [
        PartKey(sim_id=sim_id, sender=sender, concat_reference=reference, parts_total=total)
        for sim_id, sender, reference, total in connection.execute(OVERDUE, (before_ms,))
    ]


def file(connection: sqlite3.Connection, message: NewMessage, part_ids: Iterable[int]) -> int:
    """Show a message that is made of stored parts; returns its number in the inbox."""
    row = connection.execute(
        """
        INSERT INTO inbound_messages (id, sim_id, sender, text, data, kind, parts_total, parts_received, complete,
            scts_at_ms, received_at_ms, completed_at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq
        """,
        (
            new_id(message.completed_at_ms),
            message.sim_id,
            message.sender,
            message.text,
            message.data,
            message.kind,
            message.parts_total,
            message.parts_received,
            message.is_complete,
            message.scts_at_ms,
            message.received_at_ms,
            message.completed_at_ms,
        ),
    ).fetchone()
    seq = int(row[0])
    attach(connection, seq, part_ids)
    return seq


def improve(connection: sqlite3.Connection, seq: int, message: NewMessage, part_ids: Iterable[int]) -> None:
    """A part came late for a message that was shown with parts missing."""
    connection.execute(
        """
        UPDATE inbound_messages SET text = ?, data = ?, parts_received = ?, complete = ?, completed_at_ms = ?
        WHERE seq = ?
        """,
        (
            message.text,
            message.data,
            message.parts_received,
            message.is_complete,
            message.completed_at_ms,
            seq,
        ),
    )
    attach(connection, seq, part_ids)


def attach(connection: sqlite3.Connection, seq: int, part_ids: Iterable[int]) -> None:
    """Parts that a message is made of, doubles included."""
    connection.executemany(
        "UPDATE inbound_parts SET message_seq = ? WHERE id = ?", [(seq, part_id) for part_id in part_ids]
    )

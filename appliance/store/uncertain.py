"""The messages of which nobody knows whether they were sent: the list that a person works through, and its two ends."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.store import messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """One message that is uncertain, with what helps a person to decide."""

    seq: int
    id: str
    recipient: str
    text: str
    reason: str
    reason_args: dict[str, str | int]
    on_uncertain: str
    attempts: int
    since_ms: int
    """When the box gave up waiting for the answer to the latest uncertain part."""
    sim_id: int | None
    parts_total: int
    parts_uncertain: int
    delivery_report: bool
    """Whether a report may still settle it."""


LIST = """
    SELECT messages.seq, messages.id, messages.recipient, messages.text, messages.reason, messages.reason_args,
        messages.on_uncertain, messages.attempt,
        (SELECT max(coalesce(answered_at_ms, submitted_at_ms)) FROM parts
         WHERE message_seq = messages.seq AND state = 'uncertain'),
        messages.sim_id, messages.parts_total,
        (SELECT count(DISTINCT number) FROM parts WHERE message_seq = messages.seq AND state = 'uncertain'),
        messages.delivery_report, messages.updated_at_ms
    FROM messages INDEXED BY messages_state
    WHERE state = 'uncertain' AND seq < ? ORDER BY seq DESC LIMIT ?
"""


def list_uncertain(
    connection: sqlite3.Connection, *, limit: int, before_seq: int | None = None
) -> list[Uncertain]:
    """Newest first, at most ``limit``, older than ``before_seq``."""
    before = (1 << 63) - 1 if before_seq is None else before_seq
    return [
        Uncertain(
            seq=row[0],
            id=row[1],
            recipient=row[2],
            text=row[3],
            reason=row[4],
            reason_args=json.loads(row[5]),
            on_uncertain=row[6],
            attempts=row[7],
            since_ms=row[13] if row[8] is None else row[8],
            sim_id=row[9],
            parts_total=row[10],
            parts_uncertain=row[11],
            delivery_report=bool(row[12]),
        )
        for row in connection.execute(LIST, (before, limit))
    ]


MOST_AT_ONCE = 500
"""Messages that one transaction settles, so that it holds up no send for long."""


def resend_several(connection: sqlite3.Connection, ids: Sequence[str], now_ms: int) -> dict[str, bool]:
    """A person has decided that these are sent again; for each, whether it was (still) uncertain and will be."""
    return _each(connection, ids, now_ms, messages.resend)


def mark_sent_several(connection: sqlite3.Connection, ids: Sequence[str], now_ms: int) -> dict[str, bool]:
    """A person knows that these were sent; for each, whether it was (still) uncertain."""
    return _each(connection, ids, now_ms, messages.mark_sent)


def _each(
    connection: sqlite3.Connection,
    ids: Sequence[str],
    now_ms: int,
    act: Callable[[sqlite3.Connection, str, int], bool],
) -> dict[str, bool]:
    if len(ids) > MOST_AT_ONCE:
        raise ValueError(f"at most {MOST_AT_ONCE} messages at once")
    return {message_id: act(connection, message_id, now_ms) for message_id in dict.fromkeys(ids)}

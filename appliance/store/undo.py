"""Taking back what a person decided about an uncertain message, as long as nothing has followed from it."""

from __future__ import annotations

import json
import sqlite3

RESENT = "message.resend-by-person"
RESENT_SOON = "message.resend-soon"
"""The same, a moment later, so that it can be taken back."""
MARKED_SENT = "message.marked-sent"

_AGAIN = """
    state = 'uncertain', reason = 'message.uncertain-again', reason_args = '{}', not_before_ms = 0, is_due = 1,
    is_parked = 0, sent_at_ms = NULL, finished_at_ms = NULL, updated_at_ms = :now
"""

UNDO_RESEND = f"""
    UPDATE messages SET {_AGAIN} WHERE id = :id AND state = 'queued' AND reason IN ('{RESENT}', '{RESENT_SOON}')
"""

UNDO_MARK = f"""
    UPDATE messages SET {_AGAIN} WHERE id = :id AND state = 'sent' AND reason = '{MARKED_SENT}'
"""


def undo(connection: sqlite3.Connection, message_id: str, now_ms: int) -> bool:
    """Make a message uncertain again; False where it is too late.

    That is where a SIM has taken it meanwhile, or a report or late answer has told. The state is in the condition of
    the UPDATE: where the pool takes the message at the same moment, exactly one of the two wins.
    """
    values = {"id": message_id, "now": now_ms}
    if connection.execute(UNDO_RESEND, values).rowcount == 1:
        return True
    row = connection.execute("SELECT seq, reason_args FROM messages WHERE id = ?", [message_id]).fetchone()
    if row is None or connection.execute(UNDO_MARK, values).rowcount != 1:
        return False
    connection.executemany(
        "UPDATE parts SET state = 'uncertain' WHERE id = ? AND message_seq = ? AND state = 'accepted'",
        [(part_id, row["seq"]) for part_id in _believed(row["reason_args"])],
    )
    return True


def parts_in_words(part_ids: list[int]) -> str:
    """The parts that a person believed to be sent, as an argument of the reason that says so."""
    return " ".join(map(str, part_ids))


def _believed(reason_args: str) -> list[int]:
    return [int(each) for each in str(json.loads(reason_args).get("believed", "")).split()]

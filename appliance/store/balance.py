"""What is on the SIMs: questions to their carriers, and what was read.

A question is a row from the moment when it is wanted until it is answered or given up; a SIM has one open at a
time. The pool may ask for one as well (:func:`want`), in the transaction in which it sees the reason.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a balance is asked for."""

    SCHEDULE = "schedule"
    EMPTY = "empty"
    """The network refuses the SIM in the way of a prepaid one that ran out."""
    PERSON = "person"


class QuestionState(StrEnum):
    """Where a question is."""

    WANTED = "wanted"
    ASKED = "asked"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question, with its latest try."""

    id: int
    sim_id: int
    cause: Cause
    asked_by: str
    state: QuestionState
    tries: int
    method: str | None
    asked_of: str | None
    command_id: int | None
    message_id: str | None
    wanted_at_ms: int
    asked_at_ms: int | None
    next_at_ms: int
    done_at_ms: int | None
    reason: str
    reason_args: dict[str, str | int]

    @property
    def is_open(self) -> bool:
        return self.done_at_ms is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a carrier said; ``units`` None where no amount was found in it."""

    id: int
    sim_id: int
    question_id: int | None
    units: int | None
    currency: str
    decimals: int
    raw: str
    inbound_seq: int | None
    at_ms: int


EMPTY_AGAIN_AFTER_MS = 3_600_000
"""A SIM that goes on being refused is not asked again within this time."""


def want(connection: sqlite3.Connection, sim_id: int, *, cause: Cause, by: str = "", now_ms: int) -> int:
    """Have the balance of a SIM asked for; the id of the question, which may be one that is open already.

    A person's wish goes before the box's: the open question is then asked by night too, and at once.
    """
    open_one = connection.execute(
        "SELECT id, cause FROM balance_questions WHERE sim_id = ? AND done_at_ms IS NULL", [sim_id]
    ).fetchone()
    if open_one is not None:
        if cause is Cause.PERSON and open_one["cause"] != Cause.PERSON:
            connection.execute(
                """
                UPDATE balance_questions SET cause = ?, asked_by = ?,
                    next_at_ms = CASE WHEN state = 'wanted' THEN ? ELSE next_at_ms END
                WHERE id = ?
                """,
                [cause, by, now_ms, open_one["id"]],
            )
        return int(open_one["id"])
    row = connection.execute(
        """
        INSERT INTO balance_questions (sim_id, cause, asked_by, state, wanted_at_ms, next_at_ms, reason)
        VALUES (?, ?, ?, 'wanted', ?, ?, 'balance.wanted') RETURNING id
        """,
        [sim_id, cause, by, now_ms, now_ms],
    ).fetchone()
    return int(row["id"])


def want_because_empty(connection: sqlite3.Connection, sim_id: int, now_ms: int) -> bool:
    """The same for a SIM that seems to have run out; False: that was asked within the hour."""
    row = connection.execute(
        "SELECT max(wanted_at_ms) FROM balance_questions WHERE sim_id = ?", [sim_id]
    ).fetchone()
    if row[0] is not None and row[0] > now_ms - EMPTY_AGAIN_AFTER_MS:
        return False
    want(connection, sim_id, cause=Cause.EMPTY, now_ms=now_ms)
    return True


def is_anything_open(connection: sqlite3.Connection) -> bool:
    """Whether a question waits for something."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM balance_questions INDEXED BY balance_questions_open WHERE done_at_ms IS NULL)"
    ).fetchone()
    return bool(row[0])


def open_questions(connection: sqlite3.Connection) -> list[Question]:
    """What is wanted or asked, oldest first."""
    rows = connection.execute(
        """
        SELECT * FROM balance_questions INDEXED BY balance_questions_open WHERE done_at_ms IS NULL ORDER BY id
        """
    )
    return [_question(row) for row in rows]


def question(connection: sqlite3.Connection, question_id: int) -> Question | None:
    """The question of an id."""
    row = connection.execute("SELECT * FROM balance_questions WHERE id = ?", [question_id]).fetchone()
    return None if row is None else _question(row)


def latest_question(connection: sqlite3.Connection, sim_id: int) -> Question | None:
    """The newest one of a SIM."""
    row = connection.execute(
        "SELECT * FROM balance_questions WHERE sim_id = ? ORDER BY id DESC LIMIT 1", [sim_id]
    ).fetchone()
    return None if row is None else _question(row)


def last_wanted(connection: sqlite3.Connection) -> dict[int, int]:
    """When each SIM was asked about last, by its id."""
    rows = connection.execute("SELECT sim_id, max(wanted_at_ms) FROM balance_questions GROUP BY sim_id")
    return {row[0]: row[1] for row in rows}


def note_asking(
    connection: sqlite3.Connection,
    question_id: int,
    *,
    method: str,
    asked_of: str,
    command_id: int | None,
    next_at_ms: int,
    now_ms: int,
) -> None:
    """A try begins: on disk before anything is sent, so that a crash asks once more at most, never without end."""
    connection.execute(
        """
        UPDATE balance_questions SET state = 'asked', tries = tries + 1, method = ?, asked_of = ?, command_id = ?,
            message_id = NULL, asked_at_ms = ?, next_at_ms = ?, reason = 'balance.asked', reason_args = ?
        WHERE id = ? AND done_at_ms IS NULL
        """,
        [
            method,
            asked_of,
            command_id,
            now_ms,
            next_at_ms,
            json.dumps({"asked_of": asked_of}, ensure_ascii=False),
            question_id,
        ],
    )


def note_message(connection: sqlite3.Connection, question_id: int, message_id: str) -> None:
    """The message that the latest try sends."""
    connection.execute("UPDATE balance_questions SET message_id = ? WHERE id = ?", [message_id, question_id])


def want_again(
    connection: sqlite3.Connection,
    question_id: int,
    reason: str,
    args: Mapping[str, str | int],
    next_at_ms: int,
) -> None:
    """A try came to nothing, and another one follows."""
    connection.execute(
        """
        UPDATE balance_questions SET state = 'wanted', command_id = NULL, message_id = NULL, next_at_ms = ?,
            reason = ?, reason_args = ? WHERE id = ? AND done_at_ms IS NULL
        """,
        [next_at_ms, reason, json.dumps(dict(args), ensure_ascii=False), question_id],
    )


def end(
    connection: sqlite3.Connection,
    question_id: int,
    state: QuestionState,
    *,
    reason: str,
    args: Mapping[str, str | int],
    now_ms: int,
) -> None:
    """A question is answered or given up."""
    connection.execute(
        """
        UPDATE balance_questions SET state = ?, reason = ?, reason_args = ?, done_at_ms = ?
        WHERE id = ? AND done_at_ms IS NULL
        """,
        [state, reason, json.dumps(dict(args), ensure_ascii=False), now_ms, question_id],
    )


# -- readings -------------------------------------------------------------------------------------------------


def add_reading(
    connection: sqlite3.Connection,
    *,
    sim_id: int,
    question_id: int | None,
    units: int | None,
    currency: str,
    decimals: int,
    raw: str,
    inbound_seq: int | None,
    at_ms: int,
) -> None:
    """Keep what a carrier said."""
    connection.execute(
        """
        INSERT INTO balance_readings (sim_id, question_id, units, currency, decimals, raw, inbound_seq, at_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [sim_id, question_id, units, currency, decimals, raw, inbound_seq, at_ms],
    )


def readings(connection: sqlite3.Connection, sim_id: int, *, limit: int) -> list[Reading]:
    """What was read of a SIM, newest first."""
    rows = connection.execute(
        "SELECT * FROM balance_readings WHERE sim_id = ? ORDER BY at_ms DESC, id DESC LIMIT ?",
        [sim_id, limit],
    )
    return [Reading(**dict(row)) for row in rows]


def latest_amount(connection: sqlite3.Connection, sim_id: int) -> Reading | None:
    """The newest reading that has an amount."""
    row = connection.execute(
        """
        SELECT * FROM balance_readings WHERE sim_id = ? AND units IS NOT NULL
        ORDER BY at_ms DESC, id DESC LIMIT 1
        """,
        [sim_id],
    ).fetchone()
    return None if row is None else Reading(**dict(row))


@dataclass(frozen=True, slots=True)
class Arrived:
    """A whole message of the inbox that may be an answer."""

    seq: int
    sender: str
    text: str
    at_ms: int


_NEWEST_ARRIVED = 5000


def arrived_since(connection: sqlite3.Connection, sim_id: int, since_ms: int) -> list[Arrived]:
    """What a SIM received since an instant, oldest first, among the newest messages of the box.

    Texts of which parts are missing are none: an amount that is cut off is a wrong one.
    """
    rows = connection.execute(
        """
        SELECT seq, sender, text, received_at_ms FROM inbound_messages
        WHERE seq > (SELECT coalesce(max(seq), 0) FROM inbound_messages) - ? AND sim_id = ?
            AND received_at_ms >= ? AND complete = 1 AND text IS NOT NULL
        ORDER BY seq
        """,
        [_NEWEST_ARRIVED, sim_id, since_ms],
    )
    return [Arrived(*row) for row in rows]


def _question(row: sqlite3.Row) -> Question:
    return Question(
        **{
            **dict(row),
            "cause": Cause(row["cause"]),
            "state": QuestionState(row["state"]),
            "reason_args": json.loads(row["reason_args"]),
        }
    )

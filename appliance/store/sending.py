"""What a SIM does with a message: the hot path, one statement for each thought.

Every function runs inside a transaction of the writer. A message moves only along
:data:`appliance.store.life.MESSAGE_STEPS`; each move writes the reason that goes with it.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from appliance.store import sims
from appliance.values import value


class NotInThatStateError(Exception):
    """A row was not in the state that the step begins with: a bug, and the transaction is undone."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reason as it is stored: a code of :mod:`appliance.sentences` and its arguments as a JSON object."""

    code: str
    args: str = "{}"

    @classmethod
    def of(cls, code: str, **args: str | int) -> Said:
        return cls(code, json.dumps(args, ensure_ascii=False))


TIME_OVER = Said("message.uncertain-time-over")
"""Of a message that nobody sends again, because it would come after its deadline."""


@dataclass(slots=True)
class Queued:
    """A message that a SIM may take, as the hot path needs it (mutable only to be built cheaply)."""

    seq: int
    recipient: str
    text: str
    alphabet: str
    parts_total: int
    flash: bool
    delivery_report: bool
    attempt: int
    """Reservations before this one."""
    pinned_sim_id: int | None
    excluded_sim_ids: str
    """A JSON array."""
    on_uncertain: str
    expires_at_ms: int | None
    priority: int = 1
    account_id: int = 1
    destination: str = ""
    sticky_sim_id: int | None = None
    since_ms: int = 0
    """Since when it could have gone."""
    asks_balance: bool = False
    via_sim_id: int | None = None

    @property
    def excluded(self) -> frozenset[int]:
        return excluded_sims(self.excluded_sim_ids)


def excluded_sims(array: str) -> frozenset[int]:
    """The SIMs of ``excluded_sim_ids``."""
    return frozenset(json.loads(array))


@value
class Reservation:
    """A message that one SIM sends in one attempt."""

    message: Queued
    attempt: int
    sim_id: int
    port_id: int
    concat_reference: int | None
    numbers: tuple[int, ...]
    """The parts that this attempt is to send, ascending; earlier attempts sent the others."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a part was not taken, as it is stored with the part."""

    kind: str
    """'cms', 'cme', 'error', or 'line' where Ctrl-Z was never given."""
    code: int | None
    detail: str


COLUMNS = """
    seq, recipient, text, alphabet, parts_total, flash, delivery_report, attempt, pinned_sim_id,
    excluded_sim_ids, on_uncertain, expires_at_ms, priority, account_id, destination, sticky_sim_id,
    max(accepted_at_ms, not_before_ms), source = 'balance', via_sim_id
"""

QUEUED = f"SELECT {COLUMNS} FROM messages WHERE seq = ? AND state = 'queued'"


def queued(connection: sqlite3.Connection, seq: int) -> Queued | None:
    """A message that waits, whatever for; None: it waits no more."""
    row = connection.execute(QUEUED, (seq,)).fetchone()
    return None if row is None else Queued(*row)


_TO_SENDING = """
    UPDATE messages SET state = 'sending', reason = ?, reason_args = ?, attempt = ?, sim_id = ?, updated_at_ms = ?
    WHERE seq = ? AND state = 'queued' AND is_due = 1 AND attempt = ?
"""


def reserve(
    connection: sqlite3.Connection,
    message: Queued,
    *,
    sim_id: int,
    port_id: int,
    said: Said,
    now_ms: int,
    is_joined: bool = True,
) -> Reservation:
    """Take a queued message for a SIM: it is sending from here on, and no other SIM can take it.

    ``is_joined``: several parts get a reference by which phones join them. :class:`NotInThatStateError`: it is not as
    it was when it was read.
    """
    before = message.attempt
    attempt = before + 1
    moved = connection.execute(
        _TO_SENDING, (said.code, said.args, attempt, sim_id, now_ms, message.seq, before)
    ).rowcount
    if moved != 1:
        raise NotInThatStateError(f"message {message.seq} is not queued")
    if message.parts_total == 1:
        return Reservation(message, attempt, sim_id, port_id, None, (1,))
    numbers, reference = _rest_of(connection, message, sim_id)
    if reference is None and is_joined:
        reference = sims.next_concat_reference(connection, sim_id)
    return Reservation(message, attempt, sim_id, port_id, reference, numbers)


LOOK_AGAIN_MS = 60_000
"""After this a message is looked at again that no SIM that is ready can send."""


def pass_over(connection: sqlite3.Connection, message: Queued, sim_id: int, said: Said, now_ms: int) -> None:
    """This SIM can't send a queued message, for a reason that lies in its network: others may.

    Where no other one is ready, or only this one may send it, the message waits for a while and says why.
    """
    excluded = message.excluded | {sim_id}
    if message.pinned_sim_id is None and sims.others_ready(connection, excluded, now_ms):
        connection.execute(
            "UPDATE messages SET excluded_sim_ids = ?, updated_at_ms = ? WHERE seq = ? AND state = 'queued'",
            (json.dumps(sorted(excluded)), now_ms, message.seq),
        )
        return
    connection.execute(
        """
        UPDATE messages SET not_before_ms = ?, is_due = 0, reason = ?, reason_args = ?, excluded_sim_ids = '[]',
            updated_at_ms = ?
        WHERE seq = ? AND state = 'queued'
        """,
        (now_ms + LOOK_AGAIN_MS, said.code, said.args, now_ms, message.seq),
    )


def set_parts_total(connection: sqlite3.Connection, message: Queued, parts: int) -> None:
    """How many parts a message has by the network of the SIM that is to send it."""
    message.parts_total = parts
    connection.execute("UPDATE messages SET parts_total = ? WHERE seq = ?", (parts, message.seq))


def may_have_gone(connection: sqlite3.Connection, seq: int) -> bool:
    """Whether a part of a message went, or nobody knows whether it did."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM parts WHERE message_seq = ? AND state <> 'refused')", (seq,)
    ).fetchone()
    return bool(row[0])


_PARTS_THAT_WENT = """
    SELECT sim_id, concat_reference, number FROM parts
    WHERE message_seq = ? AND state IN ('accepted', 'delivered', 'undelivered')
    ORDER BY attempt DESC, number
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """Parts of a message that certainly went, of one SIM under one reference: a phone joins only such ones."""

    sim_id: int
    concat_reference: int | None
    numbers: frozenset[int]


def begun(connection: sqlite3.Connection, seq: int) -> Begun | None:
    """What of a message certainly went, and so is to be gone on with; None: nothing did.

    Where tries through two SIMs both have parts that went, it is what the later one sent.
    """
    rows = connection.execute(_PARTS_THAT_WENT, (seq,)).fetchall()
    if not rows:
        return None
    its_sim_id, its_reference, _ = rows[0]
    numbers = frozenset(
        number for sim_id, reference, number in rows if sim_id == its_sim_id and reference == its_reference
    )
    return Begun(its_sim_id, its_reference, numbers)


def _rest_of(
    connection: sqlite3.Connection, message: Queued, sim_id: int
) -> tuple[tuple[int, ...], int | None]:
    """The parts that this SIM has not sent yet, and the reference of those that it has."""
    every = range(1, message.parts_total + 1)
    went = None if message.attempt == 0 else begun(connection, message.seq)
    if went is None or went.sim_id != sim_id:
        return tuple(every), None
    return tuple(number for number in every if number not in went.numbers), went.concat_reference


_INSERT_PART = """
    INSERT INTO parts (message_seq, attempt, number, sim_id, port_id, concat_reference, state, submitted_at_ms,
        awaits_report)
    VALUES (?, ?, ?, ?, ?, ?, 'submitting', ?, ?)
"""


def begin_part(connection: sqlite3.Connection, reservation: Reservation, number: int, now_ms: int) -> int:
    """The row of a part that is submitted as soon as it is on disk; returns its id."""
    cursor = connection.execute(
        _INSERT_PART,
        (
            reservation.message.seq,
            reservation.attempt,
            number,
            reservation.sim_id,
            reservation.port_id,
            reservation.concat_reference,
            now_ms,
            reservation.message.delivery_report,
        ),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


_PART_ACCEPTED = """
    UPDATE parts SET state = 'accepted', tp_mr = ?, answered_at_ms = ? WHERE id = ? AND state = 'submitting'
"""


def part_accepted(connection: sqlite3.Connection, part_id: int, tp_mr: int, now_ms: int) -> None:
    """The network took a part and gave it a reference."""
    _one_row(connection.execute(_PART_ACCEPTED, (tp_mr, now_ms, part_id)), "part is not being submitted")


def part_refused(
    connection: sqlite3.Connection, part_id: int, refusal: Refusal, *, went_out: bool, now_ms: int
) -> None:
    """A part was certainly not taken. Unless it ``went_out`` to be refused, no plan counts it."""
    cursor = connection.execute(
        """
        UPDATE parts SET state = 'refused', error_kind = ?, error_code = ?, error_detail = ?, answered_at_ms = ?,
            submitted_at_ms = CASE WHEN ? THEN submitted_at_ms END
        WHERE id = ? AND state IN ('submitting', 'uncertain')
        """,
        (refusal.kind, refusal.code, refusal.detail, now_ms, went_out, part_id),
    )
    _one_row(cursor, "part is not being submitted")


def is_refused_alone(connection: sqlite3.Connection, part_id: int) -> bool:
    """Whether the message of a part was refused as this part was, by a SIM that sent to other numbers since."""
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT 1 FROM parts AS now
            JOIN parts AS before ON before.message_seq = now.message_seq AND before.id <> now.id
            JOIN parts AS since INDEXED BY parts_of_sim
                ON since.sim_id = before.sim_id AND since.submitted_at_ms >= before.answered_at_ms
            JOIN messages AS refused ON refused.seq = now.message_seq
            JOIN messages AS taken ON taken.seq = since.message_seq AND taken.recipient <> refused.recipient
            WHERE now.id = ? AND before.state = 'refused' AND before.error_kind IS now.error_kind
                AND before.error_code IS now.error_code
                AND since.state IN ('accepted', 'delivered', 'undelivered')
        )
        """,
        (part_id,),
    ).fetchone()
    return bool(row[0])


def part_uncertain(
    connection: sqlite3.Connection, part_id: int, *, tp_mr: int | None, detail: str, now_ms: int
) -> None:
    """Nobody can say whether a part was taken. ``tp_mr`` is its reference where one was heard."""
    cursor = connection.execute(
        """
        UPDATE parts SET state = 'uncertain', tp_mr = ?, error_detail = ?, answered_at_ms = ?
        WHERE id = ? AND state = 'submitting'
        """,
        (tp_mr, detail, now_ms, part_id),
    )
    _one_row(cursor, "part is not being submitted")


_TO_SENT = """
    UPDATE messages SET state = 'sent', reason = ?, reason_args = ?, sent_at_ms = ?, updated_at_ms = ?,
        finished_at_ms = CASE WHEN delivery_report THEN NULL ELSE ? END
    WHERE seq = ? AND state = 'sending'
"""


def message_sent(connection: sqlite3.Connection, seq: int, said: Said, now_ms: int) -> None:
    """The last part of a message was accepted."""
    cursor = connection.execute(_TO_SENT, (said.code, said.args, now_ms, now_ms, now_ms, seq))
    _one_row(cursor, f"message {seq} is not sending")


def note_progress(connection: sqlite3.Connection, seq: int, said: Said, now_ms: int) -> None:
    """A message goes on in the same state, for another reason."""
    connection.execute(
        "UPDATE messages SET reason = ?, reason_args = ?, updated_at_ms = ? WHERE seq = ?",
        (said.code, said.args, now_ms, seq),
    )


def requeue(
    connection: sqlite3.Connection,
    seq: int,
    said: Said,
    *,
    not_before_ms: int,
    pinned_sim_id: int | None,
    excluded: frozenset[int],
    now_ms: int,
    attempt: int | None = None,
) -> None:
    """Back into the queue, at its old place. Who acts for an ``attempt`` moves nothing that is in another one.

    A message that only one SIM may send from the first (``via_sim_id``) stays with it whatever ``pinned_sim_id`` says.
    """
    cursor = connection.execute(
        """
        UPDATE messages SET state = 'queued', reason = ?, reason_args = ?, not_before_ms = ?, is_due = ?, is_parked = 0,
            pinned_sim_id = coalesce(?, via_sim_id), excluded_sim_ids = ?, updated_at_ms = ?
        WHERE seq = ? AND state IN ('sending', 'uncertain') AND attempt = coalesce(?, attempt)
        """,
        (
            said.code,
            said.args,
            not_before_ms,
            not_before_ms <= now_ms,
            pinned_sim_id,
            json.dumps(sorted(excluded)),
            now_ms,
            seq,
            attempt,
        ),
    )
    _one_row(cursor, f"message {seq} is neither sending nor uncertain")


def unreserve(
    connection: sqlite3.Connection, reservation: Reservation, part_id: int, said: Said, now_ms: int
) -> None:
    """Undo a reservation of which certainly nothing was given to the modem, as if it had never been made."""
    connection.execute("DELETE FROM parts WHERE id = ? AND state = 'submitting'", (part_id,))
    went = begun(connection, reservation.message.seq)
    cursor = connection.execute(
        """
        UPDATE messages SET state = 'queued', reason = ?, reason_args = ?, attempt = ?,
            pinned_sim_id = coalesce(?, via_sim_id), updated_at_ms = ?
        WHERE seq = ? AND state = 'sending'
        """,
        (
            said.code,
            said.args,
            # Parts of this attempt that went keep its number for themselves.
            reservation.attempt if went else reservation.message.attempt,
            went.sim_id if went else None,
            now_ms,
            reservation.message.seq,
        ),
    )
    _one_row(cursor, f"message {reservation.message.seq} is not sending")


def message_uncertain(
    connection: sqlite3.Connection, seq: int, said: Said, now_ms: int, *, attempt: int | None = None
) -> None:
    """A part of it may or may not have been sent; no other part goes until that is settled."""
    cursor = connection.execute(
        """
        UPDATE messages SET state = 'uncertain', reason = ?, reason_args = ?, updated_at_ms = ?
        WHERE seq = ? AND state IN ('sending', 'uncertain') AND attempt = coalesce(?, attempt)
        """,
        (said.code, said.args, now_ms, seq, attempt),
    )
    _one_row(cursor, f"message {seq} is neither sending nor uncertain")


def message_failed(
    connection: sqlite3.Connection, seq: int, said: Said, now_ms: int, *, attempt: int | None = None
) -> None:
    """Nothing more is tried."""
    cursor = connection.execute(
        """
        UPDATE messages SET state = 'failed', reason = ?, reason_args = ?, finished_at_ms = ?, updated_at_ms = ?
        WHERE seq = ? AND state IN ('queued', 'sending', 'uncertain') AND attempt = coalesce(?, attempt)
        """,
        (said.code, said.args, now_ms, now_ms, seq, attempt),
    )
    _one_row(cursor, f"message {seq} can't fail from the state that it is in")


def parts_that_went(connection: sqlite3.Connection, seq: int) -> int:
    """How many parts of a message are not sent again, because :func:`begun` has them."""
    went = begun(connection, seq)
    return 0 if went is None else len(went.numbers)


def has_uncertain_part(connection: sqlite3.Connection, seq: int) -> bool:
    """Whether an earlier attempt left a part of which nobody knows."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM parts WHERE message_seq = ? AND state = 'uncertain')", (seq,)
    ).fetchone()
    return bool(row[0])


def _one_row(cursor: sqlite3.Cursor, wrong: str) -> None:
    if cursor.rowcount != 1:
        raise NotInThatStateError(wrong)


def waiting_for(connection: sqlite3.Connection, sim_id: int) -> list[str]:
    """The ids of the queued messages that only this SIM may send, oldest first."""
    rows = connection.execute(
        """
        SELECT id FROM messages INDEXED BY messages_pinned
        WHERE state = 'queued' AND pinned_sim_id IS NOT NULL AND pinned_sim_id = ? ORDER BY seq
        """,
        (sim_id,),
    )
    return [str(row[0]) for row in rows]

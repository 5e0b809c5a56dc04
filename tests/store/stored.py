"""Rows for tests of the store, through the functions that make them, on a real database that watches each step."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from appliance.store import ports, queue, reports, sending, sims
from appliance.store.database import connect, prepare
from appliance.store.life import MESSAGE_STEPS, PART_STEPS, Delivery, MessageState
from appliance.store.matching import Report
from appliance.store.messages import NewMessage, accept, new_id
from appliance.store.ports import Condition
from appliance.store.sending import Queued, Reservation, Said

NOW_MS = 1_764_000_000_000
ALICE = "+8613912345678"


def watched_database(path: Path) -> Path:
    """A database in which any step that the tables of ``life`` don't allow is refused, whoever takes it."""
    prepare(path)
    connection = connect(path)
    for table, steps in (("messages", MESSAGE_STEPS), ("parts", PART_STEPS)):
        connection.execute(f"CREATE TABLE allowed_{table} (before TEXT, after TEXT)")
        connection.executemany(
            f"INSERT INTO allowed_{table} VALUES (?, ?)",
            [(before, after) for before, afters in steps.items() for after in afters],
        )
        connection.execute(
            f"""
            CREATE TRIGGER step_of_{table} BEFORE UPDATE OF state ON {table}
            WHEN NEW.state <> OLD.state AND NOT EXISTS
                (SELECT 1 FROM allowed_{table} WHERE before = OLD.state AND after = NEW.state)
            BEGIN SELECT RAISE(ABORT, 'step of {table} that life does not allow'); END
            """
        )
    connection.close()
    return path


def add_message(connection: sqlite3.Connection, **fields: object) -> int:
    """A queued message; returns its seq. ``fields`` are those of :class:`NewMessage`."""
    message = NewMessage(
        id=new_id(),
        recipient=ALICE,
        text="hello",
        alphabet="gsm7",
        parts_total=1,
        flash=False,
        delivery_report=True,
        priority=1,
        on_uncertain="wait",
        source="cli",
        api_key_id=None,
        state=MessageState.QUEUED,
        reason="message.queued",
        expires_at_ms=None,
        accepted_at_ms=NOW_MS,
    )
    return accept(connection, replace(message, **fields)).seq  # type: ignore[arg-type]


def add_sim(connection: sqlite3.Connection, number: int, state: str = "ready") -> tuple[int, int]:
    """A SIM in a port of its own; the ids of both."""
    condition = Condition(state=state, reason=f"port.{state}")
    port_id = ports.declare(connection, f"modem{number:02d}", condition, simulated=True, now_ms=NOW_MS)
    sim = sims.register(
        connection,
        iccid=f"8986000000000000{number:04d}",
        imsi=None,
        msisdn=None,
        port_name=f"modem{number:02d}",
        now_ms=NOW_MS,
    )
    modem_id = ports.register_modem(
        connection,
        imei=None,
        manufacturer="Maker",
        model="Model",
        revision=None,
        port_id=port_id,
        now_ms=NOW_MS,
    )
    equipment = ports.Equipment(
        modem_id=modem_id, sim_id=sim.id, operator=None, registration="home", rssi_dbm=-70, smsc=None
    )
    ports.note_equipment(connection, port_id, equipment, NOW_MS)
    return sim.id, port_id


def next_for(
    connection: sqlite3.Connection, sim_id: int, *, longest: int | None = None, now_ms: int = NOW_MS
) -> Queued | None:
    """What a SIM without a plan would take next, found by looking at everything that is queued."""
    queue.promote(connection, now_ms, 1_000)
    row = connection.execute(
        f"""
        SELECT {sending.COLUMNS} FROM messages
        WHERE state = 'queued' AND is_due = 1 AND (pinned_sim_id IS NULL OR pinned_sim_id = :sim)
            AND (pinned_sim_id IS NOT NULL OR parts_total <= :longest)
            AND (expires_at_ms IS NULL OR expires_at_ms > :now)
            AND :sim NOT IN (SELECT value FROM json_each(excluded_sim_ids))
        ORDER BY pinned_sim_id IS NULL, priority, seq LIMIT 1
        """,
        {"sim": sim_id, "longest": 1_000 if longest is None else longest, "now": now_ms},
    ).fetchone()
    return None if row is None else Queued(*row)


def reserve_next(
    connection: sqlite3.Connection, sim: tuple[int, int], now_ms: int = NOW_MS
) -> tuple[Reservation, int]:
    """What the SIM takes next, with its first part begun; the reservation and the part's id."""
    message = next_for(connection, sim[0], longest=None, now_ms=now_ms)
    assert message is not None
    reservation = sending.reserve(
        connection, message, sim_id=sim[0], port_id=sim[1], said=Said("message.sending"), now_ms=now_ms
    )
    return reservation, sending.begin_part(connection, reservation, reservation.numbers[0], now_ms)


def send(connection: sqlite3.Connection, sim: tuple[int, int], tp_mr: int, now_ms: int = NOW_MS) -> int:
    """Send the SIM's next message, which has one part; returns its seq."""
    reservation, part_id = reserve_next(connection, sim, now_ms)
    sending.part_accepted(connection, part_id, tp_mr, now_ms + 100)
    sending.message_sent(connection, reservation.message.seq, Said("message.sent"), now_ms + 100)
    reports.match_early_ones(connection, sim[0], tp_mr, now_ms, now_ms + 100)
    return reservation.message.seq


def leave_uncertain(
    connection: sqlite3.Connection, sim: tuple[int, int], now_ms: int = NOW_MS
) -> tuple[int, int]:
    """Send the SIM's next message without an answer; seq and part id."""
    reservation, part_id = reserve_next(connection, sim, now_ms)
    sending.part_uncertain(connection, part_id, tp_mr=None, detail="no final", now_ms=now_ms + 100)
    sending.message_uncertain(connection, reservation.message.seq, Said("message.uncertain"), now_ms + 100)
    return reservation.message.seq, part_id


def report(tp_mr: int, status: int = 0, **fields: object) -> Report:
    """A delivery report about :data:`ALICE` that came a second after :data:`NOW_MS`."""
    delivery = {0x00: Delivery.DELIVERED, 0x20: Delivery.STILL_TRYING, 0x40: Delivery.FAILED}[status]
    made = Report(
        pdu=f"{tp_mr:02X}{status:02X}",
        recipient=ALICE,
        tp_mr=tp_mr,
        status=status,
        delivery=delivery,
        scts_at_ms=NOW_MS,
        discharged_at_ms=NOW_MS + 1_000,
        received_at_ms=NOW_MS + 1_000,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def state_of(connection: sqlite3.Connection, seq: int) -> tuple[str, str]:
    """State and reason of a message."""
    row = connection.execute("SELECT state, reason FROM messages WHERE seq = ?", (seq,)).fetchone()
    return str(row[0]), str(row[1])


def parts_of(connection: sqlite3.Connection, seq: int) -> list[tuple[int, int, str]]:
    """(attempt, number, state) of each part row of a message."""
    rows = connection.execute(
        "SELECT attempt, number, state FROM parts WHERE message_seq = ? ORDER BY attempt, number", (seq,)
    )
    return [(row[0], row[1], row[2]) for row in rows]


Change = Callable[[sqlite3.Connection], object]

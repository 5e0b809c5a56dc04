"""What a waiting message says while no modem can send: what is the matter, and not what is merely not known yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.desk.sims import FIRST_LOOK_MS, read_book, reason_at_acceptance, reason_of
from appliance.desk.submission import Submission
from appliance.desk.submit import Rules, submit
from appliance.desk.who import Source, Who
from appliance.policy.plan import Plan
from appliance.policy.reason import Reason
from appliance.store import ports, sims
from appliance.store.database import connect, prepare
from appliance.store.messages import Message
from appliance.store.writer import GroupCommitWriter

NOW_MS = 1_760_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    prepare(tmp_path / "simloft.db")
    return tmp_path / "simloft.db"


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(database)) as connection:
        yield connection


@pytest.fixture
def message(database: Path) -> Message:
    writer = GroupCommitWriter(database)
    try:
        stored = submit(
            writer,
            Rules(),
            Submission(to="10086", text="?"),
            Who(Source.PAGE),
            now_ms=NOW_MS,
            ring=lambda: None,
        )
    finally:
        writer.close()
    assert isinstance(stored, Message)
    return stored


def put(connection: sqlite3.Connection, *states: str, with_sim: bool = False) -> None:
    """Ports in these states; with the SIMs of the last run where asked for."""
    for number, state in enumerate(states):
        condition = ports.Condition(state=state, reason=f"port.{state}")
        port_id = ports.declare(connection, f"port {number}", condition, simulated=True, now_ms=NOW_MS)
        if with_sim:
            card = sims.register(
                connection,
                iccid=f"898600{number}",
                imsi=None,
                msisdn=None,
                port_name=f"port {number}",
                now_ms=NOW_MS,
            )
            connection.execute("UPDATE ports SET sim_id = ? WHERE id = ?", [card.id, port_id])


def why(connection: sqlite3.Connection, message: Message, *, up_ms: int | None = None) -> Reason:
    """The reason, the same at acceptance and later, in a box that was started ``up_ms`` ago."""
    started_at_ms = None if up_ms is None else NOW_MS - up_ms
    book = read_book(connection, Plan(), NOW_MS, started_at_ms)
    reason = reason_of(connection, message, book, NOW_MS)
    assert reason_at_acceptance(message, book, NOW_MS) == reason
    return reason


@pytest.mark.parametrize("with_sim", [False, True])
@pytest.mark.parametrize("state", ["opening", "probing", "sim-busy", "registering"])
def test_modems_that_are_coming_up_are_said_to_be(
    connection: sqlite3.Connection, message: Message, state: str, with_sim: bool
) -> None:
    put(connection, "no-sim", state, with_sim=with_sim)
    assert why(connection, message).code == "message.modems-starting"


def test_a_box_that_has_just_been_started_has_not_looked_yet(
    connection: sqlite3.Connection, message: Message
) -> None:
    assert why(connection, message, up_ms=FIRST_LOOK_MS - 1).code == "message.modems-starting"
    assert why(connection, message, up_ms=FIRST_LOOK_MS).code == "message.no-sim"
    assert why(connection, message).code == "message.no-sim"
    put(connection, "absent")
    assert why(connection, message, up_ms=500).code == "message.modems-starting"


def test_a_modem_that_is_ready_ends_the_start(connection: sqlite3.Connection, message: Message) -> None:
    put(connection, "ready", "registering", with_sim=True)
    book = read_book(connection, Plan(), NOW_MS, NOW_MS - 500)
    assert reason_of(connection, message, book, NOW_MS).code == "message.next"


def test_a_pool_that_was_killed_is_not_taken_for_one_that_is_about_to_send(
    connection: sqlite3.Connection, message: Message
) -> None:
    put(connection, "ready", with_sim=True)
    book = read_book(connection, Plan(), NOW_MS, pool_died=True)
    assert reason_of(connection, message, book, NOW_MS).code == "message.pool-stopped"
    assert [(place.state, place.reason) for place in book.ports] == [("absent", "event.pool-stopped")]


def test_without_a_known_sim_the_ports_say_what_is_the_matter(
    connection: sqlite3.Connection, message: Message
) -> None:
    put(connection, "no-permission", "no-sim", "no-permission")
    assert why(connection, message, up_ms=500) == Reason(
        "message.no-sim-ready", {"states": "no-permission × 2, no-sim × 1"}
    )


def test_where_every_modem_misses_its_sim_a_sim_is_asked_for(
    connection: sqlite3.Connection, message: Message
) -> None:
    put(connection, "no-sim", "no-sim")
    assert why(connection, message, up_ms=500).code == "message.no-sim"

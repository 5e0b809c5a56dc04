"""Setting the clock of the box: what was told by it is moved, what is older is never made older."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.store.clock_shift import Shift, shift
from appliance.store.database import connect
from tests.crash.clocks import DAY_MS, HOUR_MS, YEAR_MS
from tests.store.stored import add_message, add_sim, watched_database

BEGAN_MS = 1_764_000_000_000
"""When this start of the system was first heard of, by the clock that is set."""
NOW_MS = BEGAN_MS + DAY_MS


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path: Path = watched_database(tmp_path_factory.mktemp("shift") / "simloft.db")
    made = connect(path)
    add_sim(made, 1)
    add_message(made)
    yield made
    made.close()


def moved(connection: sqlite3.Connection, at_ms: int, set_by: Shift) -> int:
    """To where a part that was sent at ``at_ms`` is moved."""
    connection.execute("DELETE FROM parts")
    connection.execute(
        """
        INSERT INTO parts (message_seq, attempt, number, sim_id, state, submitted_at_ms, answered_at_ms)
        VALUES (1, 1, 1, 1, 'accepted', ?1, ?1)
        """,
        (at_ms,),
    )
    shift(connection, set_by, "this start")
    submitted_ms, answered_ms = connection.execute(
        "SELECT submitted_at_ms, answered_at_ms FROM parts"
    ).fetchone()
    assert submitted_ms == answered_ms
    return int(submitted_ms)


STEPS = st.integers(-2 * YEAR_MS, 2 * YEAR_MS).filter(bool)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(ago_ms=st.integers(0, DAY_MS), by_ms=STEPS, is_proved=st.booleans())
def test_what_was_sent_since_the_start_of_the_system_keeps_its_age(
    connection: sqlite3.Connection, ago_ms: int, by_ms: int, is_proved: bool
) -> None:
    at_ms = moved(connection, NOW_MS - ago_ms, Shift(by_ms, BEGAN_MS, is_proved))
    assert NOW_MS + by_ms - at_ms == ago_ms


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(before_ms=st.integers(1, 32 * DAY_MS), by_ms=STEPS)
def test_what_was_sent_before_by_a_clock_that_was_not_proved_never_gets_older_and_never_is_of_this_start(
    connection: sqlite3.Connection, before_ms: int, by_ms: int
) -> None:
    at_ms = moved(connection, BEGAN_MS - before_ms, Shift(by_ms, BEGAN_MS, False))
    # By the time that has passed for certain: since the start of the system, and before it as the clocks said then.
    assert NOW_MS + by_ms - at_ms <= DAY_MS + before_ms
    assert at_ms < BEGAN_MS + by_ms


def test_what_a_proved_clock_said_before_is_left_alone(connection: sqlite3.Connection) -> None:
    assert moved(connection, BEGAN_MS - HOUR_MS, Shift(10 * HOUR_MS, BEGAN_MS, True)) == BEGAN_MS - HOUR_MS


def test_deadlines_that_are_spans_move_and_instants_stay(connection: sqlite3.Connection) -> None:
    span = add_message(connection, accepted_at_ms=NOW_MS, expires_at_ms=NOW_MS + HOUR_MS)
    instant = add_message(connection, accepted_at_ms=NOW_MS + 1, expires_at_ms=NOW_MS + HOUR_MS)
    shift(connection, Shift(YEAR_MS, BEGAN_MS, False), "this start")
    expires = dict(
        connection.execute("SELECT seq, expires_at_ms FROM messages WHERE expires_at_ms IS NOT NULL")
    )
    assert expires == {span: NOW_MS + HOUR_MS + YEAR_MS, instant: NOW_MS + HOUR_MS}

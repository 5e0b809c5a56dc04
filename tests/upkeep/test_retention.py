"""What is over goes, by age and by count; what is not over, counted or the newest stays; every table has a rule."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from appliance.store.database import connect
from appliance.store.life import FINAL_MESSAGE_STATES, MessageState
from appliance.store.retention import PROGRAM_WRITTEN_MS, STILL_OVER, Sweep, sweep
from appliance.store.retention_rules import RULES, Ages, GoesWith, Limits, OwnCode, Retention, Stays
from appliance.store.turn import Turn
from tests.store.stored import add_sim
from tests.upkeep.old_rows import NOW_MS, ZONE, add_sent, count, days_ago, quiet_writer, seqs, swept

YEAR_OLD = days_ago(401)


def test_every_table_has_a_rule_that_fits_it(connection: sqlite3.Connection) -> None:
    tables = {
        row[0]
        for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not row[0].startswith(("sqlite_", "allowed_"))
    }
    ruled = {each.table for each in RULES}
    assert tables - ruled == set(), (
        "say in appliance/store/retention_rules.py how long the rows of these tables are kept"
    )
    assert ruled - tables == set(), "these tables are gone; take their rules away"
    for each in RULES:
        match each:
            case Ages():
                connection.execute(f"SELECT rowid, {each.stamp} FROM {each.table} WHERE {each.over}")
                assert isinstance(each.limits(Retention()), Limits)
            case GoesWith():
                connection.execute(f"SELECT {each.by} FROM {each.table}")
                assert any(
                    other.table == each.of and not isinstance(other, Stays | GoesWith) for other in RULES
                )
            case Stays() | OwnCode():
                assert each.why


@pytest.mark.parametrize("state", sorted(FINAL_MESSAGE_STATES))
def test_a_message_that_is_final_goes_with_all_that_belongs_to_it(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int], state: MessageState
) -> None:
    old = add_sent(connection, sim, YEAR_OLD, state="delivered", parts=3, report=True)
    connection.execute("DROP TRIGGER step_of_messages")
    connection.execute("UPDATE messages SET state = ? WHERE seq = ?", (state, old))
    young = add_sent(connection, sim, days_ago(399), report=True)
    newest = add_sent(connection, sim, days_ago(1), report=True)
    gone = swept(database)
    assert seqs(connection) == [young, newest]
    assert (gone.rows["messages"], gone.rows["delivery_reports"]) == (1, 1)
    assert (count(connection, "parts"), count(connection, "delivery_reports")) == (2, 2)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_what_is_not_over_stays_however_old(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    kept = [
        add_sent(connection, sim, YEAR_OLD, state="uncertain", finished=False),
        add_sent(connection, sim, YEAR_OLD, state="sending", finished=False),
        add_sent(connection, sim, YEAR_OLD, state="queued", finished=False),
    ]
    newest = add_sent(connection, sim, days_ago(1))
    assert swept(database, Retention(messages=Limits(3, 1))).total == 0
    assert seqs(connection) == [*kept, newest]


def test_a_sent_message_is_over_when_no_report_can_come_any_more(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    add_sent(connection, sim, days_ago(61), state="sent", finished=False)
    waits = add_sent(connection, sim, days_ago(59), state="sent", finished=False)
    add_sent(connection, sim, days_ago(59), state="sent", finished=True)
    newest = add_sent(connection, sim, days_ago(1))
    swept(database, Retention(messages=Limits(10, 0)))
    assert seqs(connection) == [waits, newest]


def test_of_too_many_the_oldest_go_but_none_of_the_last_two_days(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    old = [add_sent(connection, sim, days_ago(30 - number)) for number in range(10)]
    young = [add_sent(connection, sim, days_ago(1)) for _ in range(5)]
    swept(database, Retention(messages=Limits(400, 12)))
    assert seqs(connection) == old[3:] + young
    swept(database, Retention(messages=Limits(400, 2)))
    assert seqs(connection) == young


def test_the_last_use_of_a_sim_and_the_newest_row_are_kept(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    idle = add_sim(connection, 2)
    add_sent(connection, idle, days_ago(900))
    last_use = add_sent(connection, idle, days_ago(800))
    add_sent(connection, idle, days_ago(700), recipient="10010")
    add_sent(connection, sim, days_ago(650))
    newest = add_sent(connection, sim, days_ago(600))
    swept(database)
    assert seqs(connection) == [last_use, newest]


def test_a_clock_that_did_not_know_the_time_makes_nothing_old(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    before = add_sent(connection, sim, days_ago(300.5))
    in_1970 = add_sent(connection, sim, 86_400_000)
    in_2060 = add_sent(connection, sim, NOW_MS + 30 * 365 * 86_400_000)
    newest = add_sent(connection, sim, days_ago(299))
    swept(database, Retention(messages=Limits(301, 0)))
    assert seqs(connection) == [before, in_1970, in_2060, newest]
    swept(database, Retention(messages=Limits(300, 0)))
    assert seqs(connection) == [in_2060, newest]


def test_the_first_messages_of_a_box_without_a_clock_are_not_old_either(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    first = add_sent(connection, sim, 0)
    newest = add_sent(connection, sim, PROGRAM_WRITTEN_MS)
    swept(database, now_ms=PROGRAM_WRITTEN_MS + 399 * 86_400_000)
    assert seqs(connection) == [first, newest]


def test_unread_messages_stay_and_read_ones_go_with_their_parts(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    def arrived(number: int, *, read: bool) -> None:
        connection.execute(
            """
            INSERT INTO inbound_messages (seq, id, sim_id, sender, text, parts_total, parts_received, complete,
                received_at_ms, completed_at_ms, read_at_ms) VALUES (?, ?, ?, '10010', 'x', 1, 1, 1, ?, ?, ?)
            """,
            (number, str(number), sim[0], YEAR_OLD, YEAR_OLD, YEAR_OLD if read else None),
        )
        connection.execute(
            """
            INSERT INTO inbound_parts (sim_id, pdu, sender, parts_total, number, received_at_ms, message_seq)
            VALUES (?, ?, '10010', 1, 1, ?, ?)
            """,
            (sim[0], str(number), YEAR_OLD, number),
        )

    for number in range(1, 5):
        arrived(number, read=number % 2 == 0)
    swept(database)
    assert [row[0] for row in connection.execute("SELECT seq FROM inbound_messages ORDER BY seq")] == [
        1,
        3,
        4,
    ]
    assert [row[0] for row in connection.execute("SELECT message_seq FROM inbound_parts ORDER BY 1")] == [
        1,
        3,
        4,
    ]
    swept(database, Retention(inbound_unread_days=400))
    assert [row[0] for row in connection.execute("SELECT seq FROM inbound_messages ORDER BY seq")] == [4]


def test_the_history_is_kept_by_age_and_by_count(database: Path, connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT INTO events (at_ms, kind, reason) VALUES (?, 'x', 'y')",
        [(days_ago(450 - each),) for each in range(100)],
    )
    swept(database)
    assert count(connection, "events") == 49
    swept(database, Retention(events=Limits(0, 10)))
    assert count(connection, "events") == 10
    assert connection.execute("SELECT min(id) FROM events").fetchone()[0] == 91


def test_the_newest_balance_and_question_of_a_sim_are_kept(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    for number in range(1, 6):
        connection.execute(
            """
            INSERT INTO balance_questions (id, sim_id, cause, state, wanted_at_ms, next_at_ms, done_at_ms, reason)
            VALUES (?, ?, 'schedule', 'answered', ?, 0, ?, 'x')
            """,
            (number, sim[0], YEAR_OLD, YEAR_OLD),
        )
        connection.execute(
            """
            INSERT INTO balance_readings (id, sim_id, question_id, units, currency, decimals, raw, at_ms)
            VALUES (?, ?, ?, ?, 'CNY', 2, '', ?)
            """,
            (number, sim[0], number, 100 if number < 4 else None, YEAR_OLD + number),
        )
    for _ in range(2):
        swept(database)
    assert [row[0] for row in connection.execute("SELECT id FROM balance_readings ORDER BY id")] == [3, 5]
    assert [row[0] for row in connection.execute("SELECT id FROM balance_questions ORDER BY id")] == [3, 5]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_look_that_finds_nothing_writes_nothing(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    add_sent(connection, sim, days_ago(1), report=True)
    before = connection.execute("PRAGMA data_version").fetchone()[0]
    assert swept(database).total == 0
    assert connection.execute("PRAGMA data_version").fetchone()[0] == before


def test_a_message_that_lives_again_between_the_look_and_the_step_stays(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    seq = add_sent(connection, sim, YEAR_OLD, state="undelivered")
    newest = add_sent(connection, sim, days_ago(1))
    with quiet_writer(database) as writer:
        original = writer.write

        def write_after_a_report(change):  # type: ignore[no-untyped-def]
            connection.execute(
                "UPDATE messages SET state = 'delivered', updated_at_ms = ? WHERE seq = ?", (NOW_MS, seq)
            )
            return original(change)

        writer.write = write_after_a_report  # type: ignore[method-assign]
        reader = connect(database, read_only=True)
        sweep(Sweep(reader=reader, writer=writer, rules=Retention(), now_ms=NOW_MS, zone=ZONE))
        reader.close()
    assert seqs(connection) == [seq, newest]


def test_steps_are_short_and_give_way_to_whoever_writes(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    connection.execute("BEGIN")
    for number in range(3000):
        add_sent(connection, sim, days_ago(500), recipient=f"+86139{number:08d}", report=True)
    connection.execute("COMMIT")
    turn = Turn(database)
    turn.take()
    done = threading.Event()

    def work() -> None:
        swept(database)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert not done.wait(0.1)
        assert count(connection, "messages") == 3000
    finally:
        turn.hand_over()
    waited = 0
    while not done.is_set():
        turn.take()
        waited += 1
        turn.hand_over()
    thread.join()
    turn.close()
    assert waited > 10, "a writer had no turn while rows were deleted"
    assert count(connection, "messages") == 1


def test_as_many_rows_at_once_as_fit_the_time(database: Path, connection: sqlite3.Connection) -> None:
    took = []
    with quiet_writer(database) as writer:
        assert writer.in_steps(range(20_000), lambda _, some: took.append(len(some)) or len(some)) == 20_000
    assert took[0] == 20
    assert max(took) == 500


def test_a_step_finds_its_rows_by_their_numbers(connection: sqlite3.Connection) -> None:
    values = {"seqs": "[]", "no_report_ms": 0, "youngest_ms": 0}
    steps = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {STILL_OVER}", values)]
    assert steps[0] == "SEARCH messages USING INTEGER PRIMARY KEY (rowid=?)"

"""The work of the night: all of it once, noted, and nothing where there is nothing to do; a year in small."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from appliance.desk.rounds import Rounds
from appliance.desk.upkeep_round import Upkeep, UpkeepRules, upkeep_tasks
from appliance.policy.housekeeping import Night
from appliance.store import record_files, upkeep
from appliance.store.database import connect
from appliance.store.retention_rules import DAY_MS, Limits, Retention
from appliance.store.upkeep import Work
from tests.money.desks import Desk
from tests.store.stored import add_sim
from tests.upkeep.old_rows import NOW_MS, add_sent, count, days_ago, quiet_writer, swept

HOUR_MS = 3_600_000


class Monotonic:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


def fill(desk: Desk, ago_days: float, messages: int) -> None:
    def change(connection: sqlite3.Connection) -> None:
        sim = add_sim(connection, 1)
        for number in range(messages):
            add_sent(connection, sim, days_ago(ago_days), recipient=f"+86139{number:08d}", report=True)

    desk.write(change)


def test_the_work_of_a_night_is_done_once_and_noted(desk: Desk) -> None:
    fill(desk, 500, 20)
    fill(desk, 1, 1)
    work = Upkeep(UpkeepRules())
    work.look_after(desk.tools, desk.reader, NOW_MS)
    done = upkeep.last_done(desk.reader)
    assert set(done) == {Work.NIGHT, Work.SOUND, Work.LAST_SEEN}
    # A message and its report go as two rows.
    assert done[Work.NIGHT].outcome["rows"] == 40
    # No statistics: they change how the hot queries are done by what happened to be queued in that night.
    assert desk.rows("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'") == []
    version = desk.rows("PRAGMA data_version")[0][0]
    work.look_after(desk.tools, desk.reader, NOW_MS + HOUR_MS)
    work.retain(desk.tools, desk.reader, NOW_MS + HOUR_MS)
    assert desk.rows("PRAGMA data_version")[0][0] == version
    work.look_after(desk.tools, desk.reader, NOW_MS + DAY_MS)
    assert upkeep.last_done(desk.reader)[Work.NIGHT].at_ms == NOW_MS + DAY_MS


def test_nothing_of_the_night_is_done_by_day_or_while_something_is_on_the_air(desk: Desk) -> None:
    fill(desk, 500, 3)
    work = Upkeep(UpkeepRules(night=Night(12, 13)))
    work.look_after(desk.tools, desk.reader, NOW_MS)
    assert upkeep.last_done(desk.reader) == {}
    desk.write(lambda connection: connection.execute("DROP TRIGGER step_of_messages"))
    desk.write(lambda connection: connection.execute("UPDATE messages SET state = 'sending' WHERE seq = 3"))
    Upkeep(UpkeepRules()).look_after(desk.tools, desk.reader, NOW_MS)
    assert upkeep.last_done(desk.reader) == {}


def test_a_wrong_year_makes_nothing_old(desk: Desk) -> None:
    fill(desk, 0, 5)
    passed = Monotonic()
    work = Upkeep(UpkeepRules(), monotonic=passed)
    work.retain(desk.tools, desk.reader, NOW_MS)
    for hour in range(1, 48):
        passed.at_s = hour * 3600.0
        work.retain(desk.tools, desk.reader, NOW_MS + 1000 * DAY_MS + hour * HOUR_MS)
    assert count(desk.reader, "messages") == 5
    passed.at_s += 60 * 86_400
    work.retain(desk.tools, desk.reader, NOW_MS + 1060 * DAY_MS)
    assert count(desk.reader, "messages") == 1


def test_old_recordings_go_and_the_one_that_is_made_stays(tmp_path: Path) -> None:
    for number in range(6):
        path = tmp_path / f"r{number}"
        path.write_bytes(b"x" * 400_000)
        os.utime(path, (NOW_MS / 1000 - number * 86_400, NOW_MS / 1000 - number * 86_400))
    deleted = record_files.delete_recordings(tmp_path, {"r5"}, days=4, most_mb=1, now_ms=NOW_MS)
    assert deleted == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r0", "r1", "r5"]


def test_the_ledger_of_the_simulated_network_begins_anew(tmp_path: Path) -> None:
    ledger = tmp_path / "bank-ledger.jsonl"
    with ledger.open("ab") as bank:
        bank.write(b"x" * 1000)
        bank.flush()
        assert not record_files.shorten_ledger(ledger, 1000)
        assert record_files.shorten_ledger(ledger, 999)
        bank.write(b"y")
    assert ledger.read_bytes() == b"y"


def test_room_is_given_back_to_the_disk_and_some_is_kept(
    database: Path, connection: sqlite3.Connection
) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE much (id INTEGER PRIMARY KEY, filling BLOB)")
    connection.executemany("INSERT INTO much VALUES (NULL, randomblob(?))", [(900_000,)] * 40)
    connection.execute("DELETE FROM much")
    with quiet_writer(database) as writer:
        given = upkeep.give_back_room(writer, database)
        writer.checkpoint("TRUNCATE")
        assert upkeep.give_back_room(writer, database) == 0
    assert given > 10_000_000
    free = connection.execute("PRAGMA freelist_count").fetchone()[0] * 1024
    assert 15_000_000 < free < 18_000_000
    assert database.stat().st_size < 20_000_000


def test_a_year_of_traffic_keeps_the_file_bounded(database: Path, connection: sqlite3.Connection) -> None:
    """Days of a year with 10 messages each, of which 20 days are kept: after the first weeks nothing grows."""
    sim = add_sim(connection, 1)
    rules = Retention(messages=Limits(20, 0), events=Limits(20, 0))
    largest, pages_of_weeks = 0, []
    for week in range(52):
        now_ms = NOW_MS - (51 - week) * 7 * DAY_MS
        connection.execute("BEGIN")
        for number in range(70):
            add_sent(
                connection, sim, now_ms - number * 6_000_000, recipient=f"+86139{number:08d}", report=True
            )
            connection.execute("INSERT INTO events (at_ms, kind, reason) VALUES (?, 'x', 'y')", (now_ms,))
        connection.execute("COMMIT")
        swept(database, rules, now_ms=now_ms)
        pages_of_weeks.append(int(connection.execute("PRAGMA page_count").fetchone()[0]))
        largest = max(largest, count(connection, "messages"))
    assert largest <= 4 * 70
    assert max(pages_of_weeks[12:]) <= 1.3 * max(pages_of_weeks[:12])
    for table in ("parts", "delivery_reports", "events"):
        assert count(connection, table) <= 5 * 70
    assert count(connection, "sim_days") <= 71 * 70
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_box_that_starts_has_other_things_to_do(desk: Desk) -> None:
    fill(desk, 500, 3)
    fill(desk, 1, 1)
    passed = Monotonic()
    work = Upkeep(UpkeepRules(), monotonic=passed, after_s=300)
    passed.at_s = 299
    work.retain(desk.tools, desk.reader, NOW_MS)
    work.look_after(desk.tools, desk.reader, NOW_MS)
    assert count(desk.reader, "messages") == 4
    passed.at_s = 300
    work.retain(desk.tools, desk.reader, NOW_MS)
    assert count(desk.reader, "messages") == 1
    work.look_after(desk.tools, desk.reader, NOW_MS)
    assert set(upkeep.last_done(desk.reader)) >= {Work.NIGHT}


def test_rounds_of_their_own_look_at_the_log_and_sleep(desk: Desk) -> None:
    rounds = Rounds(desk.tools, upkeep_tasks(UpkeepRules()), clock=lambda: NOW_MS, name="upkeep")
    with closing(connect(desk.tools.database, read_only=True)) as reader:
        assert rounds.once(reader) == NOW_MS + 30_000
    assert upkeep.last_done(desk.reader) == {}

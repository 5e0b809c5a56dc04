"""The write-ahead log stays bounded; who keeps it from being emptied is found out, told, and ended in the end."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.desk import upkeep_round
from appliance.desk.upkeep_round import Upkeep, UpkeepRules
from appliance.store import log_file
from appliance.store.database import CHECKPOINT_PAGES, MOST_LOG_LEFT_OCTETS, connect
from tests.money.desks import Desk
from tests.upkeep.old_rows import NOW_MS, quiet_writer

READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
cursor = connection.execute("SELECT seq FROM messages UNION ALL SELECT 1 UNION ALL SELECT 2")
cursor.fetchone()
print("reads", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def stuck_reader(database: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that began to read and does not end."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        assert process.stdout.readline() == b"reads\n"
        yield process
    finally:
        process.stdin.close()
        process.kill()
        process.wait()
        process.stdout.close()


def write_much(connection: sqlite3.Connection, octets: int) -> None:
    """So much into the log, in commits of some kilobytes, over the same rows."""
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("CREATE TABLE IF NOT EXISTS much (id INTEGER PRIMARY KEY, filling BLOB)")
    for _ in range(octets // 500_000):
        connection.execute("INSERT OR REPLACE INTO much VALUES (1, randomblob(490000))")


def test_without_readers_the_log_does_not_outgrow_a_checkpoint(
    database: Path, connection: sqlite3.Connection
) -> None:
    write_much(connection, 40_000_000)
    assert log_file.octets_of(log_file.log_of(database)) < 2 * CHECKPOINT_PAGES * 1048


def test_a_log_that_was_long_is_cut_when_it_begins_anew(
    database: Path, connection: sqlite3.Connection
) -> None:
    with stuck_reader(database):
        write_much(connection, 30_000_000)
        assert log_file.octets_of(log_file.log_of(database)) > 30_000_000
    write_much(connection, 6_000_000)
    assert log_file.octets_of(log_file.log_of(database)) <= MOST_LOG_LEFT_OCTETS
    with quiet_writer(database) as writer:
        assert log_file.shorten(writer, database) == 0


def test_a_reader_without_an_end_is_found_by_its_lock(database: Path, connection: sqlite3.Connection) -> None:
    write_much(connection, 1_000_000)
    assert log_file.lasting_readers(database, sleep=lambda _: None) == []
    with stuck_reader(database) as process:
        (found,) = log_file.lasting_readers(database, sleep=lambda _: None)
        assert found.pid == process.pid
        assert found.command.startswith(sys.executable)


def test_who_keeps_the_log_is_told_once_and_ended_when_it_is_too_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_round, "LONG_LOG_OCTETS", 1_000_000)
    monkeypatch.setattr(log_file, "LOOK_AGAIN_S", 0)
    database = desk.tools.database
    with contextlib.closing(connect(database)) as connection:
        work = Upkeep(UpkeepRules(most_log_mb=0))
        with stuck_reader(database) as process:
            write_much(connection, 3_000_000)
            for _ in range(3):
                work.watch_log(desk.tools, desk.reader, NOW_MS)
            assert desk.events() == ["event.upkeep.log-held"]
            assert str(process.pid) in str(desk.args_of_last_event()["readers"])
            assert process.poll() is None
            Upkeep(UpkeepRules(most_log_mb=2)).watch_log(desk.tools, desk.reader, NOW_MS)
            assert process.wait(10) == -signal.SIGTERM
        assert desk.events() == ["event.upkeep.log-held", "event.upkeep.reader-ended"]
        work.watch_log(desk.tools, desk.reader, NOW_MS)
        assert log_file.octets_of(log_file.log_of(database)) == 0


def test_a_short_log_is_left_alone(desk: Desk) -> None:
    before = desk.rows("PRAGMA data_version")[0][0]
    Upkeep(UpkeepRules()).watch_log(desk.tools, desk.reader, NOW_MS)
    assert desk.rows("PRAGMA data_version")[0][0] == before
    assert desk.events() == []

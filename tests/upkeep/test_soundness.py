"""A damaged database: said in words, what to do, the file as it was, and never a traceback."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.store import soundness
from appliance.store.database import connect, prepare
from appliance.store.errors import StoreDamagedError
from appliance.store.soundness import find_damage, refuse_a_damaged_one
from tests.upkeep.old_rows import add_sent, days_ago


def filled(database: Path, connection: sqlite3.Connection, sim: tuple[int, int]) -> None:
    """A database of some hundred pages, all of them in the file."""
    connection.execute("BEGIN")
    for number in range(300):
        add_sent(connection, sim, days_ago(1), recipient=f"+86139{number:08d}")
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def root_page(database: Path, name: str) -> int:
    """Where a table or an index begins."""
    with contextlib.closing(connect(database, read_only=True)) as connection:
        return int(
            connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
        )


def overwrite(database: Path, page: int, octets: bytes = b"\xa5" * 1024) -> None:
    """What a memory card does to a page."""
    with database.open("r+b") as file:
        file.seek((page - 1) * 1024)
        file.write(octets)


def test_a_sound_database_is_sound(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    filled(database, connection, sim)
    refuse_a_damaged_one(database)
    assert find_damage(database) == (True, None)


@pytest.mark.parametrize("name", ["messages", "parts_of_sim", "sims"])
def test_damage_of_a_page_is_found_at_the_start(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int], name: str
) -> None:
    filled(database, connection, sim)
    overwrite(database, root_page(database, name))
    with pytest.raises(StoreDamagedError, match=r"is damaged .*stays on the SIMs.*backup.*mv "):
        refuse_a_damaged_one(database)
    whole, found = find_damage(database)
    assert whole
    assert found


def test_an_index_that_differs_from_its_table_is_found_by_night(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    filled(database, connection, sim)
    octets = database.read_bytes()
    assert octets.count(b"+8613900000123") >= 2
    database.write_bytes(octets.replace(b"+8613900000123", b"+8613900000999", 1))
    refuse_a_damaged_one(database)
    whole, found = find_damage(database)
    assert whole
    assert found is not None
    assert "index" in found


def test_a_row_that_names_one_that_is_gone_is_found_by_night(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    filled(database, connection, sim)
    with contextlib.closing(connect(database)) as writer:
        writer.execute("PRAGMA foreign_keys = OFF")
        writer.execute("DELETE FROM messages WHERE seq = 7")
    assert find_damage(database) == (True, "a row of parts names one of messages that is not there")


def test_a_report_whose_part_retention_has_deleted_is_no_damage(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int]
) -> None:
    add_sent(connection, sim, days_ago(1), report=True)
    filled(database, connection, sim)
    with contextlib.closing(connect(database)) as writer:
        writer.execute("PRAGMA foreign_keys = OFF")
        writer.execute("DELETE FROM parts WHERE message_seq = 1")
        writer.execute("DELETE FROM messages WHERE seq = 1")
        assert writer.execute("PRAGMA foreign_key_check").fetchall()
    assert find_damage(database) == (True, None)


def test_what_takes_too_long_at_the_start_is_left_for_the_night(
    database: Path, connection: sqlite3.Connection, sim: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundness, "STEPS_BETWEEN_LOOKS", 1)
    filled(database, connection, sim)
    overwrite(database, root_page(database, "messages"))
    refuse_a_damaged_one(database, limit_s=-1)
    assert find_damage(database, lambda: True) == (False, None)


@pytest.mark.parametrize("command", ["run", "pool", "web", "doctor"])
def test_each_program_says_so_and_leaves_the_file_alone(tmp_path: Path, command: str) -> None:
    data = tmp_path / "data"
    prepare(data / "simloft.db")
    with (data / "simloft.db").open("r+b") as file:
        file.seek(1024)
        file.write(b"\xa5" * 40_000)
    before = hashlib.sha256((data / "simloft.db").read_bytes()).digest()
    options = ["--listen", "127.0.0.1:0"] if command in ("run", "web") else []
    ended = subprocess.run(
        [sys.executable, "-m", "appliance.cli.main", command, "--data", str(data), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode not in (0, -9)
    assert "damaged" in said
    assert "backup" in said
    assert "Traceback" not in said
    assert hashlib.sha256((data / "simloft.db").read_bytes()).digest() == before


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "simloft.db"
    path.write_bytes(b"not a database at all, but long enough to be looked at" * 100)
    with pytest.raises(StoreDamagedError, match=r"simloft\.db is damaged"):
        prepare(path)
    assert path.read_bytes().startswith(b"not a database")

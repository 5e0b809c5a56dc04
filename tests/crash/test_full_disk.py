"""A disk that is full in truth, under the real processes: 507, nothing lost, and all goes on when there is room."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.bank import Bank, running_bank
from tests.box import eventually
from tests.crash.crash_box import CrashBox, crash_box
from tests.crash.verdict import assert_none_lost_and_none_doubled, rows

SIZE_KB = 16_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The data directory is a small file system of its own."""
    directory = tmp_path / "box"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_KB}k", "tmpfs", str(directory)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


@pytest.fixture
def bank(tmp_path: Path, small_disk: Path) -> Iterator[Bank]:
    with running_bank(tmp_path, modems=2, latency_ms=10, report_delay_ms=10) as made:
        yield made


@pytest.fixture
def box(tmp_path: Path, bank: Bank) -> Iterator[CrashBox]:
    with crash_box(tmp_path, bank) as made:
        made.start("web")
        made.start("pool")
        eventually(lambda: made.get("/healthz"), what="the web process answers")
        yield made


def fill(directory: Path, leave_kb: int) -> Path:
    """A file that takes all the room but so much."""
    ballast = directory / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            free_kb = os.statvfs(directory).f_bavail * os.statvfs(directory).f_frsize // 1024
            if free_kb <= leave_kb:
                break
            file.write(bytes(1024 * min(256, free_kb - leave_kb)))
    return ballast


def submit(box: CrashBox, session: requests.Session, recipient: str, text: str) -> bool:
    """Whether it was accepted; where it was not, the disk was full and the words say so."""
    answer = box.post({"to": recipient, "text": text}, session)
    assert answer is not None
    if answer.status_code == 202:
        return True
    assert answer.status_code == 507, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "/problems/disk-full"
    assert "full" in problem["detail"]
    return False


def assert_sound(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("leave_kb", [0, 200, 1_500])
def test_all_goes_on_when_there_is_room(box: CrashBox, bank: Bank, small_disk: Path, leave_kb: int) -> None:
    """With so much room left it is full sooner or later: for the log, or while the log is put into the database."""
    submitted: dict[str, str] = {}
    numbers = (f"+86139{number:08d}" for number in range(100_000))
    with requests.Session() as session:
        session.trust_env = False

        def post(text: str) -> bool:
            recipient = next(numbers)
            accepted = submit(box, session, recipient, text)
            if accepted:
                submitted[recipient] = text
            return accepted

        while len(submitted) < 20:
            assert post("before")
        eventually(lambda: bank.control("ledger")["accepted"] >= 5, what="something goes")
        ballast = fill(small_disk, leave_kb)
        # Large texts, so that the rest of the room is soon gone; it is gone for good once two in a row are refused.
        while post("长" * 600) or post("长" * 600):
            pass
        bank.reply("+8613700000001", bank.msisdn(0), "还有货吗？")
        eventually(lambda: "The disk is full" in box.log("pool").read_text(), what="the pool says so")
        went = bank.control("ledger")["accepted"]
        bank.wait_for("mt-stored")
        eventually(lambda: used(bank) == 1, what="the message is in the memory")
        assert not post("while it is full")
        assert used(bank) == 1, "what can't be stored stays on the SIM"
        assert bank.control("ledger")["accepted"] <= went + 2, "nothing goes that is not on disk before"
        ballast.unlink()
        eventually(lambda: post("after"), what="the box accepts again")
        eventually(lambda: rows(box.database, "SELECT 1 FROM inbound_messages"), what="the inbox")
        eventually(lambda: used(bank) == 0, what="the memory is empty again")
    box.wait_until_all("delivered")
    box.stop()
    assert_none_lost_and_none_doubled(box.database, bank.ledger(), submitted)
    assert [row["text"] for row in rows(box.database, "SELECT text FROM inbound_messages")] == ["还有货吗？"]
    assert_sound(box.database)
    assert "Traceback" not in box.logs()


def used(bank: Bank) -> int:
    return sum(each["used"] for each in bank.modem(0)["memories"].values())

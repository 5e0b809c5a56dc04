"""kill -9 at any moment, and start again: nothing is lost, nothing is doubled that is not called uncertain."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.policy.plan import Plan
from appliance.pool.pool import Pool, PoolBusyError
from appliance.store.loop_writer import LoopCommitWriter
from tests.bank import Bank, running_bank
from tests.forks import ForkedProgram
from tests.pool.pools import (
    DELIVERED,
    QUICK_TIMINGS,
    SENT,
    UNCERTAIN,
    Box,
    assert_each_exactly_once,
    box,
    numbers,
)
from tests.pool.test_sending import text


@contextlib.contextmanager
def pool_process(pool: Box, bank: Bank, settings: str = "") -> Iterator[ForkedProgram]:
    """``simloft pool`` as a process of its own, killed at the end if it still runs."""
    config = pool.directory / "simloft.toml"
    config.write_text(settings, encoding="utf-8")
    arguments = ["pool", "--data", str(pool.directory)]
    arguments += ["--config", str(config), "--port", f"{bank.directory}/modem*"]
    process = ForkedProgram(arguments, pool.directory / "pool.log")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_pool_killed_again_and_again_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    dice = random.Random(7)
    settings = "[plan]\nparts_per_hour = 1000\n"
    with running_bank(tmp_path, modems=8, latency_ms=15, report_delay_ms=15) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(200), text)
        for _ in range(5):
            with pool_process(pool, bank, settings) as process:
                before = pool.states()[DELIVERED]
                pool.wait_for(lambda before=before: pool.states()[DELIVERED] > before)
                time.sleep(dice.random() * 0.15)  # a random moment is what is tested
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
        with pool_process(pool, bank, settings) as process:
            # A report that was on the line at the moment of a kill is gone with it: its message stays sent.
            pool.wait_until_all(DELIVERED, UNCERTAIN, SENT)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        assert_each_exactly_once(pool, bank)
        assert pool.states()[DELIVERED] > 150
        log = (pool.directory / "pool.log").read_text()
        assert "Traceback" not in log
        assert "+861" not in log, "numbers are masked in logs"


def accepted(bank: Bank) -> int:
    return int(bank.control("ledger")["accepted"])


def test_a_limit_holds_across_kills(tmp_path: Path) -> None:
    """Killed again and again, a SIM of five an hour sends no sixth."""
    settings = "[plan]\nparts_per_hour = 5\n"
    with running_bank(tmp_path, modems=1, latency_ms=50) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(9), "hello")

        def spent() -> bool:
            return pool.states()["queued"] == 4 and not pool.states()["sending"]

        for _ in range(4):
            with pool_process(pool, bank, settings) as process:
                before = accepted(bank)
                pool.wait_for(lambda before=before: accepted(bank) > before or spent())
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
        with pool_process(pool, bank, settings) as process:
            pool.wait_for(spent)
            time.sleep(1)  # nothing more comes: there is no event to await
            assert pool.states()["queued"] == 4
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        assert 3 <= accepted(bank) <= 5


def test_a_late_answer_reaches_the_successor_of_a_pool_that_was_killed(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, report_delay_ms=600_000) as bank:
        pool = box(tmp_path, bank)
        bank.control("scenario", name="late-final", modem="modem01", delay_ms=1_500)
        [seq] = pool.submit(numbers(1), "hello")
        with pool_process(pool, bank) as process:
            bank.wait_for("accepted")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        pool.wait_for(lambda: not bank.modem(0)["busy"])  # It has answered, and nobody was there.
        with pool.running():
            pool.wait_for(lambda: pool.state(seq)[0] in (UNCERTAIN, "sent"))
            pool.wait_for_state(seq, "sent")
        assert_each_exactly_once(pool, bank)


def test_a_report_that_came_while_nobody_listened_settles_what_was_uncertain(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, latency_ms=300, report_delay_ms=100) as bank:
        pool = box(tmp_path, bank)
        [seq] = pool.submit(numbers(1), "hello")
        with pool_process(pool, bank) as process:
            pool.wait_for_state(seq, "sending")
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        with contextlib.suppress(AssertionError):
            bank.wait_for("report", timeout_ms=1_000)
        with pool.running():
            pool.wait_until_ready()
            pool.wait_for_state(seq, DELIVERED, UNCERTAIN)
        assert_each_exactly_once(pool, bank)


def test_two_pools_never_work_on_one_database(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready()
            with pool_process(pool, bank) as second:
                assert second.wait(60) == 3
            said = (pool.directory / "pool.log").read_text()
            assert "Another pool works on the data" in said
            assert "Traceback" not in said
            [seq] = pool.submit(numbers(1), "hello")
            pool.wait_for_state(seq, DELIVERED)


@contextlib.contextmanager
def small_disk(tmp_path: Path) -> Iterator[None]:
    """The box is on a file system of 12 MB. Where mounting is not allowed, the test can't be had."""
    directory = tmp_path / "box"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(directory)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(directory: Path) -> Path:
    """A file that takes all the room there is."""
    ballast = directory / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    return ballast


class TestAFullDisk:
    @pytest.fixture
    def full(self, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
        """While it is set, every commit of the pool is refused, with the error that SQLite has for a full disk."""
        is_full = threading.Event()
        real = LoopCommitWriter._begin

        async def refuse(self: LoopCommitWriter) -> None:
            if is_full.is_set():
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            await real(self)

        monkeypatch.setattr(LoopCommitWriter, "_begin", refuse)
        return is_full

    def test_sending_stops_and_goes_on_and_no_result_is_lost(
        self, tmp_path: Path, full: threading.Event, caplog: pytest.LogCaptureFixture
    ) -> None:
        with running_bank(tmp_path, modems=4, latency_ms=10, report_delay_ms=10) as bank:
            pool = box(tmp_path, bank)
            pool.submit(numbers(60), "hello")
            with pool.running():
                pool.wait_for(lambda: pool.states()[DELIVERED] >= 10)
                full.set()
                pool.wait_for(lambda: "The disk is full" in caplog.text)
                time.sleep(0.3)  # what was in flight comes back now, and can't be written
                before = bank.control("ledger")["accepted"]
                time.sleep(0.3)
                assert bank.control("ledger")["accepted"] == before, "nothing goes that is not on disk before"
                full.clear()
                pool.wait_until_all(DELIVERED)
            assert_each_exactly_once(pool, bank)
            assert caplog.text.count("The disk is full") == 1, "said once, not with each try"
            assert "takes writes again" in caplog.text
            assert "Traceback" not in caplog.text

    def test_a_small_disk_that_is_full_in_truth(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with (
            running_bank(tmp_path, modems=4, latency_ms=10, report_delay_ms=10) as bank,
            small_disk(tmp_path),
        ):
            pool = box(tmp_path, bank)
            pool.submit(numbers(300), "hello")
            with pool.running():
                pool.wait_for(lambda: pool.states()[DELIVERED] >= 10)
                ballast = fill(pool.directory)
                pool.wait_for(lambda: "The disk is full" in caplog.text)
                assert pool.states()[DELIVERED] < 300
                ballast.unlink()
                pool.wait_until_all(DELIVERED)
            assert_each_exactly_once(pool, bank)
            assert "Traceback" not in caplog.text

    def test_what_is_received_stays_in_the_modem_until_it_is_stored(
        self, tmp_path: Path, full: threading.Event, caplog: pytest.LogCaptureFixture
    ) -> None:
        with running_bank(tmp_path, modems=1) as bank:
            pool = box(tmp_path, bank)
            with pool.running():
                pool.wait_until_ready()
                full.set()
                bank.reply("+8613912345678", bank.msisdn(0), "还有货吗？")
                pool.wait_for(lambda: "The disk is full" in caplog.text)
                used = bank.modem(0)["memories"]
                assert sum(each["used"] for each in used.values()) == 1
                full.clear()
                pool.wait_for(pool.inbox)
                pool.wait_for(lambda: sum(each["used"] for each in bank.modem(0)["memories"].values()) == 0)
            assert [row["text"] for row in pool.inbox()] == ["还有货吗？"]

    def test_a_pool_that_ends_on_a_full_disk_leaves_it_uncertain_at_worst(
        self, tmp_path: Path, full: threading.Event
    ) -> None:
        with running_bank(tmp_path, modems=2, latency_ms=200, report_delay_ms=10) as bank:
            pool = box(tmp_path, bank, timings=replace(QUICK_TIMINGS, stop_s=0.5))
            pool.submit(numbers(10), "hello")
            with pool.running():
                pool.wait_for(lambda: pool.states()["sending"] == 2)
                full.set()
            full.clear()
            with pool.running():
                pool.wait_until_all(DELIVERED, UNCERTAIN)
            assert_each_exactly_once(pool, bank)


def test_the_lock_goes_with_the_process(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank, plan=Plan())
        with pool_process(pool, bank) as process:
            pool.wait_until_ready()
            with pytest.raises(PoolBusyError), pool.running():
                pass
            process.kill()
            process.wait()
        with pool.running():
            pool.wait_until_ready()
        assert isinstance(Pool(pool.settings), Pool)

"""The process around the pool: readiness, a full disk at the start, sentences for every code."""

from __future__ import annotations

import ast
import asyncio
import re
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance.cli.main import main
from appliance.modem.bearings import Bearings, ReceiveMode, Registration, Route
from appliance.policy.failure import Fault
from appliance.policy.plan import WINDOW_MS, Limit
from appliance.pool import notify
from appliance.pool.wall import LONGEST_WORD, bounded
from appliance.sentences import SENTENCES, sentence
from appliance.store.life import Delivery
from appliance.store.loop_writer import LoopCommitWriter
from tests.bank import running_bank
from tests.pool.pools import DELIVERED, box, numbers

PACKAGES = ("pool", "policy", "store")
CODE = re.compile(r"(message|sim|event)\.[a-z.-]*[a-z]")


def literal_codes() -> Iterator[str]:
    root = Path(__file__).parents[2] / "appliance"
    for package in PACKAGES:
        for path in sorted((root / package).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and CODE.fullmatch(node.value)
                ):
                    yield node.value


def made_codes() -> Iterator[str]:
    """Codes that are made of an enum's words."""
    yield from (f"message.all-at-limit.{limit}" for limit in Limit)
    yield from (f"sim.at-limit.{limit}" for limit in Limit)
    yield from (f"group.at-limit.{limit}" for limit in (*WINDOW_MS, Limit.MONTH, Limit.RECIPIENTS))
    yield from (f"message.again.{fault}" for fault in Fault if fault is not Fault.MESSAGE)
    yield from ("message.again.sim-elsewhere", "message.again.modem-elsewhere", "message.all-resting")
    failed = (Delivery.FAILED, Delivery.EXPIRED, Delivery.GIVEN_UP)
    yield from (f"message.undelivered.{delivery}" for delivery in failed)


@pytest.mark.parametrize("code", sorted({*literal_codes(), *made_codes()}))
def test_every_code_has_a_sentence(code: str) -> None:
    assert code in SENTENCES


def test_an_instant_is_shown_in_the_zone_of_the_reader() -> None:
    words = sentence(
        "sim.resting", {"sim": "A", "until_ms": 1_700_000_000_000}, zone=ZoneInfo("Asia/Shanghai")
    )
    assert words == "A rests until 2023-11-15 06:13:20."
    assert sentence("sim.resting", {"sim": "A", "until_ms": 1 << 80}) == "sim.resting", "no instant, no error"


class TestNotify:
    def test_systemd_hears_that_the_pool_is_ready(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind("\0simloft-test-notify")
            systemd.settimeout(5)
            monkeypatch.setenv("NOTIFY_SOCKET", "@simloft-test-notify")
            assert notify.tell("READY=1")
            assert systemd.recv(64) == b"READY=1"

    def test_where_systemd_does_not_listen_the_pool_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
        assert not notify.tell("READY=1")
        monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")
        assert not notify.tell("READY=1")

    def test_the_watchdog_is_fed_in_half_its_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fed: list[str] = []
        monkeypatch.setattr(notify, "tell", fed.append)
        monkeypatch.setenv("WATCHDOG_USEC", "40000")

        async def feed() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(notify.feed_watchdog(), 0.15)

        asyncio.run(feed())
        assert 4 <= len(fed) <= 9
        monkeypatch.setenv("WATCHDOG_USEC", "0")
        asyncio.run(notify.feed_watchdog())


def test_a_pool_that_starts_on_a_full_disk_waits_for_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = 5
    real = LoopCommitWriter._begin

    async def refuse(self: LoopCommitWriter) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        await real(self)

    monkeypatch.setattr(LoopCommitWriter, "_begin", refuse)
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        [seq] = pool.submit(numbers(1), "hello")
        with pool.running():
            pool.wait_for_state(seq, DELIVERED)
    assert caplog.text.count("The disk is full") == 1


def test_what_a_modem_says_of_itself_is_bounded_and_can_be_stored() -> None:
    told = Bearings(
        manufacturer="M" * 4_000,
        model="half \ud83d",
        revision=None,
        imei=None,
        iccid=None,
        imsi=None,
        msisdn=None,
        operator="O" * LONGEST_WORD,
        registration=Registration.HOME,
        rssi_dbm=None,
        smsc=None,
        receive=ReceiveMode(Route.DIRECT, Route.DIRECT),
    )
    kept = bounded(told)
    assert kept.manufacturer is not None
    assert len(kept.manufacturer) == LONGEST_WORD
    assert kept.model == "half \\ud83d"
    assert kept.operator == told.operator
    assert kept == bounded(replace(told, revision=None))


def test_a_directory_that_can_t_be_used_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["pool", "--data", str(tmp_path / "file" / "box")]) == 3
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "can't be used" in said

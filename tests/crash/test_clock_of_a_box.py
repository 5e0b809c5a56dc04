"""The real processes under a wall clock that leaps, and what people see and do about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.bank import Bank, running_bank
from tests.box import eventually
from tests.crash.clocks import DAY_MS, HOUR_MS, YEAR_MS
from tests.crash.crash_box import CrashBox, crash_box
from tests.crash.verdict import rows


class FakedClock:
    """The wall clock of every process that is started with :attr:`command`."""

    def __init__(self, tmp_path: Path) -> None:
        self._file = tmp_path / "ahead"
        self.set(0)

    def set(self, ahead_ms: int) -> None:
        """So much ahead of the true time."""
        written = self._file.with_suffix(".new")
        written.write_text(str(ahead_ms))
        written.replace(self._file)

    @property
    def command(self) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.crash.faked_main", str(self._file))


@pytest.fixture
def faked(tmp_path: Path) -> FakedClock:
    return FakedClock(tmp_path)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    with running_bank(tmp_path, modems=1) as made:
        yield made


@pytest.fixture
def box(tmp_path: Path, bank: Bank, faked: FakedClock) -> Iterator[CrashBox]:
    with crash_box(tmp_path, bank, "[plan]\nparts_per_hour = 2\n") as made:
        made.command = faked.command
        made.start("web")
        made.start("pool")
        eventually(lambda: made.get("/healthz"), what="the web process answers")
        yield made


def simloft(box: CrashBox, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*box.command, *arguments, "--data", str(box.directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def clock_of(box: CrashBox) -> dict[str, Any]:
    answer = box.get("/api/v1/clock")
    assert answer is not None
    return dict(answer.json())


def wait_for_trust(box: CrashBox, trust: str) -> dict[str, Any]:
    return (
        eventually(
            lambda: (found := clock_of(box))["trust"] == trust and found, what=f"a clock that is {trust}"
        )
        or {}
    )


def at(moment: str, later_ms: int) -> str:
    """An instant of RFC 3339, so much after another one."""
    written: datetime = datetime.fromisoformat(moment) + timedelta(milliseconds=later_ms)
    return written.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def post(box: CrashBox, to: str, **members: object) -> dict[str, Any]:
    with requests.Session() as session:
        answer = box.post({"to": to, "text": "hello", **members}, session)
    assert answer is not None
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def state(box: CrashBox, message: dict[str, Any]) -> str:
    answer = box.get(f"/api/v1/messages/{message['id']}")
    assert answer is not None
    return str(answer.json()["state"])


LEAPS = (YEAR_MS, -55 * YEAR_MS)
"""A year forward, and back to 1971."""


def test_a_box_whose_clock_leaps_in_mid_run_goes_on_and_asks_a_person(
    box: CrashBox, bank: Bank, faked: FakedClock
) -> None:
    first = post(box, "+8613900000001")
    eventually(lambda: state(box, first) == "delivered", what="the first is delivered")
    later = post(box, "+8613900000002", not_before=at(clock_of(box)["box"], DAY_MS))
    brief = post(box, "+8613900000003", validity_s=3_600)
    eventually(lambda: state(box, brief) == "delivered", what="the second of two")
    for number, leap in enumerate(LEAPS):
        faked.set(leap)
        doubted = wait_for_trust(box, "doubted")
        assert "confirm it" in doubted["detail"]
        waits = post(box, f"+861390000001{number}", validity_s=3_600)
        told = simloft(box, "clock")
        assert (told.returncode, "can't be right" in told.stdout) == (1, True), told
        assert state(box, waits) == state(box, later) == "queued"
        assert bank.control("ledger")["accepted"] == 2
        faked.set(0)
        wait_for_trust(box, "believed")
        assert state(box, waits) == state(box, later) == "queued"
    assert simloft(box, "clock").returncode == 0
    assert bank.control("ledger")["accepted"] == 2


def test_a_person_confirms_a_clock_that_was_set_right(box: CrashBox, bank: Bank, faked: FakedClock) -> None:
    for number in (1, 2):
        sent = post(box, f"+861390000000{number}")
        eventually(lambda sent=sent: state(box, sent) == "delivered", what="two are delivered")
    later = post(box, "+8613900000005", not_before=at(clock_of(box)["box"], 300 * DAY_MS))
    before = clock_of(box)["box"]
    faked.set(YEAR_MS)
    wait_for_trust(box, "doubted")
    confirmed = simloft(box, "clock", "confirm")
    assert confirmed.returncode == 0, confirmed
    proved = wait_for_trust(box, "proved")
    assert proved["box"] > at(before, YEAR_MS - HOUR_MS)
    assert state(box, later) == "queued", "its time has come, and the hour of the SIM has not"
    assert bank.control("ledger")["accepted"] == 2, "the window that two parts filled is as full as before"
    [reason] = [
        row["reason"]
        for row in rows(
            box.database, "SELECT reason FROM events WHERE kind = 'clock' AND reason <> 'event.clock-doubted'"
        )
    ]
    assert reason == "event.clock-set"


def test_a_box_that_starts_with_a_wrong_clock_goes_on_from_where_it_was(
    box: CrashBox, bank: Bank, faked: FakedClock
) -> None:
    for number in (1, 2):
        sent = post(box, f"+861390000000{number}")
        eventually(lambda sent=sent: state(box, sent) == "delivered", what="two are delivered")
    later = post(box, "+8613900000005", not_before=at(clock_of(box)["box"], DAY_MS))
    before = clock_of(box)["box"]
    for number, leap in enumerate(LEAPS):
        box.kill("pool")
        box.kill("web")
        faked.set(leap)
        box.start("web")
        box.start("pool")
        eventually(lambda: box.get("/healthz"), what="the web process answers")
        doubted = wait_for_trust(box, "doubted")
        assert before <= doubted["box"] < at(before, HOUR_MS)
        one_more = post(box, f"+861390000001{number}")
        eventually(
            lambda: rows(box.database, "SELECT 1 FROM ports WHERE reason = 'port.ready'"),
            what="the modem is ready",
        )
        assert state(box, one_more) == state(box, later) == "queued"
        assert bank.control("ledger")["accepted"] == 2

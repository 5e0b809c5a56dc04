"""Power cuts at random moments: the disk has only what was fsynced, and of what was written later anything.

Such a disk must open, and the box that starts on it must know of everything that the network took.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from appliance.modem.simulator.ledger import LedgerEvent, LedgerRecord
from appliance.store import recovery
from appliance.store.database import connect
from tests.bank import running_bank
from tests.box import eventually
from tests.crash.crash_box import CrashBox, crash_box
from tests.crash.power import Disk, disk_of, read_files, write_files
from tests.crash.recorder import Done, library, read_record
from tests.crash.verdict import Limits, assert_no_plan_exceeded, assert_none_lost_and_none_doubled, rows

pytestmark = pytest.mark.skipif(
    library() is None, reason="SQLite is linked into Python and can't be recorded"
)

DATABASE = "simloft.db"
MODEMS = 4
PLAN = Limits(gap_ms=5, hour=1_500)
IN_A_LIFE = 60
"""So many messages an application posts between two cuts."""
SETTINGS = f"[plan]\nminimum_gap_ms = {PLAN.gap_ms}\nparts_per_hour = {PLAN.hour}\n"


def text(index: int) -> str:
    return f"Order {index}" if index % 3 else f"长文本{index}：" + "春眠不觉晓，" * 25


@dataclass
class Answered:
    """What an application knows: each message that was accepted, and when it heard that, by the wall clock."""

    at_ns: dict[str, int]
    texts: dict[str, str]


class Client:
    """Posts without a pause until it has no more numbers, and knows what was answered."""

    def __init__(self, box: CrashBox, numbers: Iterator[int], answered: Answered) -> None:
        self._box, self._numbers, self._answered = box, numbers, answered
        self._over = threading.Event()
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)
        assert not self._failed, self._failed

    def _run(self) -> None:
        try:
            with requests.Session() as session:
                session.trust_env = False
                while not self._over.is_set() and (number := next(self._numbers, None)) is not None:
                    self._post(number, session)
        except BaseException as error:
            self._failed.append(error)

    def _post(self, number: int, session: requests.Session) -> None:
        recipient, told = f"+86139{number:08d}", text(number)
        self._answered.texts[recipient] = told
        answer = self._box.post({"to": recipient, "text": told}, session)
        if answer is not None:
            assert answer.status_code == 202, answer.text
            self._answered.at_ns[recipient] = time.time_ns()
        else:
            time.sleep(0.01)


def start(box: CrashBox, record: Path) -> None:
    """Pool and web, with a record of what they write."""
    box.command = (sys.executable, "-m", "tests.crash.recorded_main", str(record))
    box.start("web")
    box.start("pool")


def cut(box: CrashBox, before: dict[str, bytes], record: Path, dice: random.Random) -> None:
    """The power goes: the disk that it leaves is in place."""
    for name in [*box.programs]:
        box.kill(name)
    write_files(box.directory, DATABASE, disk_of(before, read_record(record)).after_a_cut(dice))


def assert_sound(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def run(tmp_path: Path, *, seed: int, cuts: int, life_s: float) -> None:
    """Cut after cut; the bank has its own power, and remembers what it took."""
    dice = random.Random(seed)
    answered = Answered({}, {})
    with (
        running_bank(tmp_path, modems=MODEMS, latency_ms=10, report_delay_ms=10) as bank,
        crash_box(tmp_path, bank, SETTINGS) as box,
    ):
        cards = {bank.modem(number)["iccid"]: PLAN for number in range(MODEMS)}
        disk = read_files(box.directory, DATABASE)
        for number in range(cuts):
            record = tmp_path / f"record-{number}"
            start(box, record)
            eventually(lambda: box.get("/healthz"), what="the web process answers")
            with Client(box, iter(range(number * IN_A_LIFE, (number + 1) * IN_A_LIFE)), answered):
                taken = int(bank.control("ledger")["accepted"])
                eventually(
                    lambda taken=taken: bank.control("ledger")["accepted"] > taken, what="something goes"
                )
                time.sleep(dice.random() * life_s)  # a random moment is what is tested
                cut(box, disk, record, dice)
            assert_sound(box.database)
            disk = read_files(box.directory, DATABASE)  # To look at it was to use it.
            record.unlink()
        box.command = ()
        box.start("pool")
        box.wait_until_all("delivered", "sent", "undelivered", "uncertain", "failed")
        box.stop()
        # What was not answered may be there or not.
        known = {row[0] for row in rows(box.database, "SELECT recipient FROM messages")}
        assert answered.at_ns.keys() <= known, "what was answered with 202 is there"
        told = {recipient: answered.texts[recipient] for recipient in known}
        states = assert_none_lost_and_none_doubled(box.database, bank.ledger(), told)
        assert_no_plan_exceeded(bank.ledger(), cards)
        assert states["uncertain"] <= cuts * MODEMS, states
        assert "Traceback" not in box.logs()
        print(f"{cuts} power cuts, {len(known)} messages: {dict(states)}")


def test_some_power_cuts_of_a_running_box(tmp_path: Path) -> None:
    run(tmp_path, seed=3, cuts=3, life_s=0.5)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_forty_power_cuts_of_a_running_box(tmp_path: Path) -> None:
    run(tmp_path, seed=4, cuts=40, life_s=1.0)


@dataclass(frozen=True)
class Recorded:
    """A run of which every moment is known."""

    before: dict[str, bytes]
    done: list[Done]
    ledger: list[LedgerRecord]
    answered: Answered


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Some seconds of a box at work, with a checkpoint of its log."""
    tmp_path = tmp_path_factory.mktemp("recorded")
    answered = Answered({}, {})
    with (
        running_bank(tmp_path, modems=MODEMS, latency_ms=5, report_delay_ms=5) as bank,
        crash_box(tmp_path, bank, SETTINGS) as box,
    ):
        before = read_files(box.directory, DATABASE)
        start(box, tmp_path / "record")
        eventually(lambda: box.get("/healthz"), what="the web process answers")
        with Client(box, iter(range(100_000)), answered):
            eventually(lambda: bank.control("ledger")["accepted"] > 250, what="250 parts went")
        for name in [*box.programs]:
            box.kill(name)
        return Recorded(before, [*read_record(tmp_path / "record")], bank.ledger(), answered)


def assert_knows_what_was(directory: Path, recorded: Recorded, at_ns: int) -> None:
    """The database in ``directory`` after a start on it, against what the world knew at ``at_ns``."""
    path = directory / DATABASE
    assert_sound(path)
    connection = connect(path)
    connection.execute("BEGIN IMMEDIATE")
    recovery.recover(connection, at_ns // 1_000_000, resend_after_ms=120_000)
    connection.execute("COMMIT")
    known = {row["recipient"]: row for row in connection.execute("SELECT * FROM messages")}
    parts: dict[int, list[sqlite3.Row]] = defaultdict(list)
    for part in connection.execute("SELECT * FROM parts"):
        parts[part["message_seq"]].append(part)
    connection.close()
    for recipient, heard_ns in recorded.answered.at_ns.items():
        assert heard_ns > at_ns or recipient in known, f"{recipient} was answered with 202"
    for row in known.values():
        assert row["text"] == recorded.answered.texts[row["recipient"]]
        assert row["state"] != "sending"
    for record in recorded.ledger:
        if record.event is LedgerEvent.ACCEPTED and record.at_ms < at_ns // 1_000_000:
            row = known[record.recipient]
            noted = [each for each in parts[row["seq"]] if each["number"] == record.number]
            assert len(noted) == 1, (record, noted)
            assert noted[0]["submitted_at_ms"] is not None, "the plan counts it"
            assert noted[0]["state"] in ("accepted", "uncertain", "delivered"), dict(noted[0])
            is_begun = row["state"] == "queued" and row["pinned_sim_id"] is not None
            assert is_begun or row["state"] in ("sent", "uncertain", "delivered"), dict(row)


def moments(recorded: Recorded, count: int, dice: random.Random) -> Iterator[tuple[Disk, int]]:
    """Disks at so many moments of the run, each with its instant."""
    chosen = Counter(dice.randrange(len(recorded.done)) for _ in range(count))
    disk = Disk(recorded.before)
    for number, done in enumerate(recorded.done):
        disk.does(done)
        for _ in range(chosen[number]):
            # The next step tells until when the world can have known no more than what was done.
            yield disk, done.at_ns


def check_moments(tmp_path: Path, recorded: Recorded, count: int, seed: int) -> None:
    dice = random.Random(seed)
    pending = 0
    for disk, at_ns in moments(recorded, count, dice):
        pending += disk.has_pending
        write_files(tmp_path, DATABASE, disk.after_a_cut(dice))
        assert_knows_what_was(tmp_path, recorded, at_ns)
    assert pending > count // 4, "cuts fall into writes that are on their way"


def test_many_moments_of_one_run(tmp_path: Path, recorded: Recorded) -> None:
    check_moments(tmp_path, recorded, 150, seed=5)


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_very_many_moments_of_one_run(tmp_path: Path, recorded: Recorded) -> None:
    check_moments(tmp_path, recorded, 5_000, seed=6)

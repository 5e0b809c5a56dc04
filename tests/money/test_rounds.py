"""The desk's thread: what is due is done, failures are tried again, nothing is done too often, it ends when told."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from appliance.desk.rounds import FIRST_RETRY_MS, LONGEST_SLEEP_MS, Rounds, Task
from appliance.desk.tools import Tools
from appliance.store import balance
from appliance.store.balance import Cause
from tests.money.desks import NOON_MS, Desk


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at_ms = NOON_MS

    def __call__(self) -> int:
        return self.at_ms


class Duty:
    """Does nothing but to say when it is due next."""

    def __init__(self, *due: int | None) -> None:
        self.done: list[int] = []
        self._due = list(due)

    def __call__(self, _: Tools, __: sqlite3.Connection, now_ms: int) -> int | None:
        self.done.append(now_ms)
        return self._due.pop(0) if self._due else None


def test_a_task_is_done_when_it_is_due_and_not_before(desk: Desk) -> None:
    clock, duty = Clock(), Duty(NOON_MS + 1000, NOON_MS + 5000)
    rounds = Rounds(desk.tools, [Task(name="one", duty=duty)], clock=clock)
    assert rounds.once(desk.reader) == NOON_MS + 1000
    clock.at_ms += 999
    assert rounds.once(desk.reader) == NOON_MS + 1000
    clock.at_ms += 1
    assert rounds.once(desk.reader) == NOON_MS + 5000
    assert duty.done == [NOON_MS, NOON_MS + 1000]


def test_one_that_fails_keeps_nobody_and_is_tried_again_ever_later(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    clock, good = Clock(), Duty()

    def bad(_: Tools, __: sqlite3.Connection, ___: int) -> int | None:
        raise ValueError("+8613912345678")

    rounds = Rounds(desk.tools, [Task(name="bad", duty=bad), Task(name="good", duty=good)], clock=clock)
    waits = []
    for _ in range(12):
        due_ms = rounds.once(desk.reader)
        waits.append(due_ms - clock.at_ms)
        clock.at_ms = due_ms
    assert waits[:3] == [FIRST_RETRY_MS, 2 * FIRST_RETRY_MS, 4 * FIRST_RETRY_MS]
    assert max(waits) <= LONGEST_SLEEP_MS
    assert good.done[0] == NOON_MS
    assert "bad failed (ValueError at " in caplog.text
    assert "13912345678" not in "".join(each.getMessage() for each in caplog.records)


def test_a_duty_that_is_always_due_makes_no_busy_loop(desk: Desk) -> None:
    clock, duty = Clock(), Duty(0, 0, 0)
    rounds = Rounds(desk.tools, [Task(name="one", duty=duty)], clock=clock)
    assert rounds.once(desk.reader) > clock.at_ms
    rounds.once(desk.reader)
    assert len(duty.done) == 1


def test_a_clock_that_was_set_back_stops_nothing(desk: Desk) -> None:
    clock, duty = Clock(), Duty(NOON_MS + 1000, NOON_MS + 2000)
    rounds = Rounds(desk.tools, [Task(name="one", duty=duty)], clock=clock)
    rounds.once(desk.reader)
    clock.at_ms -= 2 * LONGEST_SLEEP_MS
    rounds.once(desk.reader)
    assert len(duty.done) == 2


def test_news_make_due_only_what_waits_for_them(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    clock, waiting, other = Clock(), Duty(), Duty()
    tasks = [
        Task(name="waiting", duty=waiting, waits_for_news=balance.is_anything_open),
        Task(name="other", duty=other),
    ]
    rounds = Rounds(desk.tools, tasks, clock=clock)
    rounds.once(desk.reader)
    rounds.once(desk.reader)
    assert (len(waiting.done), len(other.done)) == (1, 1)
    desk.write(lambda connection: balance.want(connection, sim_id, cause=Cause.PERSON, now_ms=NOON_MS))
    rounds.once(desk.reader)
    rounds.once(desk.reader)
    assert (len(waiting.done), len(other.done)) == (2, 1)


def test_of_two_only_one_leads_and_the_other_takes_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.desk.rounds.OTHER_LEADER_S", 0.02)
    began = {"leader": threading.Event(), "other": threading.Event()}

    def task(name: str) -> Task:
        def duty(_: Tools, __: sqlite3.Connection, ___: int) -> int | None:
            began[name].set()
            return None

        return Task(name=name, duty=duty)

    leader = Rounds(desk.tools, [task("leader")], look_s=0.02)
    other = Rounds(desk.tools, [task("other")], look_s=0.02)
    leader.start()
    assert began["leader"].wait(60)
    other.start()
    assert not began["other"].wait(0.2), "it waits while another one leads"
    leader.stop()
    assert began["other"].wait(60)
    other.stop()


def test_the_thread_hears_of_a_question_and_ends_when_told(desk: Desk) -> None:
    sim_id = desk.add_sim(1)
    heard = threading.Event()

    def duty(_: Tools, reader: sqlite3.Connection, __: int) -> int | None:
        if balance.is_anything_open(reader):
            heard.set()
        return None

    rounds = Rounds(
        desk.tools,
        [Task(name="one", duty=duty, waits_for_news=balance.is_anything_open)],
        look_s=0.02,
    )
    rounds.start()
    desk.write(lambda connection: balance.want(connection, sim_id, cause=Cause.PERSON, now_ms=NOON_MS))
    assert heard.wait(60)
    rounds.stop()
    assert not [each for each in threading.enumerate() if each.name == "rounds" and each.is_alive()]

"""Plans, groups, accounts, schedules, the queue and its uncertain messages at the command line, without a pool."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from appliance.cli.main import main
from appliance.store import clock_marks, messages
from appliance.store.clock_judgement import Mark, Trust
from appliance.store.database import connect
from appliance.store.life import MessageState
from tests.crash.clocks import DAY_MS, YEAR_MS, set_clocks
from tests.web import a_day

Run = Callable[..., str]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    a_day.fill(tmp_path / "simloft.db")
    return tmp_path


@pytest.fixture
def run(box: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command prints; its exit code is asserted to be ``exits``."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def runs(command: str, *arguments: str, exits: int = 0) -> str:
        capsys.readouterr()
        # Commands with actions of their own take the options of the box before them.
        try:
            code = main([command, "--data", str(box), *arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        assert code == exits, printed
        return printed.out + printed.err

    return runs


def of_json(text: str) -> Any:
    return json.loads(text)


def test_a_plan_is_changed_field_by_field_and_shown_with_what_is_used(run: Run) -> None:
    shown = run(
        "sim", "3", "plan", "--day", "200", "--hours", "8:00-21:00", "--month", "100", "--price-abroad", "0.8"
    )
    assert "08:00-21:00" in shown
    assert "day 0 / 200" in shown
    assert "This limit (100) is below one for a shorter time (200)" in shown
    told = of_json(run("sim", "3", "plan", "--day", "box", "--json"))
    assert told["own_plan"]["parts_per_day"] is None
    assert told["own_plan"]["parts_per_month"] == 100
    assert told["own_plan"]["price_abroad_micros"] == 800_000


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--reserve", "100", "The reserve must be from 0 to 90 percent"),
        ("--contract-day", "32", "The contract's day must be from 1 to 31"),
        ("--hours", "25:00-26:00", "“25:00-26:00”"),
        ("--day", "many", "This must be a whole number."),
        ("--on-net", "139", "“139” is no beginning of a number"),
    ],
)
def test_a_nonsense_plan_is_refused_with_a_reason(run: Run, option: str, value: str, said: str) -> None:
    assert said in run("sim", "3", "plan", option, value, exits=2)
    assert set(of_json(run("sim", "3", "plan", "--json"))["own_plan"].values()) == {None}


def test_groups_are_made_filled_and_listed(run: Run) -> None:
    run("sim-group", "create", "Contract A", "--month", "5000", "--strategy", "fill")
    assert "is in the group “Contract A” now" in run("sim-group", "add", "Contract A", "3")
    run("sim-group", "create", "B")
    assert "was moved from the group “Contract A” to “B”" in run("sim-group", "add", "B", "3")
    run("sim-group", "set", "Contract A", "--day", "80")
    (b, contract) = of_json(run("sim-group", "--json"))
    assert [each["id"] for each in b["sims"]] == [3]
    assert (contract["parts_per_day"], contract["parts_per_month"], contract["strategy"]) == (
        80,
        5000,
        "fill",
    )
    assert "is in no group any more" in run("sim-group", "take", "B", "3")
    run("sim-group", "remove", "B")
    assert "is no group of this box" in run("sim-group", "add", "B", "3", exits=2)


def test_a_key_is_made_for_an_account(run: Run) -> None:
    run("account", "create", "Shop", "--weight", "3")
    assert run("api-key", "create", "till", "--account", "Shop").startswith("sl_")
    assert [each["account"] for each in of_json(run("api-key", "list", "--json"))] == ["Shop"]
    run("account", "set", "Shop", "--weight", "5")
    found = of_json(run("account", "--json"))
    assert [(each["name"], each["weight"], len(each["keys"])) for each in found] == [
        ("box", 1, 0),
        ("Shop", 5, 1),
    ]
    run("account", "key", "box", "1")
    assert "“Nobody” is no account" in run("account", "remove", "Nobody", exits=2)
    run("account", "remove", "Shop")
    assert "own account stays" in run("account", "remove", "box", exits=2)


def test_a_message_is_scheduled_in_the_time_of_the_box(run: Run, box: Path) -> None:
    run("account", "create", "Shop")
    sent = run("send", "13912345678", "x", "--at", "2099-01-01 08:00", exits=2)
    assert "more than 366 days ahead" in sent
    scheduled = of_json(run("send", "13912345678", "x", "--at", "23:59", "--account", "Shop", "--json"))
    assert scheduled["reason"].startswith("Scheduled for")
    with closing(connect(box / "simloft.db", read_only=True)) as connection:
        message = messages.get(connection, scheduled["id"])
    assert message is not None
    assert message.not_before_ms > message.accepted_at_ms
    assert message.account_id == 2
    assert "is no time" in run("send", "13912345678", "x", "--until", "soon", exits=2)


def test_the_queue_says_why_it_waits_and_when_a_batch_would_be_done(run: Run) -> None:
    told = of_json(run("waiting", "--json"))
    assert told["waiting"] >= 1
    assert {each["id"] for each in told["sims"]} == {1, 2, 3, 4}
    assert of_json(run("forecast", "50", "--parts", "2", "--json"))["parts"] == 2
    assert "must be from 1" in run("forecast", "0", exits=2)


def test_uncertain_messages_are_listed_settled_and_taken_back(run: Run, box: Path) -> None:
    (waiting,) = of_json(run("uncertain", "--json"))
    assert "done" in run("uncertain", "mark-sent", "--all")
    assert "No message is uncertain." in run("uncertain")
    assert "not possible: sent" in run("uncertain", "resend", waiting["id"], exits=1)
    run("uncertain", "undo", waiting["id"])
    with closing(connect(box / "simloft.db", read_only=True)) as connection:
        message = messages.get(connection, waiting["id"])
    assert message is not None
    assert message.state is MessageState.UNCERTAIN
    assert "no such message" in run("uncertain", "undo", "nothing", exits=1)


def test_a_time_of_day_is_of_the_day_that_the_box_has_whatever_the_clock_of_the_system_shows(
    run: Run, box: Path
) -> None:
    with set_clocks() as clocks:
        at_ms = clocks.wall_ms()
        with closing(connect(box / "simloft.db")) as connection:
            mark = Mark(clocks.boot_id(), clocks.boottime_ms(), at_ms, at_ms, Trust.BELIEVED)
            clock_marks.add(connection, mark)
        clocks.leap(-YEAR_MS)
        told = of_json(run("send", "13912345678", "x", "--at", "23:59", "--json"))
        assert told["state"] == "queued"
        with closing(connect(box / "simloft.db")) as connection:
            scheduled = messages.get(connection, told["id"])
        assert scheduled is not None
        assert at_ms < scheduled.not_before_ms <= at_ms + DAY_MS + 60_000

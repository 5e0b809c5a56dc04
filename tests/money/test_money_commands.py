"""`simloft balance`, `keep-alive` and `carriers` on a box that does not run."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM, EXIT_UNAVAILABLE, EXIT_USAGE
from appliance.cli.main import main
from appliance.store import balance
from appliance.store.database import connect, prepare
from tests.store.stored import NOW_MS, add_sim


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A box with two SIMs, of which one has 12.34 yuan."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    database = tmp_path / "simloft.db"
    prepare(database)
    with contextlib.closing(connect(database)) as connection:
        first, _ = add_sim(connection, 1)
        add_sim(connection, 2)
        connection.execute("UPDATE sims SET label = 'A', msisdn = '+8613800000001' WHERE id = ?", [first])
        balance.add_reading(
            connection,
            sim_id=first,
            question_id=None,
            units=1234,
            currency="CNY",
            decimals=2,
            raw="余额12.34元",
            inbound_seq=None,
            at_ms=NOW_MS,
        )
    return str(tmp_path)


def test_the_list_shows_what_is_known(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["balance", "--data", data]) == EXIT_OK
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "中国移动" in lines[0]
    assert "12.34 CNY" in lines[0]


@pytest.mark.parametrize("named", ["A", "1", "+8613800000001", "0001"])
def test_a_sim_is_named_in_any_way(data: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["balance", named, "--json", "--data", data]) == EXIT_OK
    shown = json.loads(capsys.readouterr().out)
    assert (shown["sim"], shown["units"], shown["currency"], shown["answer"]) == (
        "A",
        1234,
        "CNY",
        "余额12.34元",
    )


def test_a_threshold_counts_at_once(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["balance", "A", "--low", "20", "--json", "--data", data]) == EXIT_OK
    shown = json.loads(capsys.readouterr().out)
    assert (shown["low_below"], shown["rests"]) == (2000, True)
    assert "Top it up" in shown["reason"]
    assert main(["balance", "A", "--low", "none", "--json", "--data", data]) == EXIT_OK
    assert json.loads(capsys.readouterr().out)["rests"] is False


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["balance", "A", "--low", "much"], EXIT_USAGE, "no amount"),
        (["balance", "nobody"], EXIT_USAGE, "no SIM of this box"),
        (["balance", "--ask"], EXIT_USAGE, "Name the SIM"),
        (["balance", "A", "--ask", "--wait", "0"], EXIT_UNAVAILABLE, "while the box runs"),
        (["keep-alive", "A", "--every", "soon"], EXIT_USAGE, "no number of days"),
        (["keep-alive", "--every", "30"], EXIT_USAGE, "Name the SIM"),
        (["carriers", "show", "nobody"], EXIT_PROBLEM, "no carrier"),
        (["carriers", "reset", "nobody"], EXIT_PROBLEM, "no carrier"),
        (["carriers", "set", "x", "/nowhere/x.toml"], EXIT_USAGE, "can't be read"),
    ],
)
def test_what_is_wrong_is_said(
    data: str, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--data", data]) == code
    assert said in capsys.readouterr().err


def test_keep_alive_says_by_when_and_why_not(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keep-alive", "A", "--every", "90", "--json", "--data", data]) == EXIT_OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["every_days"] == 90
    assert shown["due"] > shown["planned"]
    assert shown["proofs"] == []
    assert main(["keep-alive", "--data", data]) == EXIT_PROBLEM, "a SIM is due and has nobody to write to"
    assert "no other SIM with a known number" in capsys.readouterr().out


def test_what_is_shown_of_a_carrier_can_be_edited_and_given_back(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["carriers", "show", "china-mobile", "--data", data]) == EXIT_OK
    edited = tmp_path / "edited.toml"
    edited.write_text(capsys.readouterr().out.replace('"CXYE"', '"余额"'), "utf-8")
    assert main(["carriers", "set", "china-mobile", str(edited), "--data", data]) == EXIT_OK
    capsys.readouterr()
    assert main(["carriers", "list", "--json", "--data", data]) == EXIT_OK
    [entry] = [each for each in json.loads(capsys.readouterr().out) if each["id"] == "china-mobile"]
    assert entry["edited"]
    assert [each["text"] for each in entry["queries"]] == ["YE", "余额"]
    assert main(["carriers", "reset", "china-mobile", "--data", data]) == EXIT_OK
    assert main(["carriers", "reset", "china-mobile", "--data", data]) == EXIT_PROBLEM


def test_a_mistake_in_a_carrier_says_its_place(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('name = "X"\n[[queries]]\nmethod = "ussd"\ncode = "*1#"\npattern = "("\n', "utf-8")
    assert main(["carriers", "set", "x", str(file), "--data", data]) == EXIT_USAGE
    said = capsys.readouterr().err
    assert "/queries/0/pattern: The pattern is no regular expression" in said
    assert "Nothing was changed" in said

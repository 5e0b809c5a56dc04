"""The PLAN file: the example is one, and every mistake is told with its line, its field and the reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.cli.main import main
from appliance.desk.rehearsal_file import read_rehearsal
from appliance.desk.toml_table import TomlMistakeError
from appliance.policy.rehearsal_plan import Batch, Replies, Stream

EXAMPLE = Path(__file__).parents[2] / "docs" / "rehearse-example.toml"

SMALL = """\
days = 2
begins = 2026-03-01
seed = 3

[plan]
parts_per_day = 20

[[groups]]
name = "g"

[[accounts]]
name = "shop"

[[sims]]
name = "a"
count = 2
plan = { price_off_net_micros = 50_000 }

[[batches]]
name = "bulk"
at = "09:00"
messages = 50
account = "shop"
"""


def test_the_example_is_read_whole() -> None:
    rehearsal = read_rehearsal(EXAMPLE)
    assert [each.name for each in rehearsal.sims][:2] == ["mobile-1", "mobile-2"]
    assert rehearsal.sims[0].plan.parts_per_day == 200, "as the file's [plan] has it"
    assert rehearsal.sims[0].plan.contract_day == 15, "of its own"
    assert {type(each) for each in rehearsal.loads} == {Batch, Stream, Replies}
    [mondays] = [each for each in rehearsal.loads if isinstance(each, Batch)]
    assert len(mondays.at_ms) == 5


def test_the_command_prints_tables_and_says_that_no_limit_was_exceeded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(SMALL, "utf-8")
    assert main(["rehearse", str(file), "--days"]) == 0
    said = capsys.readouterr().out
    assert "limits exceeded: 0, counted anew over 80 parts" in said
    assert "still waiting: 20 (" in said
    assert "2026-03-02" in said
    assert "4.00" in said, "eighty parts at 0.05"


def test_the_command_tells_programs_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(SMALL, "utf-8")
    assert main(["rehearse", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["accepted"], told["sent"], told["waiting"]) == (100, 80, 20)
    assert told["limits_exceeded"] == []
    assert told["sims"][0]["parts_by_day"] == {"2026-03-01": 20, "2026-03-02": 20}
    assert told["cost_micros"] == 80 * 50_000


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("days = 2", "days = 0", "line 1: days: 0 is less than 1"),
        ("days = 2", "", "days: is missing"),
        ("days = 2", "days = two", "Invalid value (at line 1"),
        ("seed = 3", "sed = 3", "line 3: sed: there is no such field; did you mean “seed”?"),
        ("begins = 2026-03-01", 'begins = "2026-03-01"', "line 2: begins: needs a date or time such as"),
        ("begins = 2026-03-01", "begins = 2026-03-01T00:00:00Z", "line 2: begins: is a time with an offset"),
        ("seed = 3", 'time_zone = "Mars/Base"', "line 3: time_zone: “Mars/Base” is no time zone"),
        ("parts_per_day = 20", "parts_per_day = -1", "line 6: plan.parts_per_day: "),
        ("parts_per_day = 20", 'sending_hours = "8-9"', "line 6: plan.sending_hours: "),
        ("parts_per_day = 20", "parts_a_day = 20", "line 6: plan.parts_a_day: there is no such field"),
        ('name = "g"', 'name = "g"\nstrategy = "fast"', "strategy: “fast” is none of spread, fill"),
        ("count = 2", "count = 2.5", "line 16: sims[1].count: needs a whole number, not 2.5"),
        ("count = 2", 'group = "h"', "line 16: sims[1].group: “h” is none of g"),
        ("50_000 }", "50_000, contract_day = 32 }", "line 17: sims[1].plan.contract_day: "),
        (
            "count = 2",
            "outages = [{ from = 2026-03-02, to = 2026-03-01 }]",
            "sims[1].outages.to: is not after",
        ),
        ("count = 2", "error_percent = 101", "sims[1].error_percent: 101 is more than 100"),
        ('at = "09:00"', 'at = "9 o\'clock"', "line 21: batches[1].at: “9 o'clock” is no time of day"),
        ('at = "09:00"', "at = 2027-01-01T09:00:00", "line 21: batches[1].at: is not within the days"),
        ("messages = 50", "messages = 0", "line 22: batches[1].messages: 0 is less than 1"),
        (
            'account = "shop"',
            'account = "shp"',
            "batches[1].account: “shp” is none of box, shop; did you mean “shop”",
        ),
        ('account = "shop"', 'priority = "bulky"', "priority: “bulky” is none of otp, notice, bulk"),
        ('account = "shop"', 'weekdays = ["monday"]', "weekdays: “monday” is none of mon, tue"),
        ('account = "shop"', "to = { a = 0 }", "to: the share of a needs a whole number above 0"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_reason(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    file = tmp_path / "plan.toml"
    assert before in SMALL
    file.write_text(SMALL.replace(before, after, 1), "utf-8")
    with pytest.raises(TomlMistakeError) as told:
        read_rehearsal(file)
    assert str(told.value).startswith(str(file))
    assert said in str(told.value)


def test_a_file_that_is_not_there_ends_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rehearse", str(tmp_path / "none.toml")]) == 2
    assert "can't be read (No such file or directory)" in capsys.readouterr().err

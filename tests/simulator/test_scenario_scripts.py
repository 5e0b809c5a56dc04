"""Scenarios by the command line, by the control socket and from a file with times."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from appliance.modem.simulator.scenarios import SCENARIOS
from appliance.modem.simulator.scenarios.script import Cue, ScriptError, parse_cue, read_script
from tests.bank import BankError, running_bank

MODEMS = ["modem01", "modem02", "modem03"]
SIMULATE = (sys.executable, "-m", "appliance.cli.main", "simulate")


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "play.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_script_in_the_order_of_its_times(tmp_path: Path) -> None:
    path = script(
        tmp_path,
        """
[[at]]
s = 3.5
modem = 2
scenario = "swap"
gap_ms = 500

[[at]]
s = 0
scenario = "cms-38"
modem = "all"
""",
    )
    assert read_script(path, MODEMS) == [
        Cue(0.0, ("modem01", "modem02", "modem03"), "cms-38", {}),
        Cue(3.5, ("modem02",), "swap", {"gap_ms": 500}),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[[at]]\ns = 1\nscenario = 'swap'\n\n[[at]]\ns = -1\nscenario = 'mute'\n",
            r":6: s: must be the seconds",
        ),
        ("[[at]]\ns = 1\n", r":1: scenario: must be the name"),
        ("[[at]]\nscenario = 'thunder'\ns = 1\n", r":2: scenario: there is no scenario 'thunder'"),
        ("[[at]]\ns = 1\nscenario = 'swap'\ngap = 5\n", r":4: gap: swap has no option gap; it has card"),
        ("[[at]]\ns = 1\nscenario = 'swap'\ngap_ms = 'x'\n", r":4: gap_ms: gap_ms must be a whole number"),
        ("[[at]]\ns = 1\nscenario = 'swap'\nmodem = 4\n", r":4: modem: must be 1 to 3"),
        ("[at]\ns = 1\n", r"must be written as \[\[at\]\]"),
        ("[[at]]\ns = \n", r"line 2"),
        ("[[on]]\ns = 1\n", r"there is no place for on"),
        ("", r"nothing happens"),
    ],
)
def test_a_mistake_in_a_script_is_told_with_line_field_and_reason(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ScriptError, match=complaint):
        read_script(script(tmp_path, text), MODEMS)


def test_a_scenario_of_the_command_line() -> None:
    assert parse_cue("mute") == ("mute", None, {})
    assert parse_cue("swap:modem02,gap_ms=500,while_sending=false,card=card01") == (
        "swap",
        "modem02",
        {"gap_ms": 500, "while_sending": False, "card": "card01"},
    )
    with pytest.raises(ScriptError, match="option=value"):
        parse_cue("swap,fast")


def test_a_bank_plays_what_it_is_told(tmp_path: Path) -> None:
    path = script(tmp_path, "[[at]]\ns = 0.1\nmodem = 2\nscenario = 'no-sim'\nwhile_sending = false\n")
    options = ("--scenario", "no-network:modem01", "--script", str(path))
    with running_bank(tmp_path, modems=2, options=options) as bank:
        assert bank.modem(0)["registration"] == 2
        deadline = time.monotonic() + 5
        while bank.modem(1)["sim"] != "ABSENT" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert bank.modem(1)["sim"] == "ABSENT"
        bank.control("scenario", name="calm", modem="modem01")
        assert bank.modem(0)["registered"]
        assert {entry["name"] for entry in bank.control("scenarios")} == set(SCENARIOS)
        with pytest.raises(BankError, match="no scenario 'thunder'"):
            bank.control("scenario", name="thunder")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--scenario", "thunder"), "there is no scenario 'thunder'"),
        (("--scenario", "mute:modem09"), "there is no modem 'modem09'"),
        (("--script", "/nowhere.toml"), "/nowhere.toml"),
        (("--replay", "/nowhere.jsonl"), "/nowhere.jsonl"),
    ],
)
def test_what_can_t_be_played_ends_the_command(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    command = [*SIMULATE, "--dir", str(tmp_path / "bank"), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_list_of_scenarios() -> None:
    ended = subprocess.run(
        [*SIMULATE, "--list-scenarios"], capture_output=True, text=True, timeout=60, check=True
    )
    named = [line.split()[0] for line in ended.stdout.splitlines() if not line.startswith(" ")]
    assert named == list(SCENARIOS)

"""A box that is given no port: real modems or simulated ones, and never a mixture of both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from appliance.cli.plugged import Choice, Why, choose_ports, modems_in_words, worked_with_real_modems
from appliance.config import read_settings
from appliance.store import ports
from appliance.store.database import connect, prepare
from appliance.store.ports import Condition
from tests.discovery.mock_usb import ec25, mock_usb, stick

UNSEEN = Condition(state="absent", reason="port.absent", args={"device": "", "detail": ""})

ASK = """
import json, sys
from pathlib import Path
from appliance.cli.plugged import choose_ports
from appliance.config import read_settings
choice = choose_ports(read_settings(None, data=Path(sys.argv[1])))
print(json.dumps([choice.why, choice.settings.ports, choice.plugged_in]))
"""


def worked(data: Path, *runs: Sequence[tuple[str, bool]]) -> Path:
    """A box whose runs had these ports, each simulated or not."""
    data.mkdir(exist_ok=True)
    prepare(data / "simloft.db")
    connection = connect(data / "simloft.db")
    for run in runs:
        ports.forget_all(connection, UNSEEN, 1)
        for name, simulated in run:
            ports.declare(connection, name, UNSEEN, simulated=simulated, now_ms=1)
    connection.close()
    return data


SIMULATED = [("bank/modem01", True), ("bank/modem02", True)]
REAL = [("usb-1-1.4", False)]


@pytest.mark.parametrize(
    ("runs", "was_real"),
    [
        ([], None),
        ([[]], None),
        ([SIMULATED], False),
        ([REAL], True),
        ([SIMULATED, REAL], True),
        ([REAL, SIMULATED], False),
        ([SIMULATED, REAL, []], True),
    ],
)
def test_the_last_run_tells_what_a_box_works_with(
    tmp_path: Path, runs: list[list[tuple[str, bool]]], was_real: bool | None
) -> None:
    settings = read_settings(None, data=worked(tmp_path / "box", *runs))
    assert worked_with_real_modems(settings) is was_real


def test_a_box_with_real_modems_never_turns_to_simulated_ones(tmp_path: Path) -> None:
    settings = read_settings(None, data=worked(tmp_path / "box", REAL))
    choice = choose_ports(settings)
    assert (choice.why, choice.settings.ports, choice.settings.is_simulated) == (
        Why.REAL_BEFORE,
        ("usb",),
        False,
    )


def test_given_ports_are_taken_as_they_are(tmp_path: Path) -> None:
    settings = read_settings(None, data=worked(tmp_path / "box", SIMULATED), ports=("/dev/ttyUSB*",))
    assert choose_ports(settings) == Choice(settings, Why.GIVEN)


@pytest.mark.peer("umockdev")
def test_a_new_box_takes_the_modems_that_are_plugged_in_and_a_simulated_one_does_not(tmp_path: Path) -> None:
    with mock_usb() as usb:

        def asked(data: Path) -> list[object]:
            command = [sys.executable, "-c", ASK, str(data)]
            printed = subprocess.run(command, env=usb.environment, capture_output=True, text=True, check=True)
            return list(json.loads(printed.stdout))

        usb.plug(
            stick("1-1.1", "10c4:ea60", 0, driver="cp210x"), stick("1-1.2", "2341:0043", 1, driver="cdc_acm")
        )
        assert asked(tmp_path / "new") == ["nothing-plugged-in", [], []]
        usb.plug(ec25("1-1.4", 2))
        assert asked(tmp_path / "new") == ["plugged-in", ["usb"], ["usb-1-1.4"]]
        assert asked(worked(tmp_path / "demo", SIMULATED)) == ["simulated-before", [], ["usb-1-1.4"]]
        assert asked(worked(tmp_path / "real", REAL)) == ["real-before", ["usb"], ["usb-1-1.4"]]


@pytest.mark.parametrize("why", list(Why))
def test_a_person_reads_what_was_chosen(why: Why) -> None:
    words = " ".join(modems_in_words(Choice(read_settings(None, ports=("usb",)), why, ("usb-1-1.4",))))
    assert words.startswith("Simloft is running with ")
    assert ("simulated" in words) is (why in (Why.NOTHING_PLUGGED_IN, Why.SIMULATED_BEFORE))
    if why is Why.SIMULATED_BEFORE:
        assert "--port usb --data" in words

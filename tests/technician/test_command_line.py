"""The technician's commands as they are typed, against a box that runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.box import SIMLOFT, Box, running_box

ENGLISH = {**os.environ, "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    settings = "[simulated]\nmodems = 3\nlatency_ms = 0\nreport_delay_ms = 10\n"
    with running_box(tmp_path_factory.mktemp("box"), settings=settings) as running:
        running.wait_until_ready(3)
        yield running


def simloft(box: Box, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SIMLOFT, *arguments, "--data", str(box.data)],
        capture_output=True,
        text=True,
        timeout=90,
        input=given,
        env=ENGLISH,
        check=False,
    )


def done(box: Box, *arguments: str, given: str | None = None) -> str:
    ended = simloft(box, *arguments, given=given)
    assert ended.returncode == 0, (arguments, ended.stdout, ended.stderr)
    return ended.stdout


def refused(box: Box, *arguments: str, given: str | None = None) -> str:
    ended = simloft(box, *arguments, given=given)
    assert ended.returncode in (1, 2), (arguments, ended.stdout)
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_a_port_is_named_and_asked_by_its_name(box: Box) -> None:
    assert "hub A, slot 1" in done(box, "port", "modem01", "rename", "hub A, slot 1")
    assert "called" in refused(box, "port", "modem02", "rename", "hub A, slot 1")
    assert "+CSQ:" in done(box, "port", "hub A, slot 1", "at", "AT+CSQ")
    assert "does not give this command" in refused(box, "port", "modem01", "at", "AT+CPIN=1234")
    answer = json.loads(done(box, "port", "modem01", "at", "AT+CGMI", "--json"))
    assert answer["ok"]
    assert answer["text"].endswith("OK")
    assert "points at" in done(box, "port", "modem01", "identify", "--seconds", "1")
    assert "AT" in done(box, "port", "modem01", "trace")
    assert ".jsonl" in done(box, "port", "modem01", "record", "start")
    assert "under way" in done(box, "port", "modem01", "record")
    assert ".jsonl" in done(box, "port", "modem01", "record", "stop")
    assert "under way" not in done(box, "port", "modem01", "record", "list")
    assert "is no port" in refused(box, "port", "nowhere", "trace")
    assert "record start" in refused(box, "port", "modem01", "record", "begin")
    assert "the command" in refused(box, "port", "modem01", "at")
    done(box, "port", "modem01", "rename", "")


def test_a_sim_rests_and_goes_on_and_gets_a_name_and_a_number(box: Box) -> None:
    ports = json.loads(done(box, "modems", "--json"))
    [iccid] = {each["sim"]["iccid"] for each in ports if each["port"].endswith("modem03")}
    name = iccid[-6:]
    assert "card goes back" in done(box, "sim", name, "rest", "--why", "card goes back")
    assert json.loads(done(box, "sim", name, "rest", "--why", "back", "--json"))["resting"].endswith(
        "(back)."
    )
    assert "is no time" in refused(box, "sim", name, "rest", "--until", "tomorrow")
    assert json.loads(done(box, "sim", name, "resume", "--json"))["resting"] is None
    assert "shop 3" in done(box, "sim", name, "label", "shop 3")
    assert (
        json.loads(done(box, "sim", "shop 3", "number", "13800001111", "--json"))["number"]
        == "+8613800001111"
    )
    assert "is in" in refused(box, "sim", "shop 3", "forget")
    assert "too" in refused(box, "sim", "shop 3", "number")
    done(box, "sim", "shop 3", "number", "")
    done(box, "sim", "shop 3", "label", "")


def test_a_pin_is_read_from_standard_input_and_never_shown(box: Box) -> None:
    ports = json.loads(done(box, "modems", "--json"))
    name = next(each["sim"]["iccid"] for each in ports if each["port"].endswith("modem02"))[-6:]
    assert "No PIN" in done(box, "sim", name, "pin", "--status")
    assert "4 to 8 digits" in refused(box, "sim", name, "pin", given="12\n")
    said = done(box, "sim", name, "pin", given="48151623\n")
    assert "stored" in said
    assert "48151623" not in said
    assert "No PIN" in done(box, "sim", name, "pin", "--remove")


def test_loop_tests_pass_around_the_ring_and_are_kept(box: Box) -> None:
    tests = json.loads(done(box, "loop-test", "--all", "--json"))
    assert [each["passed"] for each in tests] == [True] * 3
    assert "Both SIMs work" in done(box, "loop-test", "--list")


def test_a_swap_is_begun_followed_and_cancelled(box: Box) -> None:
    assert "not being swapped" in refused(box, "swap", "modem01", "--status")
    with subprocess.Popen(
        [*SIMLOFT, "swap", "modem01", "--data", str(box.data)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=ENGLISH,
    ) as guided:
        assert guided.stdout is not None
        said = ""
        while "pull the card" not in said:
            said = guided.stdout.readline()
            assert said
        told = json.loads(done(box, "swap", "modem01", "--status", "--json"))
        assert told["step"] == "pull"
        assert set(told["choices"]) == {"back", "cancel"}
        assert "step of the swap" in refused(box, "swap", "modem01", "--choose", "plan-box")
        done(box, "swap", "modem01", "--choose", "cancel")
        assert guided.wait(60) == 1
        assert "cancelled" in guided.stdout.read()


def test_without_a_running_box_the_commands_say_so(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*SIMLOFT, "port", "x", "trace", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        env=ENGLISH,
        check=False,
    )
    assert ended.returncode == 3
    assert "There is no box" in ended.stderr

"""The doctor on serial devices: what is left alone and why, and which programs are in the way."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.discovery.mock_usb import MockUsb, device, ec25, mock_usb, stick

pytestmark = pytest.mark.peer("umockdev")

Findings = dict[str, list[dict[str, str]]]


@pytest.fixture
def usb() -> Iterator[MockUsb]:
    with mock_usb() as bed:
        yield bed


def simloft(usb: MockUsb, *arguments: str) -> str:
    command = [sys.executable, "-m", "appliance.cli.main", *arguments]
    return subprocess.run(command, env=usb.environment, capture_output=True, text=True, check=False).stdout


def found(usb: MockUsb, data: Path, *arguments: str) -> Findings:
    by_subject: Findings = {}
    for each in json.loads(simloft(usb, "doctor", "--json", "--data", str(data), *arguments)):
        by_subject.setdefault(each["about"], []).append(each)
    assert all(each["advice"] for rows in by_subject.values() for each in rows if each["status"] == "problem")
    return by_subject


@contextlib.contextmanager
def program(directory: Path, name: str) -> Iterator[None]:
    """A process of this name, which does nothing."""
    shutil.copy(shutil.which("sleep") or "", directory / name)
    process = subprocess.Popen([directory / name, "600"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_a_modem_that_may_be_used_is_well_and_one_that_hangs_would_wait(usb: MockUsb, tmp_path: Path) -> None:
    usb.plug(ec25("1-1.4", 0))
    findings = found(usb, tmp_path, "--port", "usb")
    assert findings["port usb-1-1.4 (/dev/ttyUSB2)"][0]["status"] == "ok"
    assert findings["resets"][0]["status"] == "note"
    assert "ModemManager" not in findings


def test_nothing_plugged_in_is_a_problem_for_a_box_with_real_modems(usb: MockUsb, tmp_path: Path) -> None:
    [ports] = found(usb, tmp_path, "--port", "usb")["ports"]
    assert (ports["status"], ports["seen"]) == ("problem", "no modem that is known is plugged in")


def test_modemmanager_has_to_be_told(usb: MockUsb, tmp_path: Path) -> None:
    told = {**ec25("1-1.5", 4), "properties": {"ID_MM_DEVICE_IGNORE": "1"}}
    usb.plug(told)
    with program(tmp_path, "ModemManager"):
        assert found(usb, tmp_path, "--port", "usb")["ModemManager"][0]["status"] == "ok"
        usb.plug(ec25("1-1.4", 0))
        [finding] = found(usb, tmp_path, "--port", "usb")["ModemManager"]
    assert finding["status"] == "problem"
    assert "1-1.4" in finding["seen"]
    assert "1-1.5" not in finding["seen"]
    assert "simloft udev-rules" in finding["advice"]


def test_brltty_takes_bridges(usb: MockUsb, tmp_path: Path) -> None:
    usb.plug(ec25("1-1.4", 0))
    with program(tmp_path, "brltty"):
        assert found(usb, tmp_path, "--port", "usb")["brltty"][0]["status"] == "problem"


def test_a_stick_that_shows_its_drive_needs_switching(usb: MockUsb, tmp_path: Path) -> None:
    usb.plug(device("1-1.6", "12d1:1446", [{"interface": 0, "class": 8}], product="HUAWEI Mobile"))
    [finding] = found(usb, tmp_path)["sticks"]
    assert finding["status"] == "problem"
    assert "1-1.6 (12d1:1446) still shows its CD-ROM" in finding["seen"]


def test_what_is_left_alone_is_told_with_the_words_that_would_allow_it(usb: MockUsb, tmp_path: Path) -> None:
    usb.plug(
        stick("1-1.1", "10c4:ea60", 0, driver="cp210x"), stick("1-1.2", "2341:0043", 1, driver="cdc_acm")
    )
    bridge, arduino = found(usb, tmp_path)["other devices"]
    assert "/dev/ttyUSB0" in bridge["seen"]
    assert 'allow = ["10c4:ea60"]' in bridge["advice"]
    assert 'allow = ["2341:0043"]' in arduino["advice"]


def test_ports_lists_every_line_and_what_becomes_of_it(usb: MockUsb) -> None:
    usb.plug(
        ec25("1-1.4", 0) | {"manufacturer": "Quectel", "product": "EC25"},
        stick("1-1.5", "10c4:ea60", 4, driver="cp210x"),
        device("1-1.6", "19d2:2000", [{"interface": 0, "class": 8}]),
    )
    listed = simloft(usb, "ports")
    assert "1-1.4  2c7c:0125  Quectel EC25: usb-1-1.4  profile quectel-ec2x" in listed
    assert "/dev/ttyUSB2  interface 2  option  used" in listed
    assert listed.count("tried only where the first one is mute") == 3
    assert 'allow = ["10c4:ea60"]' in listed
    assert "Install usb-modeswitch" in listed
    [ec, bridge] = json.loads(simloft(usb, "ports", "--json", "--port", "/dev/ttyUSB2"))["devices"]
    assert {each["verdict"] for each in ec["ttys"]} == {"by-path"}
    assert [each["verdict"] for each in bridge["ttys"]] == ["bridge"]

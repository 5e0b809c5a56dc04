"""The rules that keep other programs off the modems are made from the profiles, and cover all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from appliance.modem.discovery.udev_rules import udev_rules
from appliance.modem.profiles import ProfileBook

REPOSITORY = Path(__file__).parents[2]
TABLE = ProfileBook.built_in().usb_table()


def test_the_file_is_what_the_command_prints() -> None:
    made = (REPOSITORY / "udev/60-simloft.rules").read_text()
    assert made == udev_rules(TABLE), "simloft udev-rules > udev/60-simloft.rules"


def test_every_known_modem_is_in_it_and_no_bridge() -> None:
    rules = udev_rules(TABLE)
    for usb_id, ports in TABLE.items():
        vendor, _, product = usb_id.partition(":")
        named = [
            line for line in rules.splitlines() if f'"{vendor}"' in line and (product in line or "*" in line)
        ]
        assert bool(named) is not ports.is_bare_bridge, usb_id


def test_what_the_settings_allow_is_in_it_too() -> None:
    rules = udev_rules(TABLE, ["10c4:ea60", "1-1.4", "ttyUSB3"])
    assert 'ATTRS{idVendor}=="10c4", ATTRS{idProduct}=="ea60", ENV{ID_MM_DEVICE_IGNORE}="1"' in rules
    assert "1-1.4" not in rules


def test_the_command_takes_settings_and_a_group(tmp_path: Path) -> None:
    settings = tmp_path / "simloft.toml"
    settings.write_text('[discovery]\nallow = ["0403:6011"]\n')
    command = [
        sys.executable,
        "-m",
        "appliance.cli.main",
        "udev-rules",
        "--config",
        str(settings),
        "--group",
        "sms",
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == udev_rules(TABLE, ["0403:6011"], group="sms")

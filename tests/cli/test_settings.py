"""The settings file: every mistake is named with its setting and its reason."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from appliance.cli.main import main
from appliance.cli.options import journal_handler
from appliance.config import Settings, SettingsError, declared_settings, parse_listen, read_settings


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "simloft.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_box_without_a_file_has_defaults_and_runs_simulated() -> None:
    settings = read_settings(None)
    assert settings.is_simulated
    assert settings.data.is_absolute()
    assert settings.port_patterns == (f"{settings.data}/bank/modem*",)


def test_options_win_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, 'listen = "127.0.0.1:1"\nports = ["/dev/ttyUSB*"]\n')
    settings = read_settings(file, listen="127.0.0.1:2", ports=None)
    assert settings.listen == "127.0.0.1:2"
    assert settings.ports == ("/dev/ttyUSB*",)
    assert not settings.is_simulated


def test_the_word_usb_and_lists_of_devices_are_taken_as_they_are(tmp_path: Path) -> None:
    text = 'ports = ["usb"]\n[discovery]\nallow = ["10C4:EA60", "1-1.4.*"]\ndeny = ["ttyUSB7", "usb-2-1"]\n'
    settings = read_settings(written(tmp_path, text))
    assert settings.port_patterns == ("usb",)
    assert settings.discovery.allow == ("10C4:EA60", "1-1.4.*")
    assert settings.discovery.deny == ("ttyUSB7", "usb-2-1")
    assert not settings.is_simulated


def test_a_table_of_the_file_is_read(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, "[plan]\nparts_per_hour = 100\n[simulated]\nmodems = 3\n"))
    assert settings.plan.parts_per_hour == 100
    assert settings.simulated.modems == 3


@pytest.mark.parametrize(
    ("text", "named", "reason"),
    [
        ("lisen = 'x:1'", "lisen", "did you mean “listen”"),
        ("listen = 8080", "listen", "needs a text"),
        ("listen = 'nowhere'", "listen", "no address with a port"),
        ("listen = '0.0.0.0:99999'", "listen", "no address with a port"),
        ("most_parts = 0", "most_parts", "less than 1"),
        ("most_parts = 256", "most_parts", "more than 255"),
        ("most_parts = true", "most_parts", "whole number"),
        ("most_parts = 1.5", "most_parts", "whole number"),
        ("ports = '/dev/ttyUSB0'", "ports", "list of texts"),
        ("ports = ['usb', '']", "ports", "an entry is empty"),
        ("ports = ['USB']", "ports", "is written “usb”"),
        ("discovery = 'usb'", "discovery", "table"),
        ("[discovery]\nallow = '10c4:ea60'", "discovery.allow", "list of texts, such as ['10c4:ea60']"),
        ("[discovery]\nallow = ['10c4:ea60', 'modem']", "discovery.allow: entry 2", "“modem” is none of"),
        ("[discovery]\ndeny = ['/dev/sda']", "discovery.deny: entry 1", "a place on the USB"),
        ("[discovery]\ndenied = []", "discovery.denied", "did you mean “deny”"),
        ("plan = 3", "plan", "table"),
        ("[plan]\nparts_per_hour = -1", "plan.parts_per_hour", "less than 0"),
        ("[plan]\nper_hour = 1", "plan.per_hour", "no such setting"),
        ("home_region = 'XX'", "home_region", "no region code"),
        ("time_zone = '../etc/passwd'", "time_zone", "no IANA zone"),
        ("time_zone = 'Asia/Atlantis'", "time_zone", "no IANA zone"),
        ("most_parts = = 1", "simloft.toml", "line 1"),
    ],
)
def test_a_mistake_is_named_with_its_reason(tmp_path: Path, text: str, named: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(written(tmp_path, text))
    assert named in str(caught.value)
    assert reason in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "simloft.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_settings(path)
    with pytest.raises(SettingsError, match="can't be read"):
        read_settings(tmp_path / "missing.toml")


@pytest.mark.parametrize(
    ("text", "pair"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:8080", ("::1", 8080)), (":8080", ("0.0.0.0", 8080))],
)
def test_addresses(text: str, pair: tuple[str, int]) -> None:
    assert parse_listen(text) == pair


def test_every_setting_is_printed_with_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert set(printed) == {name for name, _, _ in declared_settings()}
    assert printed["most_parts"] == Settings().most_parts
    assert all(meaning.endswith(".") for _, _, meaning in declared_settings())


def test_a_mistake_in_the_file_ends_a_command_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["settings", "--config", str(written(tmp_path, "most_parts = 0"))]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_journal_is_used_only_where_standard_error_goes_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("systemd.journal", reason="systemd-python is not installed here")
    with (tmp_path / "stderr").open("w") as stream:
        monkeypatch.setattr("sys.stderr", stream)
        monkeypatch.setenv("JOURNAL_STREAM", "8:1")
        assert journal_handler() is None
        there = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
        handler = journal_handler()
    assert handler is not None
    record = logging.LogRecord(
        "simloft.pool", logging.WARNING, __file__, 1, "%s is ready", ("modem01",), None
    )
    assert handler.format(record) == "modem01 is ready"

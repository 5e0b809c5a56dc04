"""`simloft simulate`: its options, and what it says of wrong ones."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli.simulate import add_arguments, add_parser, main, settings_of
from appliance.modem.simulator.radio import Registration
from appliance.modem.simulator.settings import BankConfigError, BankSettings
from tests.bank import running_bank


def settings(tmp_path: Path, *arguments: str, config: str | None = None) -> BankSettings:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = ["--dir", str(tmp_path), *arguments]
    if config is not None:
        (tmp_path / "bank.toml").write_text(config)
        options += ["--config", str(tmp_path / "bank.toml")]
    return settings_of(parser.parse_args(options))


def test_what_it_is_without_options(tmp_path: Path) -> None:
    bank = settings(tmp_path)
    assert (bank.modems, bank.network.latency_s, bank.network.report_delay_s) == (8, 0.3, 0.5)
    assert bank.auto_reply is None
    assert bank.rates.is_idle


def test_options_and_a_file_and_who_wins(tmp_path: Path) -> None:
    config = """
        [network]
        latency_ms = 5000
        report_delay_ms = 60000
        [[modem]]
        profile = "huawei-e173"
        msisdn = "+8613800138000"
        [[modem]]
        sim = false
        registration = "denied"
    """
    bank = settings(tmp_path, "--latency-ms", "0", "--pin", "4711", config=config)
    assert bank.modems == 2
    assert (bank.network.latency_s, bank.network.report_delay_s) == (0.0, 60.0)
    assert bank.spec(1).profile == "huawei-e173"
    assert bank.spec(1).pin == bank.spec(2).pin == "4711"
    assert bank.spec(2).outcome is Registration.DENIED


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("[[modem", "bank.toml"),
        ("[modem]\nx = 1", "modem must be written"),
        ("[[modem]]\ncolour = 'red'", "has no colour"),
        ("[[modem]]\nsignal = 'strong'", "signal cannot be 'strong'"),
        ("[[modem]]\nsignal = true", "signal cannot be True"),
        ("[[modem]]\nregistration = 'maybe'", "one of home, roaming"),
        ("[network]\nlatency_ms = -1", "milliseconds"),
        ("[network]\nspeed = 1", "has no speed"),
        ("network = 3", "must be a table"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, config: str, complaint: str) -> None:
    with pytest.raises(BankConfigError, match=complaint.replace("[", r"\[")):
        settings(tmp_path, config=config)


def test_a_wrong_profile_ends_it_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dir", str(tmp_path), "--profile", "nokia"]) == 2
    assert "no profile named 'nokia'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [("--modems", "0"), ("--modems", "x"), ("--error-rate", "2"), ("--latency-ms", "-1")]
)
def test_a_wrong_value_is_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--dir", str(tmp_path), *option])


def test_a_directory_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    program = "import sys; from appliance.cli.simulate import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "--dir", str(tmp_path / "file" / "bank")]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert b"could not start" in done.stderr
    assert b"Traceback" not in done.stderr


def test_it_is_a_subcommand(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    namespace = parser.parse_args(["simulate", "--dir", str(tmp_path), "--modems", "3"])
    assert namespace.modems == 3
    assert callable(namespace.func)


def test_a_bank_as_a_file_describes_it(tmp_path: Path) -> None:
    config = '[[modem]]\nprofile = "simcom-sim800"\nmsisdn = "+8613800138000"\npin = "4711"\n[[modem]]\nsim = false\n'
    with running_bank(tmp_path, modems=2, config=config) as bank:
        locked, empty = bank.control("modems")
    assert (locked["profile"], locked["msisdn"], locked["sim"]) == (
        "simcom-sim800",
        "+8613800138000",
        "SIM PIN",
    )
    assert (empty["sim"], empty["msisdn"], empty["registered"]) == ("ABSENT", "", False)

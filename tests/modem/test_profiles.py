"""Profiles of modem families: the built-in ones, which one fits, and what is wrong with a person's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.cli.main import main
from appliance.modem.profile import CardChange, Technology, UssdEncoding
from appliance.modem.profile_file import parse_profile
from appliance.modem.profiles import ProfileBook, ProfileError, read_profile

BUILT_IN = Path(__file__).parents[2] / "appliance/modem/profiles"
BOOK = ProfileBook.built_in()


# -- the built-in ones ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.toml")), ids=lambda path: path.stem)
def test_every_profile_is_good_and_names_its_sources(path: Path) -> None:
    profile = read_profile(path)
    assert profile.title
    assert profile.name == "generic" or profile.manufacturer is not None
    assert len(re.findall(r"^#", path.read_text("utf-8"), re.MULTILINE)) >= 1


@pytest.mark.parametrize(
    ("manufacturer", "model", "name"),
    [
        # As the makers' manuals and logs of users have them.
        ("huawei", "E173", "huawei"),
        ("Huawei Technologies Co., Ltd.", "ME909s-821", "huawei"),
        ("ZTE INCORPORATED", "MF190", "zte"),
        ("ZTE CORPORATION", "MF823", "zte"),
        ("SIMCOM_Ltd", "SIMCOM_SIM800", "simcom-2g"),
        ("SIMCOM_Ltd", "SIMCOM_SIM900A", "simcom-2g"),
        ("SIMCOM INCORPORATED", "SIMCOM_SIM7600CE", "simcom-lte"),
        ("INCORPORATED SIMCOM", "A7670C-LASS", "simcom-lte"),
        ("Quectel_Ltd", "Quectel_M35", "quectel-m35"),
        ("Quectel_Ltd", "M26", "quectel-m35"),
        ("Quectel", "UC20", "quectel-uc20"),
        ("Quectel", "EC25", "quectel-ec2x"),
        ("Quectel", "EC20F", "quectel-ec2x"),
        (" WAVECOM MODEM", "MULTIBAND  900E  1800", "wavecom-q24"),
        ("NEOWAY", "M590", "neoway"),
        ("u-blox", "SARA-U201", "u-blox"),
        ("Sierra Wireless, Incorporated", "MC7304", "sierra"),
        ("Simulated", "SM100", "generic"),
        (None, None, "generic"),
    ],
)
def test_which_profile_fits(manufacturer: str | None, model: str | None, name: str) -> None:
    assert BOOK.match(manufacturer, model).name == name


def test_a_modem_that_does_not_say_what_it_is_goes_by_its_usb_id_or_a_hint() -> None:
    assert BOOK.match(None, None, usb_id="2C7C:0125").name == "quectel-ec2x"
    assert BOOK.match("somebody", "x", hint="zte").name == "zte"
    assert BOOK.match("huawei", "x", hint="zte").name == "huawei"
    assert BOOK.match(None, None, hint="no such").name == "generic"


@pytest.mark.parametrize(
    ("usb_id", "interface"),
    [
        ("2c7c:0125", 2),
        ("05c6:9215", 2),
        ("05c6:9003", 2),
        ("1e0e:9001", 2),
        ("12d1:1001", 2),
        ("1199:68a3", 3),
        ("19d2:0031", 3),
        ("1546:1102", 0),
    ],
)
def test_the_at_port_of_a_product(usb_id: str, interface: int) -> None:
    """Kernel option.c and qcserial.c, ModemManager's udev rules."""
    assert BOOK.usb_table()[usb_id].at_interface == interface


def test_bare_bridges_are_no_modems_by_themselves() -> None:
    for usb_id in ("10c4:ea60", "0403:6011", "1a86:7523", "067b:2303"):
        ports = BOOK.usb_table()[usb_id]
        assert (ports.is_bare_bridge, ports.at_interface, ports.profile_name) == (True, None, "generic")
    assert BOOK.usb_table()["12d1:*"].at_protocols[:2] == (0x02, 0x12)


# -- one's own --------------------------------------------------------------------------------------------------

GOOD = """
title = "My modem"           # a comment
technology = "3gpp"
manufacturer = "acme"
model = "m[0-9]+"
init = ["AT+FOO=1"]
iccid = ["AT+ACMEID"]
ussd = "ucs2-hex"

[[usb]]
ids = ["1234:abcd"]
at_interface = 2

[sim_urcs]
enable = ["AT+SIMURC=1"]
removed = ['\\+SIM: out']

[limits]
"+CMGD" = 12
submit = 100.5

[receiving]
memories = ["ME"]
cnmi = [[2, 1, 0, 2, 0]]

[[bans]]
command = '\\+BOOM'
why = "It explodes."
"""


def parse(text: str, name: str = "mine.toml") -> str:
    """The first mistake in ``text``."""
    with pytest.raises(ProfileError) as caught:
        parse_profile(text.encode(), Path(name))
    return str(caught.value.first)


def test_all_that_a_profile_may_say() -> None:
    profile = parse_profile(GOOD.encode(), Path("acme.toml"))
    assert (profile.name, profile.technology, profile.ussd) == ("acme", Technology.GSM, UssdEncoding.UCS2_HEX)
    assert profile.sim_lines[0].change is CardChange.REMOVED
    assert dict(profile.limits) == {"+CMGD": 12.0, "submit": 100.5}
    assert (profile.memories, profile.cnmi) == (("ME",), ((2, 1, 0, 2, 0),))
    assert profile.bans[0].why == "It explodes."


@pytest.mark.parametrize(
    ("line", "wrong", "field", "reason"),
    [
        (6, "inot = []", "inot", "is no field of a profile"),
        (2, "title = 3", "title", "must be a text in quotes"),
        (3, "technology = 'gsm'", "technology", "must be one of 3gpp, cdma-text-huawei"),
        (4, "manufacturer = '('", "manufacturer", "is no regular expression"),
        (4, "manufacturer = ['a']", "manufacturer", "must be a text"),
        (6, "init = 'AT'", "init", "must be a list"),
        (6, "init = ['+FOO']", "init", "is no command"),
        (6, "init = ['AT&W']", "init", "changes what the modem keeps"),
        (6, "init = ", "init", "is no TOML"),
        (6, 'init = ["AT\\r"]', "init", "is no command"),
        (8, "ussd = 'hex'", "ussd", "must be one of plain"),
        (11, "ids = ['1234:ABCD']", "usb[0].ids", "is no USB id"),
        (12, "at_interface = '2'", "usb[0].at_interface", "must be a whole number"),
        (12, "at_interface = 999", "usb[0].at_interface", "must be from 0 to 255"),
        (12, "at_port = 2", "usb[0].at_port", "is no field"),
        (16, "removed = ['*']", "sim_urcs.removed", "is no regular expression"),
        (19, '"+CMGD" = "12"', "limits.+CMGD", "must be a number of seconds"),
        (19, '"+CMGD" = 0', "limits.+CMGD", "must be more than 0"),
        (19, '"CMGD" = 9', "limits.CMGD", "is neither a command"),
        (20, "submit = true", "limits.submit", "must be a number of seconds"),
        (23, "memories = ['Storage']", "receiving.memories", "is no memory"),
        (24, "cnmi = [[2, 1, 0, 11]]", "receiving.cnmi", "must be 1 to 5 numbers"),
        (28, "reason = 'x'", "bans[0].why", "is missing"),
    ],
)
def test_a_mistake_with_its_line_its_field_and_the_reason(
    line: int, wrong: str, field: str, reason: str
) -> None:
    lines = GOOD.splitlines()
    lines[line - 1] = wrong
    said = parse("\n".join(lines))
    if reason == "is no TOML":
        assert said.startswith(f"mine.toml:{line}: is no TOML")
        return
    if field == "bans[0].why":  # what is missing is shown where its table begins
        assert said.startswith("mine.toml:26: bans[0].why: is missing")
        return
    assert said.startswith(f"mine.toml:{line}: {field}: ")
    assert reason in said


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(b"foo = 1\nbar = 2\n", Path("mine.toml"))
    assert [mistake.field for mistake in caught.value.mistakes] == ["title", "foo", "bar"]


def test_files_that_are_none() -> None:
    with pytest.raises(ProfileError, match=r"x:2: is not written in UTF-8"):
        parse_profile(b"a = 1\n\xff", Path("x"))
    assert parse("title = ").startswith("mine.toml:1: is no TOML")
    assert "is longer than" in parse("#" * 70_000)
    assert "must be of a-z" in parse("title = 'x'", "My Profile.toml")
    with pytest.raises(ProfileError, match="No such file"):
        read_profile(Path("/nowhere/at/all.toml"))
    parse("a = " + "[" * 5000)


def mistakes_in(octets: bytes) -> list[int]:
    """The lines of the mistakes, if any: nothing else is ever raised."""
    try:
        parse_profile(octets, Path("mine.toml"))
    except ProfileError as error:
        return [mistake.line for mistake in error.mistakes]
    return []


@given(st.binary(max_size=300))
def test_any_octets_are_a_profile_or_have_a_mistake(octets: bytes) -> None:
    mistakes_in(octets)


@given(st.lists(st.sampled_from(GOOD.splitlines()), max_size=30), st.text(max_size=5))
def test_any_mixture_of_lines_is_a_profile_or_has_a_mistake(lines: list[str], more: str) -> None:
    text = "\n".join([*lines, more])
    assert all(line <= text.count("\n") + 1 for line in mistakes_in(text.encode("utf-8", "replace")))


# -- the directory ----------------------------------------------------------------------------------------------


def test_the_last_good_version_stays_in_force(tmp_path: Path) -> None:
    book = BOOK.with_directory(tmp_path / "profiles")
    assert book.refresh() == ()
    (tmp_path / "profiles").mkdir()
    file = tmp_path / "profiles/acme.toml"
    file.write_text(GOOD)
    assert book.refresh() == ()
    assert book.match("ACME Inc.", "M12").name == "acme"
    assert book.usb_table()["1234:abcd"].profile_name == "acme"

    file.write_text(GOOD.replace("3gpp", "4gpp"))
    (error,) = book.refresh()
    assert (error.first.file, error.first.line, error.first.field) == (str(file), 3, "technology")
    assert book.match("ACME Inc.", "M12").name == "acme"
    assert book.refresh() == ()  # told once

    file.write_text(GOOD.replace("AT+ACMEID", "AT+OTHERID"))
    assert book.refresh() == ()
    assert book.match("ACME Inc.", "M12").iccid == ("AT+OTHERID",)

    file.unlink()
    assert book.refresh() == ()
    assert book.match("ACME Inc.", "M12").name == "generic"


def test_ones_own_profile_comes_before_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "huawei.toml").write_text('title = "mine"\nmanufacturer = "huawei"\n')
    (tmp_path / "any.toml").write_text('title = "mine too"\nmanufacturer = "quectel"\n')
    book = BOOK.with_directory(tmp_path)
    book.refresh()
    assert book.match("huawei", "E173").title == "mine"
    assert book.match("Quectel", "EC25").title == "mine too"
    assert book.usb_table().get("12d1:1001") is None


# -- the command ------------------------------------------------------------------------------------------------


def test_check_says_what_is_wrong_or_that_all_is_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(GOOD)
    bad.write_text('title = "x"\n\n[limits]\n"+CMGD" = "long"\n')
    assert main(["profile", "check", str(good)]) == 0
    assert "is good: My modem" in capsys.readouterr().out
    assert main(["profile", "check", str(good), str(bad)]) == 1
    assert f"{bad}:4: limits.+CMGD: must be a number of seconds" in capsys.readouterr().out


def test_list_has_the_built_in_ones_and_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/acme.toml").write_text(GOOD)
    assert main(["profile", "--data", str(tmp_path), "list"]) == 0
    printed = capsys.readouterr().out
    assert "My modem" in printed
    assert "quectel-ec2x" in printed


def test_the_profile_in_the_guide_is_good() -> None:
    guide = (Path(__file__).parents[2] / "docs/technician.md").read_text("utf-8")
    [example] = re.findall(r"```toml\n(title = .*?)```", guide, re.DOTALL)
    profile = parse_profile(example.encode(), Path("acme.toml"))
    assert profile.sim_lines[0].pattern.fullmatch("+ACMESIM: 0")

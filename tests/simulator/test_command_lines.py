"""Command lines taken apart by the rules of V.250 clause 5."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.simulator.commandline import (
    CommandLineError,
    Form,
    Request,
    parse_command_line,
    split_arguments,
)
from appliance.modem.simulator.errors import UnsupportedParameterError


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("", []),
        ("E0", [("E", Form.EXECUTE, "0")]),
        ("E0V1Q0", [("E", Form.EXECUTE, "0"), ("V", Form.EXECUTE, "1"), ("Q", Form.EXECUTE, "0")]),
        ("&F", [("&F", Form.EXECUTE, "")]),
        ("Z;E0", [("Z", Form.EXECUTE, ""), ("E", Form.EXECUTE, "0")]),
        ("e0+cmee=1", [("E", Form.EXECUTE, "0"), ("+CMEE", Form.SET, "1")]),
        ("+CMGF=0;+CNMI=?", [("+CMGF", Form.SET, "0"), ("+CNMI", Form.TEST, "")]),
        ("+CPIN?;+CSQ", [("+CPIN", Form.READ, ""), ("+CSQ", Form.EXECUTE, "")]),
        ("^HCMGS=12", [("^HCMGS", Form.SET, "12")]),
        ("$QCMGF?", [("$QCMGF", Form.READ, "")]),
        ("S0=2S3?", [("S0", Form.SET, "2"), ("S3", Form.READ, "")]),
        ("D+8613912345678;", [("D", Form.EXECUTE, "+8613912345678;")]),
        ('+CMGS="a;b";+CSQ', [("+CMGS", Form.SET, '"a;b"'), ("+CSQ", Form.EXECUTE, "")]),
        ("+CNMI = 2,1", [("+CNMI", Form.EXECUTE, "")]),
    ],
)
def test_a_line_is_so_many_commands(line: str, commands: list[tuple[str, Form, str]]) -> None:
    if line == "+CNMI = 2,1":
        # A space between name and '=' is no part of a command: nothing of such a line is run.
        with pytest.raises(CommandLineError):
            parse_command_line(line)
        return
    assert parse_command_line(line) == tuple(Request(*command) for command in commands)


@pytest.mark.parametrize("line", ["+CMGF?0", "1", "=", "\x1b", "+CPIN=?1"])
def test_a_line_that_is_none_is_refused_whole(line: str) -> None:
    with pytest.raises(CommandLineError):
        parse_command_line(line)


@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_any_line_gives_commands_or_the_one_error(line: str) -> None:
    try:
        requests = parse_command_line(line)
    except CommandLineError:
        return
    for request in requests:
        try:
            request.arguments()
        except UnsupportedParameterError:
            continue


def test_arguments_may_be_omitted_and_quoted() -> None:
    arguments = split_arguments('1,,"a,b", 145')
    assert len(arguments) == 4
    assert arguments.number(0, range(2)) == 1
    assert not arguments.has(1)
    assert arguments.number(1, range(2), default=0) == 0
    assert arguments.text(2) == "a,b"
    assert arguments.number(3, range(256)) == 145


@pytest.mark.parametrize("text", ['"1"', "x", "-1", "9999999999", "", "3"])
def test_a_number_out_of_its_range_is_not_supported(text: str) -> None:
    with pytest.raises(UnsupportedParameterError):
        split_arguments(text).number(0, range(3))


@pytest.mark.parametrize("text", ['"a', 'a"', '"a"b'])
def test_a_stray_quote_is_not_supported(text: str) -> None:
    with pytest.raises(UnsupportedParameterError):
        split_arguments(text)

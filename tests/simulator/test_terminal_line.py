"""The line itself: echo, results, several commands, prompt, octets in any pieces (V.250, 27.005 clause 3.5.1)."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.street import desk, pdu


def test_echo_comes_first_and_ends_with_ate0(tmp_path: Path) -> None:
    modem = desk(tmp_path, power=False)
    modem.modem.power_on()
    assert modem.at("") == "AT\r\r\nOK\r\n"
    assert modem.say("AT+C") == "AT+C"
    assert modem.say("SQ\r") == "SQ\r\r\n+CSQ: 22,99\r\n\r\nOK\r\n"
    assert modem.at("E0") == "ATE0\r\r\nOK\r\n"
    assert modem.at("") == "\r\nOK\r\n"


def test_several_commands_share_one_result_and_stop_at_the_first_error(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    assert modem.at("+CSQ;+CFUN?") == "\r\n+CSQ: 22,99\r\n\r\n+CFUN: 1\r\n\r\nOK\r\n"
    assert modem.at("+CMGF=1;+NOSUCH;+CMGF=0") == "\r\nERROR\r\n"
    assert modem.at("+CMGF?") == "\r\n+CMGF: 1\r\n\r\nOK\r\n"


def test_results_as_numbers_or_not_at_all(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    assert modem.at("V0") == "0\r"
    assert modem.at("+CSQ") == "+CSQ: 22,99\r\n0\r"
    assert modem.at("+NOSUCH") == "4\r"
    assert modem.at("V1Q1") == ""
    assert modem.at("+CSQ") == "\r\n+CSQ: 22,99\r\n"


def test_what_is_no_command_line_is_passed_over(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    assert modem.say("\x1b\x1a\n\r") == ""
    assert modem.say("hello\r") == ""
    assert modem.say("\x1bAT\r") == "\r\nOK\r\n"
    assert modem.say("at+csq\r") == "\r\n+CSQ: 22,99\r\n\r\nOK\r\n"
    assert modem.say("A/") == "\r\n+CSQ: 22,99\r\n\r\nOK\r\n"
    assert modem.say("ATX\x08E0\r") == "\r\nOK\r\n"


def test_a_line_without_end_is_not_kept_for_ever(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    for _ in range(100):
        modem.say("A" * 10_000)
    assert modem.at("") in ("\r\nOK\r\n", "\r\nERROR\r\n")
    assert modem.at("") == "\r\nOK\r\n"


def test_escape_gives_up_a_message(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    assert modem.at("+CMGS=23") == "\r\n> "
    assert modem.say("0011000D91\x1b") == "\r\nOK\r\n"
    assert modem.at("") == "\r\nOK\r\n"


def test_a_prompt_outlives_whoever_left_it(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    modem.at("+CMGS=23")
    assert modem.at("") == ""
    assert modem.say("\x1bAT\r") == "\r\nOK\r\n\r\nOK\r\n"


def test_what_is_typed_while_the_network_is_asked_waits(tmp_path: Path) -> None:
    modem = desk(tmp_path, latency_s=3.0)
    one = pdu()
    modem.at(f"+CMGS={one.tpdu_length}")
    assert modem.say(f"{one.hex}\x1aAT+CSQ\r") == ""
    assert modem.read(2.9) == ""
    assert modem.read(0.1) == "\r\n+CMGS: 0\r\n\r\nOK\r\n\r\n+CSQ: 22,99\r\n\r\nOK\r\n"


def test_a_body_is_echoed_with_ate1_and_by_makes_that_cannot_help_it(tmp_path: Path) -> None:
    modem = desk(tmp_path)
    one = pdu()
    modem.modem.line.echo_body = True
    modem.at(f"+CMGS={one.tpdu_length}")
    assert modem.say(f"{one.hex}\x1a") == f"{one.hex}\x1a\r\n+CMGS: 0\r\n\r\nOK\r\n"


SCRIPT = (
    f"AT+CSQ;+CFUN?\rAT+CMGS={pdu().tpdu_length}\r{pdu().hex}\x1a\nA/AT+NOSUCH\r\nATE1+CMGF=1\r"
    'AT+CMGS="13912345678"\rhello\rworld\x1aAT+CMGS="1"\rgiven up\x1bAT\rATE0\r'
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(SCRIPT)), max_size=30))
def test_the_pieces_in_which_octets_come_make_no_difference(tmp_path: Path, cuts: list[int]) -> None:
    whole = desk(tmp_path).say(SCRIPT)
    modem = desk(tmp_path)
    borders = [0, *sorted(cuts), len(SCRIPT)]
    pieces = [SCRIPT[start:end] for start, end in pairwise(borders)]
    assert "".join(modem.say(piece) for piece in pieces) == whole


@pytest.mark.parametrize("seed", range(20))
def test_noise_neither_stops_nor_fills_the_line(tmp_path: Path, seed: int) -> None:
    modem = desk(tmp_path)
    random = Random(seed)
    for _ in range(50):
        modem.say(random.randbytes(400).decode("latin-1"))
    modem.say("\x1b\r")
    modem.at("E0V1Q0")
    assert modem.at("").endswith("\r\nOK\r\n")

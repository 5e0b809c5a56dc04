"""Fields, sets and names in the lines of modems, careful or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.at.syntax import number_sets, numbers, payload, values, word_sets
from appliance.modem.at.unsolicited import command_name, has_mode_and_status, line_name


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('+CMTI: "SM",3', ["SM", "3"]),
        ("+CMTI:SM, 3", ["SM", "3"]),
        ('+COPS: 0,0,"A, B",7', ["0", "0", "A, B", "7"]),
        ("+CMGL: 1,1,,24", ["1", "1", "", "24"]),
        ('+CNUM: ,"",129', ["", "", "129"]),
        ('+CSCA: "+8613800100500" ,145', ["+8613800100500", "145"]),
        ('+CRSM: 144,0,"98684"', ["144", "0", "98684"]),
        ('+CLIP: "unfinished', ["unfinished"]),
        ("+CSQ: 20, 99", ["20", "99"]),
        ("+CPIN:", [""]),
        ("8986031234567890123", ["8986031234567890123"]),
    ],
)
def test_fields(line: str, fields: list[str]) -> None:
    assert values(line) == fields or (fields == [""] and values(line) == [])


def test_the_offer_of_cinterion_mc75i() -> None:
    """https://github.com/gammu/gammu/pull/1207"""
    assert number_sets("+CNMI: (0-3),(0,1),(0,2,3),(0,2),(1)") == [
        {0, 1, 2, 3},
        {0, 1},
        {0, 2, 3},
        {0, 2},
        {1},
    ]
    assert word_sets('+CPMS: ("ME","SM","MT"),("ME","SM","MT"),("SM","MT")')[2] == ("SM", "MT")


def test_offers_without_their_parentheses() -> None:
    assert number_sets("+CNMI: (0,1,2),1,0") == [{0, 1, 2}, {1}, {0}]
    assert word_sets('+CPMS: "SM","ME"') == [("SM",), ("ME",)]


def test_an_absurd_range_stays_small() -> None:
    assert len(number_sets("+CNMI: (0-9999)")[0]) == 256


@given(st.text(max_size=60))
def test_any_line_has_fields(line: str) -> None:
    line = line.replace("\r", " ").replace("\n", " ")
    assert all(isinstance(field, str) for field in values(line))
    assert len(numbers(line)) == len(values(line))
    assert all(len(group) <= 256 * 61 for group in number_sets(line))
    assert isinstance(word_sets(line), list)
    assert isinstance(payload(line), str)
    assert isinstance(line_name(line), str)
    assert isinstance(has_mode_and_status(line), bool)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("AT", ""),
        ("ATE0", ""),
        ("ATI", ""),
        ("AT+CREG?", "+CREG"),
        ("AT+CMGS=20", "+CMGS"),
        ('AT+CPMS="SM"', "+CPMS"),
        ("AT^ICCID?", "^ICCID"),
        ("AT!ICCID?", "!ICCID"),
        ("AT+CSQ", "+CSQ"),
    ],
)
def test_the_name_that_an_answer_carries(command: str, name: str) -> None:
    assert command_name(command) == name


@pytest.mark.parametrize(
    ("line", "is_answer"),
    [
        ("+CREG: 0,1", True),
        ('+CREG: 2,1,"00C3","1A2B"', True),
        ("+CREG: 2,1,0A,3799B", True),
        ("+CEREG: 0,10", True),
        ("+CREG: 1", False),
        ('+CREG: 1,"00C3","1A2B"', False),
        ('+CREG: 1,"12","1A2B"', False),
        ("+CREG: 1, E006B, ABE0016", False),
        ("+CREG:", False),
    ],
)
def test_answer_and_code_of_registration(line: str, is_answer: bool) -> None:
    assert has_mode_and_status(line) is is_answer

"""Whose fault a refusal is: the classes of TS 27.005 §3.2.5 and TS 27.007 §9.2 as the field guide groups them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.errors import CME_ERRORS, CMS_ERRORS, Blame, ModemError, modem_error
from appliance.sentences import SENTENCES

CLASSES = {
    Blame.MESSAGE: [1, *range(95, 100), 111, *range(128, 162), 176, 195, 196, 197, 198, 199, 304, 305],
    Blame.SIM: [8, 10, 21, 28, 29, 30, 50, 69, 193, *range(310, 319), 330],
    Blame.NETWORK: [17, 22, 38, 41, 42, 47, 192, 194, 331],
    Blame.MODEM: [300, 301, 302, 303, 320, 321, 322, 500, 512, 513, 999],
    Blame.UNCERTAIN: [332],
}


@pytest.mark.parametrize(("blame", "codes"), CLASSES.items(), ids=lambda value: getattr(value, "value", ""))
def test_the_class_of_each_number(blame: Blame, codes: list[int]) -> None:
    for code in codes:
        assert modem_error(f"+CMS ERROR: {code}").blame is blame, code


def test_a_cause_that_no_table_lists_is_a_temporary_failure() -> None:
    """TS 24.011 §8.2.5.4: other cause values are treated as 41."""
    assert modem_error("+CMS ERROR: 63").blame is modem_error("+CMS ERROR: 41").blame is Blame.NETWORK


@pytest.mark.parametrize(
    ("raw", "kind", "code", "blame"),
    [
        ("ERROR", "error", None, Blame.MODEM),
        ("COMMAND NOT SUPPORT", "error", None, Blame.MODEM),
        ("NO CARRIER", "error", None, Blame.UNCERTAIN),
        ("+CMS ERROR:38", "cms", 38, Blame.NETWORK),
        ("+CMS ERROR 38", "cms", 38, Blame.NETWORK),
        ('+CMS ERROR: "330"', "cms", 330, Blame.SIM),
        ("+CME ERROR: 10", "cme", 10, Blame.SIM),
        ("+CME ERROR: 31", "cme", 31, Blame.UNCERTAIN),
        ("+CMS ERROR: SIM busy", "cms", 314, Blame.SIM),
        ("+CMS ERROR: (U)SIM BUSY", "cms", 314, Blame.SIM),
        ("+cms error: Unknown Error", "cms", 500, Blame.MODEM),
        ("+CMS ERROR: network time-out", "cms", 332, Blame.UNCERTAIN),
        ("+CMS ERROR: SMSC ADDRESS UNKNOWN", "cms", 330, Blame.SIM),
        ("+CME ERROR: SIM not inserted", "cme", 10, Blame.SIM),
        ("+CME ERROR: SIM busy", "cme", 14, Blame.SIM),
        ("+CMS ERROR: something else", "cms", None, Blame.MODEM),
    ],
)
def test_numbers_and_words(raw: str, kind: str, code: int | None, blame: Blame) -> None:
    error = modem_error(raw)
    assert (error.kind, error.code, error.blame, error.raw) == (kind, code, blame, raw)


def test_the_standards_words_find_their_number() -> None:
    for code, (words, _) in CMS_ERRORS.items():
        assert modem_error(f"+CMS ERROR: {words.upper()}").code == code
    for code, (words, _) in CME_ERRORS.items():
        assert modem_error(f"+CME ERROR: {words}").code == code


def test_silence_is_uncertain() -> None:
    assert ModemError("timeout", None, "no answer").blame is Blame.UNCERTAIN


@given(st.text(max_size=40))
def test_any_line_is_some_error(said: str) -> None:
    error = modem_error(f"+CMS ERROR: {said}")
    assert error.blame in Blame
    assert error.sentence_code in SENTENCES


def test_the_detail_names_the_standards_words() -> None:
    assert modem_error("+CMS ERROR: 38").detail == "38 network out of order"
    assert modem_error("+CMS ERROR: 9999").detail == "+CMS ERROR: 9999"

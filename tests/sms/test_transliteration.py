"""Writing with the characters of GSM-7 what other characters say; shown as pairs, never changing Chinese."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import Alphabet, plan_text, transliterate_to_gsm7, try_encode_gsm7
from appliance.modem.sms.transliteration import _GROUPS, _SUBSTITUTES
from tests.sms.tpdu_values import ANY_TEXT, GSM7_TEXT

GSM7, UCS2 = Alphabet.GSM7, Alphabet.UCS2


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("“It’s” – fine…", '"It\'s" - fine...'),
        ("„Straße“ ‚x‘ «y»", '"Straße" \'x\' "y"'),
        ("a—b−c‐d", "a-b-c-d"),
        ("Přílíš žluťoučký kůň", "Prilis zlutoucky kun"),
        ("naïve façade à Besançon, ÇA", "naive facade à Besancon, ÇA"),
        ("Łódź Đà Nẵng Œuvre ẞ", "Lodz Dà Nang OEuvre SS"),
        ("Ａｂｃ１２３！？：；（）", "Abc123!?:;()"),
        ("Ｈｅｌｌｏ，　ｗｏｒｌｄ。", "Hello, world."),
        ("「a」『b』【c】《d》", '"a""b"[c]<d>'),
        ("￥100 ～ ￡5", "¥100 ~ £5"),
        ("a\tb\u00a0c\u2003d\u202fe", "a b c d e"),
        ("zero\u200bwidth\u00ad\ufeff", "zerowidth"),
        ("line\u2028break\u0085", "line\nbreak\n"),
        ("e\u0301 c\u0327 o\u0308", "é c ö"),
        ("ﬁne № 5, Ⅷ", "fine No 5, VIII"),
        ("©®™ × ÷ ± ≤ → •", "(c)(R)TM x / +/- <= -> *"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ ΓΔΘΛΞΠΣΦΨΩ", "ABEZHIKMNOPTYX ΓΔΘΛΞΠΣΦΨΩ"),
        ("`a´", "'a'"),
    ],
)
def test_what_is_written_for_what(text: str, written: str) -> None:
    plan = plan_text(text, transliterate=True)
    assert plan.alphabet is GSM7
    assert plan.text == written
    assert plan.parts == (written,)
    assert plan.units == len(try_encode_gsm7(written) or b"")


def test_the_pairs_are_distinct_and_in_order() -> None:
    plan = plan_text("’a’“b”é", transliterate=True)
    assert plan.replaced == (("’", "'"), ("“", '"'), ("”", '"'))


@pytest.mark.parametrize(
    "text",
    ["您好“朋友”，再见…", "こんにちは「世界」", "カタカナ、", "안녕…", "〇二〇", "“😀”", "10² 1½ ①", "¨ ¸"],
)
def test_a_text_that_needs_ucs2_all_the_same_is_left_alone(text: str) -> None:
    plan = plan_text(text, transliterate=True)
    assert plan.alphabet is UCS2
    assert plan.text == text
    assert plan.replaced == ()


def test_without_being_asked_nothing_is_replaced() -> None:
    plan = plan_text("“a”")
    assert (plan.alphabet, plan.text, plan.replaced) == (UCS2, "“a”", ())


def test_forced_ucs2_is_not_transliterated() -> None:
    assert plan_text("“a”", transliterate=True, alphabet=UCS2).text == "“a”"


@given(GSM7_TEXT)
def test_gsm7_text_is_never_changed(text: str) -> None:
    assert transliterate_to_gsm7(text) == (text, ())
    assert plan_text(text, transliterate=True) == plan_text(text)


@given(ANY_TEXT)
def test_it_changes_only_what_it_says(text: str) -> None:
    written, pairs = transliterate_to_gsm7(text)
    assert transliterate_to_gsm7(written)[0] == written
    assert all(try_encode_gsm7(after) is not None for _, after in pairs)
    assert all(try_encode_gsm7(before) is None for before, _ in pairs)
    assert len({before for before, _ in pairs}) == len(pairs)
    assert (written == text) is (pairs == ())


@given(st.characters(categories=("Lo",)))
def test_no_letter_of_another_script_is_touched(letter: str) -> None:
    written, _ = transliterate_to_gsm7(letter)
    assert (
        written == letter
        or "LATIN" in unicodedata.name(letter, "")
        or "ORDINAL" in unicodedata.name(letter, "")
    )


def test_every_substitute_is_gsm7_and_every_character_has_one() -> None:
    characters = [character for _, group in _GROUPS for character in group]
    assert len(characters) == len(set(characters)) == len(_SUBSTITUTES)
    for character, substitute in _SUBSTITUTES.items():
        assert try_encode_gsm7(substitute) is not None
        assert try_encode_gsm7(character) is None

"""Numbers as people type, paste and import them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk.mistake import Mistake
from appliance.desk.numbers import read_recipient

KEPT = re.compile(r"\+[1-9][0-9]{4,16}|[0-9]{3,20}")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13912345678", "+8613912345678"),
        ("+8613912345678", "+8613912345678"),
        ("8613912345678", "+8613912345678"),
        ("008613912345678", "+8613912345678"),
        ("013912345678", "+8613912345678"),
        ("139-1234-5678", "+8613912345678"),
        ("(139) 1234 5678", "+8613912345678"),
        ("１３９１２３４５６７８", "+8613912345678"),  # full-width digits of a Chinese keyboard
        ("＋８６　１３９　１２３４　５６７８", "+8613912345678"),  # with ideographic spaces
        ("\u202d139 1234 5678\u202c", "+8613912345678"),  # as Windows' address book puts it on the clipboard
        ("139\u00a01234\u20095678\ufeff", "+8613912345678"),
        ("+٨٦١٣٩١٢٣٤٥٦٧٨", "+8613912345678"),
        ("0571-88888888", "+8657188888888"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("+44 20 7946 0958", "+442079460958"),
        ("10086", "10086"),
        ("12110", "12110"),  # the police by SMS
        ("95588", "95588"),
        ("1069 0123 4567 8901 2345", "10690123456789012345"),
        ("106575550001", "106575550001"),
    ],
)
def test_a_number_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert read_recipient(typed, "CN") == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "problem.recipient-empty"),
        (" - ", "problem.recipient-empty"),
        ("王姐", "problem.recipient-no-number"),
        ("hello", "problem.recipient-no-number"),
        ("139123456ab", "problem.recipient-no-number"),
        ("13912345678, 13912345679", "problem.recipient-no-number"),
        ("++8613912345678", "problem.recipient-no-number"),
        ("+", "problem.recipient-no-number"),
        ("12", "problem.recipient-too-short"),
        ("+8612", "problem.recipient-too-short"),
        ("0086", "problem.recipient-too-short"),
        ("00 86", "problem.recipient-too-short"),
        ("0086110", "problem.recipient-too-short"),
        ("139123456789012345", "problem.recipient-too-long"),
        ("106901234567890123456", "problem.recipient-too-long"),
        ("1" * 3000, "problem.recipient-too-long"),
        ("+999123456789", "problem.recipient-country-code"),
        ("13912345678\0", "problem.recipient-no-number"),
        ("\ud800", "problem.recipient-no-number"),
        ("000000000", "problem.recipient-no-number"),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(typed: str, code: str) -> None:
    refused = read_recipient(typed, "CN")
    assert isinstance(refused, Mistake)
    assert (refused.pointer, refused.code) == ("/to", code)


@pytest.mark.parametrize("typed", ["110", "112", "119", "120", "122", "911", "999", "000", "１１０", "1-2-0"])
def test_no_emergency_number_gets_an_sms(typed: str) -> None:
    refused = read_recipient(typed, "CN")
    assert isinstance(refused, Mistake)
    assert (refused.pointer, refused.code) == ("/to", "problem.recipient-emergency")


def test_the_home_region_decides_what_an_emergency_number_is() -> None:
    assert isinstance(read_recipient("112", "GB"), Mistake)
    assert read_recipient("122", "GB") == "122"


def test_the_home_region_decides_what_a_number_without_country_code_means() -> None:
    assert read_recipient("020 7946 0958", "GB") == "+442079460958"
    assert read_recipient("(415) 555-2671", "US") == "+14155552671"


@given(st.from_regex(r"(\+86)?1[3-9][0-9]{9}", fullmatch=True))
def test_the_short_way_says_what_the_long_way_says(typed: str) -> None:
    read = read_recipient(typed, "CN")
    assert read == read_recipient(f" {typed}", "CN")
    # 179… is how carriers' prefixes for calls begin: what is left without them is too short.
    assert read == f"+86{typed[-11:]}" or typed[-11:].startswith("179")


@given(
    st.text() | st.from_regex(r"[+0-9() -]{0,25}", fullmatch=True), st.sampled_from(["CN", "US", "GB", "HK"])
)
def test_any_text_is_a_number_in_the_one_spelling_or_a_mistake(typed: str, region: str) -> None:
    kept = read_recipient(typed, region)
    if isinstance(kept, str):
        assert KEPT.fullmatch(kept)
        assert read_recipient(kept, region) == kept

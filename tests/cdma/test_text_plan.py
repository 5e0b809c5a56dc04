"""How a text is split for a network that joins no messages, and how a number is dialled there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.cdma.is637 import CdmaError
from appliance.modem.cdma.text_plan import MAX_PARTS, international_number, national_number, plan_cdma_text

SENDABLE = st.characters(exclude_categories=("Cs",), exclude_characters="\x00\x1a\x1b")


def units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-be")) // 2


def unmarked(parts: tuple[str, ...]) -> str:
    if len(parts) == 1:
        return parts[0]
    blank = " " if "".join(parts).isascii() else ""
    return "".join(
        part.removeprefix(f"({number}/{len(parts)}){blank}") for number, part in enumerate(parts, 1)
    )


@given(st.text(SENDABLE, max_size=900) | st.text("ab é😀业", max_size=900))
def test_nothing_is_lost_every_part_fits_and_says_which_it_is(text: str) -> None:
    parts = plan_cdma_text(text)
    assert unmarked(parts) == text
    most = 160 if text.isascii() else 70
    for number, part in enumerate(parts, 1):
        assert (len(part) if text.isascii() else units("é" + part) - 1) <= most
        if len(parts) > 1:
            assert re.match(rf"\({number}/{len(parts)}\)", part)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("字" * 70, 1),
        ("字" * 71, 2),
        ("é" + "a" * 69, 1),
        ("é" + "a" * 70, 2),
        ("字" * (9 * 65), 9),
        ("字" * (9 * 65 + 1), 10),
        ("字" * (10 * 63), 10),
        ("a" * (9 * 154), 9),
    ],
)
def test_the_count_allows_for_the_marks(text: str, count: int) -> None:
    assert len(plan_cdma_text(text)) == count


def test_no_part_ends_within_an_emoji_sequence() -> None:
    family = "👨‍👩‍👧"
    parts = plan_cdma_text("字" * 62 + family + "字" * 30)
    assert sum(family in part for part in parts) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("before\x1aafter", "cdma.control-character"),
        ("\x1b", "cdma.control-character"),
        ("字\ud800", "cdma.lone-surrogate"),
        ("字" * (MAX_PARTS * 70), "cdma.too-many-parts"),
        ("a" * 10**6, "cdma.too-many-parts"),
    ],
)
def test_what_such_a_modem_can_t_be_given_is_refused_in_words(text: str, code: str) -> None:
    with pytest.raises(CdmaError) as caught:
        plan_cdma_text(text)
    assert caught.value.code == code
    assert str(caught.value)


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("+8613912345678", "13912345678"),
        ("+8619912345678", "19912345678"),
        ("+861012345678", "01012345678"),
        ("10001", "10001"),
        ("*100#", "*100#"),
    ],
)
def test_numbers_are_dialled_as_within_the_country(number: str, dialled: str) -> None:
    assert national_number(number) == dialled


@pytest.mark.parametrize("number", ["+4915112345678", "+85261234567", "+1", "", "office"])
def test_numbers_abroad_are_refused(number: str) -> None:
    with pytest.raises(CdmaError) as caught:
        national_number(number)
    assert caught.value.code == "cdma.abroad"


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("13912345678", "+8613912345678"),
        ("8613912345678", "+8613912345678"),
        ("10001", "10001"),
        ("+85261234567", "+85261234567"),
        ("CHINATELECOM", "CHINATELECOM"),
    ],
)
def test_senders_are_written_as_everywhere_in_the_house(told: str, written: str) -> None:
    assert international_number(told) == written

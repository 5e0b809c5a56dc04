"""Which alphabet, how many parts, where they are cut: the figures that a person sees before sending."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import (
    Address,
    Alphabet,
    Concatenation,
    RelativeValidity,
    TextPlan,
    TpduError,
    UserData,
    encode_gsm7,
    join_text,
    plan_text,
    submits,
    try_encode_gsm7,
)
from tests.sms.tpdu_values import ANY_TEXT, GSM7_TEXT

GSM7, UCS2 = Alphabet.GSM7, Alphabet.UCS2
NUMBER = Address.from_text("+8613912345678")
BITS = st.sampled_from((8, 16))
CHINESE = st.text("您好世界，。😀👍a1€", max_size=400)


def units_of(text: str, alphabet: Alphabet) -> int:
    return len(encode_gsm7(text)) if alphabet is GSM7 else len(text.encode("utf-16-be")) // 2


@pytest.mark.parametrize(
    ("text", "alphabet", "counts"),
    [
        ("", GSM7, (1, 0, 160, 160)),
        ("a", GSM7, (1, 1, 160, 159)),
        ("a" * 160, GSM7, (1, 160, 160, 0)),
        ("a" * 161, GSM7, (2, 161, 153, 145)),
        ("a" * 306, GSM7, (2, 306, 153, 0)),
        ("a" * 307, GSM7, (3, 307, 153, 152)),
        ("€" * 80, GSM7, (1, 160, 160, 0)),
        ("€" * 81, GSM7, (2, 162, 153, 143)),  # 76 in the first: 152 of 153, since an escape is not split
        ("您", UCS2, (1, 1, 70, 69)),
        ("您" * 70, UCS2, (1, 70, 70, 0)),
        ("您" * 71, UCS2, (2, 71, 67, 63)),
        ("您" * 134, UCS2, (2, 134, 67, 0)),
        ("您" * 135, UCS2, (3, 135, 67, 66)),
        ("😀" * 35, UCS2, (1, 70, 70, 0)),
        ("😀" * 36, UCS2, (2, 72, 67, 61)),  # 33 in the first: 66 of 67, since a pair is not split
        ("a" * 69 + "您", UCS2, (1, 70, 70, 0)),
        ("ç", UCS2, (1, 1, 70, 69)),
    ],
)
def test_counts(text: str, alphabet: Alphabet, counts: tuple[int, int, int, int]) -> None:
    """Parts, units, units per part, units left in the last part."""
    plan = plan_text(text)
    assert plan.alphabet is alphabet
    assert (len(plan.parts), plan.units, plan.units_per_part, plan.units_left) == counts


@pytest.mark.parametrize(
    ("text", "parts", "left"),
    [("a" * 304, 2, 0), ("a" * 305, 3, 151), ("您" * 132, 2, 0), ("您" * 133, 3, 65)],
)
def test_16_bit_references_cost_a_unit_of_each_part(text: str, parts: int, left: int) -> None:
    plan = plan_text(text, reference_bits=16)
    assert (len(plan.parts), plan.units_left) == (parts, left)


@given(GSM7_TEXT | ANY_TEXT | CHINESE, BITS)
def test_what_a_plan_promises(text: str, bits: int) -> None:
    plan = plan_text(text, reference_bits=bits)
    assert "".join(plan.parts) == plan.text == text
    assert plan.units == units_of(text, plan.alphabet)
    in_parts = [units_of(part, plan.alphabet) for part in plan.parts]
    assert all(units <= plan.units_per_part for units in in_parts)
    assert plan.units_left == plan.units_per_part - in_parts[-1]
    assert (plan.alphabet is GSM7) is (try_encode_gsm7(text) is not None)


@given(GSM7_TEXT, BITS)
def test_parts_are_as_full_as_they_can_be(text: str, bits: int) -> None:
    plan = plan_text(text, reference_bits=bits)
    for part, following in zip(plan.parts, plan.parts[1:], strict=False):
        assert units_of(part + following[0], GSM7) > plan.units_per_part


@given(CHINESE, BITS)
def test_chinese_parts_are_as_full_as_they_can_be(text: str, bits: int) -> None:
    plan = plan_text(text, alphabet=UCS2, reference_bits=bits)
    for part, following in zip(plan.parts, plan.parts[1:], strict=False):
        assert units_of(part + following[0], UCS2) > plan.units_per_part


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # man ZWJ woman ZWJ girl: eight units


@pytest.mark.parametrize(
    "cluster",
    [
        FAMILY,
        "\u2764\ufe0f",  # heart with variation selector
        "\U0001f44d\U0001f3fd",  # thumb with skin tone
        "e\u0301\u0323",  # letter with two marks
        "\U0001f1e8\U0001f1f3",  # flag of two regional indicators
        "1\ufe0f\u20e3",  # keycap
        "कि",
    ],
)
@pytest.mark.parametrize("before", range(58, 68))
def test_what_looks_like_one_character_is_not_torn_apart(cluster: str, before: int) -> None:
    plan = plan_text("您" * before + cluster + "您" * 40)
    assert sum(part.count(cluster) for part in plan.parts) == 1
    assert not any(unicodedata.combining(part[0]) for part in plan.parts)


def test_flags_in_a_row_are_cut_between_flags() -> None:
    flags = "\U0001f1e8\U0001f1f3\U0001f1ef\U0001f1f5" * 20
    assert all(len(part) % 2 == 0 for part in plan_text("a" + flags).parts[1:])


def test_a_character_longer_than_a_part_is_cut_all_the_same() -> None:
    plan = plan_text("您" + "\u0301" * 200)
    assert "".join(plan.parts) == plan.text
    assert len(plan.parts) == 3


@pytest.mark.parametrize(("text", "limit"), [("a", 153), ("您", 67), ("€", 76), ("😀", 33)])
def test_more_than_255_parts_are_refused(text: str, limit: int) -> None:
    assert len(plan_text(text * limit * 255).parts) == 255
    with pytest.raises(TpduError, match="255"):
        plan_text(text * (limit * 255 + 1))


def test_a_huge_text_is_refused_quickly() -> None:
    with pytest.raises(TpduError):
        plan_text("您好" * 5_000_000)


@pytest.mark.parametrize("text", ["\ud83d", "a\ude00b", "\ude00\ud83d"])
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(TpduError) as refused:
        plan_text(text)
    assert refused.value.code == "text.lone_surrogate"


def test_an_alphabet_can_be_forced() -> None:
    assert plan_text("abc", alphabet=UCS2).alphabet is UCS2
    assert plan_text("abc", alphabet=GSM7).alphabet is GSM7
    with pytest.raises(TpduError, match="您") as refused:
        plan_text("a您", alphabet=GSM7)
    assert refused.value.code == "text.not_in_gsm7"
    with pytest.raises(TpduError):
        plan_text("abc", alphabet=Alphabet.DATA8)


def test_a_width_of_reference_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TpduError):
        plan_text("a" * 200, reference_bits=12)


@given(GSM7_TEXT | CHINESE, BITS, st.booleans(), st.booleans(), st.none() | st.integers(1, 10**8))
def test_submits_say_all_of_the_plan(
    text: str, bits: int, report: bool, flash: bool, validity_s: int | None
) -> None:
    plan = plan_text(text, reference_bits=bits)
    parts = submits(
        plan, NUMBER, reference=200, status_report_request=report, flash=flash, validity_s=validity_s
    )
    assert tuple(part.user_data.text for part in parts) == plan.parts
    assert join_text([part.user_data for part in parts]) == text
    for number, part in enumerate(parts, 1):
        assert part.destination == NUMBER
        assert part.status_report_request is report
        assert part.data_coding.alphabet is plan.alphabet
        assert part.data_coding.message_class == (0 if flash else None)
        expected = Concatenation(200, len(parts), number, bits) if len(parts) > 1 else None
        assert part.user_data.concatenation == expected
        if validity_s is None:
            assert part.validity is None
        else:
            assert part.validity == RelativeValidity.from_seconds(validity_s)


def test_a_plan_for_8_bits_is_cut_anew_for_16() -> None:
    plan = plan_text("您" * 134)
    assert [len(part.user_data.text) for part in submits(plan, NUMBER, reference=1)] == [67, 67]
    wide = submits(plan, NUMBER, reference=4711, reference_bits=16)
    assert [len(part.user_data.text) for part in wide] == [66, 66, 2]
    assert wide[2].user_data.concatenation == Concatenation(4711, 3, 3, 16)


def test_a_plan_for_16_bits_serves_for_8() -> None:
    plan = plan_text("您" * 134, reference_bits=16)
    narrow = submits(plan, NUMBER, reference=7, reference_bits=8)
    assert [part.user_data.text for part in narrow] == list(plan.parts)
    assert narrow[0].user_data.concatenation == Concatenation(7, 3, 1, 8)


def test_a_reference_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TpduError):
        submits(plan_text("a" * 161), NUMBER, reference=256)


def test_one_part_has_no_header() -> None:
    (part,) = submits(plan_text("您好"), NUMBER, reference=300)
    assert part.user_data == UserData("您好".encode("utf-16-be"), UCS2)


def test_a_plan_is_a_value() -> None:
    assert plan_text("您好") == TextPlan("您好", UCS2, ("您好",), 2, 70, 68)

"""What carriers write, and the money that is in it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.policy.balance import LONGEST_ANSWER, Amount, find_amount, is_low, read_amount, spelt

ANSWERS: list[tuple[str, int | None]] = [
    ("您的当前话费余额为12.34元", 1234),
    ("账户余额：-3.20元", -320),
    ("Your balance is $5.00", 500),
    ("您的可用余额：１２．５０元", 1250),
    ("【余额查询】尊敬的客户您好，截止2026年11月24日10:05，您的账户余额为1,234.56元。", 123456),
    ("尊敬的客户，您的账户余额为15.00元，可用余额10.00元，冻结余额5.00元。【中国移动】", 1000),
    ("您当前账户余额20.10元，其中可用余额18.10元，赠送余额2.00元。", 1810),
    ("您本月已消费29.00元，当前可用余额为71.35元。查询详单请回复XD", 7135),
    ("尊敬的客户，您的话费余额为0.00元，有效期至2027年01月01日。", 0),
    ("流量余额：500MB，话费余额：9.9元", 990),
    ("通用余额:30元；专款余额:10元", 3000),
    ("余额截至2026-11-24为12.34元", 1234),
    ("您已欠费3.20元，请及时缴费", -320),
    ("话费余额: ¥88", 8800),
    ("您好，12.34元", 1234),
    ("Balance:150r", 15000),
    ("Баланс: 12,50 руб.", 1250),
    ("Balans:-1.5 r", -150),
    ("Balance 100.00", 10000),
    ("Guthaben: 1.234,56 EUR", 123456),
    ("Your account balance is -$2.50.", -250),
    ("Your balance is $-2.50.", -250),
    ("Your credit is 7 EUR. Data: 300 MB", 700),
    ("Your available balance is USD 1,000.00, total balance USD 1,200.00", 100000),
    # Not clear, so nothing is concluded.
    ("您的余额不足，请充值50元", None),
    ("余额低于10元将停机", None),
    ("You have used $3.00 of $10.00", None),
    ("套餐剩余流量500MB，语音100分钟", None),
    ("1. Balance\n2. Own number", None),
    ("尊敬的客户，系统繁忙，请稍后再试。", None),
    ("", None),
]


@pytest.mark.parametrize(("answer", "units"), ANSWERS, ids=[text[:24] for text, _ in ANSWERS])
def test_the_balance_in_an_answer(answer: str, units: int | None) -> None:
    assert find_amount(answer, 2) == units


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1,234.56", 123456),
        ("1.234,56", 123456),
        ("1 234.56", 123456),
        ("1'234'567.8", 123456780),
        ("１２３４．５６", 123456),
        ("12,5", 1250),
        ("1,234", 123400),
        ("-3", -300),
        ("−3.20", -320),
        ("5.", 500),
        ("12.345", 1234),
        ("0.009", 0),
        ("", None),
        (".5", None),
        ("5 EUR", None),
        ("abc", None),
        ("--5", None),
        ("9" * 30, None),
    ],
)
def test_how_a_number_is_spelt(text: str, units: int | None) -> None:
    assert read_amount(text, 2) == units


@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_an_amount_that_is_written_is_read_again(units: int, decimals: int) -> None:
    assert read_amount(spelt(units, decimals), decimals) == units


@given(st.integers(0, 10**9))
def test_thousands_may_be_parted(units: int) -> None:
    assert read_amount(f"{units // 100:,}.{units % 100:02d}", 2) == units


def test_an_amount_says_its_currency() -> None:
    assert str(Amount(-320, "CNY", 2)) == "-3.20 CNY"
    assert str(Amount(7, "JPY", 0)) == "7 JPY"
    assert str(Amount(5, "CNY", 2)) == "0.05 CNY"


@given(st.text(max_size=400))
def test_any_text_gives_an_amount_or_none(text: str) -> None:
    assert isinstance(find_amount(text, 2), int | None)


@pytest.mark.parametrize("row", ["1 ", "1,", "余额", "-", "111,", "9", "余额 1", "¥", "0.", "欠费"])
def test_no_text_takes_long(row: str) -> None:
    """A text of any make is read in milliseconds: the limit is two orders above what it takes."""
    began = time.process_time()
    find_amount(row * LONGEST_ANSWER, 2)
    assert time.process_time() - began < 1.0


def test_below_is_low_and_equal_is_not() -> None:
    assert is_low(499, 500)
    assert not is_low(500, 500)
    assert not is_low(-5, None)

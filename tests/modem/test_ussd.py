"""USSD codes and answers as modems write them, and a query over a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.profile import UssdEncoding
from appliance.modem.session import UssdAnswer, UssdError
from appliance.modem.sms import encode_gsm7
from appliance.modem.sms.septets import pack_septets
from appliance.modem.ussd import (
    MAX_TEXT,
    CusdLine,
    cusd_in,
    decoded_text,
    encoded_code,
    is_code,
    pack_ussd,
    unpack_ussd,
)
from appliance.sentences import sentence
from tests.modem.scripted_modem import ERROR, OK, Line, Reply, in_loop, info, ready_line

ANSWERS = json.loads((Path(__file__).parents[1] / "data/ussd/answers.json").read_text("utf-8"))

# -- codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "packed"),
    [
        # Public: scripts for Huawei sticks, mybroadband.co.za thread 361998, stackoverflow 11604367.
        ("*100#", "AA180C3602"),
        ("*105#", "AA18AC3602"),
        ("*900*01#", "AA1C0CA682C546"),
        ("*144#", "AA188D3602"),
        ("*888#", "2A1C0E3702"),
    ],
)
def test_codes_in_packed_septets(code: str, packed: str) -> None:
    assert encoded_code(code, UssdEncoding.GSM7_PACKED_HEX) == packed


def test_codes_by_the_character_set_that_is_in_force() -> None:
    assert encoded_code("*100#", UssdEncoding.BY_CSCS, "GSM") == "*100#"
    assert encoded_code("*100#", UssdEncoding.BY_CSCS, None) == "*100#"
    assert encoded_code("*100#", UssdEncoding.BY_CSCS, "UCS2") == "002A0031003000300023"
    assert encoded_code("*100#", UssdEncoding.UCS2_HEX) == "002A0031003000300023"
    assert encoded_code("*100#", UssdEncoding.PLAIN, "UCS2") == "*100#"


@pytest.mark.parametrize("code", ["", '*100#",15\rAT+CMGS=5', 'a"b', "x" * 183, "余额", "*1\n#"])
def test_what_is_no_code(code: str) -> None:
    assert not is_code(code)


# -- septets ----------------------------------------------------------------------------------------------------


def test_seven_spare_bits_are_a_cr_and_no_at_sign() -> None:
    """TS 23.038 §6.1.2.3.1"""
    assert pack_ussd(b"1234567")[-1] >> 1 == 0x0D
    assert unpack_ussd(pack_ussd(b"1234567")) == b"1234567"
    assert unpack_ussd(pack_ussd(b"1234567\r")) == b"1234567\r"
    assert unpack_ussd(pack_septets(b"1234567")) == b"1234567"  # zero bits, by who does not know the rule


@given(st.binary(max_size=182).map(lambda octets: bytes(octet & 0x7F for octet in octets)))
def test_what_is_packed_is_unpacked(septets: bytes) -> None:
    """But for an '@' that stands alone in the last place of eight: nobody can tell it from padding."""
    if len(septets) % 8 != 0 or not septets.endswith(b"\x00"):
        assert unpack_ussd(pack_ussd(septets)) == septets


# -- answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["source"][:40])
def test_answers_of_real_networks(answer: dict[str, str]) -> None:
    assert decoded_text(answer["said"], answer["dcs"]) == answer["text"]


SENTENCES = [
    "Your balance is 12.50 USD and will expire on 04/03/26.",
    "Saldo: 3,20 EUR. Gracias!",
    "Solde 10 € valable jusqu'au 31/12",
    "您的余额为12.5元",
    "话费余额: 35.20元，有效期至2026年12月31日",
    "Ваш баланс: 510.20 руб. Наберите *111#",
    "Υπόλοιπο: 5,20 ευρώ",
    "رصيدك الحالي 12.5 جنيه",
    "ยอดเงินคงเหลือ 25.00 บาท",
]


@pytest.mark.parametrize("text", SENTENCES)
@pytest.mark.parametrize("dcs", [None, 0, 15, 72, 17])
def test_a_sentence_is_read_in_whatever_form_it_comes(text: str, dcs: int | None) -> None:
    assert decoded_text(text.encode("utf-16-be").hex().upper(), dcs) == text
    assert decoded_text(text, dcs) == text
    if text.isascii() or "€" in text:
        assert decoded_text(pack_ussd(encode_gsm7(text)).hex().upper(), dcs) == text


WORDS = st.lists(
    st.sampled_from(
        ["balance", "saldo", "credit", "is", "5.20", "EUR", "until", "31/12", "*100#", "menu", "1:"]
    )
)


@given(WORDS.filter(lambda words: len(words) > 2), st.sampled_from([None, 0, 15, 72]))
def test_words_are_read_in_every_form(words: list[str], dcs: int | None) -> None:
    """But for septets of what the network sent in UCS-2 (72): nobody makes them, and a few may look like Chinese."""
    text = " ".join(words)
    if dcs != 72:
        assert decoded_text(pack_ussd(encode_gsm7(text)).hex(), dcs) == text
    assert decoded_text(text.encode("utf-16-be").hex(), dcs) == text


@given(st.text(max_size=400), st.one_of(st.none(), st.integers(0, 999)))
def test_whatever_is_said_gives_a_text(said: str, dcs: int | None) -> None:
    assert len(decoded_text(said, dcs)) <= MAX_TEXT


def test_a_very_long_answer_is_cut() -> None:
    assert len(decoded_text("x" * 1_000_000)) == MAX_TEXT
    assert len(decoded_text("0041" * 1_000_000)) <= MAX_TEXT


def test_octets_of_the_gsm_alphabet_that_came_raw() -> None:
    assert decoded_text("Cr\\x05dit: 5") == "Crédit: 5"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('+CUSD: 0,"5 EUR",15', CusdLine(0, "5 EUR", 15)),
        ('+CUSD: 0,"say "yes"",15', CusdLine(0, 'say "yes"', 15)),
        ('+CUSD: 1,"a\nb",72', CusdLine(1, "a\nb", 72)),
        ('+CUSD:0,"x", 0', CusdLine(0, "x", 0)),
        ("+CUSD: 0,4142,15", CusdLine(0, "4142", 15)),
        ('+CUSD: 0,"cut', CusdLine(0, "cut", None)),
        ("+CUSD: 2", CusdLine(2, None, None)),
        ("+CUSD: 4,,", CusdLine(4, None, None)),
        ("+CUSD: ", None),
        ("+CUSD: 17", None),
    ],
)
def test_the_parts_of_a_line(line: str, said: CusdLine | None) -> None:
    assert cusd_in(line) == said


@given(st.text(max_size=60))
def test_any_line_has_parts_or_none(text: str) -> None:
    cusd_in(f"+CUSD: {text}")


# -- a query over a line ----------------------------------------------------------------------------------------

ASK = 'AT+CUSD=1,"*100#",15'


def asking(*answers: bytes | float) -> dict[str, Reply]:
    return {"AT+CSCS?": info('+CSCS: "GSM"'), ASK: [OK, *answers], "AT+CUSD=2": OK}


async def failure(port: Line, code: str = "*100#", timeout_s: float = 1.0) -> UssdError:
    with pytest.raises(UssdError) as caught:
        await port.session.ussd(code, timeout_s)
    assert sentence(caught.value.code, caught.value.args_for_person) != caught.value.code
    return caught.value


@in_loop
async def test_an_answer_that_comes_later() -> None:
    async with ready_line(asking(0.05, b'\r\n+CUSD: 0,"Your balance is 5",15\r\n')) as port:
        assert await port.session.ussd("*100#") == UssdAnswer("Your balance is 5", 0)
        assert "AT+CUSD=2" not in port.modem.heard


@in_loop
async def test_an_answer_of_several_lines_with_codes_between_them() -> None:
    answer = b'\r\n+CUSD: 0,"Menu\r\n1: five\r\n', 0.01, b'\r\n+CMTI: "SM",3\r\n', b'2: six",15\r\n'
    async with ready_line(asking(*answer)) as port:
        assert await port.session.ussd("*100#") == UssdAnswer("Menu\n1: five\n2: six", 0)
        assert [type(event).__name__ for event in port.events] == ["MessageStored"]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (b'+CUSD: 0,"say "hi",15', 'say "hi'),
        (b'+CUSD: 0,"say "hi" now",15', 'say "hi" now'),
        (b'+CUSD: 0,"say "hi\r\nnow",15', 'say "hi\nnow'),
        (b'+CUSD: 0,"\r\nhello\r\n"', "hello"),
        (b'+CUSD: 0,"5 EUR, 15\r\nSMS"', "5 EUR, 15\nSMS"),
        (b"+CUSD: 0,5 EUR", "5 EUR"),
    ],
)
@in_loop
async def test_quotes_and_line_ends_within_an_answer(lines: bytes, text: str) -> None:
    async with ready_line(asking(0.01, b"\r\n" + lines + b"\r\n")) as port:
        assert (await port.session.ussd("*100#", 2.0)).text == text


@in_loop
async def test_an_answer_before_the_ok() -> None:
    answers = {**asking(), ASK: b'\r\n+CUSD: 0,"5 EUR left",15\r\n' + OK}
    async with ready_line(answers) as port:
        assert (await port.session.ussd("*100#")).text == "5 EUR left"


@in_loop
async def test_a_dialogue_that_the_network_opens_is_ended() -> None:
    async with ready_line(asking(b'\r\n+CUSD: 1,"1: more",15\r\n')) as port:
        assert await port.session.ussd("*100#") == UssdAnswer("1: more", 1)
        assert port.modem.heard[-1] == "AT+CUSD=2"


@in_loop
async def test_a_text_with_which_the_network_ends() -> None:
    async with ready_line(asking(b'\r\n+CUSD: 2,"Totsiens",15\r\n')) as port:
        assert await port.session.ussd("*100#") == UssdAnswer("Totsiens", 2)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (2, "ussd.ended"),
        (3, "ussd.taken"),
        (4, "ussd.not-supported"),
        (5, "ussd.network-timeout"),
        (0, "ussd.empty"),
    ],
)
@in_loop
async def test_no_answer_and_why(status: int, code: str) -> None:
    async with ready_line(asking(f"\r\n+CUSD: {status}\r\n".encode())) as port:
        assert (await failure(port)).code == code


@in_loop
async def test_silence_ends_the_query() -> None:
    async with ready_line(asking()) as port:
        assert (await failure(port, timeout_s=0.1)).code == "ussd.no-answer"
        assert port.modem.heard[-1] == "AT+CUSD=2"


@in_loop
async def test_a_modem_that_refuses() -> None:
    async with ready_line({**asking(), ASK: b"\r\n+CME ERROR: 258\r\n"}) as port:
        error = await failure(port)
        assert (error.code, error.args_for_person["detail"]) == ("ussd.refused", "+CME ERROR: 258")


@in_loop
async def test_what_is_no_code_is_not_given_to_the_modem() -> None:
    async with ready_line(asking()) as port:
        assert (await failure(port, '1",15\rATD112;')).code == "ussd.no-code"
        assert port.modem.heard == []


@in_loop
async def test_a_huawei_is_asked_in_packed_septets_and_then_plainly() -> None:
    answers: dict[str, Reply] = {
        "AT+CGMI": info("huawei"),
        'AT+CUSD=1,"AA180C3602",15': ERROR,
        ASK: [OK, b'\r\n+CUSD: 0,"EBB79B1E0685E9ECF4BADE9E03",15\r\n'],
    }
    async with ready_line(answers) as port:
        assert (await port.session.ussd("*100#")).text == "konta atlikums"
        assert port.modem.heard == ["AT+CSCS?", 'AT+CUSD=1,"AA180C3602",15', ASK]
        await port.session.ussd("*100#")
        assert port.modem.heard[3:] == ["AT+CSCS?", ASK]  # what was understood comes first


@pytest.mark.parametrize("refusal", [b"\r\n+CME ERROR: 50\r\n", OK + b"\r\n+CUSD: 4\r\n"])
@in_loop
async def test_a_modem_that_wants_ucs2_whatever_its_character_set(refusal: bytes) -> None:
    answers: dict[str, Reply] = {
        **asking(),
        ASK: refusal,
        'AT+CUSD=1,"AA180C3602",15': refusal,
        'AT+CUSD=1,"002A0031003000300023",15': [OK, b'\r\n+CUSD: 0,"00350020004500550052",72\r\n'],
    }
    async with ready_line(answers) as port:
        assert (await port.session.ussd("*100#")).text == "5 EUR"


@in_loop
async def test_an_answer_that_nobody_asked_for_disturbs_nothing() -> None:
    async with ready_line() as port:
        port.modem.say(b'\r\n+CUSD: 0,"Buy our ringtones",15\r\n')
        await port.session.check()
        assert port.events == []

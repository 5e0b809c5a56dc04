"""The codec against two that no one here wrote: python-gsmmodem-new 0.13.0 and smsutil 1.1.3.

Where they are right they must agree, on random texts and to the last octet. Where they are not, the
disagreement is in :data:`DISAGREEMENTS` with the reason, and is checked too, so that the table stays true.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import gsmmodem.pdu
import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms import (
    Address,
    Alphabet,
    Deliver,
    Direction,
    InformationElement,
    RelativeValidity,
    StatusReport,
    Timestamp,
    TypeOfNumber,
    UserData,
    data_coding,
    decode_gsm7,
    decode_pdu,
    encode_gsm7,
    encode_pdu,
    plan_text,
    submits,
)
from tests.sms.tpdu_values import GSM7_CHARACTERS

NUMBER = Address.from_text("+8613912345678")
SCTS = Timestamp(bytes.fromhex("62113051438023"))
MT = Direction.MOBILE_TERMINATED

# python-gsmmodem: § and form feed are in the table of disagreements; a text that ends in '@' too.
AGREED_GSM7 = GSM7_CHARACTERS.replace("§", "").replace("\f", "")
BMP_TEXT = st.text("您好世界，。abc1 é", min_size=1, max_size=400)
GSM7_TEXT = st.text(AGREED_GSM7, max_size=480)


@given(GSM7_TEXT | BMP_TEXT, st.integers(0, 255), st.booleans(), st.booleans())
def test_gsmmodem_encodes_the_same_octets(text: str, reference: int, report: bool, flash: bool) -> None:
    theirs = gsmmodem.pdu.encodeSmsSubmitPdu(
        str(NUMBER), text, reference=reference, requestStatusReport=report, sendFlash=flash
    )
    ours = submits(plan_text(text), NUMBER, reference=reference, status_report_request=report, flash=flash)
    # It puts the reference of the concatenation into TP-MR as well.
    encoded = [encode_pdu(dataclasses.replace(part, message_reference=reference)) for part in ours]
    assert [pdu.hex for pdu in encoded] == [bytes(pdu.data).hex().upper() for pdu in theirs]
    assert [pdu.tpdu_length for pdu in encoded] == [pdu.tpduLength for pdu in theirs]


@given(GSM7_TEXT | BMP_TEXT)
def test_gsmmodem_reads_what_we_write(text: str) -> None:
    for part in submits(plan_text(text), NUMBER, reference=1):
        theirs = gsmmodem.pdu.decodeSmsPdu(encode_pdu(part).hex)
        assert theirs["number"] == str(NUMBER)
        if not part.user_data.text.endswith("@"):
            assert theirs["text"] == part.user_data.text


@given(
    GSM7_TEXT.filter(lambda text: len(encode_gsm7(text)) <= 160 and not text.endswith("@")),
    st.datetimes(datetime(1981, 1, 2), datetime(2067, 12, 30)),  # noqa: DTZ001
    st.integers(-79, 79),
    st.text("0123456789", min_size=1, max_size=20),
)
def test_gsmmodem_reads_a_deliver_the_same(text: str, local: datetime, quarters: int, digits: str) -> None:
    moment = local.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=15 * quarters)))
    originator = Address(digits, TypeOfNumber.INTERNATIONAL)
    deliver = Deliver(originator, Timestamp.from_datetime(moment), UserData.from_text(text, Alphabet.GSM7), 0)
    theirs = gsmmodem.pdu.decodeSmsPdu(encode_pdu(deliver, smsc=NUMBER).hex)
    assert theirs["text"] == text
    assert theirs["number"] == str(originator)
    assert theirs["smsc"] == str(NUMBER)
    assert theirs["time"] == moment


@given(st.integers(0, 255), st.integers(0, 255))
def test_gsmmodem_reads_a_status_report_the_same(reference: int, status: int) -> None:
    done = Timestamp.from_datetime(datetime(2026, 11, 3, 15, 35, tzinfo=UTC))
    report = StatusReport(reference, NUMBER, SCTS, done, status)
    theirs = gsmmodem.pdu.decodeSmsPdu(encode_pdu(report).hex)
    assert (theirs["type"], theirs["reference"], theirs["status"]) == ("SMS-STATUS-REPORT", reference, status)
    assert theirs["discharge"] == done.to_datetime()


@pytest.mark.parametrize("octet", range(256))
def test_gsmmodem_gives_every_validity_the_same_meaning(octet: int) -> None:
    theirs = gsmmodem.pdu._decodeRelativeValidityPeriod(octet)
    assert RelativeValidity(octet).seconds == theirs.total_seconds()


@given(st.text(GSM7_CHARACTERS, min_size=1, max_size=480) | BMP_TEXT | st.text("您好😀a", min_size=1))
def test_smsutil_cuts_at_the_same_places(text: str) -> None:
    plan = plan_text(text)
    theirs = smsutil.split(text)
    assert [part.content for part in theirs.parts] == list(plan.parts)
    assert theirs.encoding == {"gsm7": "gsm0338", "ucs2": "utf_16_be"}[plan.alphabet.value]
    assert theirs.total_bytes == plan.units * (1 if plan.alphabet is Alphabet.GSM7 else 2)


@given(st.text(GSM7_CHARACTERS, max_size=200))
def test_smsutil_encodes_and_decodes_the_same_septets(text: str) -> None:
    septets = encode_gsm7(text)
    assert smsutil.encode(text) == septets
    assert smsutil.decode(septets) == decode_gsm7(septets) == text


@dataclass(frozen=True)
class Disagreement:
    """``theirs`` and ``ours`` are what comes out, or the name of the exception that does."""

    subject: str
    why: str
    their_call: Callable[[], object]
    our_call: Callable[[], object]
    theirs: object
    ours: object


def _deliver(user_data: UserData, dcs: int = 0, originator: Address = NUMBER, scts: Timestamp = SCTS) -> str:
    return encode_pdu(Deliver(originator, scts, user_data, dcs)).hex


def _text(text: str, dcs: int = 0) -> str:
    return _deliver(UserData.from_text(text, data_coding(dcs).alphabet), dcs)


def _gsmmodem_field(pdu: str, field: str) -> Callable[[], object]:
    return lambda: gsmmodem.pdu.decodeSmsPdu(pdu)[field]


def _our_deliver(pdu: str) -> Deliver:
    tpdu = decode_pdu(pdu, MT).tpdu
    assert isinstance(tpdu, Deliver)
    return tpdu


def _our_text(pdu: str) -> Callable[[], object]:
    return lambda: _our_deliver(pdu).user_data.text


def _gsmmodem_submit(text: str) -> Callable[[], object]:
    return lambda: bytes(gsmmodem.pdu.encodeSmsSubmitPdu("+8613", text)[0].data).hex().upper()


def _our_submit(text: str) -> Callable[[], object]:
    return lambda: encode_pdu(submits(plan_text(text), Address.from_text("+8613"), reference=0)[0]).hex


def _of_text(subject: str, why: str, pdu: str, theirs: str, ours: str) -> Disagreement:
    return Disagreement(subject, why, _gsmmodem_field(pdu, "text"), _our_text(pdu), theirs, ours)


_EIGHT = _deliver(UserData.from_data(b"abc"), 0xF5)
_NAME = _deliver(UserData(b"a"), originator=Address("ABCDEFG@", TypeOfNumber.ALPHANUMERIC, 0))
_HASH = _deliver(UserData(b"a"), originator=Address("*100#"))
_ZONE = _deliver(UserData(b"a"), scts=Timestamp(bytes.fromhex("621130514380F3")))
_MONTH = _deliver(UserData(b"a"), scts=Timestamp(bytes.fromhex("62313051438023")))
_HINDI = _deliver(UserData.from_text("न", Alphabet.GSM7, [InformationElement(0x25, b"\x06")]))
_CUT = _text("hello")[:-2]
_LONG_UDL = "07914346466554F6040B914316565811F9000862113051438023A04253F68449"

DISAGREEMENTS = [
    # -- python-gsmmodem-new, encoding
    Disagreement(
        "emoji",
        "characters outside the BMP are a surrogate pair; it writes one 16-bit number for each character",
        _gsmmodem_submit("😀"),
        _our_submit("😀"),
        "ValueError",
        "00210004916831000804D83DDE00",
    ),
    Disagreement(
        "section sign",
        "its table has a back-tick at 0x5F, where TS 23.038 §6.2.1 has §: so a text with § becomes UCS-2",
        _gsmmodem_submit("§"),
        _our_submit("§"),
        "0021000491683100080200A7",
        "002100049168310000015F",
    ),
    Disagreement(
        "back-tick",
        "for the same reason a back-tick goes out as §",
        _gsmmodem_submit("`"),
        _our_submit("`"),
        "002100049168310000015F",
        "002100049168310008020060",
    ),
    Disagreement(
        "form feed",
        "0x0A of the extension is a form feed (page break); its table has ÿ there and breaks on it",
        _gsmmodem_submit("ÿ"),
        _our_submit("ÿ"),
        "TypeError",
        "0021000491683100080200FF",
    ),
    Disagreement(
        "code for *100#",
        "* and # are semi-octets 1010 and 1011; it makes a name of them",
        lambda: gsmmodem.pdu._encodeAddressField("*100#").hex().upper(),
        lambda: Address.from_text("*100#").to_bytes().hex().upper(),
        "0AD0AA180C3602",
        "05811A00FB",
    ),
    Disagreement(
        "length of a name",
        "§9.1.2.5 counts the useful semi-octets, 13 for seven letters; it rounds up to whole octets, "
        "so that a reader of the standard sees an eighth letter, '@'",
        lambda: gsmmodem.pdu._encodeAddressField("Simloft").hex().upper(),
        lambda: Address.from_text("Simloft").to_bytes().hex().upper(),
        "0ED0D3749BFD36D301",
        "0DD0D3749BFD36D301",
    ),
    Disagreement(
        "type of a number without plus",
        "it calls every number without + national; a short code or an unknown format is neither",
        lambda: gsmmodem.pdu._encodeAddressField("10086").hex().upper(),
        lambda: Address.from_text("10086").to_bytes().hex().upper(),
        "05A10180F6",
        "05810180F6",
    ),
    Disagreement(
        "a minute of validity",
        "the shortest period is five minutes; it computes −1",
        lambda: gsmmodem.pdu._encodeRelativeValidityPeriod(timedelta(minutes=1)),
        lambda: RelativeValidity.from_seconds(60).octet,
        -1,
        0,
    ),
    Disagreement(
        "25 hours of validity",
        "there is no day and an hour; it rounds down, to less than what was asked for",
        lambda: gsmmodem.pdu._encodeRelativeValidityPeriod(timedelta(hours=25)),
        lambda: RelativeValidity.from_seconds(25 * 3600).octet,
        167,
        168,
    ),
    # -- python-gsmmodem-new, decoding
    _of_text("emoji received", "it leaves the two surrogates apart", _text("😀", 8), "\ud83d\ude00", "😀"),
    _of_text("section sign received", "the same table", _text("5§"), "5`", "5§"),
    _of_text(
        "eighth character '@'",
        "TP-UDL counts septets, so the eighth of seven octets is there even if it is 0; it takes it for padding",
        _text("1234567@"),
        "1234567",
        "1234567@",
    ),
    _of_text(
        "escape to an empty place",
        "§6.2.1.1: the character of the main table is shown; it drops both",
        _deliver(UserData(b"\x1ba!")),
        "!",
        "a!",
    ),
    _of_text("form feed received", "the same table", _text("\f!"), "!", "\f!"),
    Disagreement(
        "escape at the end",
        "cut-off text is no programming error",
        _gsmmodem_field(_deliver(UserData(b"a\x1b")), "text"),
        _our_text(_deliver(UserData(b"a\x1b"))),
        "StopIteration",
        "a\ufffd",
    ),
    _of_text(
        "UCS-2 marked for deletion",
        "it knows only the general group of TP-DCS and reads the rest as GSM-7",
        _text("你", 0x48),
        "O¡",
        "你",
    ),
    Disagreement(
        "8-bit data of group F",
        "the same",
        _gsmmodem_field(_EIGHT, "text"),
        lambda: _our_deliver(_EIGHT).user_data.data,
        "aD\r",
        b"abc",
    ),
    _of_text("national language", "it knows no shift tables", _HINDI, "/", "न"),
    Disagreement(
        "last letter of a name",
        "a name of eight letters may end in '@'",
        _gsmmodem_field(_NAME, "number"),
        lambda: str(_our_deliver(_NAME).originator),
        "ABCDEFG",
        "ABCDEFG@",
    ),
    Disagreement(
        "star and hash received",
        "they are shown as hexadecimal digits",
        _gsmmodem_field(_HASH, "number"),
        lambda: str(_our_deliver(_HASH).originator),
        "a100b",
        "*100#",
    ),
    Disagreement(
        "impossible zone",
        "a half octet F ends its reading of the digits, so that seconds become a zone: 15:34:00-00:45",
        lambda: str(gsmmodem.pdu.decodeSmsPdu(_ZONE)["time"]),
        _our_deliver(_ZONE).timestamp.to_datetime,
        "2026-11-03 15:34:00-00:45",
        None,
    ),
    Disagreement(
        "impossible month",
        "the message counts, whatever its time",
        _gsmmodem_field(_MONTH, "text"),
        _our_text(_MONTH),
        "ValueError",
        "a",
    ),
    Disagreement(
        "cut off",
        "it reads on with what is there and makes a text of it",
        _gsmmodem_field(_CUT, "text"),
        _our_text(_CUT),
        "hell",
        "TpduError",
    ),
    Disagreement(
        "UDL longer than the data",
        "the same",
        _gsmmodem_field(_LONG_UDL, "text"),
        _our_text(_LONG_UDL),
        "䉓\uf684",
        "TpduError",
    ),
    Disagreement(
        "nothing behind the prefix",
        "an iterator's end leaks",
        lambda: gsmmodem.pdu.decodeSmsPdu("0000"),
        lambda: decode_pdu("0000", MT),
        "StopIteration",
        "TpduError",
    ),
    # -- smsutil
    Disagreement(
        "escape character in a text",
        "U+001B is no character of the alphabet; sent as septet 0x1B it would swallow the next one",
        lambda: smsutil.split("\x1b").encoding,
        lambda: plan_text("\x1b").alphabet.value,
        "gsm0338",
        "ucs2",
    ),
    Disagreement(
        "empty text",
        "nothing is in every alphabet",
        lambda: smsutil.split("").encoding,
        lambda: plan_text("").alphabet.value,
        "utf_16_be",
        "gsm7",
    ),
    Disagreement(
        "half a character",
        "a lone surrogate is planned as if it could be sent",
        lambda: [part.content for part in smsutil.split("\ud83d").parts],
        lambda: plan_text("\ud83d"),
        ["\ud83d"],
        "TpduError",
    ),
    Disagreement(
        "emoji with skin tone across the end of a part",
        "both ways are allowed; ours keeps the sequence together",
        lambda: [len(part.content) for part in smsutil.split("您" * 65 + "👍🏽" + "您" * 9).parts],
        lambda: [len(part) for part in plan_text("您" * 65 + "👍🏽" + "您" * 9).parts],
        [66, 10],
        [65, 11],
    ),
]


def _outcome(call: Callable[[], object]) -> object:
    try:
        return call()
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("disagreement", DISAGREEMENTS, ids=lambda disagreement: disagreement.subject)
def test_where_they_disagree_is_known(disagreement: Disagreement) -> None:
    assert _outcome(disagreement.our_call) == disagreement.ours
    assert _outcome(disagreement.their_call) == disagreement.theirs

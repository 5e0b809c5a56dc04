"""The words of a mail: charsets as devices get them wrong, HTML, parts, signatures, quotes, and the length."""

import base64
import email.message
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.desk.charset import text_of
from appliance.desk.decision import plan_or_mistake
from appliance.desk.html_text import text_of_html
from appliance.desk.mistake import Mistake
from appliance.desk.shorten import shortened
from appliance.listeners.header_text import decoded_words
from appliance.listeners.mail import UnreadableMailError, read_mail
from appliance.listeners.wording import Wanted, words_of
from appliance.modem.sms import plan_text

SIMPLIFIED = "网盘已满，请尽快处理"
TRADITIONAL = "硬碟空間不足，請儘快處理"


def said(octets: bytes, wanted: Wanted = Wanted.BOTH) -> str:
    return words_of(read_mail(octets), wanted)


@pytest.mark.parametrize(
    "named", [None, "us-ascii", "utf-8", "gb2312", "GBK", "iso-8859-1", "cp1252", "x-unknown", '"']
)
@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "gbk"),
        (SIMPLIFIED, "gb18030"),
        (TRADITIONAL, "big5"),
        ("温度", "gbk"),
    ],
)
def test_chinese_is_read_whatever_its_charset_is_called(text: str, charset: str, named: str | None) -> None:
    assert text_of(text.encode(charset), named) == text


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("café crème à la carte", "iso-8859-1"),
        ("Übertemperatur am Gerät", "windows-1252"),
        ("Привет, мир", "koi8-r"),
        ("ディスクがいっぱいです", "shift_jis"),
        ("ディスクがいっぱいです", "iso-2022-jp"),
        ("联通", "gbk"),
        ("磁盤空間", "big5"),
        ("𠮷野家", "gb18030"),
        ("网盘", "utf-16"),
        ("温度", "hz"),
    ],
)
def test_a_charset_that_is_named_right_is_obeyed(text: str, charset: str) -> None:
    assert text_of(text.encode(charset), charset) == text


@given(
    st.binary(max_size=300),
    st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["idna", "zip", "utf-7", "rot13"])),
)
def test_any_octets_under_any_name_are_some_text(octets: bytes, named: str | None) -> None:
    assert isinstance(text_of(octets, named), str)


def test_characters_that_are_cut_between_encoded_words_are_whole_again() -> None:
    octets = SIMPLIFIED.encode("gbk")
    field = b"=?gb2312?B?%b?=\r\n =?GB2312?B?%b?= ok" % (
        base64.b64encode(octets[:5]),
        base64.b64encode(octets[5:]),
    )
    assert decoded_words(field) == f"{SIMPLIFIED} ok"


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (b"=?utf-8?b?56OB55uY5ruh?=", "磁盘满"),
        (b"=?utf-8?q?=E7=A3=81_ab?=", "磁 ab"),
        (b"=?utf-8?B?" + base64.b64encode("磁盘满".encode("gbk")) + b"?=", "磁盘满"),
        (b"=?gb2312?B?" + base64.b64encode("磁盘满".encode()) + b"?=", "磁盘满"),
        ("磁盘满了请处理".encode("gbk"), "磁盘满了请处理"),
        ("磁盘满".encode(), "磁盘满"),
        (b"=?utf-8?B?56OB55uY5ruh", "=?utf-8?B?56OB55uY5ruh"),
        (b"=?utf-8?B?56OB55uY5r?=", "磁盘\ufffd"),
        (b"=?utf-8*zh?Q?a?= =?utf-8?Q?b?=", "ab"),
        (b"=??B?YQ==?= x", "=??B?YQ==?= x"),
    ],
)
def test_encoded_words(field: bytes, text: str) -> None:
    assert decoded_words(field) == text


HTML_ONLY = b"""Subject: Alarm
Content-Type: text/html; charset=gb2312
Content-Transfer-Encoding: base64

""" + base64.encodebytes(
    "<html><head><style>p{color:red}</style><title>no</title></head><body><p>摄像头<b>离线</b></p>"
    "<table><tr><td>时间</td><td>12:00</td></tr></table><script>if(1<2){}</script>A&amp;B&nbsp;&lt;3</body></html>".encode(
        "gbk"
    )
)

ALTERNATIVE = b"""Subject: =?utf-8?q?UPS?=
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"

--b
Content-Type: text/html; charset=utf-8

<p>html</p>
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

on =E7=94=B5=E6=B1=A0
=0A
--b--
"""

WITH_PICTURE = b"""Subject: motion
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Camera 3
--b
Content-Type: image/jpeg; name="a.jpg"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="=?utf-8?B?5Zu+?=.jpg"

AAAA
--b
Content-Type: application/ms-tnef; name=winmail.dat

xx
--b--
"""

ONLY_A_PICTURE = WITH_PICTURE.replace(b"Camera 3", b"").replace(b"motion", b"")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (HTML_ONLY, "Alarm\n摄像头离线\n时间 12:00\nA&B <3"),
        (ALTERNATIVE, "UPS\non 电池"),
        (WITH_PICTURE, "motion\nCamera 3"),
        (ONLY_A_PICTURE, "图.jpg, winmail.dat"),
        (b"Subject: only\r\n\r\n", "only"),
        (b"\r\nonly\r\n", "only"),
        (b"no header at all", "no header at all"),
        (b"Subject: Disk\n\nDisk\nfull", "Disk\nfull"),
        (b"Subject: a\n\na\x00b\x07\xe2\x80\x8bc\n", "a\nabc"),
        (b"Subject: x\n\nfull\n-- \nNAS of the shop\nby ACME\n", "x\nfull"),
        (b"Subject: x\n\n-- \nonly this\n", "x\n--\nonly this"),
        (b"Subject: x\n\nfull\n> a measure\n", "x\nfull\n> a measure"),
        (b"Subject: Re: x\n\nyes\n\nOn Mon, 1 Jan 2026, NAS wrote:\n> full\n", "Re: x\nyes"),
        ("Subject: 回复：x\n\n好\n-----原始邮件-----\n旧\n".encode(), "回复：x\n好"),
        (b"Subject: x\nContent-Type: text/plain\n\n<html><body>a<br>b</body></html>", "x\na\nb"),
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\nnever closed", "x\nnever closed"),
        (b"Subject: x\nContent-Type: multipart/mixed\n\nno boundary", "x\nno boundary"),
        (
            b"Subject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!not it!!",
            "x\n!!not it!!",
        ),
        (b"From: a\nSubject: s\nContent-Type: message/rfc822\n\nSubject: in\n\nbody", "s"),
        (b"", ""),
    ],
)
def test_what_is_said_of_a_mail(octets: bytes, text: str) -> None:
    assert said(octets) == text


def test_subject_or_body_alone() -> None:
    assert said(ALTERNATIVE, Wanted.SUBJECT) == "UPS"
    assert said(ALTERNATIVE, Wanted.BODY) == "on 电池"
    assert said(b"Subject: only\n\n", Wanted.BODY) == "only"


def test_attachments_are_known_by_name() -> None:
    assert read_mail(WITH_PICTURE).attachments == ("图.jpg", "winmail.dat")


def test_parts_within_parts_without_an_end_are_refused() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(2000))
    with pytest.raises(UnreadableMailError):
        read_mail(deep + b"\nx")


@pytest.mark.parametrize(
    "piece", ["<!--", "<a", "<a b='", "<script>", "<style></style ", "<![CDATA[", "<svg>", "&#", "<"]
)
def test_html_that_never_ends_costs_no_time(piece: str) -> None:
    began_s = time.process_time()
    text_of_html(piece * (200_000 // len(piece)))
    assert time.process_time() - began_s < 3


@settings(max_examples=200)
@given(st.binary(max_size=600), st.sampled_from([HTML_ONLY, ALTERNATIVE, WITH_PICTURE, b""]), st.randoms())
def test_any_octets_become_words_that_may_be_sent_or_nothing(
    noise: bytes, mail: bytes, chance: random.Random
) -> None:
    at = chance.randrange(len(mail) + 1)
    text = said(mail[:at] + noise + mail[at + chance.randrange(5) :])
    assert not text.strip() or not isinstance(plan_or_mistake(shortened(text, 4), False, 4), Mistake)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=900), st.integers(1, 4))
def test_a_shortened_text_fits_and_begins_alike(text: str, most_parts: int) -> None:
    short = shortened(text, most_parts)
    assert len(plan_text(short).parts) <= most_parts
    if short != text:
        assert len(plan_text(text).parts) > most_parts
        assert short.endswith(("…", "..."))
        assert text.startswith(short.removesuffix("…").removesuffix("..."))


def test_a_shortened_text_uses_its_parts() -> None:
    assert len(shortened("磁盘" * 500, 4)) == 268
    assert shortened("abc " * 500, 1).endswith("...")
    assert len(shortened("abcd" * 500, 1)) == 160


def test_a_mail_built_by_the_library_is_read_back() -> None:
    mail = email.message.EmailMessage()
    mail["Subject"] = SIMPLIFIED * 5
    mail.set_content(TRADITIONAL)
    assert said(mail.as_bytes()) == f"{SIMPLIFIED * 5}\n{TRADITIONAL}"

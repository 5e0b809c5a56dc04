"""Texts as octets behind their header: the same events however the octets are cut, and no text is an answer."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.at.parser import MAX_BODY_OCTETS, Final, Information, Parser
from appliance.modem.cdma.huawei_text import text_behind

HEADER = "^HCMGR:13912345678,2026,11,24,09,08,07,6,{encoding},4,0,0,0,1"
WIDE = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x1a"), max_size=70)
NARROW = st.text(st.characters(max_codepoint=0x7F, exclude_characters="\x1a"), max_size=160)


def cut(octets: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted(place % (len(octets) + 1) for place in places), len(octets)]
    return [octets[start:end] for start, end in itertools.pairwise(marks)]


@given(WIDE | NARROW, st.lists(st.integers(0, 1000), max_size=12))
def test_a_text_comes_out_whole(text: str, places: list[int]) -> None:
    wide = not text.isascii()
    body = text.encode("utf-16-be" if wide else "ascii")
    header = HEADER.format(encoding=6 if wide else 1)
    said = b"\r\n" + header.encode() + b"\r\n" + body + (b"\x00\x1a" if wide else b"\x1a") + b"\r\n\r\nOK\r\n"
    parser = Parser()
    parser.text_behind = text_behind
    parser.begin("AT^HCMGR=1")
    events = [event for piece in cut(said, places) for event in parser.feed(piece)]
    assert events == [Information(header, None, body), Final("OK", True)]


@given(st.text("业务不上丛abc\r\n", max_size=70), st.lists(st.integers(0, 1000), max_size=12))
def test_a_text_in_unicode_may_end_in_one_octet_and_its_header_in_two_returns(
    text: str, places: list[int]
) -> None:
    body = text.encode("utf-16-be")
    header = HEADER.format(encoding=6)
    said = b"\r\n" + header.encode() + b"\r\r\n" + body + b"\x1a\r\n\r\nOK\r\n"
    parser = Parser()
    parser.text_behind = text_behind
    parser.begin("AT^HCMGR=1")
    events = [event for piece in cut(said, places) for event in parser.feed(piece)]
    assert events == [Information(header, None, body), Final("OK", True)]


def test_a_text_without_an_end_is_given_up_and_what_follows_is_read() -> None:
    parser = Parser()
    parser.text_behind = text_behind
    parser.begin("AT^HCMGR=1")
    header = HEADER.format(encoding=1)
    events = parser.feed(f"{header}\r\n".encode() + b"x" * (MAX_BODY_OCTETS + 1) + b"\r\nOK\r\n")
    assert events[0] == Information(header)
    assert events[-1] == Final("OK", True)


def test_a_new_command_ends_the_waiting_for_a_text() -> None:
    parser = Parser()
    parser.text_behind = text_behind
    parser.begin("AT^HCMGR=1")
    assert parser.feed(f"{HEADER.format(encoding=1)}\r\nhalf".encode()) == []
    parser.begin("AT")
    assert parser.feed(b"\r\nOK\r\n")[-1] == Final("OK", True)

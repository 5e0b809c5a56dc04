"""Bytes of a modem become events: by transcripts of real ones, by hand, and however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.modem.at.parser import MAX_LINE_OCTETS, Parser
from tests.at.talk import Talk, fed, in_short, parsed, transcripts

PDU = "0891683108200505F0040D91683119325476F80008621142616361234F60597D"


def sending() -> Parser:
    parser = Parser()
    parser.begin("AT+CMGS=20", prompt=True)
    return parser


@pytest.mark.parametrize("talk", transcripts(), ids=lambda talk: talk.name)
def test_what_real_modems_say(talk: Talk) -> None:
    assert parsed(talk.octets, talk.command) == talk.events


@given(st.sampled_from(transcripts()), st.lists(st.integers(0, 400), max_size=30))
def test_the_cuts_between_reads_change_nothing(talk: Talk, cuts: list[int]) -> None:
    cuts = [cut % (len(talk.octets) + 1) for cut in cuts]
    assert parsed(talk.octets, talk.command, cuts=cuts) == talk.events


FRAGMENTS = st.sampled_from(
    [
        b"\r\n",
        b"\r",
        b"\n",
        b"OK\r\n",
        b"ERROR\r\n",
        b"+CMS ERROR: 38\r\n",
        b"> ",
        b">",
        b"+CMGS: 12\r\n",
        b'+CMTI: "SM",3\r\n',
        b"+CMT: ,24\r\n",
        b"+CDS: 25\r\n",
        b"+CMGL: 1,1,,24\r\n",
        PDU.encode() + b"\r\n",
        PDU.encode() + b"\x1a",
        b"AT+CMGS=20\r",
        b"AT+CMGL=4\r",
        b"RING\r\n",
        b"NO CARRIER\r\n",
        b"\x00\xff\xfe\x80",
        b"x" * 2100,
        b" " * 70,
        b"text > with prompt\r\n",
        "中国移动".encode() + b"\r\n",
    ]
)


@settings(deadline=None)
@given(
    st.lists(st.one_of(FRAGMENTS, st.binary(max_size=6)), max_size=15).map(b"".join),
    st.sampled_from([None, "AT", "AT+CMGL=4", "AT+CREG?"]),
    st.booleans(),
    st.lists(st.integers(0, 1 << 20), max_size=40),
)
def test_any_octets_give_the_same_events_however_they_are_cut(
    octets: bytes, command: str | None, prompt: bool, cuts: list[int]
) -> None:
    def parser() -> Parser:
        fresh = Parser()
        if command is not None:
            fresh.begin("AT+CMGS=20" if prompt else command, prompt=prompt)
        return fresh

    whole = in_short(fed(parser(), octets))
    assert in_short(fed(parser(), octets, [cut % (len(octets) + 1) for cut in cuts])) == whole
    assert in_short(fed(parser(), octets, list(range(len(octets))))) == whole


def test_the_prompt_comes_without_a_line_end_and_only_where_it_is_awaited() -> None:
    assert in_short(sending().feed(b"\r\n> ")) == [["prompt"]]
    assert in_short(sending().feed(b"AT+CMGS=20\r\r\n>")) == [["echo"], ["prompt"]]
    assert parsed(b"\r\n> ", "AT+CMGL=4") == []
    assert parsed(b"> \r\nOK\r\n", "AT") == [["final", "OK"]]


def test_a_code_may_come_before_the_prompt() -> None:
    events = sending().feed(b'AT+CMGS=20\r\r\n+CMTI: "SM",4\r\n\r\n> ')
    assert in_short(events) == [["echo"], ["unsolicited", '+CMTI: "SM",4'], ["prompt"]]


def test_somebodys_text_with_a_prompt_in_it_is_none() -> None:
    octets = b'+CMT: "+8613912345678","","24/11/26,10:00:00+32"\r\n> OK\r\n> '
    assert in_short(sending().feed(octets)) == [
        ["unsolicited", '+CMT: "+8613912345678","","24/11/26,10:00:00+32"'],
        ["prompt"],
    ]


def test_an_echoed_pdu_is_no_answer() -> None:
    for echo in (
        PDU.encode() + b"\x1a\r\n",
        b"> " + PDU.lower().encode() + b"\r\n",
        PDU[:40].encode() + b"\r\n" + PDU[40:].encode() + b"\x1a",
    ):
        parser = sending()
        parser.feed(b"\r\n> ")
        parser.begin_body(PDU)
        events = in_short(parser.feed(echo + b"\r\n+CMGS: 5\r\n\r\nOK\r\n"))
        assert [event for event in events if event != ["echo"]] == [
            ["information", "+CMGS: 5"],
            ["final", "OK"],
        ]
        assert ["echo"] in events


def test_a_message_arrives_in_the_middle_of_a_listing() -> None:
    octets = (
        f'+CMGL: 1,1,,24\r\n{PDU}\r\n+CMTI: "SM",9\r\n+CMT: ,24\r\n{PDU}\r\n'
        f"+CDS: 24\r\n{PDU}\r\n^RSSI:17\r\n+CMGL: 2,0,,24\r\n{PDU}\r\n\r\nOK\r\n"
    )
    assert parsed(octets.encode(), "AT+CMGL=4") == [
        ["information", "+CMGL: 1,1,,24", PDU],
        ["unsolicited", '+CMTI: "SM",9'],
        ["unsolicited", "+CMT: ,24", PDU],
        ["unsolicited", "+CDS: 24", PDU],
        ["unsolicited", "^RSSI:17"],
        ["information", "+CMGL: 2,0,,24", PDU],
        ["final", "OK"],
    ]


def test_a_code_between_a_header_and_its_pdu_takes_neither_away() -> None:
    octets = f'+CDS: 24\r\n+CMTI: "SM",9\r\n{PDU}\r\n'
    assert parsed(octets.encode()) == [["unsolicited", '+CMTI: "SM",9'], ["unsolicited", "+CDS: 24", PDU]]


def test_a_header_without_its_pdu_stands_alone() -> None:
    octets = f"+CMGL: 1,3,,0\r\n+CMGL: 2,1,,24\r\n{PDU}\r\nOK\r\n"
    assert parsed(octets.encode(), "AT+CMGL=4") == [
        ["information", "+CMGL: 1,3,,0"],
        ["information", "+CMGL: 2,1,,24", PDU],
        ["final", "OK"],
    ]


def test_a_report_in_text_mode_is_one_line() -> None:
    octets = (
        b'+CDS: 6,5,"+8613912345678",145,"24/11/26,10:00:00+32","24/11/26,10:00:05+32",0\r\n+CMTI: "SM",1\r\n'
    )
    assert [event[0] for event in parsed(octets)] == ["unsolicited", "unsolicited"]


@pytest.mark.parametrize(
    "final",
    [
        "OK",
        "ok",
        "ERROR",
        "+CME ERROR: 10",
        "+CMS ERROR: 500",
        "+CMS ERROR:38",
        "+cms error: SIM busy",
        "+CME ERROR: SIM not inserted",
        "COMMAND NOT SUPPORT",
        "TOO MANY PARAMETERS",
        "NO CARRIER",
        "BUSY",
        "NO ANSWER",
        "NO DIALTONE",
    ],
)
def test_final_result_codes(final: str) -> None:
    assert parsed(f"\r\n{final}\r\n".encode(), "AT+CSQ") == [["final", final]]
    assert parsed(f"\r\n{final}\r\n".encode()) == [["unsolicited", final]]


def test_after_the_final_result_code_nothing_is_an_answer() -> None:
    assert parsed(b"+CREG: 0,1\r\nOK\r\n+CREG: 0,5\r\nOK\r\n", "AT+CREG?") == [
        ["information", "+CREG: 0,1"],
        ["final", "OK"],
        ["unsolicited", "+CREG: 0,5"],
        ["unsolicited", "OK"],
    ]


def test_the_end_of_a_call_that_rang_ends_no_command() -> None:
    parser = sending()
    parser.feed(b"\r\n> ")
    parser.begin_body(PDU)
    octets = b'\r\nRING\r\n\r\n+CLIP: "13912345678",129\r\n\r\nNO CARRIER\r\n\r\n+CMGS: 7\r\n\r\nOK\r\n'
    assert in_short(parser.feed(octets)) == [
        ["unsolicited", "RING"],
        ["unsolicited", '+CLIP: "13912345678",129'],
        ["unsolicited", "NO CARRIER"],
        ["information", "+CMGS: 7"],
        ["final", "OK"],
    ]


def test_a_late_reference_and_its_ok_belong_to_the_earlier_command() -> None:
    assert parsed(b"\r\n+CMGS: 41\r\n\r\nOK\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n", "AT+CSQ") == [
        ["unsolicited", "+CMGS: 41"],
        ["unsolicited", "OK"],
        ["information", "+CSQ: 20,99"],
        ["final", "OK"],
    ]


def test_a_late_ok_does_not_end_a_send_before_its_prompt() -> None:
    assert in_short(sending().feed(b"\r\nOK\r\n\r\n> ")) == [["unsolicited", "OK"], ["prompt"]]


def test_a_late_refusal_is_not_that_of_a_bare_at() -> None:
    assert parsed(b"+CMS ERROR: 38\r\n\r\nOK\r\n", "AT") == [
        ["unsolicited", "+CMS ERROR: 38"],
        ["final", "OK"],
    ]


@pytest.mark.parametrize(
    ("octets", "command", "events"),
    [
        (b"+CSQ: 20,99OK\r\n", "AT+CSQ", [["information", "+CSQ: 20,99"], ["final", "OK"]]),
        (b"8986031234567890123OK\r\n", "AT+CCID", [["information", "8986031234567890123"], ["final", "OK"]]),
        (b"+CPIN:READY\nOK\n", "AT+CPIN?", [["information", "+CPIN:READY"], ["final", "OK"]]),
        (b"\r\r\n\r\n+CSQ:9,0\r\r\n\r\r\nOK\r\r\n", "AT+CSQ", [["information", "+CSQ:9,0"], ["final", "OK"]]),
        (b"\x00\x00\x00AT\r\r\nOK\r\n", "AT", [["echo"], ["final", "OK"]]),
        (b"\xffOK\r\n", "AT", [["garbage", 1], ["final", "OK"]]),
        (b"BROOK\r\nOK\r\n", "AT+CGMM", [["information", "BROOK"], ["final", "OK"]]),
        (b"\xe5\xbc\x82AT+CSQ\r\nOK\r\n", "AT+CSQ", [["information", "异"], ["echo"], ["final", "OK"]]),
        (b'+COPS: 0,0,"T\xe9l"\r\nOK\r\n', "AT+COPS?", [["information", '+COPS: 0,0,"T\\xe9l"'], ["final", "OK"]]),
        ('+COPS: 0,0,"中国"\r\nOK\r\n'.encode(), "AT+COPS?", [["information", '+COPS: 0,0,"中国"'], ["final", "OK"]]),
    ],
)  # fmt: skip
def test_careless_firmware_is_understood(
    octets: bytes, command: str, events: list[list[str | int | None]]
) -> None:
    assert parsed(octets, command) == events


def test_a_damaged_number_is_not_mended_into_another() -> None:
    [information, *_] = parsed(b"+CMGS: 1\x805\r\nOK\r\n", "AT+CMGS=20")
    assert information == ["information", "+CMGS: 1\\x805"]


def test_a_wrong_speed_is_garbage_and_no_answer() -> None:
    events = parsed(b"\x80\xfe\xf8\x00\x9c\r\xe0\xfc\xff\x98\n\x80\x80", "AT")
    assert {event[0] for event in events} == {"garbage"}


def test_an_endless_line_takes_no_endless_memory() -> None:
    parser = Parser()
    for _ in range(1000):
        events = parser.feed(b"x" * 1000)
        assert all(event[0] == "garbage" for event in in_short(events))
        assert len(parser._buffer) <= MAX_LINE_OCTETS
    assert in_short(parser.feed(b"\r\nRING\r\n"))[-1] == ["unsolicited", "RING"]


def test_an_abandoned_command_has_no_answers() -> None:
    parser = Parser()
    parser.begin("AT+CMGL=4")
    parser.feed(b"+CMGL: 1,1,,24\r\n")
    parser.abandon()
    assert in_short(parser.feed(f"{PDU}\r\nOK\r\n".encode())) == [["unsolicited", PDU], ["unsolicited", "OK"]]


def test_a_line_without_its_end_is_taken_at_the_time_limit() -> None:
    parser = Parser()
    parser.begin("AT")
    assert parser.feed(b"\r\nOK") == []
    assert in_short(parser.flush()) == [["final", "OK"]]

"""What comes most is read in one step, with the same events as octet by octet, whatever came before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.at.parser import Event, Parser

REPORT = b"\r\n+CDS: 25\r\n0006070B91449781230100f01111021032164011110210321740" + b"00\r\n"
ANSWER = b"\r\n+CMGS: 7\r\n\r\nOK\r\n"
READS = st.sampled_from(
    (
        b"\r\n> ",
        b"> ",
        ANSWER,
        REPORT,
        ANSWER + REPORT,
        b"\r\nOK\r\n",
        b"\r\n+CDS: 25\r\n",
        b"\r\n+CMGS: 300\r\n",
        b'\r\n+CUSD: 0,"half',
        b"\r\n+CMT: ,24\r\n",
        b"AT+CMGS=20\r",
        b"0011\x1a",
        b"\r\n\r\n",
    )
)
STEPS = st.lists(st.sampled_from(("command", "other", "body", "abandon")) | READS, max_size=12)


def told(steps: list[str | bytes], *, whole: bool) -> list[Event]:
    parser, events = Parser(), list[Event]()
    for step in steps:
        match step:
            case "command":
                parser.begin("AT+CMGS=20", prompt=True)
            case "other":
                parser.begin("AT+CSQ")
            case "body":
                parser.begin_body("0011")
            case "abandon":
                parser.abandon()
            case bytes() if whole:
                events += parser.feed(step)
            case bytes():
                for at in range(len(step)):
                    events += parser.feed(step[at : at + 1])
            case _:
                raise AssertionError(step)
    return events


@given(STEPS)
def test_in_one_piece_or_octet_by_octet(steps: list[str | bytes]) -> None:
    assert told(steps, whole=True) == told(steps, whole=False)


def test_an_answer_with_its_report_is_read() -> None:
    events = told(["command", b"\r\n> ", "body", ANSWER + REPORT], whole=True)
    assert [type(event).__name__ for event in events] == ["Prompt", "Information", "Final", "Unsolicited"]

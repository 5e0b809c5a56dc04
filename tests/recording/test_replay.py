"""A recording played back: the driver comes to the same states, masked or not, and what does not match is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from appliance.modem.at.trace import Trace
from appliance.modem.recording import Header, Record, Recording, read_recording
from appliance.modem.session import Accepted, LineError, ModemEvent, ModemSession, PortState, StoredPdu
from appliance.modem.simulator.replay import Replay
from appliance.modem.sms import Address, Deliver, Direction, decode_pdu, encode_pdu, plan_text, submits
from tests.bank import Bank, running_bank
from tests.pool.pools import QUICK_LIMITS
from tests.recording.replaying import replayed
from tests.simulator.street import Clock

HANDSET = "+8613912345678"
SECRET = "秘密 secret 7391"


# -- without ttys --------------------------------------------------------------------------------------------


@dataclass
class Player:
    """A replay with a clock moved by hand."""

    clock: Clock
    heard: bytearray = field(default_factory=bytearray)
    losses: list[float] = field(default_factory=list)
    replay: Replay | None = None

    def say(self, octets: bytes, after_s: float = 0.0) -> bytes:
        assert self.replay is not None
        self.replay.feed(octets)
        return self.after(after_s)

    def after(self, seconds: float) -> bytes:
        self.clock.run(seconds)
        heard = bytes(self.heard)
        self.heard.clear()
        return heard

    @property
    def mismatches(self) -> list[str]:
        assert self.replay is not None
        return self.replay.mismatches


def played(*records: tuple[int, str, bytes], scale: float = 1.0) -> Player:
    player = Player(Clock())
    made = tuple(Record(at_ms, way, octets) for at_ms, way, octets in records)  # type: ignore[arg-type]
    player.replay = Replay(
        Recording(Header(), made),
        player.clock,
        player.heard.extend,
        player.losses.append,
        scale=scale,
    )
    player.replay.start()
    return player


SENT = (
    (0, "out", b"AT\r"),
    (5, "in", b"\r\nOK\r\n"),
    (10, "out", b"AT+CSQ\r"),
    (15, "in", b"\r\n+CSQ: 9,99\r\n\r\nOK\r\n"),
    (20, "out", b"AT+CMGS=20\r"),
    (40, "in", b"\r\n> "),
    (50, "out", b"0011\x1a"),
    (2050, "in", b"\r\n+CM"),
    (2060, "in", b"GS: 7\r\n\r\nOK\r\n"),
    (9000, "in", b'\r\n+CMTI: "SM",1\r\n'),
    (9100, "out", b"AT+CSQ\r"),
    (9105, "in", b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n"),
)


def test_answers_come_in_the_recorded_pieces_at_the_recorded_times() -> None:
    modem = played(*SENT)
    assert modem.say(b"AT\r") == b""
    assert modem.after(0.005) == b"\r\nOK\r\n"
    assert modem.say(b"AT+CMGS=33\r", 0.02) == b"\r\n> "
    assert modem.say(b"00FF0A\x1a", 2.0) == b"\r\n+CM"
    assert modem.after(0.01) == b"GS: 7\r\n\r\nOK\r\n"
    assert modem.after(6.94) == b'\r\n+CMTI: "SM",1\r\n'
    assert modem.replay is not None
    assert modem.replay.is_over
    assert modem.mismatches == []


def test_time_may_go_faster() -> None:
    modem = played(*SENT, scale=0.1)
    modem.say(b"AT\r", 1)
    modem.say(b"AT+CMGS=20\r", 1)
    assert modem.say(b"0011\x1a", 0.21) == b"\r\n+CMGS: 7\r\n\r\nOK\r\n"


def test_questions_may_come_as_often_and_when_they_like() -> None:
    modem = played(*SENT)
    modem.say(b"AT\r", 1)
    for _ in range(3):
        assert b"+CSQ: 9,99" in modem.say(b"AT+CSQ\r", 1)
    modem.say(b"AT+CMGS=20\r", 1)
    modem.say(b"0011\x1a", 3)
    assert modem.say(b"AT+CSQ\r", 1) == b'\r\n+CMTI: "SM",1\r\n\r\n+CSQ: 20,99\r\n\r\nOK\r\n'
    assert b"+CSQ: 20,99" in modem.say(b"AT+CSQ\r", 1)
    assert modem.mismatches == []


def test_what_was_never_recorded_gets_an_error_and_is_told() -> None:
    modem = played(*SENT)
    assert modem.say(b"AT+CFUN=1,1\r", 1) == b"\r\nERROR\r\n"
    assert modem.mismatches == [
        "AT+CFUN=1,1 is in no place of the recording: ERROR; at step 1 of 5 it has AT+CMGS=20"
    ]
    assert modem.say(b"AT+CMGL=4\r", 1) == b"\r\nOK\r\n"


def test_a_setting_out_of_its_order_does_not_hold_up_the_play() -> None:
    modem = played(
        (0, "out", b"ATE0\r"),
        (1, "in", b"ATE0\r\r\nOK\r\n"),
        (2, "out", b"AT+CMEE=1\r"),
        (3, "in", b"\r\nOK\r\n"),
        *((at_ms + 10, way, octets) for at_ms, way, octets in SENT),
    )
    assert modem.say(b"AT+CMEE=1\r", 1) == b"\r\nOK\r\n"
    assert modem.say(b"AT+CMGS=20\r", 1) == b"\r\n> "


def test_a_lost_line_is_lost_again_and_the_play_goes_on_behind_it() -> None:
    modem = played(
        (0, "out", b"AT+CMGS=20\r"),
        (1, "in", b"\r\n> "),
        (2, "out", b"00\x1a"),
        (500, "note", b"lost: Input/output error"),
        (4500, "note", b"opened"),
        (4600, "out", b"AT\r"),
        (4605, "in", b"\r\nOK\r\n"),
    )
    modem.say(b"AT+CMGS=20\r", 0.1)
    modem.say(b"00\x1a", 0.4)
    assert modem.losses == []
    modem.after(0.2)
    assert modem.losses == [4.0]
    assert modem.say(b"AT\r", 0.01) == b"\r\nOK\r\n"


# -- a real session ------------------------------------------------------------------------------------------


@dataclass
class Course:
    """What a session came to, as its user saw it."""

    states: list[str] = field(default_factory=list)
    identity: list[str | None] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


async def _session(port: str, trace: Trace, course: Course) -> ModemSession:
    def heard(event: ModemEvent) -> None:
        course.events.append(type(event).__name__)

    session = await ModemSession.open(port, on_event=heard, trace=trace, limits=QUICK_LIMITS)
    bearings = await session.bring_up(on_progress=lambda state, _args: course.states.append(state.value))
    course.identity += [bearings.manufacturer, bearings.model, bearings.operator]
    return session


async def _drive(port: str, trace: Trace, fault: Callable[[str], Awaitable[None]]) -> Course:
    """Brings a modem up, reads its memory, sends, has a refusal, loses the line in mid-send, and comes back."""
    course = Course()
    session = await _session(port, trace, course)
    for stored in await session.stored():
        assert isinstance(stored, StoredPdu)
        tpdu = decode_pdu(stored.pdu, Direction.MOBILE_TERMINATED).tpdu
        assert isinstance(tpdu, Deliver)
        course.texts.append(tpdu.user_data.text)
        assert await session.delete(stored.memory, stored.index)
    for kind in ("", "cms", "hangup-mid-send"):
        await fault(kind)
        (part,) = submits(plan_text(SECRET), Address.from_text(HANDSET), reference=1)
        outcome = await session.send(encode_pdu(part))
        course.outcomes.append(repr(outcome) if isinstance(outcome, Accepted) else type(outcome).__name__)
    await session.close()
    for _ in range(100):
        try:
            session = await _session(port, trace, course)
        except LineError as error:
            if error.state not in (PortState.ABSENT, PortState.LINE_LOST):
                raise
            await asyncio.sleep(0.05)
        else:
            break
    await session.close()
    return course


async def _recorded(bank: Bank, path: Path, *, mask: bool) -> Course:
    trace = Trace()
    trace.record_to(path, mask=mask, port="modem01", profile="quectel-ec2x")

    async def fault(kind: str) -> None:
        options = {"cms": {"code": 21}, "hangup-mid-send": {"return_ms": 300}}
        if kind:
            await asyncio.to_thread(bank.fault, 0, kind, **options[kind])

    course = await _drive(bank.ports[0], trace, fault)
    trace.stop_recording()
    return course


async def _no_fault(_kind: str) -> None:
    """The recording has the faults."""


@pytest.mark.parametrize("mask", [False, True])
def test_a_fault_that_was_recorded_happens_again(tmp_path: Path, mask: bool) -> None:
    path = tmp_path / "fault.jsonl"
    with running_bank(tmp_path, modems=1, profiles=("quectel-ec25",)) as bank:
        bank.reply(HANDSET, bank.msisdn(0), SECRET)
        bank.wait_for("mt-stored")
        modem = bank.modem(0)
        before = asyncio.run(_recorded(bank, path, mask=mask))
    assert before.outcomes == ["Accepted(tp_mr=0)", "Refused", "Unanswered"]
    assert before.texts == [SECRET]
    with replayed(tmp_path, path) as (port, mismatches):
        again = asyncio.run(_drive(port, Trace(), _no_fault))
    assert mismatches == []
    assert again.states == before.states
    assert again.identity == before.identity
    assert again.outcomes == before.outcomes
    assert sorted(again.events) == sorted(before.events)
    if not mask:
        assert again.texts == before.texts
        return
    assert [len(text) for text in again.texts] == [len(SECRET)]
    _assert_nothing_personal(path, modem)


def _assert_nothing_personal(path: Path, modem: dict[str, str]) -> None:
    """Neither as it is, nor as hex of UCS-2, nor with swapped nibbles, nor as packed septets."""
    recording = read_recording(path)
    assert recording.header.masked
    heard = b"".join(record.octets for record in recording.records).decode("latin-1").upper()
    secrets = [
        HANDSET[-8:],
        modem["msisdn"][-8:],
        modem["iccid"][-12:],
        modem["imsi"][-9:],
        modem["imei"][-6:],
    ]
    for secret in secrets:
        padded = secret + "F" * (len(secret) % 2)
        swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
        assert secret not in heard
        assert swapped not in heard
        assert secret.encode("utf-16-be").hex().upper() not in heard
    for word in ("秘密", "secret", "7391"):
        assert word not in json.loads(json.dumps(heard))
        assert word.encode("utf-16-be").hex().upper() not in heard

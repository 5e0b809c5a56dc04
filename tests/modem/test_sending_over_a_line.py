"""One AT+CMGS over a real pty: the four outcomes, and what is left on the line after each."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from appliance.modem import submission as reasons
from appliance.modem.errors import Blame
from appliance.modem.session import (
    Accepted,
    IncomingCall,
    LateAccepted,
    LateRefused,
    LineError,
    LineLost,
    NotSubmitted,
    PortState,
    Refused,
    Unanswered,
)
from appliance.modem.sms import Address, EncodedPdu, encode_pdu, plan_text, submits
from appliance.sentences import SENTENCES
from tests.modem.scripted_modem import ERROR, OK, PROMPT, QUICK, Reply, in_loop, line, ready_line, vanish

[SUBMIT] = submits(plan_text("你好, hello"), Address.from_text("+8613912345678"), reference=1)
PDU: EncodedPdu = encode_pdu(SUBMIT)


@in_loop
async def test_a_pdu_is_accepted_under_the_reference_that_the_modem_gives() -> None:
    async with ready_line() as port:
        assert await port.session.send(PDU) == Accepted(5)
        assert port.modem.heard == [f"AT+CMGS={PDU.tpdu_length}"]
        assert port.modem.bodies == [PDU.hex]


@pytest.mark.parametrize("chunk", [1, 2, 7])
@pytest.mark.parametrize("echo", [False, True])
@in_loop
async def test_it_does_not_matter_how_the_octets_come(chunk: int, echo: bool) -> None:
    async with ready_line(chunk=chunk, echo=echo) as port:
        port.modem.echo_body = echo
        for _ in range(3):
            assert await port.session.send(PDU) == Accepted(5)


@pytest.mark.parametrize(
    ("submit", "expected"),
    [
        (b"\r\n+CMGS:7\r\nOK\r\n", Accepted(7)),
        (b'\r\n+CMGS: 255,"24/11/26,10:00:00+32"\r\n\r\nOK\r\n', Accepted(255)),
        (b"\r\n+CMGS: 9\r\n\r\nOK", Accepted(9)),
        (b'\r\n+CMTI: "SM",1\r\n\r\n+CMGS: 8\r\n^RSSI:20\r\n\r\nOK\r\n', Accepted(8)),
        ([b"\r\n+CMGS: 6\r\n", 0.05, OK], Accepted(6)),
        (b"\r\n+CMGS: 6\r\n", Unanswered("error.no-ok", 6)),
        (b"\r\n+CMGS: 6\r\n\r\nERROR\r\n", Unanswered("error.no-ok", 6)),
        (OK, Unanswered("error.no-reference")),
        (b"\r\n+CMGS: 300\r\n\r\nOK\r\n", Unanswered("error.no-reference")),
        (b"", Unanswered("error.no-final")),
    ],
)
@in_loop
async def test_what_comes_after_ctrl_z(submit: Reply, expected: object) -> None:
    async with ready_line() as port:
        port.modem.submit = submit
        assert await port.session.send(PDU) == expected
        port.modem.submit = b"\r\n+CMGS: 77\r\n\r\nOK\r\n"
        assert await port.session.send(PDU) == Accepted(77)


@pytest.mark.parametrize(
    ("final", "code", "blame"),
    [
        ("+CMS ERROR: 38", 38, Blame.NETWORK),
        ("+CMS ERROR: 21", 21, Blame.SIM),
        ("+CMS ERROR: 332", 332, Blame.UNCERTAIN),
        ("+CMS ERROR: invalid PDU mode parameter", 304, Blame.MESSAGE),
        ("ERROR", None, Blame.MODEM),
        ("NO CARRIER", None, Blame.UNCERTAIN),
    ],
)
@in_loop
async def test_a_refusal_keeps_its_class(final: str, code: int | None, blame: Blame) -> None:
    async with ready_line() as port:
        port.modem.submit = f"\r\n{final}\r\n".encode()
        outcome = await port.session.send(PDU)
        assert isinstance(outcome, Refused)
        assert (outcome.error.code, outcome.error.blame, outcome.error.raw) == (code, blame, final)


@in_loop
async def test_a_refusal_before_the_prompt_gives_nothing_away() -> None:
    async with ready_line() as port:
        port.modem.prompt = b"\r\n+CMS ERROR: 302\r\n"
        outcome = await port.session.send(PDU)
        assert isinstance(outcome, Refused)
        assert outcome.error.code == 302
        port.modem.prompt = b"\r\n+CMS ERROR: 332\r\n"  # before Ctrl-Z even a time-out leaves no doubt
        assert await port.session.send(PDU) == NotSubmitted("error.no-prompt")
        assert port.modem.bodies == []


@in_loop
async def test_a_slow_prompt_is_waited_for() -> None:
    async with ready_line() as port:
        port.modem.prompt = [0.2, PROMPT]
        assert await port.session.send(PDU) == Accepted(5)


@in_loop
async def test_without_a_prompt_nothing_is_given_and_the_next_send_goes_well() -> None:
    async with ready_line() as port:
        port.modem.prompt = b""
        assert await port.session.send(PDU) == NotSubmitted("error.no-prompt")
        assert port.modem.bodies == []
        port.modem.prompt = PROMPT
        assert await port.session.send(PDU) == Accepted(5)
        assert port.modem.heard[1:3] == ["AT", "AT"]


@in_loop
async def test_a_prompt_that_comes_too_late_is_left_by_escape() -> None:
    async with ready_line() as port:
        port.modem.prompt = [0.55, PROMPT]
        assert await port.session.send(PDU) == NotSubmitted("error.no-prompt")
        await port.session.check()
        assert "ESC" in port.modem.heard
        assert port.modem.bodies == []


@in_loop
async def test_a_late_reference_is_told_and_not_taken_for_the_next_answer() -> None:
    async with ready_line() as port:
        port.modem.submit = [0.9, b"\r\n+CMGS: 41\r\n\r\nOK\r\n"]
        assert await port.session.send(PDU) == Unanswered("error.no-final")
        port.modem.submit = b"\r\n+CMGS: 42\r\n\r\nOK\r\n"
        assert await port.session.send(PDU) == Accepted(42)
        assert port.events == [LateAccepted(41)]


@in_loop
async def test_a_late_reference_after_the_modem_answered_other_commands() -> None:
    """No real modem does so; a simulated one may."""
    async with ready_line() as port:
        port.modem.submit = b""
        assert await port.session.send(PDU) == Unanswered("error.no-final")
        await port.session.check()
        port.modem.answers["AT+CSQ"] = b"\r\n+CMGS: 41\r\n\r\nOK\r\n\r\n+CSQ: 31,0\r\n\r\nOK\r\n"
        assert (await port.session.network()).rssi_dbm == -51
        assert port.events == [LateAccepted(41)]


@in_loop
async def test_a_late_refusal_is_told_once() -> None:
    async with ready_line() as port:
        port.modem.submit = [0.9, b"\r\n+CMS ERROR: 38\r\n"]
        assert await port.session.send(PDU) == Unanswered("error.no-final")
        await port.session.check()
        assert (await port.event(LateRefused)).error.code == 38
        port.modem.say(b"\r\n+CMS ERROR: 500\r\n")  # of nobody
        await port.session.check()
        assert len(port.events) == 1


@in_loop
async def test_a_late_error_of_another_command_refuses_nothing() -> None:
    """It would make the pool send again what may have been sent."""
    async with ready_line() as port:
        port.modem.submit = b""
        assert await port.session.send(PDU) == Unanswered("error.no-final")
        port.modem.answers["AT+CMGL=4"] = [1.05, b"\r\n+CMS ERROR: 320\r\n"]
        await port.session.stored()
        await port.session.check()
        assert [event for event in port.events if isinstance(event, LateRefused)] == []


@in_loop
async def test_a_call_that_rings_during_a_send_changes_nothing() -> None:
    async with ready_line() as port:
        port.modem.submit = (
            b'\r\nRING\r\n\r\n+CLIP: "13700000000",129\r\n\r\nNO CARRIER\r\n\r\n+CMGS: 5\r\n\r\nOK\r\n'
        )
        assert await port.session.send(PDU) == Accepted(5)
        assert port.events == [IncomingCall(None), IncomingCall("13700000000")]


@in_loop
async def test_the_device_vanishes_after_ctrl_z() -> None:
    async with ready_line() as port:
        port.modem.submit = vanish
        assert await port.session.send(PDU) == Unanswered("error.line-lost-after")
        assert [type(event) for event in port.events] == [LineLost]
        assert await port.session.send(PDU) == NotSubmitted("error.line-lost-before")
        with pytest.raises(LineError) as error:
            await port.session.check()
        assert error.value.state is PortState.LINE_LOST


@in_loop
async def test_the_device_vanishes_before_the_prompt() -> None:
    async with ready_line() as port:
        port.modem.prompt = vanish
        assert await port.session.send(PDU) == NotSubmitted("error.line-lost-before")


@in_loop
async def test_the_device_vanishes_between_reference_and_ok() -> None:
    async with ready_line() as port:
        port.modem.submit = [b"\r\n+CMGS: 12\r\n", 0.05]
        sending = asyncio.create_task(port.session.send(PDU))
        await port.modem.until(lambda: port.modem.bodies != [])
        await asyncio.sleep(0.02)
        port.modem.hang_up()
        assert await sending == Unanswered("error.no-ok", 12)


@in_loop
async def test_a_modem_that_takes_no_octets_was_not_given_ctrl_z() -> None:
    """The line is full of what nobody reads, so the last octet of the body is still with us."""
    async with ready_line() as port:
        port.modem.deaf()
        line_of_session = port.session._line
        while not line_of_session._unwritten:
            line_of_session.write(b"x" * 4096)
        assert await port.session.send(PDU) == NotSubmitted("error.no-prompt")
        assert await port.session.send(PDU) == NotSubmitted("error.mute")


@in_loop
async def test_a_mute_modem_is_mute_and_no_more() -> None:
    async with ready_line() as port:
        port.modem.answers.clear()
        port.modem.otherwise = b""
        with pytest.raises(LineError) as error:
            await port.session.check()
        assert error.value.state is PortState.NO_ANSWER
        assert error.value.args_for_person["device"] == port.modem.device
        assert await port.session.send(PDU) == NotSubmitted("error.mute")
        port.modem.answers["AT"] = OK
        assert await port.session.send(PDU) == Accepted(5)


@in_loop
async def test_a_send_that_is_cancelled_at_the_prompt_gives_nothing() -> None:
    async with ready_line() as port:
        port.modem.prompt = [0.1, PROMPT]
        sending = asyncio.create_task(port.session.send(PDU))
        await port.modem.until(lambda: port.modem.at_prompt)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        port.modem.prompt = PROMPT
        assert await port.session.send(PDU) == Accepted(5)
        assert port.modem.bodies == [PDU.hex]


@in_loop
async def test_a_send_that_is_cancelled_after_ctrl_z_is_answered_late() -> None:
    async with ready_line() as port:
        port.modem.submit = [0.15, b"\r\n+CMGS: 33\r\n\r\nOK\r\n"]
        sending = asyncio.create_task(port.session.send(PDU))
        await port.modem.until(lambda: port.modem.bodies != [])
        sending.cancel()
        assert isinstance((await asyncio.gather(sending, return_exceptions=True))[0], asyncio.CancelledError)
        port.modem.submit = b"\r\n+CMGS: 34\r\n\r\nOK\r\n"
        assert await port.session.send(PDU) == Accepted(34)
        assert port.events == [LateAccepted(33)]
        assert "ESC" not in port.modem.heard


@in_loop
async def test_nothing_is_written_while_a_cancelled_send_is_with_the_network() -> None:
    async with ready_line() as port:
        port.modem.submit = [0.2, b"\r\n+CMGS: 33\r\n\r\nOK\r\n"]
        sending = asyncio.create_task(port.session.send(PDU))
        await port.modem.until(lambda: port.modem.bodies != [])
        sending.cancel()
        checking = asyncio.create_task(port.session.check())
        await asyncio.sleep(0.12)
        assert port.modem.heard == [f"AT+CMGS={PDU.tpdu_length}"]
        await checking


@in_loop
async def test_a_reference_that_came_before_the_cancellation_is_told() -> None:
    async with ready_line() as port:
        port.modem.submit = b"\r\n+CMGS: 12\r\n"
        sending = asyncio.create_task(port.session.send(PDU))
        await port.modem.until(lambda: port.modem.bodies != [])
        await asyncio.sleep(0.05)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert port.events == [LateAccepted(12)]


@in_loop
async def test_the_limits_of_prompt_network_and_ok_are_three() -> None:
    limits = replace(QUICK, prompt_s=0.1, submit_s=20.0, after_reference_s=0.1)
    async with ready_line(limits=limits) as port:
        port.modem.submit = [0.3, b"\r\n+CMGS: 12\r\n\r\nOK\r\n"]
        assert await port.session.send(PDU) == Accepted(12)
        port.modem.submit = b"\r\n+CMGS: 13\r\n"
        assert await asyncio.wait_for(port.session.send(PDU), 15) == Unanswered("error.no-ok", 13)


@in_loop
async def test_calls_take_turns() -> None:
    async with ready_line() as port:
        outcomes = await asyncio.gather(
            port.session.send(PDU), port.session.check(), port.session.network(), port.session.send(PDU)
        )
        assert outcomes[0] == outcomes[3] == Accepted(5)


@in_loop
async def test_a_modem_that_has_silently_restarted_is_given_nothing() -> None:
    """Its echo is back, so it may be in text mode: there, AT+CMGS=20 would be a message to the number 20."""
    async with ready_line() as port:
        port.modem.echo = True
        assert await port.session.send(PDU) == NotSubmitted("error.restarted")
        assert port.modem.bodies == []
        assert port.events == [LineLost("the modem has restarted")]


@in_loop
async def test_a_modem_that_says_that_it_has_restarted_is_to_be_opened_again() -> None:
    async with ready_line() as port:
        port.modem.submit = b"\r\nRDY\r\n"
        assert await port.session.send(PDU) == Unanswered("error.line-lost-after")
        assert port.events == [LineLost("the modem has restarted")]


@in_loop
async def test_an_echo_that_can_not_be_switched_off_is_no_restart() -> None:
    async with ready_line(echo=True) as port:
        assert await port.session.send(PDU) == Accepted(5)


@in_loop
async def test_a_predecessor_left_the_modem_at_the_prompt() -> None:
    async with line() as port:
        port.modem.at_prompt = True
        await port.bring_up()
        assert port.modem.heard[0] == "ESC"
        assert await port.session.send(PDU) == Accepted(5)


@in_loop
async def test_what_a_killed_predecessor_waited_for_is_read() -> None:
    async with line() as port:
        port.modem.say(b"\r\n+CMGS: 200\r\n\r\nOK\r\n")
        await port.bring_up()
        assert port.events == [LateAccepted(200)]


@in_loop
async def test_a_lower_layer_never_sees_a_pdu_twice() -> None:
    async with ready_line() as port:
        for submit in (b"", b"\r\n+CMS ERROR: 332\r\n", ERROR, b"\r\n+CMGS: 6\r\n"):
            port.modem.submit = submit
            await port.session.send(PDU)
        assert port.modem.bodies == [PDU.hex] * 4


def test_every_reason_has_its_sentence() -> None:
    named = [value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)]
    assert len(named) == 10
    assert all(reason in SENTENCES for reason in named)

"""What is no modem, or a very bad one: a named state, bounded time and memory, and never an unexpected error."""

from __future__ import annotations

import asyncio
import tracemalloc
from contextlib import suppress

import pytest

from appliance.modem.at.parser import MAX_LINE_OCTETS, Parser
from appliance.modem.session import LineError, PortState
from appliance.sentences import sentence
from tests.modem.scripted_modem import ERROR, OK, Line, Reply, ScriptedModem, in_loop, info, line, ready_line


async def failure(port: Line) -> LineError:
    error = await asyncio.wait_for(port.failed_bring_up(), 15)
    assert sentence(f"port.{error.state}", error.args_for_person) != f"port.{error.state}"
    return error


@pytest.mark.parametrize("answer", [ERROR, b"\r\nCOMMAND NOT SUPPORT\r\n", b"\r\nNO CARRIER\r\n"])
@in_loop
async def test_a_device_that_refuses_everything(answer: bytes) -> None:
    async with line() as port:
        port.modem.answers, port.modem.otherwise = {}, answer
        error = await failure(port)
        assert error.state is PortState.NO_MODEM
        assert error.args_for_person["detail"] == f"{answer.decode().strip()} to AT"


@in_loop
async def test_a_device_that_refuses_everything_and_says_something_else_meanwhile() -> None:
    async with line() as port:
        port.modem.answers, port.modem.otherwise = {}, b"\r\n^RSSI:20\r\n" + ERROR
        assert (await failure(port)).state is PortState.NO_MODEM


@in_loop
async def test_a_device_that_answers_at_and_refuses_everything_else() -> None:
    async with line() as port:
        port.modem.answers = {"AT": OK, "ATQ0V1": OK}
        assert (await failure(port)).state is PortState.NO_MODEM


@in_loop
async def test_a_plug_that_loops() -> None:
    async with line(echo=True) as port:
        port.modem.answers, port.modem.otherwise = {}, b""
        error = await failure(port)
        assert (error.state, error.args_for_person["detail"]) == (
            PortState.NO_MODEM,
            "it gives back what is written, and no answer",
        )


@in_loop
async def test_a_console_that_asks_for_a_name() -> None:
    async with line(echo=True) as port:
        port.modem.answers, port.modem.otherwise = {}, b"\r\nlogin: "
        assert (await failure(port)).state in (PortState.NO_MODEM, PortState.GARBLED)


@in_loop
async def test_a_modem_that_stops_in_the_middle() -> None:
    """Everything after the first questions is silence: no state is named that would blame the card."""

    def silent(modem: ScriptedModem) -> Reply:
        modem.answers, modem.otherwise = {}, b""
        return b""

    async with line({"AT+CPIN?": silent}) as port:
        assert (await failure(port)).state is PortState.NO_ANSWER


@pytest.mark.parametrize("unit", [b"A", b"\x00", b"\xff", b"AT+CMGF=0", b"OK ", b'"', b"> ", b"+CMT: ,"])
@in_loop
async def test_a_line_of_a_megabyte(unit: bytes) -> None:
    flood = unit * (1_000_000 // len(unit))
    async with line() as port:
        port.modem.deaf()

        async def babble() -> None:
            at = 0
            while at < len(flood) and port.modem.master >= 0:
                with suppress(BlockingIOError, OSError):
                    port.modem._write(flood[at : at + 4096])
                    at += 4096
                await asyncio.sleep(0)

        task = asyncio.create_task(babble())
        error = await failure(port)
        task.cancel()
        assert error.state in (PortState.GARBLED, PortState.NO_ANSWER, PortState.NO_MODEM)


@in_loop
async def test_a_line_of_a_megabyte_within_an_answer() -> None:
    long = b'\r\n+COPS: 0,0,"' + b"X" * 1_000_000 + b'",7\r\n' + OK

    def piecewise(_: ScriptedModem) -> Reply:
        return [step for at in range(0, len(long), 2048) for step in (long[at : at + 2048], 0.0002)]

    async with ready_line() as port:
        port.modem.answers["AT+COPS?"] = piecewise
        status = await asyncio.wait_for(port.session.network(), 10)
        assert status.operator is None


@in_loop
async def test_answers_of_letters_without_end() -> None:
    """Names are kept as they are said, up to a length; nobody stores more."""
    async with line(
        {"AT+CGMI": info("M" * 4000), "AT+CGMM": info("N" * 4000), "AT+CGSN": info("9" * 4000)}
    ) as port:
        bearings = await port.bring_up()
        assert bearings.manufacturer == "M" * 100
        assert bearings.model == "N" * 100
        assert bearings.imei is None
        assert all(len(note) <= 300 for note in bearings.notes)


def test_what_never_ends_takes_no_memory() -> None:
    parser = Parser()
    tracemalloc.start()
    try:
        for _ in range(2000):
            parser.feed(b"x" * 4096)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4 * MAX_LINE_OCTETS
    assert most < 100 * MAX_LINE_OCTETS


def test_a_quote_that_is_never_closed_takes_no_memory_and_no_answer() -> None:
    parser = Parser()
    parser.feed(b'\r\n+CUSD: 0,"begun\r\n')
    for _ in range(100):
        parser.feed(b"y" * 4000 + b"\r\n")
    parser.begin("AT+CSQ")
    events = parser.feed(b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n")
    assert [type(event).__name__ for event in events][-2:] == ["Information", "Final"]

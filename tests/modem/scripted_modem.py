"""The other end of a real pty: answers commands by a script, in whatever pieces and with whatever delays."""

from __future__ import annotations

import asyncio
import functools
import os
import pty
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import ParamSpec, TypeVar

from appliance.modem.at.limits import Limits
from appliance.modem.session import Bearings, LineError, ModemEvent, ModemSession, Pin, PinRequest, PortState

P = ParamSpec("P")
E = TypeVar("E", bound=ModemEvent)

Step = bytes | float
Reply = bytes | list[Step] | Callable[["ScriptedModem"], "Reply"]
"""What follows a command: octets, or octets and delays in seconds in turn, or a function that says it."""

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
PROMPT = b"\r\n> "

QUICK = Limits(
    command_s=1.0,
    by_command_s={},
    prompt_s=0.5,
    submit_s=0.6,
    after_reference_s=0.25,
    probe_s=(0.25, 0.25, 0.25, 0.5),
    quiet_s=0.03,
    drain_s=0.5,
    sim_busy_s=1.0,
    registration_s=0.6,
    poll_s=0.02,
)


def vanish(modem: ScriptedModem) -> Reply:
    """The reply of a device that is unplugged at this moment."""
    modem.hang_up()
    return b""


def info(line: str) -> bytes:
    return f"\r\n{line}\r\n".encode() + OK


GOOD_MODEM: dict[str, Reply] = {
    "AT": OK,
    "ATE0": OK,
    "AT+CMEE=1": OK,
    "AT+CFUN?": info("+CFUN: 1"),
    "AT+CGMI": info("Simulated"),
    "AT+CGMM": info("SM100"),
    "AT+CGMR": info("1.0"),
    "AT+CGSN": info("490154203237518"),
    "AT+CPIN?": info("+CPIN: READY"),
    "AT+CMGF=0": OK,
    'AT+CSCS="GSM"': OK,
    "AT+CCID": info('+CCID: "89860312345678901234"'),
    "AT+CIMI": info("460001234567890"),
    "AT+CNUM": info('+CNUM: "","+8613912345678",145'),
    "AT+CREG=1": OK,
    "AT+CEREG=1": OK,
    "AT+CGREG=1": OK,
    "AT+CREG?": info("+CREG: 1,1"),
    "AT+CEREG?": info("+CEREG: 1,1"),
    "AT+CGREG?": info("+CGREG: 0,1"),
    "AT+CLIP=1": OK,
    "AT+COPS?": info('+COPS: 0,0,"CHINA MOBILE",7'),
    "AT+CSQ": info("+CSQ: 20,99"),
    "AT+CSCA?": info('+CSCA: "+8613800100500",145'),
    "AT+CSMS?": info("+CSMS: 0,1,1,1"),
    "AT+CPMS=?": info('+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")'),
    "AT+CPMS?": info('+CPMS: "ME",0,100,"ME",0,100,"ME",0,100'),
    'AT+CPMS="SM","SM","SM"': info("+CPMS: 2,50,2,50,2,50"),
    "AT+CNMI=?": info("+CNMI: (0-2),(0-3),(0,2),(0-2),(0,1)"),
    "AT+CNMI=2,1,0,1,0": OK,
    "AT+CNMI?": info("+CNMI: 2,1,0,1,0"),
}


class ScriptedModem:
    """``heard`` has the commands, ``bodies`` what was written at the prompt before Ctrl-Z."""

    def __init__(self, answers: dict[str, Reply], *, echo: bool = False, chunk: int | None = None) -> None:
        self.answers = dict(answers)
        self.prompt: Reply = PROMPT
        self.submit: Reply = b"\r\n+CMGS: 5\r\n\r\nOK\r\n"
        self.otherwise: Reply = ERROR
        self.echo = echo
        self.echo_body = False
        self.heard: list[str] = []
        self.bodies: list[str] = []
        self.at_prompt = False
        self._chunk = chunk
        self._input = b""
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._said = asyncio.Lock()
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.device = os.ttyname(self._slave)
        self._loop.add_reader(self.master, self._read)

    def say(self, reply: Reply) -> None:
        """Write ``reply``, after all that was begun before."""
        task = self._loop.create_task(self._say(reply))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until ``condition`` holds; looked at after everything that is heard."""
        if not condition():
            future = self._loop.create_future()
            self._waiting.append((condition, future))
            await asyncio.wait_for(future, 30)

    def deaf(self) -> None:
        """Stop reading: what is written stays in the line."""
        self._loop.remove_reader(self.master)

    def hang_up(self) -> None:
        """The device vanishes."""
        if self.master >= 0:
            self._loop.remove_reader(self.master)
            os.close(self.master)
            os.close(self._slave)
            self.master = -1
            for task in self._tasks:
                task.cancel()

    async def _say(self, reply: Reply) -> None:
        async with self._said:
            while callable(reply):
                reply = reply(self)
            for step in reply if isinstance(reply, list) else [reply]:
                if isinstance(step, float):
                    await asyncio.sleep(step)
                elif self._chunk is None:
                    self._write(step)
                else:
                    for at in range(0, len(step), self._chunk):
                        self._write(step[at : at + self._chunk])
                        await asyncio.sleep(0)

    def _write(self, octets: bytes) -> None:
        if self.master >= 0:
            os.write(self.master, octets)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            self._input += os.read(self.master, 65536)
        while self._take_body() if self.at_prompt else self._take_command():
            pass
        for condition, future in [*self._waiting]:
            if condition() and not future.done():
                future.set_result(None)

    def _take_command(self) -> bool:
        line, end, self._input = self._input.partition(b"\r")
        if not end:
            self._input = line
            return False
        command = line.decode("latin-1").lstrip("\x1b")
        if not command:
            return True
        self.heard.append(command)
        if self.echo:
            self.say(line + b"\r")
        if command.startswith("AT+CMGS="):
            self.at_prompt = self.prompt == PROMPT or isinstance(self.prompt, list)
            self.say(self.prompt)
        else:
            self.say(self.answers.get(command, self.otherwise))
        return True

    def _take_body(self) -> bool:
        escape = self._input.find(b"\x1b")
        end = self._input.find(b"\x1a")
        if end < 0 and escape < 0:
            return False
        self.at_prompt = False
        if escape >= 0 and (end < 0 or escape < end):
            self.heard.append("ESC")
            self._input = self._input[escape + 1 :]
            return True
        body, self._input = self._input[:end], self._input[end + 1 :]
        self.bodies.append(body.decode())
        if self.echo_body:
            self.say(body + b"\x1a\r\n")
        self.say(self.submit)
        return True


def in_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """A test that is a coroutine, as a function; its arguments stay the fixtures they are."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def bounded() -> None:
            await asyncio.wait_for(test(*args, **kwargs), 120)

        asyncio.run(bounded())

    return run


class Line:
    """A scripted modem and the session that talks to it. ``bearings`` is set by `ready_line`."""

    session: ModemSession
    bearings: Bearings

    def __init__(self, modem: ScriptedModem) -> None:
        self.modem = modem
        self.events: list[ModemEvent] = []
        self.progress: list[PortState] = []
        self.pin_requests: list[PinRequest] = []
        self.pin_forced = True
        self._told = asyncio.Event()

    def tell(self, event: ModemEvent) -> None:
        self.events.append(event)
        self._told.set()

    async def bring_up(self, pin: str | None = None) -> Bearings:
        async def pin_for(request: PinRequest) -> Pin | None:
            self.pin_requests.append(request)
            return None if pin is None else Pin(pin, forced=self.pin_forced)

        return await self.session.bring_up(
            pin_for=pin_for, on_progress=lambda state, _: self.progress.append(state)
        )

    async def failed_bring_up(self, pin: str | None = None) -> LineError:
        try:
            bearings = await self.bring_up(pin)
        except LineError as error:
            return error
        raise AssertionError(f"it came up: {bearings}")

    async def event(self, kind: type[E]) -> E:
        """The next event of a kind, now or soon."""
        async with asyncio.timeout(5):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self._told.clear()
                await self._told.wait()


@asynccontextmanager
async def line(
    answers: Mapping[str, Reply] | None = None,
    *,
    limits: Limits = QUICK,
    echo: bool = False,
    chunk: int | None = None,
) -> AsyncIterator[Line]:
    """An open session with a modem that answers as `GOOD_MODEM` does, but for ``answers``."""
    opened = Line(ScriptedModem({**GOOD_MODEM, **(answers or {})}, echo=echo, chunk=chunk))
    opened.session = await ModemSession.open(opened.modem.device, on_event=opened.tell, limits=limits)
    try:
        yield opened
    finally:
        await opened.session.close()
        opened.modem.hang_up()


@asynccontextmanager
async def ready_line(
    answers: Mapping[str, Reply] | None = None,
    *,
    limits: Limits = QUICK,
    echo: bool = False,
    chunk: int | None = None,
) -> AsyncIterator[Line]:
    """The same after bring-up, with nothing heard yet."""
    async with line(answers, limits=limits, echo=echo, chunk=chunk) as opened:
        opened.bearings = await opened.bring_up()
        opened.modem.heard.clear()
        yield opened

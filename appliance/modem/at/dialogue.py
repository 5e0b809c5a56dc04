"""One command at a time with one modem, each with its time limit; what is late is never taken for an answer.

A command whose answer did not come in time (or whose caller was cancelled) leaves the dialogue *unsettled*:
the modem may still answer it. The next command then begins by resynchronising: ESC where a prompt may be up,
silence, ``AT`` until two clean answers in a row. What the old command still says is passed on as unsolicited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from appliance.modem.at.exchange import Body, Exchange, Typed, Wire
from appliance.modem.at.limits import LIMITS, Limits
from appliance.modem.at.parser import BodyEnd, Final, Information, Unsolicited
from appliance.modem.at.unsolicited import line_name
from appliance.modem.errors import ModemError, modem_error
from appliance.modem.states import LineError, PortState
from appliance.values import value

ESCAPE = b"\x1b\r"
"""Leaves a prompt. The CR ends what a modem without a prompt takes for the beginning of a command."""

_WIDE_ESCAPE = b"\x00\x1b\x00\x00\x1b\r"
"""Leaves a prompt whose text is in units of two octets, also where half a unit was written to it."""

_WAKE_UP = "ATQ0V1"
"""For a modem that was told to keep its result codes to itself, or to give them as digits."""


@value
class Answer:
    """What came back for one command. ``final`` is None where its time ran out."""

    command: str
    lines: tuple[Information, ...]
    overheard: tuple[Unsolicited, ...]
    final: Final | None

    @property
    def ok(self) -> bool:
        return self.final is not None and self.final.ok

    @property
    def error(self) -> ModemError | None:
        """Why it failed; None where it did not."""
        if self.final is None:
            return ModemError("timeout", None, "no answer")
        return None if self.final.ok else modem_error(self.final.text)

    def named(self, name: str) -> str | None:
        """The first line that begins with ``name`` and a colon; of what was overheard where none answered."""
        texts = [line.text for line in self.lines] + [line.text for line in self.overheard]
        return next((text for text in texts if line_name(text) == name), None)


@value
class Submission:
    """How a command with a prompt came out. ``final`` is None where none came."""

    body_given: bool
    """Ctrl-Z left for the modem. If False, it certainly did not."""
    final: Final | None
    lines: tuple[Information, ...] = ()
    trouble: LineError | None = None
    """The line went, or the modem did not answer even ``AT``."""
    settings_lost: bool = False
    """Nothing was given because the modem has restarted and forgotten how it was set up."""


class _Unsettled(Enum):
    """Why the next final result code may not be that of the next command."""

    UNKNOWN = auto()
    """Nobody knows what was said on this line before."""
    COMMAND = auto()
    """A command was not answered in time, or its caller was cancelled."""


class Dialogue:
    """The calls to one modem. All coroutines may be called at any time: they take turns."""

    def __init__(
        self, wire: Wire, on_unsolicited: Callable[[Unsolicited], None], limits: Limits = LIMITS
    ) -> None:
        self.limits = limits
        self.echo_is_off = False
        """Set by bring-up once ``ATE0`` took effect: an echo after that means that the modem has restarted."""
        self.may_be_refused_late = False
        """The last command was a submission that was not answered: an error that comes now is its own."""
        self._wire = wire
        self._exchange = Exchange(wire, on_unsolicited)
        self._turn = asyncio.Lock()
        self._unsettled: _Unsettled | None = None
        self._prompt_may_be_up = False
        self._prompt_may_be_wide = False
        self._refusal: str | None = None
        """The last failing answer to a bare ``AT``."""

    @property
    def echoes(self) -> int:
        """How often the modem repeated what was written."""
        return self._exchange.echoes

    @property
    def commands(self) -> int:
        """How many command lines were written so far."""
        return self._exchange.commands

    @property
    def heard_at(self) -> float:
        """Loop time of the last octet that came."""
        return self._exchange.heard_at

    @property
    def garbage_octets(self) -> int:
        """How many octets came since the opening that no modem says."""
        return self._exchange.garbage_octets

    def feed(self, octets: bytes) -> None:
        """Take what was read from the line."""
        self._exchange.feed(octets)

    def line_lost(self, reason: str) -> None:
        """The line is gone; from now on every call raises or reports LineError(LINE_LOST)."""
        self._exchange.line_lost(reason)

    async def contact(self) -> None:
        """First contact with whatever is on the line. LineError: NO_ANSWER, GARBLED, LINE_LOST.

        Begins with ESC: a killed predecessor may have left the modem at the prompt.
        """
        async with self._turn:
            self._prompt_may_be_up = True
            self._unsettled = _Unsettled.UNKNOWN
            await self._settle()

    async def execute(self, command: str, *, limit_s: float | None = None) -> Answer:
        """``command`` (without CR) and its answer. LineError where the line went, or nothing at all answers."""
        async with self._turn:
            await self._settle()
            self._unsettled, self.may_be_refused_late = _Unsettled.COMMAND, False
            final = await self._ask(command, self.limits.of(command) if limit_s is None else limit_s)
            if final is not None:
                self._unsettled = None
            return Answer(command, tuple(self._exchange.lines), tuple(self._exchange.overheard), final)

    async def force(self, command: str, *, limit_s: float) -> bool:
        """``command`` to a modem that may be hung: ESC first, and no resynchronising before it. Whether it was OK."""
        async with self._turn:
            self._wire.withdraw()
            self._wire.write(ESCAPE)
            self._unsettled, self._prompt_may_be_up = _Unsettled.UNKNOWN, True
            final = await self._ask(command, limit_s)
            return final is not None and final.ok

    def read_texts(self, text_behind: Callable[[str], BodyEnd | None]) -> None:
        """From here on, texts behind the headers that ``text_behind`` knows are read as octets."""
        self._exchange.read_texts(text_behind)

    async def submit(self, command: str, body: str | Typed) -> Submission:
        """``command``, and ``body`` (a PDU in hexadecimal, or a text as octets) with Ctrl-Z at its prompt.

        Never raises for what the modem or line does.

        Cancelled after Ctrl-Z, it may or may not have been taken; the answer is then passed on as unsolicited.
        """
        await self._turn.acquire()  # for each message: a context would cost as much again
        try:
            if self._unsettled is not None:
                try:
                    await self._settle()
                except LineError as trouble:
                    return Submission(False, None, trouble=trouble)
            return await self._submit(command, Typed(body.encode("ascii")) if isinstance(body, str) else body)
        finally:
            self._turn.release()

    def hurry(self, limit_s: float) -> None:
        """Wait no longer than that for the answer to what is being submitted, if anything is."""
        self._exchange.hurry(limit_s)

    async def submit_line(self, command: str) -> Submission:
        """A ``command`` that is all there is to a submission (``AT+CMSS=3``): it counts as given once its CR left."""
        async with self._turn:
            try:
                await self._settle()
            except LineError as trouble:
                return Submission(False, None, trouble=trouble)
            return await self._submit(command, Typed(b""), is_whole=True)

    # -- one exchange ---------------------------------------------------------------------------------------

    async def _ask(self, command: str, limit_s: float) -> Final | None:
        self._exchange.begin(command)
        final = await self._exchange.final(limit_s)
        if final is None:
            self._exchange.give_up()
        return final

    async def _submit(self, command: str, typed: Typed, *, is_whole: bool = False) -> Submission:
        limits, exchange = self.limits, self._exchange
        self._unsettled, self.may_be_refused_late = _Unsettled.COMMAND, False
        self._prompt_may_be_up, self._prompt_may_be_wide = not is_whole, typed.is_wide
        trouble: LineError | None = None
        body = Body(typed, limits.submit_s, limits.after_reference_s, self.echo_is_off)
        exchange.begin(command, body, is_whole=is_whole)
        try:
            final = await exchange.final(limits.submit_s if is_whole else limits.prompt_s)
        except LineError as lost:
            final, trouble = None, lost
        except asyncio.CancelledError:
            self._leave_body()
            raise
        if final is not None:
            self._unsettled, self._prompt_may_be_up = None, False
            return Submission(exchange.body_given, final, tuple(exchange.lines))
        given = self._leave_body()
        return Submission(given, None, tuple(exchange.lines), trouble, settings_lost=exchange.body_withheld)

    def _leave_body(self) -> bool:
        """Stop waiting; whether Ctrl-Z left for the modem. As long as an octet is unwritten, it did not: it is last."""
        self._exchange.give_up()
        given = self._wire.withdraw() == 0 and self._exchange.body_given
        self._prompt_may_be_up, self.may_be_refused_late = not given, given
        return given

    # -- resynchronising ------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """Come to where the next final result code is that of the next command."""
        if self._unsettled is None:
            return
        if not self._prompt_may_be_up:
            await self._exchange.over()
        heard = self._exchange
        garbage_octets, heard_lines, echoes = heard.garbage_octets, heard.heard_lines, heard.echoes
        if await self._two_clean_answers():
            self._unsettled, self._prompt_may_be_up = None, False
            return
        raise self._no_contact(garbage_octets, heard_lines, echoes)

    def _no_contact(self, garbage_octets: int, heard_lines: int, echoes: int) -> LineError:
        """Why there was none, by what was heard since those counts were taken."""
        first_contact, self._unsettled = self._unsettled is _Unsettled.UNKNOWN, _Unsettled.COMMAND
        unreadable = self._exchange.garbage_octets - garbage_octets
        heard = self._exchange.heard_lines - heard_lines
        if first_contact and self._refusal is not None and not unreadable:
            return LineError(PortState.NO_MODEM, detail=f"{self._refusal} to AT")
        if unreadable or heard:
            return LineError(PortState.GARBLED, detail=f"{unreadable} unreadable octets, {heard} other lines")
        if first_contact and self._exchange.echoes > echoes:
            return LineError(PortState.NO_MODEM, detail="it gives back what is written, and no answer")
        return LineError(PortState.NO_ANSWER, detail="no answer to AT")

    async def _two_clean_answers(self) -> bool:
        """Whether the modem answers ``AT`` twice in a row, and nothing else is left over."""
        limits, exchange = self.limits, self._exchange
        all_answered = self._unsettled is _Unsettled.UNKNOWN
        clean = 0
        attempts = list(enumerate(limits.probe_s))
        await self._clear_the_line()
        while clean < 2:
            if clean == 0:
                if not attempts:
                    return False
                number, limit_s = attempts.pop(0)
            final = await self._ask(_WAKE_UP if number == 2 and clean == 0 else "AT", limit_s)
            if final is not None and final.ok and not exchange.lines:
                clean += 1
                continue
            clean = 0
            all_answered = all_answered and final is not None
            self._refusal = final.text if final is not None and not final.ok else None
            await self._clear_the_line()
        await exchange.silence(limits.quiet_s if all_answered else limits.probe_s[0], limits.drain_s)
        return True

    async def _clear_the_line(self) -> None:
        self._wire.withdraw()
        if self._prompt_may_be_up:
            self._wire.write(_WIDE_ESCAPE if self._prompt_may_be_wide else ESCAPE)
            if self._unsettled is _Unsettled.UNKNOWN:
                # Nobody knows which prompt a predecessor left: the next time the other one.
                self._prompt_may_be_wide = not self._prompt_may_be_wide
        await self._exchange.silence(self.limits.quiet_s, self.limits.drain_s)

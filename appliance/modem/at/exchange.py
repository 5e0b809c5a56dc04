"""What is written to a modem and what comes back for it: the one command that is in flight.

Knows no turns and no recovery; `appliance.modem.at.dialogue` has those.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, cast

from appliance.modem.at.parser import (
    BodyEnd,
    Echo,
    Event,
    Final,
    Garbage,
    Information,
    Parser,
    Prompt,
    Unsolicited,
    is_result_code,
)
from appliance.modem.at.unsolicited import line_name
from appliance.modem.states import LineError, PortState
from appliance.values import value

MAX_ANSWER_LINES = 2000
"""More lines than any full memory lists; further ones are dropped."""


class Wire(Protocol):
    """What is needed of a line: `appliance.modem.at.transport.SerialLine`, or a list in a test."""

    def write(self, octets: bytes) -> None:
        """Write now, or as soon as the line takes it. Never blocks, never raises."""

    def withdraw(self) -> int:
        """Drop what was not written yet; how many octets that were."""


CTRL_Z = b"\x1a"
WIDE_CTRL_Z = b"\x00\x1a"
"""Where what is written at the prompt is in units of two octets."""


@value
class Typed:
    """What is written at a prompt: a PDU in hexadecimal, or a text as octets."""

    octets: bytes
    end: bytes = CTRL_Z
    settled_by: frozenset[str] = frozenset()
    """Names of the lines one of which says how it came out, before ``OK`` or after it; empty: ``OK`` says all."""

    @property
    def is_wide(self) -> bool:
        """Whether the modem takes it in units of two octets."""
        return self.end == WIDE_CTRL_Z


@value
class Body:
    """What is written at the prompt, with Ctrl-Z."""

    typed: Typed
    limit_s: float
    """From Ctrl-Z to the final result code."""
    after_line_s: float
    """From the first line of the answer to the final result code."""
    not_after_echo: bool
    """Give nothing if the command was echoed, because the modem then isn't as it was set up."""


class Exchange:
    """The state of one command between its first octet and its final result code."""

    def __init__(self, wire: Wire, on_unsolicited: Callable[[Unsolicited], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.lines: list[Information] = []
        """The answer so far."""
        self.overheard: list[Unsolicited] = []
        """What came meanwhile and is no answer."""
        self.body_given = False
        self.body_withheld = False
        self.echoes = 0
        self.garbage_octets = 0
        self.heard_lines = 0
        """Lines of text of any kind but final result codes."""
        self.commands = 0
        """How many command lines were written."""
        self.heard_at = self._loop.time()
        """Loop time of the last octet; of the opening where none came."""
        self._wire = wire
        self._on_unsolicited = on_unsolicited
        self._parser = Parser()
        self._body: Body | None = None
        self._echoes_before = 0
        self._awaited = False
        self._final: Final | None = None
        self._unsettled_ok: Final | None = None
        """``OK`` came, and what says how the body came out has not."""
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        """Rings at the deadline or before it, and then again: most commands are over long before, and a timer for each
        would cost more than the command."""
        self._deadline = 0.0
        self._over = asyncio.Event()
        self._lost: str | None = None

    def begin(self, command: str, body: Body | None = None, *, is_whole: bool = False) -> None:
        """Write ``command`` (without CR); what comes from now on is its answer. ``body`` follows at the prompt.

        ``is_whole``: there is no prompt, the command itself is what is submitted (``AT+CMSS``).
        """
        self.lines, self.overheard = [], []
        self._final = self._unsettled_ok = None
        self._over.clear()
        self._body = body
        self.body_given, self.body_withheld = is_whole, False
        self._echoes_before = self.echoes
        self._awaited = True
        self._parser.begin(command, prompt=body is not None and not is_whole)
        self.commands += 1
        self._wire.write(command.encode("ascii") + b"\r")

    async def final(self, limit_s: float) -> Final | None:
        """The final result code, or None where none came in time or the body was withheld.

        ``limit_s`` counts to the prompt where there is a body, which has its own from there on.
        LineError(LINE_LOST) where the line went.
        """
        if self._final is None and self._lost is None:
            await self._wait(limit_s)
        if self._final is None and self._lost is None:
            self._take_all(self._parser.flush())  # a last line without its end
        if self._final is None and self._lost is not None:
            raise LineError(PortState.LINE_LOST, detail=self._lost)
        return self._final

    async def _wait(self, limit_s: float) -> None:
        waiter = self._waiter = self._loop.create_future()
        self._deadline = self._loop.time() + limit_s
        self._set_timer()
        try:
            await waiter
        except asyncio.CancelledError:
            self._pass_on_answer()
            raise
        finally:
            self._waiter = None

    def _set_timer(self) -> None:
        timer = self._timer
        if timer is not None:
            if timer.when() <= self._deadline:
                return
            timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look_at_clock)

    def _look_at_clock(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            self._wake()

    def hurry(self, limit_s: float) -> None:
        """Wait no longer than that for the answer to a body that was given."""
        if self.body_given and self._waiter is not None and not self._waiter.done():
            self._deadline = min(self._deadline, self._loop.time() + limit_s)
            self._set_timer()

    def give_up(self) -> None:
        """Nobody waits for the command any more: what it still says is late."""
        self._awaited = False

    def _pass_on_answer(self) -> None:
        """The caller was cancelled: what came for it counts as late, so that no ``+CMGS: n`` is lost."""
        self.give_up()
        for line in self.lines:
            self._take_late(line.text)
        if self._final is not None:
            self._take_late(self._final.text)

    async def over(self) -> None:
        """Wait for the final result code of a command whose caller was cancelled, as long as that is in time."""
        remaining_s = self._deadline - self._loop.time()
        if remaining_s > 0 and self._parser.busy and self._lost is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), remaining_s)

    async def silence(self, quiet_s: float, limit_s: float) -> None:
        """Wait until nothing came for ``quiet_s``, at most ``limit_s``."""
        now = self._loop.time
        begun_at = now()
        while self._lost is None and now() < begun_at + limit_s:
            remaining_s = max(self.heard_at, begun_at) + quiet_s - now()
            if remaining_s <= 0:
                return
            await asyncio.sleep(remaining_s)

    def read_texts(self, text_behind: Callable[[str], BodyEnd | None]) -> None:
        """From here on, texts behind the headers that ``text_behind`` knows are read as octets."""
        self._parser.text_behind = text_behind

    # -- what the line says ---------------------------------------------------------------------------------

    def feed(self, octets: bytes) -> None:
        """Take what was read from the line."""
        self.heard_at = self._loop.time()
        self._take_all(self._parser.feed(octets))
        if self._waiter is not None and not self._waiter.done():
            self._set_timer()

    def line_lost(self, reason: str) -> None:
        """The line is gone: whoever waits gets LineError(LINE_LOST), and so does every later caller."""
        self._lost = reason
        self._over.set()
        self._wake()

    def _take_all(self, events: list[Event]) -> None:
        for event in events:
            # By exact type, the frequent ones first: this is done for all that comes.
            kind = type(event)
            if kind is Prompt:
                self._take_prompt()
            elif kind is Information:
                self._take_information(cast("Information", event))
            elif kind is Final:
                self._take_final(cast("Final", event))
            elif kind is Unsolicited:
                self._take_unsolicited(cast("Unsolicited", event))
            elif kind is Echo:
                self.echoes += 1
            else:
                self.garbage_octets += cast("Garbage", event).octets

    def _take_unsolicited(self, event: Unsolicited) -> None:
        if self._settles(event.text):
            self._take_information(Information(event.text))
            if self._unsettled_ok is not None:
                self._final = self._unsettled_ok
                self._wake()
            return
        self.heard_lines += not is_result_code(event.text)
        if self._awaited and len(self.overheard) < MAX_ANSWER_LINES:
            self.overheard.append(event)
        self._on_unsolicited(event)

    def _take_information(self, event: Information) -> None:
        self.heard_lines += 1
        if not self._awaited:
            self._take_late(event.text)
        elif len(self.lines) < MAX_ANSWER_LINES:
            self.lines.append(event)
            if self.body_given and self._body is not None and len(self.lines) == 1:
                self._deadline = self.heard_at + self._body.after_line_s

    def _settles(self, text: str) -> bool:
        """Whether a line says how the body that was given came out."""
        body = self._body
        return (
            self._awaited
            and self._final is None
            and self.body_given
            and body is not None
            and line_name(text) in body.typed.settled_by
        )

    def _take_final(self, event: Final) -> None:
        self._over.set()
        body = self._body
        waits = body is not None and self.body_given and bool(body.typed.settled_by) and event.ok
        if self._awaited and waits and not any(self._settles(line.text) for line in self.lines):
            self._unsettled_ok = event
        elif self._awaited:
            self._final = event
            self._wake()
        else:
            self._take_late(event.text)

    def _take_prompt(self) -> None:
        body = self._body
        if body is None or not self._awaited:
            return  # given up: the dialogue leaves the prompt by ESC
        if body.not_after_echo and self.echoes > self._echoes_before:
            self.body_withheld = True
            self._wake()
            return
        self.body_given = True
        self._parser.begin_body(body.typed.octets.decode("latin-1"))
        self._wire.write(body.typed.octets + body.typed.end)  # in one piece, Ctrl-Z last
        self._deadline = self.heard_at + body.limit_s

    def _take_late(self, text: str) -> None:
        """An answer that nobody waits for. Only that of a PDU matters: the others can be asked for again."""
        if self.body_given:
            self._on_unsolicited(Unsolicited(text))

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

"""What is written to a modem and what comes back for it: the one command that is in flight.

Knows no turns and no recovery; `appliance.modem.at.dialogue` has those.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from appliance.modem.at.parser import Echo, Event, Final, Garbage, Information, Parser, Prompt, Unsolicited
from appliance.modem.states import LineError, PortState

MAX_ANSWER_LINES = 2000
"""More lines than any full memory lists; further ones are dropped."""


class Wire(Protocol):
    """What is needed of a line: `appliance.modem.at.transport.SerialLine`, or a list in a test."""

    def write(self, octets: bytes) -> None:
        """Write now, or as soon as the line takes it. Never blocks, never raises."""

    def withdraw(self) -> int:
        """Drop what was not written yet; how many octets that were."""


class Exchange:
    """The state of one command between its first octet and its final result code."""

    def __init__(self, wire: Wire, on_unsolicited: Callable[[Unsolicited], None]) -> None:
        self.lines: list[Information] = []
        """The answer so far."""
        self.overheard: list[Unsolicited] = []
        """What came meanwhile and is no answer."""
        self.echoes = 0
        self.garbage_octets = 0
        self.heard_lines = 0
        """Lines of text of any kind but final result codes that were awaited."""
        self._wire = wire
        self._on_unsolicited = on_unsolicited
        self._parser = Parser()
        self._awaited = False
        self._body_given = False
        self._arrived: deque[Final | Prompt | Information] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._over = asyncio.Event()
        self._lost: str | None = None
        self._heard_at = 0.0

    def begin(self, command: str, *, prompt: bool = False) -> None:
        """Write ``command`` (without CR); what comes from now on is its answer."""
        self.lines, self.overheard = [], []
        self._arrived.clear()
        self._over.clear()
        self._awaited, self._body_given = True, False
        self._parser.begin(command, prompt=prompt)
        self._wire.write(command.encode("ascii") + b"\r")

    def give_body(self, body: str) -> None:
        """Write ``body`` and Ctrl-Z at the prompt, in one piece; from now on `next` gives lines too."""
        self._body_given = True
        self._parser.begin_body(body)
        self._wire.write(body.encode("ascii") + b"\x1a")

    async def next(self, limit_s: float) -> Final | Prompt | Information | None:
        """The next event of the command, or None after ``limit_s``. LineError(LINE_LOST) where the line went."""
        if not self._arrived:
            await self._wait(limit_s)
        if not self._arrived and self._lost is None:
            self._take_all(self._parser.flush())  # a last line without its end
        if self._arrived:
            return self._arrived.popleft()
        if self._lost is not None:
            raise LineError(PortState.LINE_LOST, detail=self._lost)
        return None

    async def _wait(self, limit_s: float) -> None:
        if self._lost is not None:
            return
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(limit_s, self._wake)
        try:
            await waiter
        except asyncio.CancelledError:
            self._pass_on_answer()
            raise
        finally:
            timer.cancel()
            self._waiter = None

    def give_up(self) -> None:
        """Nobody waits for the command any more: what it still says is late."""
        self._awaited = False

    def _pass_on_answer(self) -> None:
        """The caller was cancelled: what came for it counts as late, so that no ``+CMGS: n`` is lost."""
        self.give_up()
        for line in self.lines:
            self._take_late(line.text)
        for event in self._arrived:
            if isinstance(event, Final):
                self._take_late(event.text)

    async def over(self, limit_s: float) -> None:
        """Wait for the final result code of a command that was given up, at most ``limit_s``."""
        if limit_s > 0 and self._parser.busy and self._lost is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), limit_s)

    async def silence(self, quiet_s: float, limit_s: float) -> None:
        """Wait until nothing came for ``quiet_s``, at most ``limit_s``."""
        now = asyncio.get_running_loop().time
        begun_at = now()
        while self._lost is None and now() < begun_at + limit_s:
            remaining_s = max(self._heard_at, begun_at) + quiet_s - now()
            if remaining_s <= 0:
                return
            await asyncio.sleep(remaining_s)

    # -- what the line says ---------------------------------------------------------------------------------

    def feed(self, octets: bytes) -> None:
        """Take what was read from the line."""
        self._heard_at = asyncio.get_running_loop().time()
        self._take_all(self._parser.feed(octets))

    def line_lost(self, reason: str) -> None:
        """The line is gone: whoever waits gets LineError(LINE_LOST), and so does every later caller."""
        self._lost = reason
        self._over.set()
        self._wake()

    def _take_all(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Unsolicited():
                    self._take_unsolicited(event)
                case Information():
                    self._take_information(event)
                case Final():
                    self._take_final(event)
                case Prompt():
                    self._arrived.append(event)
                    self._wake()
                case Echo():
                    self.echoes += 1
                case Garbage():
                    self.garbage_octets += event.octets

    def _take_unsolicited(self, event: Unsolicited) -> None:
        self.heard_lines += 1
        if self._awaited and len(self.overheard) < MAX_ANSWER_LINES:
            self.overheard.append(event)
        self._on_unsolicited(event)

    def _take_information(self, event: Information) -> None:
        self.heard_lines += 1
        if not self._awaited:
            self._take_late(event.text)
        elif len(self.lines) < MAX_ANSWER_LINES:
            self.lines.append(event)
            if self._body_given:
                self._arrived.append(event)
                self._wake()

    def _take_final(self, event: Final) -> None:
        self._over.set()
        if self._awaited:
            self._arrived.append(event)
            self._wake()
        else:
            self._take_late(event.text)

    def _take_late(self, text: str) -> None:
        """An answer that nobody waits for. Only that of a PDU matters: the others can be asked for again."""
        if self._body_given:
            self._on_unsolicited(Unsolicited(text))

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

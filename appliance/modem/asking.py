"""Questions at bring-up: what is refused is noted, and a SIM that is busy is waited for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from appliance.modem.at.dialogue import Answer, Dialogue
from appliance.modem.at.syntax import values
from appliance.modem.at.unsolicited import command_name, line_name
from appliance.modem.errors import ModemError
from appliance.modem.states import LineError, PortState

MAX_NOTE = 200
"""Characters of a note."""

_NAMED = re.compile(r"[+^$*%#!&][A-Z][A-Z0-9]+ ?:", re.IGNORECASE)

Progress = Callable[[PortState, dict[str, str]], None]

_CARD_TROUBLE: dict[tuple[str, int], PortState] = {
    ("cme", 5): PortState.SIM_FAILURE,
    ("cme", 6): PortState.SIM_FAILURE,
    ("cme", 7): PortState.SIM_FAILURE,
    ("cme", 10): PortState.NO_SIM,
    ("cme", 11): PortState.PIN_REQUIRED,
    ("cme", 12): PortState.PUK_REQUIRED,
    ("cme", 13): PortState.SIM_FAILURE,
    ("cme", 14): PortState.SIM_BUSY,
    ("cme", 15): PortState.SIM_FAILURE,
    ("cms", 310): PortState.NO_SIM,
    ("cms", 311): PortState.PIN_REQUIRED,
    ("cms", 312): PortState.SIM_FAILURE,
    ("cms", 313): PortState.SIM_FAILURE,
    ("cms", 314): PortState.SIM_BUSY,
    ("cms", 315): PortState.SIM_FAILURE,
    ("cms", 316): PortState.PUK_REQUIRED,
}


def card_trouble(error: ModemError | None) -> PortState | None:
    """What an error says of the SIM card, if it is about the card (TS 27.007 §9.2, TS 27.005 §3.2.5)."""
    if error is None or error.code is None:
        return None
    return _CARD_TROUBLE.get((error.kind, error.code))


def _is_of_another(text: str, command: str) -> bool:
    return _NAMED.match(text) is not None and line_name(text) != command_name(command)


class Asker:
    """The one who asks a modem at bring-up, and remembers what it refused."""

    def __init__(self, dialogue: Dialogue, on_progress: Progress) -> None:
        self.dialogue = dialogue
        self.limits = dialogue.limits
        self.on_progress = on_progress
        self.notes: list[str] = []
        self.busy: tuple[re.Pattern[str], ...] = ()
        """The errors of this make that say that the card is starting still."""

    async def ask(self, command: str) -> Answer:
        """``command`` once; a refusal is noted and is no failure."""
        answer = await self.dialogue.execute(command)
        self._note(answer)
        return answer

    async def ask_card(self, command: str) -> Answer:
        """``command`` until the SIM is no longer busy. LineError(SIM_BUSY) if that takes too long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.limits.sim_busy_s
        while True:
            answer = await self.dialogue.execute(command)
            if not self._is_busy(answer.error):
                self._note(answer)
                return answer
            if loop.time() >= deadline:
                raise LineError(PortState.SIM_BUSY, detail=answer.error.raw if answer.error else "")
            self.on_progress(PortState.SIM_BUSY, {})
            await asyncio.sleep(self.limits.poll_s)

    def _is_busy(self, error: ModemError | None) -> bool:
        if error is None:
            return False
        listed = any(pattern.fullmatch(error.raw) for pattern in self.busy)
        return listed or card_trouble(error) is PortState.SIM_BUSY

    async def turn_on(self, command: str) -> None:
        """``AT+X=1``, where ``AT+X?`` doesn't say that it is on."""
        name, equals, value = command.partition("=")
        if equals and value.isdigit():
            said = (await self.ask(f"{name}?")).named(command_name(command))
            if said is not None and values(said)[:1] == [value]:
                return
        await self.ask(command)

    async def first_line(self, *commands: str) -> str | None:
        """The first line of the answer to the first of ``commands`` that has one.

        A line with another name than the command's counts only where there is no better: a code that no table lists.
        """
        for command in commands:
            answer = await self.ask(command)
            if answer.ok and answer.lines:
                texts = [line.text for line in answer.lines]
                return next((text for text in texts if not _is_of_another(text, command)), texts[0])
        return None

    def _note(self, answer: Answer) -> None:
        if answer.error is not None:
            self.notes.append(f"{answer.command}: {answer.error.raw}"[:MAX_NOTE])

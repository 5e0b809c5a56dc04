"""Whether Ctrl-Z left for the modem is known to the octet: a line that takes no more has not taken it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from appliance.modem.at.dialogue import ESCAPE, Dialogue, Submission
from appliance.modem.at.limits import Limits

QUICK = Limits(prompt_s=0.1, submit_s=0.1, probe_s=(0.1,), quiet_s=0.01, drain_s=0.1)
PDU = "0001000D91683119325476F80008024F60"


class FullLine:
    """Takes ``room`` octets and keeps the rest; what was taken is answered."""

    def __init__(self, room: int) -> None:
        self.taken = b""
        self.kept = b""
        self.room = room
        self.answer: Callable[[bytes], bytes] = lambda _: b""
        self.dialogue = Dialogue(self, lambda _: None, QUICK)

    def write(self, octets: bytes) -> None:
        free = max(0, self.room - len(self.taken))
        if not self.kept:
            self.taken += octets[:free]
            octets = octets[free:]
        self.kept += octets
        asyncio.get_running_loop().call_soon(self._say)

    def withdraw(self) -> int:
        count, self.kept = len(self.kept), b""
        return count

    def _say(self) -> None:
        self.dialogue.feed(self.answer(self.taken))


@pytest.mark.parametrize(
    ("room", "given"),
    [
        (len("AT+CMGS=16\r") + extra, extra >= len(PDU) + 1)
        for extra in (0, 1, len(PDU) - 1, len(PDU), len(PDU) + 1)
    ],
)
def test_ctrl_z_is_given_when_its_octet_was_taken(room: int, given: bool) -> None:
    async def submit() -> tuple[FullLine, Submission]:
        line = FullLine(room)
        # Only the command is answered: the prompt comes while the body does not fit.
        line.answer = lambda taken: b"\r\n> " if taken.endswith(b"=16\r") else b""
        return line, await line.dialogue.submit("AT+CMGS=16", PDU)

    line, submission = asyncio.run(submit())
    assert submission.body_given is given
    assert submission.final is None
    assert (b"\x1a" in line.taken) is given


@pytest.mark.parametrize("fits", [False, True])
def test_only_a_body_that_was_not_given_is_left_by_escape(fits: bool) -> None:
    async def talk() -> bytes:
        line = FullLine(1000 if fits else 20)
        line.answer = lambda taken: b"\r\n> " if taken.endswith(b"=16\r") else b""
        await line.dialogue.submit("AT+CMGS=16", PDU)
        line.room, line.taken = 1000, b""
        line.answer = lambda taken: b"\r\nOK\r\n" if taken.endswith(b"AT\r") else b""
        await line.dialogue.execute("AT")
        return line.taken

    assert asyncio.run(talk()).startswith(b"AT\r" if fits else ESCAPE)

"""One USSD query with a modem: the code goes out, and its answer comes as a line of its own up to a minute later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from appliance.modem.at.dialogue import Answer, Dialogue
from appliance.modem.at.parser import Unsolicited
from appliance.modem.at.syntax import values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.profile import Profile, UssdEncoding
from appliance.modem.ussd import GSM7_DCS, CusdLine, cusd_in, decoded_text, encoded_code, is_code

END_SESSION = "AT+CUSD=2"


@dataclass(frozen=True, slots=True)
class UssdAnswer:
    """What the network said. ``status`` as in `appliance.modem.ussd.CusdLine`; a dialogue it opened is ended."""

    text: str
    status: int


class UssdError(Exception):
    """No answer, and why: the code of a sentence ``ussd.…`` with its arguments."""

    def __init__(self, code: str, **args_for_person: str) -> None:
        super().__init__(code, args_for_person)
        self.code = code
        self.args_for_person = args_for_person


_WITHOUT_TEXT = {2: "ussd.ended", 3: "ussd.taken", 4: "ussd.not-supported", 5: "ussd.network-timeout"}


class UssdDialogue:
    """The USSD of one modem: one query at a time."""

    def __init__(self, dialogue: Dialogue, profile: Profile) -> None:
        self._dialogue = dialogue
        self._profile = profile
        self._turn = asyncio.Lock()
        self._awaited: asyncio.Future[CusdLine] | None = None

    def hear(self, line: Unsolicited) -> bool:
        """Take a line that came unasked; whether it was about USSD."""
        if line_name(line.text) != "+CUSD":
            return False
        said = cusd_in(line.text)
        if said is not None and self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(said)
        return True

    async def ask(self, code: str, timeout_s: float) -> UssdAnswer:
        """Send ``code`` and wait for the answer. UssdError where there is none; LineError where the modem is mute."""
        if not is_code(code):
            raise UssdError("ussd.no-code")
        async with self._turn:
            self._awaited = asyncio.get_running_loop().create_future()
            try:
                await self._send(code)
                said = await asyncio.wait_for(self._awaited, timeout_s)
            except TimeoutError:
                await self._dialogue.execute(END_SESSION)
                raise UssdError("ussd.no-answer", seconds=f"{timeout_s:.0f}") from None
            finally:
                self._awaited = None
            if said.status == 1:
                await self._dialogue.execute(END_SESSION)
        if not said.text:
            raise UssdError(_WITHOUT_TEXT.get(said.status, "ussd.empty"))
        if said.status in (4, 5):
            raise UssdError(_WITHOUT_TEXT[said.status])
        return UssdAnswer(decoded_text(said.text, said.dcs), said.status)

    async def _send(self, code: str) -> None:
        """In the form of the profile; where that is refused, plainly: a refused command sent nothing."""
        charset = await self._charset()
        forms = dict.fromkeys(
            [
                encoded_code(code, self._profile.ussd, charset),
                encoded_code(code, UssdEncoding.BY_CSCS, charset),
            ]
        )
        for form in forms:
            answer = await self._dialogue.execute(f'AT+CUSD=1,"{form}",{GSM7_DCS}')
            self._take_what_came_with(answer)
            if answer.ok or (self._awaited is not None and self._awaited.done()):
                return
            if answer.final is None:
                raise UssdError("ussd.no-answer", seconds=f"{self._dialogue.limits.of('AT+CUSD'):.0f}")
        raise UssdError("ussd.refused", detail=answer.error.raw if answer.error else "")

    async def _charset(self) -> str | None:
        """What ``+CSCS`` is set to, where the form of the code hangs on it."""
        if self._profile.ussd is not UssdEncoding.BY_CSCS:
            return None
        said = (await self._dialogue.execute("AT+CSCS?")).named("+CSCS")
        return None if said is None else next(iter(values(said)), None)

    def _take_what_came_with(self, answer: Answer) -> None:
        """Some modems give the answer of the network before their OK, as if it were that of the command."""
        said = next((line.text for line in answer.lines if line_name(line.text) == "+CUSD"), None)
        if said is not None:
            self.hear(Unsolicited(said))

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

_REFUSED = "ussd.refused"
_NEXT_FORM = frozenset({_REFUSED, "ussd.not-supported"})


class UssdDialogue:
    """The USSD of one modem: one query at a time."""

    def __init__(self, dialogue: Dialogue, profile: Profile) -> None:
        self._dialogue = dialogue
        self._profile = profile
        self._turn = asyncio.Lock()
        self._awaited: asyncio.Future[CusdLine] | None = None
        self._works: UssdEncoding | None = None
        """The form that was understood before."""

    def hear(self, line: Unsolicited) -> bool:
        """Take a line that came unasked; whether it was about USSD."""
        if line_name(line.text) != "+CUSD":
            return False
        said = cusd_in(line.text)
        if said is not None and self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(said)
        return True

    async def ask(self, code: str, timeout_s: float) -> UssdAnswer:
        """Send ``code`` and wait for the answer. UssdError where there is none; LineError where the modem is mute.

        Makers don't agree on how a code is written. Where a modem refuses one form, or says that the network does not
        know it (<m> 4, which is also what a wrong form comes to), the next is tried: no code was understood before.
        """
        if not is_code(code):
            raise UssdError("ussd.no-code")
        async with self._turn:
            charset = await self._charset()
            written: dict[str, UssdEncoding] = {}
            for form in self._forms():
                written.setdefault(encoded_code(code, form, charset), form)
            trouble: UssdError | None = None
            for text, form in written.items():
                try:
                    answer = await self._ask_once(text, timeout_s)
                except UssdError as error:
                    if error.code not in _NEXT_FORM:
                        raise
                    trouble = trouble or error  # that of the likeliest form says most
                    continue
                self._works = form
                return answer
            raise trouble or UssdError("ussd.not-supported")

    def _forms(self) -> list[UssdEncoding]:
        """Ways to write a code, likeliest first."""
        likely = [form for form in (self._works, self._profile.ussd) if form is not None]
        return list(dict.fromkeys([*likely, UssdEncoding.BY_CSCS, *UssdEncoding]))

    async def _ask_once(self, text: str, timeout_s: float) -> UssdAnswer:
        awaited = self._awaited = asyncio.get_running_loop().create_future()
        try:
            await self._send(text)
            said = await asyncio.wait_for(awaited, timeout_s)
        except TimeoutError:
            await self._dialogue.execute(END_SESSION)
            raise UssdError("ussd.no-answer", seconds=f"{timeout_s:.0f}") from None
        finally:
            self._awaited = None
        if said.status == 1:
            await self._dialogue.execute(END_SESSION)
        if not said.text or said.status in (4, 5):
            raise UssdError(_WITHOUT_TEXT.get(said.status, "ussd.empty"))
        return UssdAnswer(decoded_text(said.text, said.dcs), said.status)

    async def _send(self, text: str) -> None:
        answer = await self._dialogue.execute(f'AT+CUSD=1,"{text}",{GSM7_DCS}')
        self._take_what_came_with(answer)
        if answer.ok or (self._awaited is not None and self._awaited.done()):
            return
        if answer.final is None:
            raise UssdError("ussd.no-answer", seconds=f"{self._dialogue.limits.of('AT+CUSD'):.0f}")
        raise UssdError(_REFUSED, detail=answer.error.raw if answer.error else "")

    async def _charset(self) -> str | None:
        """What ``+CSCS`` is set to: the form of the code may hang on it."""
        said = (await self._dialogue.execute("AT+CSCS?")).named("+CSCS")
        return None if said is None else next(iter(values(said)), None)

    def _take_what_came_with(self, answer: Answer) -> None:
        """Some modems give the answer of the network before their OK, as if it were that of the command."""
        said = next((line.text for line in answer.lines if line_name(line.text) == "+CUSD"), None)
        if said is not None:
            self.hear(Unsolicited(said))

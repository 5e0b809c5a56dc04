"""Scripted CDMA modems behind a real pty: what they are asked, what octets they are given, and how they answer."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from appliance.modem.session import ModemSession
from tests.modem.scripted_modem import OK, PROMPT, QUICK, Line, Reply, ScriptedModem, info

_PROMPTED = re.compile(r"AT(\+C|\^H|\$Q)C?MGS=(?!\?)")
_WIDE = re.compile(r"AT(\^HSMSSS=\d,\d,6,\d|\+WSCL=6,4)")
_NARROW = re.compile(r"AT(\^HSMSSS=|\+WSCL=)")

NO_CARD: dict[str, Reply] = {
    "AT": OK,
    "ATE0": OK,
    "AT+CMEE=1": OK,
    "AT+CFUN?": info("+CFUN: 1"),
    "AT+CREG=1": OK,
    "AT+CREG?": info("+CREG: 1,1"),
    "AT+CSQ": info("+CSQ: 20,99"),
}
"""What a stick without a card answers; to everything else it says ERROR."""

EC122: dict[str, Reply] = {
    **NO_CARD,
    "AT+CGMI": info("HUAWEI TECHNOLOGIES CO., LTD"),
    "AT+CGMM": info("EC122"),
    "AT+CGMR": info("11.100.05.00.45"),
    "AT^MEID": info("^MEID:A0C72311111111"),
    "AT+CMGF=0": b"\r\n+CMS ERROR: 303\r\n",
    "AT+CMGF=1": OK,
    "AT^HSMSSS=1,0,1,0": OK,
    "AT^HSMSSS=1,0,6,0": OK,
    "AT+CPMS=?": info('+CPMS: ("ME"),("ME"),("ME")'),
    'AT+CPMS="ME","ME","ME"': info("+CPMS: 0,99,0,99,0,99"),
    "AT+CNMI=2,1,0,2,0": OK,
    "AT+CNMI?": info("+CNMI: 2,1,0,2,0"),
    "AT^HCMGL=4": OK,
}

MC509: dict[str, Reply] = {
    **EC122,
    "AT+CGMM": info("MC509"),
    "AT+CMGF=0": OK,
    "AT^HCMGS=?": OK,
}

MULTITECH: dict[str, Reply] = {
    **NO_CARD,
    "AT+CGMI": info("MULTITECH"),
    "AT+CGMM": info("MTCBA-C-N3 CDMA"),
    "AT+GSN": info("+GSN: 80ABCDEF"),
    "AT+CMGF=1": OK,
    "AT+WSCL=6,4": OK,
    "AT+WSCL=1,2": OK,
    "AT+CPMS=?": info('+CPMS: ("MT","SR"),("MT","SR"),("MT","SR")'),
    'AT+CPMS="MT","MT","MT"': info("+CPMS: 0,90,0,90,0,90"),
    'AT+CPMS="MT"': info("+CPMS: 0,90,0,90,0,90"),
    'AT+CPMS="SR"': info("+CPMS: 0,10,0,90,0,90"),
    "AT+CNMI=2,1,0,2,0": OK,
    "AT+CNMI?": info("+CNMI: 2,1,0,2,0"),
    'AT+CMGL="ALL"': OK,
}

QUALCOMM: dict[str, Reply] = {
    **NO_CARD,
    "AT+CGMI": info("QUALCOMM INCORPORATED"),
    "AT+CGMM": info("CDMA 1X"),
    "AT+GSN": info("0x80ABCDEF"),
    "AT$QCMGF=1": OK,
    'AT+CSCS="UCS2"': OK,
    'AT+CSCS="IRA"': OK,
    "AT$QCPMS=?": info('$QCPMS: ("ME"),("ME"),("ME")'),
    'AT$QCPMS="ME","ME","ME"': info("$QCPMS: 0,50,0,50,0,50"),
    "AT$QCNMI=2,1,0,2,0": OK,
    "AT$QCNMI?": info("$QCNMI: 2,1,0,2,0"),
    'AT$QCMGL="ALL"': OK,
}


class CdmaModem(ScriptedModem):
    """``octets`` has what was written at its prompts, without what ended it; ``submit`` answers each."""

    def __init__(self, answers: dict[str, Reply], *, chunk: int | None = None) -> None:
        super().__init__(answers, chunk=chunk)
        self.octets: list[bytes] = []
        self.wide = False

    def _take_command(self) -> bool:
        line, end, self._input = self._input.partition(b"\r")
        if not end:
            self._input = line
            return False
        command = line.decode("latin-1").lstrip("\x00\x1b")
        if not command:
            return True
        self.heard.append(command)
        if _NARROW.match(command) and self.answers.get(command) == OK:
            self.wide = _WIDE.match(command) is not None
        if _PROMPTED.match(command):
            self.at_prompt = self.prompt == PROMPT
            self.say(self.prompt)
        else:
            self.say(self.answers.get(command, self.otherwise))
        return True

    def _take_body(self) -> bool:
        escape, end = self._find(0x1B), self._find(0x1A)
        if end < 0 and escape < 0:
            return False
        self.at_prompt = False
        if escape >= 0 and (end < 0 or escape < end):
            self.heard.append("ESC")
            self._input = self._input[escape + 1 :]
            return True
        self.octets.append(self._input[: end - int(self.wide)])
        self._input = self._input[end + 1 :]
        self.say(self.submit)
        return True

    def _find(self, character: int) -> int:
        """Where it stands: in wide text as the second octet of a unit, after a zero."""
        at = self._input.find(character)
        while self.wide and at >= 0 and not (at % 2 and self._input[at - 1] == 0):
            at = self._input.find(character, at + 1)
        return at


class CdmaLine(Line):
    modem: CdmaModem


@asynccontextmanager
async def cdma_line(
    answers: Mapping[str, Reply], more: Mapping[str, Reply] | None = None, *, chunk: int | None = None
) -> AsyncIterator[CdmaLine]:
    """An open session with a modem that answers so."""
    opened = CdmaLine(CdmaModem({**answers, **(more or {})}, chunk=chunk))
    opened.session = await ModemSession.open(opened.modem.device, on_event=opened.tell, limits=QUICK)
    try:
        yield opened
    finally:
        await opened.session.close()
        opened.modem.hang_up()


@asynccontextmanager
async def ready_cdma_line(
    answers: Mapping[str, Reply], more: Mapping[str, Reply] | None = None, *, chunk: int | None = None
) -> AsyncIterator[CdmaLine]:
    """The same after bring-up, with nothing heard yet."""
    async with cdma_line(answers, more, chunk=chunk) as opened:
        opened.bearings = await opened.bring_up()
        opened.modem.heard.clear()
        yield opened

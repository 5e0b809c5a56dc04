"""Text modes after TS 27.005: ``+CMGS`` of Multi-Tech and Wavecom, and Qualcomm's ``$QCMGS``.

Facts: Multi-Tech "CDMA AT Commands Reference Guide" (S000294, S000478) and "EV-DO and CDMA AT Commands" (S000546);
Wavecom's ``+WSCL=<language>,<encoding>``, after which a text goes as octets of UTF-16 and ends with 00 1A, from S000294
§22 and from users of Q2358C. Qualcomm's set is known from the field only; what is not ASCII is given to it as
hexadecimal under ``+CSCS="UCS2"`` (TS 27.007 §5.5).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto

from appliance.modem.asking import Asker
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.exchange import CTRL_Z, WIDE_CTRL_Z, Typed
from appliance.modem.at.parser import BodyEnd, Information, Unsolicited
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.bearings import ReceiveMode
from appliance.modem.cdma.commands import QUALCOMM_TEXT, STANDARD_TEXT
from appliance.modem.cdma.driver import CdmaMessaging, refused
from appliance.modem.cdma.record import ArrivalKind, Told
from appliance.modem.messaging import CdmaOutgoing
from appliance.modem.outcomes import NotSubmitted, SendOutcome
from appliance.modem.profile import Profile

_AS_IT_IS, _AS_HEX = 'AT+CSCS="IRA"', 'AT+CSCS="UCS2"'
_AS_ASCII, _AS_OCTETS = "AT+WSCL=1,2", "AT+WSCL=6,4"

NO_UNICODE = "error.no-unicode"

_READ = frozenset({"+CMGR", "$QCMGR"})
_REPORT = "+CDS"
_SLASHES = re.compile(r"(\d\d)?(\d\d)/(\d\d)/(\d\d),\s*(\d\d)\s*:\s*(\d\d)\s*:?\s*(\d\d)")
_DIGITS = re.compile(r"(\d\d)(\d{12})")
_ENDS = re.compile(rb"(\x00\x1a|\x1a)?[\r\n]*\Z")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{4})+")
_DELIVERED = (0, 32768)
"""<st> of a report: Multi-Tech's examples of delivered messages have 32768, the standard has 0."""


class _Wide(Enum):
    """How what is not ASCII is given."""

    NOT = auto()
    WSCL = auto()
    """``AT+WSCL=6,4``, then octets."""
    CSCS = auto()
    """``AT+CSCS="UCS2"``, then hexadecimal; the number as well. Messages are read in that way too."""


class StandardTextMessaging(CdmaMessaging):
    """Number and text by the commands of TS 27.005."""

    names = STANDARD_TEXT

    def __init__(self, dialogue: Dialogue, profile: Profile) -> None:
        super().__init__(dialogue, profile)
        self._wide = _Wide.NOT
        self._set_to: str | None = None
        """The last command that said how texts go."""
        self._turn = asyncio.Lock()
        """Held from that command to the one for which it was given."""

    async def prepare(self, asker: Asker) -> None:
        """Text mode; how what is not ASCII can be given."""
        answer = await self.choose_mode(asker, 1)
        if not answer.ok and line_name(answer.final.text if answer.final else "") != "ERROR":
            await self.need_mode(asker, 1)
        # Multi-Tech's modems know nothing but text, so some have no such command.
        self._dialogue.read_texts(text_behind)
        if self.names is STANDARD_TEXT and (await asker.ask(_AS_OCTETS)).ok:
            self._wide = _Wide.WSCL
        elif (await asker.ask_card(_AS_HEX)).ok:
            self._wide = _Wide.CSCS
        await self._set(_AS_ASCII if self._wide is _Wide.WSCL else _AS_IT_IS)

    async def set_up(self, asker: Asker) -> ReceiveMode:
        """As all; details of messages where they can be had, and reports where they have to be asked for."""
        await asker.ask("AT+CSDH=1")
        await asker.ask("AT+CSMP=49,167,0,0")
        return await super().set_up(asker)

    async def submit(self, outgoing: CdmaOutgoing) -> SendOutcome:
        """Say how the text goes where that changes, then the text at the prompt."""
        ascii_only = outgoing.text.isascii()
        if not ascii_only and self._wide is _Wide.NOT:
            return NotSubmitted(NO_UNICODE)
        number, typed = outgoing.number, Typed(outgoing.text.encode("ascii")) if ascii_only else None
        if self._wide is _Wide.WSCL:
            how = _AS_ASCII if ascii_only else _AS_OCTETS
            typed = typed or Typed(outgoing.text.encode("utf-16-be"), WIDE_CTRL_Z)
        else:
            how = _AS_IT_IS if ascii_only else _AS_HEX
            if typed is None:
                number = number.encode("utf-16-be").hex().upper()
                typed = Typed(outgoing.text.encode("utf-16-be").hex().upper().encode(), CTRL_Z)
        async with self._turn:
            # Always before Unicode: a modem that has forgotten it would take the octets for letters.
            answer = await self._set(how, again=not ascii_only)
            if answer is not None:
                return answer
            return self.outcome(await self._dialogue.submit(f'AT{self.names.send}="{number}"', typed))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Where texts can be had in hexadecimal, they are: no line end in them is taken for another."""
        async with self._turn:
            if self._wide is _Wide.CSCS:
                await self._set(_AS_HEX)
            yield

    async def _set(self, command: str, *, again: bool = False) -> SendOutcome | None:
        """``command`` where another one was the last, or ``again``; what to say of a message where it fails."""
        if command == self._set_to and not again:
            return None
        self._set_to = None
        answer = await self._dialogue.execute(command)
        if not answer.ok and self._wide is not _Wide.NOT:
            return refused(answer)
        self._set_to = command
        return None

    def record_in(self, line: Information | Unsolicited) -> tuple[int, str] | None:
        """What a header and its text say, in any of the orders in which makers put its fields."""
        fields = values(line.text)
        report = _report_in(fields, direct=line_name(line.text) == _REPORT)
        if report is not None:
            return 1, report.to_record()
        if line.body is None or len(fields) < 2:
            return None
        status = 0 if fields[0].upper() in ("REC UNREAD", "UREAD", "0") else 1
        if fields[0].upper().startswith(("STO", "SENT", "USENT", "UNSENT", "2", "3")):
            status = 3
        is_hex = self._set_to == _AS_HEX
        sender = _number(fields[0] if line_name(line.text).endswith("CMT") else fields[1], is_hex=is_hex)
        text = _text(line.body, fields, is_hex=is_hex)
        told = Told(kind=ArrivalKind.TEXT, sender=sender, stamp=_stamp(line.text), text=text)
        return status, told.to_record()


class QualcommTextMessaging(StandardTextMessaging):
    """The same with the names of Qualcomm's CDMA side."""

    names = QUALCOMM_TEXT


def text_behind(header: str) -> BodyEnd | None:
    """The text of one message that is read goes on to its ``OK``, whatever line ends it has."""
    if line_name(header) in _READ and _report_in(values(header), direct=False) is None:
        return BodyEnd(mark=b"\r\nOK\r\n", keeps_mark=True)
    if line_name(header) == "+CMT":
        return BodyEnd(mark=b"\r\n")
    return None


def _report_in(fields: list[str], *, direct: bool) -> Told | None:
    """``<fo>,<mr>,<ra>,<tora>,<scts>,<dt>,<st>`` of ``+CDS``; stored ones have <stat> in place of <fo>.

    Verizon's short form is ``1,<mr>,"<date>,<time>",<text>``.
    """
    if len(fields) < 3 or (reference := number(fields[1])) is None:
        return None
    if not direct and not fields[0].upper().endswith("READ"):
        return None
    status = number(fields[-1])
    moments = [stamp for field in fields[2:] if (stamp := _stamp(field))]
    delivered = status in _DELIVERED or (direct and len(fields) < 7)
    return Told(
        kind=ArrivalKind.REPORT,
        sender=_number(fields[2]) if not _stamp(fields[2]) else "",
        stamp=moments[0] if moments else "",
        reference=reference,
        status=(0, 2) if delivered else (2, 31),
    )


def _number(field: str, *, is_hex: bool = True) -> str:
    """A number, also where it was given in hexadecimal of UCS-2, which is four times as long."""
    if (
        is_hex
        and len(field) >= 12
        and field.startswith("00")
        and _HEX.fullmatch(field.encode("latin-1", "replace"))
    ):
        return bytes.fromhex(field).decode("utf-16-be", "replace")
    return field


def _stamp(text: str) -> str:
    """YYMMDDhhmmss out of ``yy/MM/dd,hh:mm:ss±zz`` or ``YYYYMMDDhhmmss``; empty where there is neither."""
    slashes = _SLASHES.search(text)
    if slashes is not None:
        return "".join(slashes.groups()[1:])
    digits = next((found for part in text.split(",") if (found := _DIGITS.fullmatch(part.strip(' "')))), None)
    return "" if digits is None else digits[2]


def _text(body: bytes, fields: list[str], *, is_hex: bool) -> str:
    """The text in what stood between header and ``OK``; <encod> 4 is Unicode, and <length> counts octets."""
    digits = body.strip()
    if is_hex and _HEX.fullmatch(digits):
        return bytes.fromhex(digits.decode("ascii")).decode("utf-16-be", "replace")
    length = number(fields[-1]) if len(fields) > 4 else None
    body = body[:length] if length is not None and 0 < length <= len(body) else _ENDS.sub(b"", body)
    body = body.removesuffix(b"\x00\x1a")
    is_unicode = len(fields) > 4 and fields[4] == "4"
    if is_unicode or (b"\x00" in body and len(body) % 2 == 0) or not body.isascii():
        return body.decode("utf-16-be", "replace")
    return body.decode("ascii")

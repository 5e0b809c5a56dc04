"""Huawei's text mode: ``^HSMSSS``, ``^HCMGS="number"``, ``^HCMGR`` (EC122, EC169, MC323, MC509, MC8630 …).

Facts: MC509 AT Command Interface Specification, issue 01 (2011), §8.7–8.14; that Unicode goes as octets, big end
first, and ends with 00 1A in both directions, and that listing gives indexes only, from the EVDO support of
ModemManager's fork of 2011 (sms_send, sms_get_done, sms_list_done).
"""

from __future__ import annotations

from appliance.modem.asking import Asker
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.exchange import CTRL_Z, WIDE_CTRL_Z, Typed
from appliance.modem.at.parser import BodyEnd, Information, Unsolicited
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.cdma.commands import HUAWEI_TEXT
from appliance.modem.cdma.driver import CdmaMessaging, refused
from appliance.modem.cdma.record import ArrivalKind, Told
from appliance.modem.messaging import CdmaOutgoing
from appliance.modem.outcomes import SendOutcome
from appliance.modem.profile import Profile

ASCII, UNICODE = 1, 6
"""<format>."""

_HEADERS = frozenset({"^HCMGR", "^HCMT", "^HCDS"})
_FIELDS = 13
"""callerID, year, month, day, hour, minute, second, lang, format, length, prt, prv, type[, tag]."""

_KINDS = {1: ArrivalKind.VOICEMAIL, 2: ArrivalKind.VOICEMAIL, 3: ArrivalKind.REPORT, 4: ArrivalKind.FLASH}
"""<type>: 1 a page, 2 voice mail, 3 a report, 4 flash; 0 is an ordinary message."""


class HuaweiTextMessaging(CdmaMessaging):
    """Number and text; how the text is given is set before by ``^HSMSSS``."""

    names = HUAWEI_TEXT

    def __init__(self, dialogue: Dialogue, profile: Profile) -> None:
        super().__init__(dialogue, profile)
        self._parameters: str | None = None

    async def prepare(self, asker: Asker) -> None:
        """Text mode; from here on texts are read as octets."""
        await self.need_mode(asker, 1)
        self._dialogue.read_texts(text_behind)

    async def submit(self, outgoing: CdmaOutgoing) -> SendOutcome:
        """``^HSMSSS=<ack>,<prt>,<fmt>,<prv>`` where it changes, then the text at the prompt.

        Before Unicode always: to a modem that has forgotten it, 00 1A is no end, and 4E1A (业) is one.
        """
        wide = not outgoing.text.isascii()
        parameters = f"AT^HSMSSS={int(outgoing.report)},0,{UNICODE if wide else ASCII},0"
        if wide or parameters != self._parameters:
            self._parameters = None
            answer = await self._dialogue.execute(parameters)
            if not answer.ok:
                return refused(answer)
            self._parameters = parameters
        octets = outgoing.text.encode("utf-16-be" if wide else "ascii")
        typed = Typed(octets, WIDE_CTRL_Z if wide else CTRL_Z, self.names.settled_by)
        return self.outcome(await self._dialogue.submit(f'AT^HCMGS="{outgoing.number}"', typed))

    def record_in(self, line: Information | Unsolicited) -> tuple[int, str] | None:
        """What a header and its text say."""
        fields = values(line.text)
        if len(fields) < _FIELDS or line.body is None:
            return None
        kind = _KINDS.get(number(fields[12]) or 0, ArrivalKind.TEXT)
        encoding, body = number(fields[8]), line.body
        told = Told(kind=kind, sender=fields[0], stamp=_stamp(fields[1:7]))
        match encoding:
            case _ if kind is ArrivalKind.REPORT:
                pass
            case 0 | 1 | 2:
                told = Told(
                    kind=kind, sender=fields[0], stamp=told.stamp, text=body.decode("ascii", "replace")
                )
            case 6:
                told = Told(
                    kind=kind, sender=fields[0], stamp=told.stamp, text=body.decode("utf-16-be", "replace")
                )
            case 4:
                told = Told(kind=kind, sender=fields[0], stamp=told.stamp, text=body.decode("latin-1"))
            case _:
                binary = ArrivalKind.BINARY
                told = Told(kind=binary, sender=fields[0], stamp=told.stamp, data=body.hex().upper())
        tag = number(fields[13]) if len(fields) > _FIELDS else 1
        return (1 if tag is None else tag), told.to_record()


def text_behind(header: str) -> BodyEnd | None:
    """Where the text behind a header ends: its <length> counts characters in one firmware and octets in another."""
    if line_name(header) not in _HEADERS:
        return None
    fields = values(header)
    if len(fields) < _FIELDS:
        return None
    return BodyEnd(mark=b"\x00\x1a", wide=True) if number(fields[8]) == UNICODE else BodyEnd()


def _stamp(fields: list[str]) -> str:
    """YYMMDDhhmmss; empty where a field is no number."""
    found = [number(field) for field in fields]
    if None in found:
        return ""
    return "".join(f"{(each or 0) % 100:02d}" for each in found)

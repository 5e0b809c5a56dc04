"""Sending from the card's memory: ``+CMGW``, ``+CMSS``, and what the memory says of it afterwards.

TS 27.005 §4.3, §4.4. Worth its commands only where the modem marks what it has sent
(`appliance.modem.profile.SentFlag`): a send that was broken off, by a crash or a power cut, may then be settled by
reading the memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from appliance.modem.asking import Asker
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.errors import modem_error
from appliance.modem.memory import Storage
from appliance.modem.outcomes import NotSubmitted, Refused, SendOutcome, StoredPdu
from appliance.modem.profile import SentFlag
from appliance.modem.states import PortState
from appliance.modem.submission import LINE_LOST_BEFORE, NO_FINAL_WRITE, outcome_of

if TYPE_CHECKING:
    from appliance.modem.sms import EncodedPdu

CARD = "SM"
"""The card's memory, which goes where the SIM goes. No other is used: what it says would be another SIM's."""

UNSENT, SENT = 2, 3
"""<stat> of PDU mode (TS 27.005 §3.1)."""


class Sign(StrEnum):
    """What the memory says of a part whose answer nobody has heard."""

    SENT = "sent"
    """The network took it."""
    NOT_SENT = "not-sent"
    """It certainly never went on the air."""
    NONE = "none"
    """It may or may not have gone."""


@dataclass(frozen=True, slots=True)
class Written:
    """A message was written to this place of the card's memory."""

    place: int


class Outbox:
    """The card's memory of one modem, as a way to send."""

    def __init__(self, dialogue: Dialogue, storage: Storage, flag: SentFlag) -> None:
        self.flag = flag
        self._dialogue = dialogue
        self._storage = storage

    async def write(self, outgoing: EncodedPdu) -> Written | Refused | NotSubmitted:
        """``AT+CMGW``. Nothing goes on the air by it, whatever comes of it. Never raises."""
        said = await self._dialogue.submit(f"AT+CMGW={outgoing.tpdu_length}", outgoing.hex)
        if said.final is None:
            lost = said.trouble is not None and said.trouble.state is PortState.LINE_LOST
            return NotSubmitted(LINE_LOST_BEFORE if lost else NO_FINAL_WRITE)
        if not said.final.ok:
            return Refused(modem_error(said.final.text))
        for line in said.lines:
            place = number(values(line.text)[0]) if line_name(line.text) == "+CMGW" else None
            if place is not None:
                return Written(place)
        return NotSubmitted(NO_FINAL_WRITE)

    async def send(self, place: int) -> SendOutcome:
        """``AT+CMSS``: what is at ``place`` goes on the air. Never raises."""
        return outcome_of(await self._dialogue.submit_line(f"AT+CMSS={place}"), "+CMSS")

    async def at(self, place: int, pdu: str) -> StoredPdu | None:
        """What lies at ``place``, if it is the message ``pdu``; else None. LineError, as the two below."""
        found = await self._storage.read(CARD, place)
        return found if found is not None and is_same(pdu, found.pdu) else None

    async def find(self, pdu: str) -> list[StoredPdu]:
        """All places where the message ``pdu`` was written."""
        return [each for each in await self._storage.written(CARD) if is_same(pdu, each.pdu)]

    async def discard(self, place: int, pdu: str) -> bool:
        """Free ``place`` where the message ``pdu`` lies there (another card's messages are not ours to delete).

        Whether it is free of it now.
        """
        if await self.at(place, pdu) is None:
            return True
        return await self._storage.delete(CARD, place)


async def open_outbox(asker: Asker, dialogue: Dialogue, storage: Storage, flag: SentFlag) -> Outbox | None:
    """The outbox of a modem whose profile says that it marks what it sent; None where it can't be used.

    What is written, read and sent must all be the card's memory.
    """
    if flag is SentFlag.NONE:
        return None
    said = (await asker.ask_card("AT+CPMS?")).named("+CPMS")
    fields = values(said) if said is not None else []
    memories = [fields[index].upper() for index in (0, 3) if index < len(fields)]
    return Outbox(dialogue, storage, flag) if memories == [CARD, CARD] else None


def sign_of(found: StoredPdu | None, flag: SentFlag, *, may_have_been_sent: bool) -> Sign:
    """What the memory says of a part: ``found`` is its entry, if it is (still) there.

    ``may_have_been_sent``: whether ``+CMSS`` may have been given; where it certainly was not, no memory need be asked.
    """
    if not may_have_been_sent:
        return Sign.NOT_SENT
    if found is None:
        return Sign.NONE
    if found.status == SENT and flag is SentFlag.AFTER_ANSWER:
        return Sign.SENT
    if found.status == UNSENT and flag is SentFlag.BEFORE_SENDING:
        return Sign.NOT_SENT
    return Sign.NONE


def is_same(ours: str, theirs: str) -> bool:
    """Whether two PDUs carry the same TPDU, octet for octet, but for the service centre in front and TP-MR.

    A modem may write its own service centre there; TP-MR of what is to be sent is 'FF' on a card, and of what was
    sent the reference that it got (TS 31.102 §4.2.25).
    """
    one, other = _tpdu(ours), _tpdu(theirs)
    return one is not None and other is not None and (one[:1], one[2:]) == (other[:1], other[2:])


def reference_in(ours: str, theirs: str) -> int | None:
    """The TP-MR that the modem has written into the stored message; None where it has left ours, or filler."""
    one, other = _tpdu(ours), _tpdu(theirs)
    if one is None or other is None or other[1] in (one[1], 0xFF):
        return None
    return other[1]


def _tpdu(pdu: str) -> bytes | None:
    try:
        octets = bytes.fromhex(pdu)
    except ValueError:
        return None
    tpdu = octets[1 + octets[0] :] if octets else b""
    return tpdu if len(tpdu) > 2 else None

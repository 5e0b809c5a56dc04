"""Messages as TPDUs: PDU mode, ``+CMGS``, ``+CMGL``, ``+CMGR``, ``+CNMI`` (TS 27.005 §3, §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.modem.announcements import announced_message
from appliance.modem.asking import Asker, card_trouble
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.parser import Unsolicited
from appliance.modem.at.syntax import values
from appliance.modem.at.unsolicited import line_name
from appliance.modem.bearings import ReceiveMode
from appliance.modem.events import ModemEvent
from appliance.modem.identity import number_in
from appliance.modem.memory import Storage
from appliance.modem.messaging import CdmaOutgoing, SmsForm, StoredCdma
from appliance.modem.outbox import Outbox, open_outbox
from appliance.modem.outcomes import NotSubmitted, SendOutcome, StoredPdu
from appliance.modem.profiles import Profile
from appliance.modem.receive import Memories, Routing, set_up_receiving
from appliance.modem.states import LineError, PortState
from appliance.modem.submission import WRONG_FORM, outcome_of

if TYPE_CHECKING:
    from appliance.modem.sms import EncodedPdu


class TpduMessaging:
    """:class:`appliance.modem.messaging.Messaging` for 3GPP modems."""

    form = SmsForm.TPDU

    def __init__(self, dialogue: Dialogue, profile: Profile) -> None:
        self.smsc: str | None = None
        self.outbox: Outbox | None = None
        self._dialogue = dialogue
        self._profile = profile
        self._storage = Storage(dialogue, Memories())
        self._routing: Routing | None = None
        self._must_acknowledge = False

    async def prepare(self, asker: Asker) -> None:
        """PDU mode, and names in a character set that is read as it is."""
        answer = await asker.ask_card("AT+CMGF=0")
        if answer.final is None:
            raise LineError(PortState.NO_ANSWER, detail="no answer to AT+CMGF=0")
        if not answer.ok:
            trouble = card_trouble(answer.error)
            raise LineError(trouble or PortState.NO_PDU_MODE, detail=answer.error.raw if answer.error else "")
        # Another program may have left UCS2: names in hexadecimal.
        if not (await asker.ask_card('AT+CSCS="GSM"')).ok:
            await asker.ask_card('AT+CSCS="IRA"')

    async def set_up(self, asker: Asker) -> ReceiveMode:
        """The service centre, the memory, and how messages and reports come."""
        self.smsc = await _smsc(asker)
        mode, memories, self._routing = await set_up_receiving(asker, self._profile)
        self._storage = Storage(self._dialogue, memories)
        self.outbox = await open_outbox(asker, self._dialogue, self._storage, self._profile.sent_flag)
        self._must_acknowledge = mode.must_acknowledge
        return mode

    async def send(self, outgoing: EncodedPdu | CdmaOutgoing) -> SendOutcome:
        """``AT+CMGS``, the prompt, the TPDU (TS 27.005 §4.3)."""
        if isinstance(outgoing, CdmaOutgoing):
            return NotSubmitted(WRONG_FORM)
        return outcome_of(await self._dialogue.submit(f"AT+CMGS={outgoing.tpdu_length}", outgoing.hex))

    async def stored(self) -> list[StoredPdu | StoredCdma]:
        """All memories of modem and card (not drafts and sent ones)."""
        return [*await self._storage.stored()]

    async def read(self, memory: str, index: int) -> StoredPdu | None:
        """Its ``memory`` may be another than was asked for."""
        return await self._storage.read(memory, index)

    async def delete(self, memory: str, index: int) -> bool:
        """``AT+CMGD``, by index only."""
        return await self._storage.delete(memory, index)

    async def acknowledge(self) -> None:
        """``AT+CNMA`` (TS 27.005 §3.4.4)."""
        await self._dialogue.execute("AT+CNMA")

    async def restore(self) -> None:
        """``AT+CNMI`` again where the modem has forgotten it."""
        if self._routing is not None:
            await self._routing.restore(self._dialogue)

    def announced(self, line: Unsolicited) -> ModemEvent | None:
        """``+CMTI``, ``+CDSI``, ``+CMT``, ``+CDS``, a late ``+CMGS``."""
        return announced_message(line, must_acknowledge=self._must_acknowledge)

    def lost_settings(self, line: Unsolicited) -> bool:
        """A message as text, although PDU mode was set."""
        return line_name(line.text) == "+CMT" and line.pdu is None


async def _smsc(asker: Asker) -> str | None:
    """The service centre's number; None where the modem doesn't tell. LineError(NO_SMSC) where there is none."""
    answer = await asker.ask_card("AT+CSCA?")
    said = answer.named("+CSCA")
    if said is None:
        return None
    smsc = number_in(values(said))
    if smsc is None:
        raise LineError(PortState.NO_SMSC, detail=said)
    return smsc

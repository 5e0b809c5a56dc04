"""CDMA modems in PDU mode: transport layer packets by ``^HCMGS=<length>``, or by ``+CMGS=<length>``."""

from __future__ import annotations

import secrets

from appliance.modem.asking import Asker
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.exchange import Typed
from appliance.modem.at.parser import Information, Unsolicited
from appliance.modem.at.syntax import number, values
from appliance.modem.cdma.commands import HUAWEI_PACKET, STANDARD_PACKET
from appliance.modem.cdma.driver import CdmaMessaging
from appliance.modem.cdma.is637 import (
    BearerData,
    CdmaAddress,
    DisplayMode,
    Encoding,
    MessageType,
    ReplyOption,
    Teleservice,
    TransportMessage,
    UserData,
    relative_validity,
)
from appliance.modem.cdma.record import packet_record
from appliance.modem.cdma.storage import CdmaStorage
from appliance.modem.messaging import CdmaOutgoing, SmsForm
from appliance.modem.outcomes import SendOutcome
from appliance.modem.profile import Profile


class PacketMessaging(CdmaMessaging):
    """Huawei MC509 and relatives; a modem that knows no ``^HCMGS`` is spoken to by the names of TS 27.005."""

    form = SmsForm.CDMA_PDU
    names = HUAWEI_PACKET

    def __init__(self, dialogue: Dialogue, profile: Profile) -> None:
        super().__init__(dialogue, profile)
        # Not again what a process before this one gave: the network may take it for the same message.
        self._message_id = secrets.randbelow(1 << 16)

    async def prepare(self, asker: Asker) -> None:
        """PDU mode, and which names it has."""
        await self.need_mode(asker, 0)
        if not (await asker.ask(f"AT{self.names.send}=?")).ok:
            self.names = STANDARD_PACKET
            self._storage = CdmaStorage(self._dialogue, self.names, self.record_in, self.reading)

    async def submit(self, outgoing: CdmaOutgoing) -> SendOutcome:
        """The packet in hexadecimal at the prompt; its length counts octets."""
        self._message_id = (self._message_id + 1) % (1 << 16)
        packet = submit_packet(outgoing, self._message_id)
        command = f"AT{self.names.send}={len(packet)}"
        typed = Typed(packet.hex().upper().encode("ascii"), settled_by=self.names.settled_by)
        return self.outcome(await self._dialogue.submit(command, typed))

    def record_in(self, line: Information | Unsolicited) -> tuple[int, str] | None:
        """``^HCMGR: <stat>,[<reserved>],<length>`` and the packet in the next line."""
        if line.pdu is None:
            return None
        fields = values(line.text)
        status = number(fields[0]) if fields else None
        return (1 if status is None else status), packet_record(line.pdu)


def submit_packet(outgoing: CdmaOutgoing, message_id: int) -> bytes:
    """The packet that submits a message: as ASCII where it is, else as Unicode. CdmaError for what has no place."""
    encoding = Encoding.ASCII if outgoing.text.isascii() else Encoding.UNICODE
    bearer = BearerData(
        message_type=MessageType.SUBMIT,
        message_id=message_id,
        user_data=UserData.from_text(outgoing.text, encoding),
        validity_relative=None if outgoing.validity_s is None else relative_validity(outgoing.validity_s),
        reply_option=ReplyOption(delivery=True) if outgoing.report else None,
        display_mode=DisplayMode.IMMEDIATE if outgoing.flash else None,
    )
    message = TransportMessage(
        teleservice=Teleservice.MESSAGING,
        destination=CdmaAddress.from_text(outgoing.number),
        bearer_data=bearer,
    )
    return message.to_bytes()

"""How short messages are spoken of with a modem: in TPDUs, or in one of the ways of CDMA.

:class:`Messaging` is all that a session needs of either; `appliance.modem.tpdu_messaging` and
`appliance.modem.cdma` implement it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from appliance.modem.asking import Asker
    from appliance.modem.at.parser import Unsolicited
    from appliance.modem.bearings import ReceiveMode
    from appliance.modem.events import ModemEvent
    from appliance.modem.outbox import Outbox
    from appliance.modem.outcomes import SendOutcome, StoredPdu
    from appliance.modem.sms import EncodedPdu


class SmsForm(StrEnum):
    """What a message is made of before it is given to a modem."""

    TPDU = "tpdu"
    """A TPDU of TS 23.040 in PDU mode (``AT+CMGF=0``, ``AT+CMGS=<length>``)."""
    CDMA_TEXT = "cdma-text"
    """Number and text by the commands of a maker (``^HCMGS``, ``$QCMGS``, ``+CMGS`` of a CDMA modem)."""
    CDMA_PDU = "cdma-pdu"
    """A transport layer message of 3GPP2 C.S0015 (IS-637)."""


@dataclass(frozen=True, slots=True)
class CdmaOutgoing:
    """One message for a CDMA network; a longer text was split before (``(1/3) …``)."""

    number: str
    """As the network wants it: digits, ``*``, ``#``, without ``+``."""
    text: str
    report: bool = True
    """Ask for a delivery acknowledgement."""
    flash: bool = False
    """Shown at once and stored nowhere, where the modem has a way to say so."""
    validity_s: int | None = None


@dataclass(frozen=True, slots=True)
class StoredCdma:
    """A message or report in the memory of a CDMA modem."""

    memory: str
    index: int
    status: int
    """0 unread, 1 read (Huawei's <tag>, ``REC UNREAD`` and ``REC READ`` of others)."""
    pdu: str
    """A record of :mod:`appliance.modem.cdma.record`: the packet, or what text mode told."""


Outgoing = "EncodedPdu | CdmaOutgoing"
Stored = "StoredPdu | StoredCdma"


class Messaging(Protocol):
    """The messages of one modem. Calls but `announced` and `lost_settings` raise LineError if it is mute or gone."""

    @property
    def form(self) -> SmsForm:
        """What `send` takes."""

    @property
    def smsc(self) -> str | None:
        """The service centre's number; None where there is none to know."""

    @property
    def outbox(self) -> Outbox | None:
        """The card's memory as a way to send, where that may settle what was broken off; else None."""

    async def prepare(self, asker: Asker) -> None:
        """Choose the mode and character set, before the card is read. LineError(NO_PDU_MODE) if it can't be."""

    async def set_up(self, asker: Asker) -> ReceiveMode:
        """Make messages and reports come, once a network has accepted the modem. LineError(NO_SMSC)."""

    async def send(self, outgoing: EncodedPdu | CdmaOutgoing) -> SendOutcome:
        """Submit one message or part. Never raises for what the modem or the line does."""

    async def stored(self) -> list[StoredPdu | StoredCdma]:
        """The received messages and reports in all memories."""

    async def read(self, memory: str, index: int) -> StoredPdu | StoredCdma | None:
        """What lies at ``index``, or None where nothing does."""

    async def delete(self, memory: str, index: int) -> bool:
        """Free one place; False where the modem refused."""

    async def acknowledge(self) -> None:
        """Confirm what came directly, once it is durable."""

    async def restore(self) -> None:
        """Set again how messages come where the modem has forgotten it; at most one question where it has not."""

    def announced(self, line: Unsolicited) -> ModemEvent | None:
        """The event in a line about messages that came unasked; None where it is about none."""

    def lost_settings(self, line: Unsolicited) -> bool:
        """Whether a line shows that the modem has forgotten how it was set up."""

"""What the network brought, as a CDMA modem shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from appliance.modem.cdma.is637 import (
    BearerData,
    CdmaAddress,
    DisplayMode,
    Encoding,
    MessageType,
    Moment,
    Status,
    Teleservice,
    TransportMessage,
)
from appliance.modem.cdma.is637 import UserData as CdmaUserData
from appliance.modem.simulator.cdma.state import state_of
from appliance.modem.simulator.numbers import subscriber_key
from appliance.modem.simulator.storage import StoredMessage
from appliance.modem.simulator.text_mode import tpdu_of
from appliance.modem.sms import Alphabet, Deliver, StatusReport, UserData, data_coding

if TYPE_CHECKING:
    from appliance.modem.simulator.modem import Modem

NORMAL, REPORT, FLASH = 0, 3, 4
"""<type> of Huawei's headers."""

DELIVERED = Status(0, 2)
_STATUS = {0x00: DELIVERED, 0x46: Status(3, 13), 0x20: Status(2, 4)}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message or report, as CDMA has it. `moment` is local time without a zone."""

    number: str
    text: str
    moment: datetime
    is_flash: bool = False
    reference: int | None = None
    status: Status = DELIVERED
    user_data: UserData | None = None

    @property
    def type(self) -> int:
        """<type> of Huawei's headers."""
        if self.reference is not None:
            return REPORT
        return FLASH if self.is_flash else NORMAL


def shown(modem: "Modem", message: StoredMessage) -> Shown:
    """What lies in a place. +CMS ERROR 320 for what is no message that came."""
    tpdu = tpdu_of(message)
    now = datetime.fromtimestamp(modem.wall())  # noqa: DTZ006 - only where the network's stamp is none
    if isinstance(tpdu, StatusReport):
        known = state_of(modem).by_tp_mr.get(tpdu.message_reference, tpdu.message_reference)
        status = _STATUS.get(tpdu.status, Status(3 if 0x40 <= tpdu.status < 0x60 else 2, 31))
        return Shown(
            national(str(tpdu.recipient)),
            "",
            tpdu.discharge_time.to_datetime() or now,
            reference=known,
            status=status,
        )
    assert isinstance(tpdu, Deliver)
    place = tpdu.user_data.concatenation
    mark = f"({place.number}/{place.total})" if place is not None else ""
    return Shown(
        national(str(tpdu.originator)),
        mark + tpdu.user_data.text,
        tpdu.timestamp.to_datetime() or now,
        is_flash=data_coding(tpdu.dcs).message_class == 0,
        user_data=tpdu.user_data,
    )


def national(number: str) -> str:
    """As numbers stand in a CDMA network in China: without country code."""
    key = subscriber_key(number)
    return key.removeprefix("+86") if key.startswith("+86") else key.lstrip("+")


def packet(message: Shown) -> bytes:
    """The transport layer packet of what came."""
    stamp = Moment.from_datetime(message.moment)
    if message.reference is not None:
        bearer = BearerData(
            message_type=MessageType.DELIVERY_ACKNOWLEDGEMENT,
            message_id=message.reference,
            time_stamp=stamp,
            status=message.status,
        )
    else:
        bearer = BearerData(
            message_type=MessageType.DELIVER,
            message_id=1,
            user_data=_cdma_user_data(message),
            time_stamp=stamp,
            display_mode=DisplayMode.IMMEDIATE if message.is_flash else None,
        )
    header = bearer.user_data is not None and bearer.user_data.header is not None
    return TransportMessage(
        teleservice=Teleservice.ENHANCED if header else Teleservice.MESSAGING,
        originating=CdmaAddress.from_text(message.number),
        reply_sequence=1,
        bearer_data=bearer,
    ).to_bytes()


def _cdma_user_data(message: Shown) -> CdmaUserData:
    """A part of a long message keeps its header, as C.S0015 §4.3.7 has it for teleservice WEMT."""
    given = message.user_data
    if given is not None and given.alphabet is Alphabet.DATA8:
        return CdmaUserData(Encoding.OCTET, given.payload, given.header)
    header = None if given is None else given.header
    text = message.text if given is None or header is None else given.text
    encoding = Encoding.ASCII if text.isascii() else Encoding.UNICODE
    return CdmaUserData.from_text(text, encoding, header)

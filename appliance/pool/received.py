"""What a modem received, as values: a message or part of one, a delivery report, or something unreadable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from appliance.modem.sms import (
    Alphabet,
    Deliver,
    DeliveryOutcome,
    Direction,
    StatusReport,
    Timestamp,
    TpduError,
    UserData,
    decode_pdu,
    delivery_status,
    join_text,
)
from appliance.store.inbound import InboundKind, NewPart
from appliance.store.life import Delivery
from appliance.store.matching import Report

PID_SIM_DOWNLOAD = 0x7F
"""(U)SIM data download (TS 23.040 §9.2.3.9)."""
PID_RETURN_CALL = 0x5F

IE_SPECIAL_MESSAGE = 0x01
"""Special SMS message indication: something waits (TS 23.040 §9.2.3.24.2)."""
IE_SIM_TOOLKIT = range(0x70, 0x80)
"""Security headers of the (U)SIM toolkit (TS 23.040 §9.2.3.24)."""

WAP_PUSH_PORTS = frozenset({2948, 2949, 9200, 9201, 9202, 9203})
"""WAP push, and the other ports of WAP that are registered with IANA."""

SIXTEEN_BITS = 1 << 16

GAP = "[…]"
"""Stands where a part of a long message never came."""


@dataclass(frozen=True, slots=True)
class ReceivedPart:
    """A TPDU with a message or a part of one."""

    part: NewPart
    kind: InboundKind
    user_data: UserData | None
    """None where the TPDU can't be read; then it is kept as it came."""


Received = ReceivedPart | Report


def read_received(pdu: str, received_at_ms: int) -> Received:
    """What ``pdu`` (hexadecimal, SMSC prefix included) is. Whatever can't be read is a message of that kind."""
    pdu = pdu.encode("utf-8", "backslashreplace").decode()
    try:
        tpdu = decode_pdu(pdu, Direction.MOBILE_TERMINATED).tpdu
    except TpduError:
        return unreadable(pdu, received_at_ms)
    match tpdu:
        case StatusReport():
            return _report(pdu, tpdu, received_at_ms)
        case Deliver():
            return _part(pdu, tpdu, received_at_ms)
        case _:
            return unreadable(pdu, received_at_ms)


def unreadable(pdu: str, received_at_ms: int) -> ReceivedPart:
    """A TPDU that is only kept as it came."""
    part = NewPart(
        pdu=pdu,
        sender="",
        concat_reference=None,
        parts_total=1,
        number=1,
        scts_at_ms=None,
        received_at_ms=received_at_ms,
    )
    return ReceivedPart(part, InboundKind.UNREADABLE, None)


def _part(pdu: str, deliver: Deliver, received_at_ms: int) -> ReceivedPart:
    place = deliver.user_data.concatenation
    part = NewPart(
        pdu=pdu,
        sender=str(deliver.originator),
        concat_reference=None
        if place is None
        else place.reference + (SIXTEEN_BITS if place.bits == 16 else 0),
        parts_total=1 if place is None else place.total,
        number=1 if place is None else place.number,
        scts_at_ms=_instant_ms(deliver.timestamp),
        received_at_ms=received_at_ms,
    )
    return ReceivedPart(part, kind_of(deliver), deliver.user_data)


def kind_of(deliver: Deliver) -> InboundKind:
    """What the header fields say that a message is."""
    identifiers = {element.identifier for element in deliver.user_data.elements}
    coding = deliver.data_coding
    ports = deliver.user_data.ports
    if deliver.pid == PID_SIM_DOWNLOAD or identifiers & set(IE_SIM_TOOLKIT):
        return InboundKind.SIM_OTA
    if coding.waiting is not None or IE_SPECIAL_MESSAGE in identifiers or deliver.pid == PID_RETURN_CALL:
        return InboundKind.VOICEMAIL
    if ports is not None and ports.destination in WAP_PUSH_PORTS:
        return InboundKind.WAP_PUSH
    if deliver.user_data.alphabet is Alphabet.DATA8:
        return InboundKind.BINARY
    return InboundKind.FLASH if coding.message_class == 0 else InboundKind.TEXT


def text_of(parts: Sequence[UserData | None]) -> str | None:
    """The text of the parts in their order, None standing for one that never came; None if they are no text."""
    present = [part for part in parts if part is not None]
    if not any(part.is_text for part in present):
        return None
    texts: list[str] = []
    run: list[UserData] = []
    for part in (*parts, None):
        if part is not None:
            run.append(part)
            continue
        if run:
            texts.append(join_text(run))
        texts.append(GAP)
        run = []
    # The None that ended the loop is no gap.
    return "".join(texts[:-1])


def data_of(parts: Sequence[UserData | None]) -> str | None:
    """The octets of the parts that came, in hexadecimal; None if they are text."""
    octets = b"".join(part.data for part in parts if part is not None)
    return octets.hex().upper() if octets else None


def _report(pdu: str, report: StatusReport, received_at_ms: int) -> Report:
    return Report(
        pdu=pdu,
        recipient=str(report.recipient),
        tp_mr=report.message_reference,
        status=report.status,
        delivery=delivery_of(report.status),
        scts_at_ms=_instant_ms(report.timestamp),
        discharged_at_ms=_instant_ms(report.discharge_time),
        received_at_ms=received_at_ms,
    )


TP_ST_EXPIRED = 0x46
"""Validity period expired (TS 23.040 §9.2.3.15)."""

_DELIVERIES = {
    DeliveryOutcome.DELIVERED: Delivery.DELIVERED,
    DeliveryOutcome.UNCONFIRMED: Delivery.UNCONFIRMED,
    DeliveryOutcome.REPLACED: Delivery.DELIVERED,
    DeliveryOutcome.COMPLETED: Delivery.DELIVERED,
    DeliveryOutcome.TRYING: Delivery.STILL_TRYING,
    DeliveryOutcome.FAILED: Delivery.FAILED,
    DeliveryOutcome.GAVE_UP: Delivery.GIVEN_UP,
}


def delivery_of(status: int) -> Delivery:
    """What a TP-ST means for the life of a part."""
    if status == TP_ST_EXPIRED:
        return Delivery.EXPIRED
    return _DELIVERIES[delivery_status(status).outcome]


@lru_cache(maxsize=64)
def _instant_ms(timestamp: Timestamp) -> int | None:
    """UTC milliseconds; those that come one after another are mostly of the same seconds."""
    moment = timestamp.to_datetime()
    return None if moment is None else int(moment.timestamp() * 1000)

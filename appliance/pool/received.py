"""What a modem received, as values: a message or part of one, a delivery report, or something unreadable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import lru_cache

from appliance.modem.cdma.is637 import CdmaError, Moment, Status
from appliance.modem.cdma.record import DELIVERED, Arrival, ArrivalKind, is_record, read_record
from appliance.modem.cdma.text_plan import international_number
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
    read_plain_report,
)
from appliance.store.inbound import InboundKind, NewPart
from appliance.store.life import Delivery
from appliance.store.matching import NO_REFERENCE, Report

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
    if not pdu.isascii():
        pdu = pdu.encode("utf-8", "backslashreplace").decode()
    if is_record(pdu):
        return _read_cdma(pdu, received_at_ms)
    plain = read_plain_report(pdu)
    if plain is not None:
        return Report(
            pdu,
            plain.recipient,
            plain.message_reference,
            plain.status,
            delivery_of(plain.status),
            _instant_ms(plain.timestamp),
            _instant_ms(plain.discharge_time),
            received_at_ms,
        )
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
    stamp_ms = _instant_ms(deliver.timestamp.octets)
    part = _new_part(pdu, str(deliver.originator), deliver.user_data, stamp_ms, received_at_ms)
    return ReceivedPart(part, kind_of(deliver), deliver.user_data)


def _new_part(
    pdu: str, sender: str, user_data: UserData, stamp_ms: int | None, received_at_ms: int
) -> NewPart:
    place = user_data.concatenation
    return NewPart(
        pdu=pdu,
        sender=sender,
        concat_reference=None
        if place is None
        else place.reference + (SIXTEEN_BITS if place.bits == 16 else 0),
        parts_total=1 if place is None else place.total,
        number=1 if place is None else place.number,
        scts_at_ms=stamp_ms,
        received_at_ms=received_at_ms,
    )


def content_of(pdu: str) -> tuple[UserData, InboundKind]:
    """What a stored part of a long message carries, and what the message is: only what was read is stored as a part."""
    if is_record(pdu):
        arrival = read_record(pdu)
        assert arrival.user_data is not None
        return arrival.user_data, InboundKind(arrival.kind.value)
    tpdu = decode_pdu(pdu, Direction.MOBILE_TERMINATED).tpdu
    assert isinstance(tpdu, Deliver)
    return tpdu.user_data, kind_of(tpdu)


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
        scts_at_ms=_instant_ms(report.timestamp.octets),
        discharged_at_ms=_instant_ms(report.discharge_time.octets),
        received_at_ms=received_at_ms,
    )


# -- CDMA -------------------------------------------------------------------------------------------------------

CDMA_ZONE = timezone(timedelta(hours=8))
"""Stamps of CDMA networks have no zone: they are the local time of the message centre, which here is in China."""

_CDMA_STATUS = {
    # MSG_STATUS_CODE (C.S0015-B, table 4.5.21-1) as the TP-ST that means the same (TS 23.040 §9.2.3.15)
    0: 0x30,  # accepted by the message centre: still trying
    1: 0x01,  # deposited to the internet: forwarded, unconfirmed
    2: 0x00,  # delivered
    3: 0x48,  # cancelled: deleted by the service centre's administration
    4: 0x60,  # network congestion
    5: 0x65,  # network error: error in the recipient
    6: 0x63,  # cancel failed: service rejected
    7: 0x43,  # blocked destination: not obtainable
    8: 0x42,  # text too long: connection rejected
    9: 0x42,  # duplicate
    10: 0x41,  # invalid destination: incompatible destination
    13: 0x46,  # message expired
}
_FAILED_FOR_NOW, _FAILED_FOR_GOOD = 0x65, 0x45


def _read_cdma(record: str, received_at_ms: int) -> Received:
    try:
        arrival = read_record(record)
    except CdmaError:
        return unreadable(record, received_at_ms)
    if arrival.kind is ArrivalKind.REPORT:
        return _cdma_report(record, arrival, received_at_ms)
    user_data = arrival.user_data or UserData(b"", Alphabet.UCS2)
    part = _new_part(
        record, international_number(arrival.sender), user_data, _moment_ms(arrival.stamp), received_at_ms
    )
    return ReceivedPart(part, InboundKind(arrival.kind.value), user_data)


def _cdma_report(record: str, arrival: Arrival, received_at_ms: int) -> Report:
    status = _as_tp_st(arrival.status or DELIVERED)
    stamp_ms = _moment_ms(arrival.stamp)
    return Report(
        pdu=record,
        recipient=international_number(arrival.sender),
        tp_mr=NO_REFERENCE if arrival.reference is None else arrival.reference,
        status=status,
        delivery=delivery_of(status),
        scts_at_ms=stamp_ms,
        discharged_at_ms=stamp_ms,
        received_at_ms=received_at_ms,
    )


def _as_tp_st(status: Status) -> int:
    known = _CDMA_STATUS.get(status.code)
    if known is not None:
        return known
    return _FAILED_FOR_GOOD if status.error_class == 3 else _FAILED_FOR_NOW


def _moment_ms(moment: Moment | None) -> int | None:
    instant = None if moment is None else moment.at(CDMA_ZONE)
    return None if instant is None else int(instant.timestamp() * 1000)


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


@lru_cache(maxsize=256)
def delivery_of(status: int) -> Delivery:
    """What a TP-ST means for the life of a part."""
    if status == TP_ST_EXPIRED:
        return Delivery.EXPIRED
    return _DELIVERIES[delivery_status(status).outcome]


@lru_cache(maxsize=64)
def _instant_ms(timestamp: bytes) -> int | None:
    """UTC milliseconds of a ``Timestamp``; those that come one after another are mostly of the same seconds."""
    moment = Timestamp(timestamp).to_datetime()
    return None if moment is None else int(moment.timestamp() * 1000)

"""Octets in, TPDU out (TS 23.040 §9.2.2)."""

from __future__ import annotations

from enum import Enum

from . import tpdu as t
from .address import read_address
from .data_coding import data_coding
from .errors import TpduError
from .reader import OctetReader
from .timestamp import OCTETS as TIMESTAMP_OCTETS
from .timestamp import Timestamp
from .user_data import read_user_data
from .validity import AbsoluteValidity, EnhancedValidity, RelativeValidity, Validity


class Direction(Enum):
    """Which way a TPDU goes: it decides which of two types a TP-MTI means (§9.2.3.1)."""

    MOBILE_ORIGINATED = "mo"
    MOBILE_TERMINATED = "mt"


def decode_tpdu(octets: bytes, direction: Direction) -> t.Tpdu:
    """The TPDU of ``octets``. :class:`TpduError` where they are none; no other exception."""
    reader = OctetReader(octets)
    first = reader.octet("TP-MTI")
    kind = first & 0x03
    if direction is Direction.MOBILE_TERMINATED:
        if kind == t.MTI_STATUS_REPORT:
            return _status_report(reader, first)
        if kind == t.MTI_SUBMIT_REPORT:
            return _submit_report(reader, first)
        return _deliver(reader, first)
    if kind == t.MTI_SUBMIT:
        return _submit(reader, first)
    if kind == t.MTI_COMMAND:
        return _command(reader, first)
    if kind == t.MTI_DELIVER_REPORT:
        return _deliver_report(reader, first)
    raise TpduError("pdu.reserved_type")


def _deliver(reader: OctetReader, first: int) -> t.Deliver:
    originator = read_address(reader, "TP-OA")
    pid = reader.octet("TP-PID")
    dcs = reader.octet("TP-DCS")
    timestamp = Timestamp(reader.take(TIMESTAMP_OCTETS, "TP-SCTS"))
    user_data = read_user_data(reader, data_coding(dcs), has_header=bool(first & t.BIT_HEADER))
    return t.Deliver(
        originator,
        timestamp,
        user_data,
        dcs,
        pid,
        more_messages=not first & t.BIT_NO_MORE_MESSAGES,
        status_report_indication=bool(first & t.BIT_STATUS_REPORT),
        reply_path=bool(first & t.BIT_REPLY_PATH),
        loop_prevention=bool(first & t.BIT_LOOP_PREVENTION),
        reserved_type=first & 0x03 == t.MTI_RESERVED,
        trailing=reader.rest(),
    )


def _submit(reader: OctetReader, first: int) -> t.Submit:
    message_reference = reader.octet("TP-MR")
    destination = read_address(reader, "TP-DA")
    pid = reader.octet("TP-PID")
    dcs = reader.octet("TP-DCS")
    validity = _validity(reader, first & t.VPF_ABSOLUTE)
    user_data = read_user_data(reader, data_coding(dcs), has_header=bool(first & t.BIT_HEADER))
    return t.Submit(
        destination,
        user_data,
        dcs,
        pid,
        message_reference,
        validity,
        status_report_request=bool(first & t.BIT_STATUS_REPORT),
        reject_duplicates=bool(first & t.BIT_REJECT_DUPLICATES),
        reply_path=bool(first & t.BIT_REPLY_PATH),
        trailing=reader.rest(),
    )


def _validity(reader: OctetReader, validity_format: int) -> Validity | None:
    if validity_format == t.VPF_RELATIVE:
        return RelativeValidity(reader.octet("TP-VP"))
    if validity_format == t.VPF_ABSOLUTE:
        return AbsoluteValidity(Timestamp(reader.take(TIMESTAMP_OCTETS, "TP-VP")))
    if validity_format == t.VPF_ENHANCED:
        return EnhancedValidity(reader.take(TIMESTAMP_OCTETS, "TP-VP"))
    return None


def _status_report(reader: OctetReader, first: int) -> t.StatusReport:
    message_reference = reader.octet("TP-MR")
    recipient = read_address(reader, "TP-RA")
    timestamp = Timestamp(reader.take(TIMESTAMP_OCTETS, "TP-SCTS"))
    discharge_time = Timestamp(reader.take(TIMESTAMP_OCTETS, "TP-DT"))
    status = reader.octet("TP-ST")
    optional = _optional_end(reader, first)
    return t.StatusReport(
        message_reference,
        recipient,
        timestamp,
        discharge_time,
        status,
        more_messages=not first & t.BIT_NO_MORE_MESSAGES,
        for_command=bool(first & t.BIT_STATUS_REPORT),
        loop_prevention=bool(first & t.BIT_LOOP_PREVENTION),
        optional=optional,
        trailing=reader.rest(),
    )


def _submit_report(reader: OctetReader, first: int) -> t.SubmitReport:
    failure_cause, indicator = _cause_and_indicator(reader)
    timestamp = Timestamp(reader.take(TIMESTAMP_OCTETS, "TP-SCTS"))
    optional = _announced_fields(reader, indicator, first)
    return t.SubmitReport(timestamp, failure_cause, optional, trailing=reader.rest())


def _deliver_report(reader: OctetReader, first: int) -> t.DeliverReport:
    failure_cause, indicator = _cause_and_indicator(reader)
    optional = _announced_fields(reader, indicator, first)
    return t.DeliverReport(failure_cause, optional, trailing=reader.rest())


def _command(reader: OctetReader, first: int) -> t.Command:
    message_reference = reader.octet("TP-MR")
    pid = reader.octet("TP-PID")
    command = reader.octet("TP-CT")
    message_number = reader.octet("TP-MN")
    destination = read_address(reader, "TP-DA")
    data = reader.take(reader.octet("TP-CDL"), "TP-CD")
    return t.Command(
        message_reference,
        command,
        message_number,
        destination,
        data,
        pid,
        status_report_request=bool(first & t.BIT_STATUS_REPORT),
        has_header=bool(first & t.BIT_HEADER),
        trailing=reader.rest(),
    )


def _cause_and_indicator(reader: OctetReader) -> tuple[int | None, bytes]:
    """TP-FCS, if any, and TP-PI.

    Whether a report acknowledges (RP-ACK, no TP-FCS) or refuses (RP-ERROR) is said by the layer below,
    which no modem shows. Every TP-FCS in use is 0x80 or above (§9.2.3.22), and a TP-PI is so only when it
    chains, for which no use is defined: the first octet tells.
    """
    octet = reader.octet("TP-PI")
    if octet < 0x80:
        return None, bytes((octet,))
    return octet, _indicator(reader)


def _indicator(reader: OctetReader) -> bytes:
    """TP-PI with its extensions: bit 7 says that another octet follows."""
    octets = bytearray((reader.octet("TP-PI"),))
    while octets[-1] & 0x80:
        octets.append(reader.octet("TP-PI"))
    return bytes(octets)


def _optional_end(reader: OctetReader, first: int) -> t.OptionalFields:
    """The end of a status report, if it makes sense.

    Some modems fill the report up behind TP-ST, and a report must not be lost for that: what is no TP-PI with
    its fields is left for ``trailing``.
    """
    if not reader.left:
        return t.NO_OPTIONAL_FIELDS
    start = reader.position
    try:
        return _announced_fields(reader, _indicator(reader), first)
    except TpduError:
        reader.position = start
        return t.NO_OPTIONAL_FIELDS


def _announced_fields(reader: OctetReader, indicator: bytes, first: int) -> t.OptionalFields:
    announced = indicator[0]
    if not announced & 0x07:
        return t.OptionalFields(indicator)
    pid = reader.octet("TP-PID") if announced & 0x01 else None
    dcs = reader.octet("TP-DCS") if announced & 0x02 else None
    user_data = None
    if announced & 0x04:
        # Without TP-DCS the user data is in the default alphabet (§9.2.3.27).
        user_data = read_user_data(reader, data_coding(dcs or 0), has_header=bool(first & t.BIT_HEADER))
    return t.OptionalFields(indicator, pid, dcs, user_data)

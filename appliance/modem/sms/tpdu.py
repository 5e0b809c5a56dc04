"""The transfer protocol data units of TS 23.040 §9.2.2 as values that know their octets.

Fields are named as the standard names them, in words; ``trailing`` is what stood behind the end of a
decoded TPDU (some modems fill up with 0xFF) and is never encoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from appliance.values import value

from .address import Address
from .data_coding import Alphabet, DataCoding, data_coding
from .errors import TpduError
from .reader import octets_of
from .timestamp import Timestamp
from .user_data import UserData
from .validity import AbsoluteValidity, EnhancedValidity, RelativeValidity, Validity

# TP-MTI (§9.2.3.1). Each value has two meanings, by direction.
MTI_DELIVER = MTI_DELIVER_REPORT = 0x00
MTI_SUBMIT = MTI_SUBMIT_REPORT = 0x01
MTI_STATUS_REPORT = MTI_COMMAND = 0x02
MTI_RESERVED = 0x03

# Other bits of the first octet (§9.2.2), where the same bit has several names by type.
BIT_REJECT_DUPLICATES = BIT_NO_MORE_MESSAGES = 0x04
BIT_LOOP_PREVENTION = 0x08
BIT_STATUS_REPORT = 0x20
BIT_HEADER = 0x40
BIT_REPLY_PATH = 0x80

# TP-VPF, bits 4..3 of SUBMIT (§9.2.3.3).
VPF_ENHANCED, VPF_RELATIVE, VPF_ABSOLUTE = 0x08, 0x10, 0x18


@lru_cache(maxsize=64)
def _checked(user_data: UserData, dcs: int) -> bytes:
    """TP-UDL and TP-UD, if they are of the kind that TP-DCS promises."""
    coding = data_coding(dcs)
    if user_data.alphabet is not (coding.alphabet if not coding.compressed else Alphabet.DATA8):
        raise TpduError("user_data.other_alphabet", dcs=f"0x{dcs:02X}", alphabet=user_data.alphabet.value)
    return user_data.to_bytes()


@value
class Submit:
    """SMS-SUBMIT: a message from a station to its SMSC (§9.2.2.2)."""

    destination: Address
    user_data: UserData
    dcs: int
    pid: int = 0
    message_reference: int = 0
    validity: Validity | None = None
    status_report_request: bool = False
    reject_duplicates: bool = False
    reply_path: bool = False
    trailing: bytes = b""

    @property
    def data_coding(self) -> DataCoding:
        """The meaning of TP-DCS."""
        return data_coding(self.dcs)

    def to_bytes(self) -> bytes:
        """The octets. TpduError where a field does not fit."""
        first = (
            MTI_SUBMIT
            | (BIT_REJECT_DUPLICATES if self.reject_duplicates else 0)
            | _validity_format(self.validity)
            | (BIT_STATUS_REPORT if self.status_report_request else 0)
            | (BIT_HEADER if self.user_data.header is not None else 0)
            | (BIT_REPLY_PATH if self.reply_path else 0)
        )
        return b"".join(
            (
                octets_of(first, self.message_reference),
                self.destination.to_bytes(),
                octets_of(self.pid, self.dcs),
                self.validity.to_bytes() if self.validity is not None else b"",
                _checked(self.user_data, self.dcs),
            )
        )


def _validity_format(validity: Validity | None) -> int:
    match validity:
        case None:
            return 0
        case RelativeValidity():
            return VPF_RELATIVE
        case AbsoluteValidity():
            return VPF_ABSOLUTE
        case EnhancedValidity():
            return VPF_ENHANCED


@dataclass(frozen=True, slots=True)
class Deliver:
    """SMS-DELIVER: a message from an SMSC to a station (§9.2.2.1).

    ``reserved_type``: it came under the reserved TP-MTI 3, which a station treats as SMS-DELIVER (§9.2.3.1).
    """

    originator: Address
    timestamp: Timestamp
    user_data: UserData
    dcs: int
    pid: int = 0
    more_messages: bool = False
    status_report_indication: bool = False
    reply_path: bool = False
    loop_prevention: bool = False
    reserved_type: bool = False
    trailing: bytes = b""

    @property
    def data_coding(self) -> DataCoding:
        """The meaning of TP-DCS."""
        return data_coding(self.dcs)

    def to_bytes(self) -> bytes:
        """The octets. TpduError where a field does not fit."""
        first = (
            (MTI_RESERVED if self.reserved_type else MTI_DELIVER)
            | (0 if self.more_messages else BIT_NO_MORE_MESSAGES)
            | (BIT_LOOP_PREVENTION if self.loop_prevention else 0)
            | (BIT_STATUS_REPORT if self.status_report_indication else 0)
            | (BIT_HEADER if self.user_data.header is not None else 0)
            | (BIT_REPLY_PATH if self.reply_path else 0)
        )
        return b"".join(
            (
                bytes((first,)),
                self.originator.to_bytes(),
                octets_of(self.pid, self.dcs),
                self.timestamp.octets,
                _checked(self.user_data, self.dcs),
            )
        )


@dataclass(frozen=True, slots=True)
class OptionalFields:
    """The end of a report: TP-PI and the fields that it announces (§9.2.3.27).

    ``indicator`` is None where the report ends before TP-PI; it has several octets where they chain.
    """

    indicator: bytes | None = None
    pid: int | None = None
    dcs: int | None = None
    user_data: UserData | None = None

    @property
    def header_bit(self) -> int:
        """TP-UDHI for the first octet."""
        return BIT_HEADER if self.user_data is not None and self.user_data.header is not None else 0

    def values(self) -> bytes:
        """The fields after TP-PI."""
        pid = b"" if self.pid is None else octets_of(self.pid)
        dcs = b"" if self.dcs is None else octets_of(self.dcs)
        user_data = b"" if self.user_data is None else _checked(self.user_data, self.dcs or 0)
        return pid + dcs + user_data


NO_OPTIONAL_FIELDS = OptionalFields()


@value
class StatusReport:
    """SMS-STATUS-REPORT: what became of a message (§9.2.2.3).

    ``status`` is TP-ST (see :func:`.status.delivery_status`). ``timestamp`` is when the SMSC took the message,
    ``discharge_time`` when the status came about. ``for_command``: TP-SRQ, the report answers an SMS-COMMAND.
    """

    message_reference: int
    recipient: Address
    timestamp: Timestamp
    discharge_time: Timestamp
    status: int
    more_messages: bool = False
    for_command: bool = False
    loop_prevention: bool = False
    optional: OptionalFields = NO_OPTIONAL_FIELDS
    trailing: bytes = b""

    @property
    def user_data(self) -> UserData | None:
        """The user data, which few networks send."""
        return self.optional.user_data

    def to_bytes(self) -> bytes:
        """The octets. TpduError where a field does not fit."""
        first = (
            MTI_STATUS_REPORT
            | (0 if self.more_messages else BIT_NO_MORE_MESSAGES)
            | (BIT_LOOP_PREVENTION if self.loop_prevention else 0)
            | (BIT_STATUS_REPORT if self.for_command else 0)
            | self.optional.header_bit
        )
        return b"".join(
            (
                octets_of(first, self.message_reference),
                self.recipient.to_bytes(),
                self.timestamp.octets,
                self.discharge_time.octets,
                octets_of(self.status),
                self.optional.indicator or b"",
                self.optional.values(),
            )
        )


@dataclass(frozen=True, slots=True)
class SubmitReport:
    """SMS-SUBMIT-REPORT: the SMSC's answer to an SMS-SUBMIT (§9.2.2.2a).

    ``failure_cause`` (TP-FCS) is None for an acknowledgement.
    """

    timestamp: Timestamp
    failure_cause: int | None = None
    optional: OptionalFields = OptionalFields(b"\x00")
    trailing: bytes = b""

    @property
    def user_data(self) -> UserData | None:
        """The user data, if any."""
        return self.optional.user_data

    def to_bytes(self) -> bytes:
        """The octets. TpduError where a field does not fit."""
        cause = b"" if self.failure_cause is None else octets_of(self.failure_cause)
        first = bytes((MTI_SUBMIT_REPORT | self.optional.header_bit,))
        indicator = self.optional.indicator or b"\x00"
        return b"".join((first, cause, indicator, self.timestamp.octets, self.optional.values()))


@dataclass(frozen=True, slots=True)
class DeliverReport:
    """SMS-DELIVER-REPORT: a station's answer to an SMS-DELIVER or SMS-STATUS-REPORT (§9.2.2.1a)."""

    failure_cause: int | None = None
    optional: OptionalFields = OptionalFields(b"\x00")
    trailing: bytes = b""

    @property
    def user_data(self) -> UserData | None:
        """The user data, if any."""
        return self.optional.user_data

    def to_bytes(self) -> bytes:
        """The octets. TpduError where a field does not fit."""
        cause = b"" if self.failure_cause is None else octets_of(self.failure_cause)
        first = bytes((MTI_DELIVER_REPORT | self.optional.header_bit,))
        return b"".join((first, cause, self.optional.indicator or b"\x00", self.optional.values()))


@dataclass(frozen=True, slots=True)
class Command:
    """SMS-COMMAND: an order about a message submitted earlier (§9.2.2.4).

    ``command`` is TP-CT: 0 enquire, 1 cancel the status report, 2 delete, 3 enable the status report.
    """

    message_reference: int
    command: int
    message_number: int
    destination: Address
    data: bytes = b""
    pid: int = 0
    status_report_request: bool = False
    has_header: bool = False
    trailing: bytes = b""

    def to_bytes(self) -> bytes:
        """The octets. TpduError where a field does not fit."""
        if len(self.data) > 255:
            raise TpduError("user_data.too_long", limit=255, octets=len(self.data))
        first = (
            MTI_COMMAND
            | (BIT_STATUS_REPORT if self.status_report_request else 0)
            | (BIT_HEADER if self.has_header else 0)
        )
        return b"".join(
            (
                octets_of(first, self.message_reference, self.pid, self.command, self.message_number),
                self.destination.to_bytes(),
                bytes((len(self.data),)),
                self.data,
            )
        )


Tpdu = Submit | Deliver | StatusReport | SubmitReport | DeliverReport | Command

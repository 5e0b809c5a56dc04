"""Messages as text mode shows and takes them (27.005 clauses 3.1, 3.3, 3.4), and the PDU mode lines beside them."""

from dataclasses import dataclass
from functools import lru_cache

from appliance.modem.simulator.charset import TeCharset, from_te, to_te
from appliance.modem.simulator.errors import cms
from appliance.modem.simulator.storage import STATUS_TEXT, MessageStatus, StoredMessage
from appliance.modem.sms import (
    AbsoluteValidity,
    Address,
    Alphabet,
    Deliver,
    Direction,
    EnhancedValidity,
    RelativeValidity,
    StatusReport,
    Submit,
    Timestamp,
    Tpdu,
    TpduError,
    TypeOfNumber,
    UserData,
    data_coding,
    decode_tpdu,
)
from appliance.modem.sms.gsm7 import try_encode_gsm7

DEFAULT_FIRST_OCTET = 17
DEFAULT_VALIDITY = 167
FIRST_OCTET_REPORT = 0x20
FIRST_OCTET_REJECT_DUPLICATES = 0x04
FIRST_OCTET_HEADER = 0x40
FIRST_OCTET_VALIDITY = 0x18


@dataclass(slots=True)
class TextModeSettings:
    """+CSMP (<fo>, <vp>, <pid>, <dcs>), +CSDH, and how this make writes an <alpha> that it has not."""

    first_octet: int = DEFAULT_FIRST_OCTET
    validity: int | str = DEFAULT_VALIDITY
    pid: int = 0
    dcs: int = 0
    show_details: bool = False
    no_alpha: str = ""


@lru_cache(maxsize=256)
def smsc_field(number: str) -> bytes:
    """The SMSC address as it stands before a TPDU; one zero octet for none."""
    return Address.from_text(number).to_smsc_prefix() if number else b"\x00"


def type_of_address(address: Address) -> int:
    """<toda>: 145 international, 129 unknown, 208 alphanumeric."""
    return 0x80 | address.ton << 4 | address.npi


def address_of(number: str, toda: int | None) -> Address:
    """A number as +CMGS in text mode has it, with its <toda> if one was given. +CMS ERROR 305 for none."""
    try:
        address = Address.from_text(number)
    except TpduError:
        raise cms(305) from None
    if address.ton is TypeOfNumber.ALPHANUMERIC or not address.number:
        raise cms(305)
    if toda is None or number.startswith("+"):
        return address
    return Address(address.number, TypeOfNumber(toda >> 4 & 0x07), toda & 0x0F)


def time_text(timestamp: Timestamp) -> str:
    """<scts>: 'yy/MM/dd,hh:mm:ss±zz' with the zone in quarters of an hour."""
    digits = "".join(f"{octet & 0x0F:x}{octet >> 4:x}" for octet in timestamp.octets[:6])
    zone = timestamp.octets[6]
    pairs = [digits[at : at + 2] for at in range(0, 12, 2)]
    sign = "-" if zone & 0x08 else "+"
    return f"{'/'.join(pairs[:3])},{':'.join(pairs[3:])}{sign}{zone & 0x07}{zone >> 4:x}"


def tpdu_of(message: StoredMessage) -> Tpdu:
    """The message read. +CMS ERROR 320 for octets that are none."""
    direction = Direction.MOBILE_TERMINATED if message.is_incoming else Direction.MOBILE_ORIGINATED
    try:
        return decode_tpdu(message.tpdu, direction)
    except TpduError:
        raise cms(320) from None


# Showing


def shown_data(user_data: UserData, dcs: int, charset: TeCharset) -> str:
    """<data>: text of the default alphabet in the TE's set;

    everything else, and whatever has a header, as hex of its octets.
    """
    if data_coding(dcs).alphabet is Alphabet.GSM7 and user_data.header is None:
        return to_te(user_data.text, charset)
    return user_data.to_bytes()[1:].hex().upper()


def _quoted(text: str, charset: TeCharset) -> str:
    shown = to_te(text, charset) if charset is TeCharset.UCS2 else text
    return f'"{shown}"'


def _smsc_details(message: StoredMessage) -> str:
    field = message.smsc_field
    if len(field) < 2:
        return ","
    digits = field[2:].hex()
    number = "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2)).rstrip("f")
    prefix = "+" if field[1] >> 4 & 0x07 == TypeOfNumber.INTERNATIONAL else ""
    return f'"{prefix}{number}",{field[1]}'


def _report_fields(report: StatusReport, first_octet: int, charset: TeCharset) -> str:
    recipient = f"{_quoted(str(report.recipient), charset)},{type_of_address(report.recipient)}"
    times = f'"{time_text(report.timestamp)}","{time_text(report.discharge_time)}"'
    return f"{first_octet},{report.message_reference},{recipient},{times},{report.status}"


def _length(user_data: UserData) -> int:
    return user_data.to_bytes()[0]


def _deliver_details(deliver: Deliver, message: StoredMessage) -> str:
    return (
        f",{type_of_address(deliver.originator)},{message.tpdu[0]},{deliver.pid},{deliver.dcs},"
        f"{_smsc_details(message)},{_length(deliver.user_data)}"
    )


def _validity_shown(submit: Submit) -> str:
    match submit.validity:
        case RelativeValidity(octet):
            return str(octet)
        case AbsoluteValidity(until):
            return f'"{time_text(until)}"'
        case EnhancedValidity(octets):
            return f'"{octets.hex().upper()}"'
        case None:
            return ""


def _submit_details(submit: Submit, message: StoredMessage) -> str:
    return (
        f",{type_of_address(submit.destination)},{message.tpdu[0]},{submit.pid},{submit.dcs},{_validity_shown(submit)},"
        f"{_smsc_details(message)},{_length(submit.user_data)}"
    )


def cmt_line(
    message: StoredMessage, settings: TextModeSettings, charset: TeCharset, *, pdu_mode: bool
) -> str:
    """The unsolicited +CMT with its second line."""
    if pdu_mode:
        pdu = message.smsc_field + message.tpdu
        return f"+CMT: {settings.no_alpha},{len(message.tpdu)}\r\n{pdu.hex().upper()}"
    deliver = tpdu_of(message)
    assert isinstance(deliver, Deliver)
    details = _deliver_details(deliver, message) if settings.show_details else ""
    sender = _quoted(str(deliver.originator), charset)
    head = f'+CMT: {sender},{settings.no_alpha},"{time_text(deliver.timestamp)}"{details}'
    return f"{head}\r\n{shown_data(deliver.user_data, deliver.dcs, charset)}"


def cds_line(
    message: StoredMessage, settings: TextModeSettings, charset: TeCharset, *, pdu_mode: bool
) -> str:
    """The unsolicited +CDS (with its second line in PDU mode)."""
    if pdu_mode:
        return f"+CDS: {len(message.tpdu)}\r\n{(message.smsc_field + message.tpdu).hex().upper()}"
    report = tpdu_of(message)
    assert isinstance(report, StatusReport)
    return f"+CDS: {_report_fields(report, message.tpdu[0], charset)}"


def cmgr_lines(
    message: StoredMessage, settings: TextModeSettings, charset: TeCharset, *, pdu_mode: bool
) -> tuple[str, ...]:
    """What +CMGR answers."""
    if pdu_mode:
        pdu = (message.smsc_field + message.tpdu).hex().upper()
        return f"+CMGR: {message.status.value},{settings.no_alpha},{len(message.tpdu)}", pdu
    status = f'"{STATUS_TEXT[message.status]}"'
    match tpdu_of(message):
        case Deliver() as deliver:
            details = _deliver_details(deliver, message) if settings.show_details else ""
            sender = _quoted(str(deliver.originator), charset)
            head = f'{sender},{settings.no_alpha},"{time_text(deliver.timestamp)}"{details}'
            return f"+CMGR: {status},{head}", shown_data(deliver.user_data, deliver.dcs, charset)
        case Submit() as submit:
            details = _submit_details(submit, message) if settings.show_details else ""
            head = f"{_quoted(str(submit.destination), charset)},{settings.no_alpha}{details}"
            return f"+CMGR: {status},{head}", shown_data(submit.user_data, submit.dcs, charset)
        case StatusReport() as report:
            return (f"+CMGR: {status},{_report_fields(report, message.tpdu[0], charset)}",)
        case _:
            raise cms(320)


def cmgl_lines(
    index: int, message: StoredMessage, settings: TextModeSettings, charset: TeCharset, *, pdu_mode: bool
) -> tuple[str, ...]:
    """One entry of +CMGL."""
    if pdu_mode:
        pdu = (message.smsc_field + message.tpdu).hex().upper()
        return f"+CMGL: {index},{message.status.value},{settings.no_alpha},{len(message.tpdu)}", pdu
    head = f'+CMGL: {index},"{STATUS_TEXT[message.status]}"'
    match tpdu_of(message):
        case Deliver() as deliver:
            sender = _quoted(str(deliver.originator), charset)
            details = (
                f",{type_of_address(deliver.originator)},{_length(deliver.user_data)}"
                if settings.show_details
                else ""
            )
            line = f'{head},{sender},{settings.no_alpha},"{time_text(deliver.timestamp)}"{details}'
            return line, shown_data(deliver.user_data, deliver.dcs, charset)
        case Submit() as submit:
            recipient = _quoted(str(submit.destination), charset)
            details = (
                f",{type_of_address(submit.destination)},{_length(submit.user_data)}"
                if settings.show_details
                else ""
            )
            return f"{head},{recipient},{settings.no_alpha},{details}", shown_data(
                submit.user_data, submit.dcs, charset
            )
        case StatusReport() as report:
            return (f"{head},{_report_fields(report, message.tpdu[0], charset)}",)
        case _:
            raise cms(320)


# Taking


def taken_user_data(text: bytes, settings: TextModeSettings, charset: TeCharset) -> UserData:
    """The body that the terminal wrote, as user data under +CSMP's <dcs>. +CMS ERROR 305 when it cannot be."""
    alphabet = data_coding(settings.dcs).alphabet
    has_header = bool(settings.first_octet & FIRST_OCTET_HEADER)
    try:
        if alphabet is Alphabet.GSM7 and not has_header:
            septets = try_encode_gsm7(from_te(text, charset))
            if septets is None or len(septets) > 160:
                raise cms(305)
            return UserData(septets, Alphabet.GSM7)
        octets = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        raise cms(305) from None
    if len(octets) > 140 or (has_header and (not octets or octets[0] >= len(octets))):
        raise cms(305)
    if not has_header:
        return UserData(octets, alphabet)
    border = 1 + octets[0]
    return UserData(octets[border:], alphabet, octets[1:border])


def text_submit(destination: Address, user_data: UserData, settings: TextModeSettings) -> Submit:
    """The SUBMIT that +CMGS in text mode makes with +CSMP's settings."""
    validity: RelativeValidity | None = None
    if settings.first_octet & FIRST_OCTET_VALIDITY == 0x10 and isinstance(settings.validity, int):
        validity = RelativeValidity(settings.validity)
    return Submit(
        destination,
        user_data,
        settings.dcs,
        settings.pid,
        validity=validity,
        status_report_request=bool(settings.first_octet & FIRST_OCTET_REPORT),
        reject_duplicates=bool(settings.first_octet & FIRST_OCTET_REJECT_DUPLICATES),
    )


STATUS_BY_TEXT: dict[str, MessageStatus] = {text: status for status, text in STATUS_TEXT.items()}

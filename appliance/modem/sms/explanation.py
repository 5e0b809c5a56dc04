"""A PDU field by field, in words: what ``simloft decode`` prints."""

from __future__ import annotations

from dataclasses import asdict

from .address import Address
from .data_coding import DataCoding, data_coding
from .decoding import Direction
from .pdu import Pdu
from .protocol import element_meaning, protocol_meaning
from .status import delivery_status, failure_cause
from .timestamp import Timestamp
from .tpdu import Command, Deliver, DeliverReport, OptionalFields, StatusReport, Submit, SubmitReport, Tpdu
from .user_data import Concatenation, Ports, UserData
from .validity import AbsoluteValidity, EnhancedValidity, RelativeValidity, Validity

JsonValue = str | int | bool | None | list["JsonValue"] | dict[str, "JsonValue"]
Explanation = dict[str, JsonValue]

_NUMBERING_PLANS = {
    0: "unknown plan",
    1: "ISDN/telephone",
    3: "data",
    4: "telex",
    5: "service centre specific",
    6: "service centre specific",
    8: "national plan",
    9: "private plan",
    10: "ERMES",
}
_COMMANDS = {
    0: "enquiry about the message",
    1: "cancel the status report",
    2: "delete the message",
    3: "enable the status report",
}


def type_name(tpdu: Tpdu) -> str:
    """The name of its type in TS 23.040 §9.2.2, as ``SMS-SUBMIT``."""
    match tpdu:
        case Submit():
            return "SMS-SUBMIT"
        case Deliver():
            return "SMS-DELIVER"
        case StatusReport():
            return "SMS-STATUS-REPORT"
        case SubmitReport():
            return "SMS-SUBMIT-REPORT"
        case DeliverReport():
            return "SMS-DELIVER-REPORT"
        case Command():
            return "SMS-COMMAND"


def direction_of(tpdu: Tpdu) -> Direction:
    """Which way a TPDU of this type goes."""
    if isinstance(tpdu, Submit | DeliverReport | Command):
        return Direction.MOBILE_ORIGINATED
    return Direction.MOBILE_TERMINATED


def explain(pdu: Pdu) -> Explanation:
    """``pdu`` as one object of names and values; ``X_meaning`` stands behind an ``X`` that wants words.

    Always there: ``type``, ``direction``, ``smsc``, ``tpdu_length``. ``text``, or ``data`` in hex, where there is
    user data. Times are ISO 8601 with the offset that the network said, None where they are impossible.
    """
    explanation: Explanation = {
        "type": type_name(pdu.tpdu),
        "direction": direction_of(pdu.tpdu).value,
        "smsc": None if pdu.smsc is None else str(pdu.smsc),
        "tpdu_length": pdu.tpdu_length,
    }
    explanation |= _fields(pdu.tpdu)
    if pdu.tpdu.trailing:
        explanation["trailing"] = pdu.tpdu.trailing.hex().upper()
    return explanation


def _fields(tpdu: Tpdu) -> Explanation:
    match tpdu:
        case Submit():
            return _submit(tpdu)
        case Deliver():
            return _deliver(tpdu)
        case StatusReport():
            return _status_report(tpdu)
        case SubmitReport():
            return _cause(tpdu.failure_cause) | _time("timestamp", tpdu.timestamp) | _optional(tpdu.optional)
        case DeliverReport():
            return _cause(tpdu.failure_cause) | _optional(tpdu.optional)
        case Command():
            return _command(tpdu)


def _submit(submit: Submit) -> Explanation:
    flags: Explanation = {
        "status_report_request": submit.status_report_request,
        "reject_duplicates": submit.reject_duplicates,
        "reply_path": submit.reply_path,
        "user_data_header": submit.user_data.header is not None,
    }
    return (
        {"tp_mr": submit.message_reference}
        | _number(submit.destination)
        | _protocol(submit.pid)
        | _coding(submit.data_coding)
        | {"validity": _validity(submit.validity), "flags": flags}
        | _user_data(submit.user_data)
    )


def _deliver(deliver: Deliver) -> Explanation:
    flags: Explanation = {
        "more_messages": deliver.more_messages,
        "status_report_indication": deliver.status_report_indication,
        "reply_path": deliver.reply_path,
        "loop_prevention": deliver.loop_prevention,
        "user_data_header": deliver.user_data.header is not None,
    }
    if deliver.reserved_type:
        flags["reserved_type"] = True
    return (
        _number(deliver.originator)
        | _time("timestamp", deliver.timestamp)
        | _protocol(deliver.pid)
        | _coding(deliver.data_coding)
        | {"flags": flags}
        | _user_data(deliver.user_data)
    )


def _status_report(report: StatusReport) -> Explanation:
    status = delivery_status(report.status)
    flags: Explanation = {
        "more_messages": report.more_messages,
        "for_command": report.for_command,
        "loop_prevention": report.loop_prevention,
    }
    return (
        {"tp_mr": report.message_reference}
        | _number(report.recipient)
        | _time("timestamp", report.timestamp)
        | _time("discharge_time", report.discharge_time)
        | {
            "status": status.octet,
            "status_meaning": status.meaning,
            "status_outcome": status.outcome.value,
            "status_final": status.outcome.is_final,
            "flags": flags,
        }
        | _optional(report.optional)
    )


def _command(command: Command) -> Explanation:
    flags: Explanation = {
        "status_report_request": command.status_report_request,
        "user_data_header": command.has_header,
    }
    return (
        {"tp_mr": command.message_reference}
        | _number(command.destination)
        | _protocol(command.pid)
        | {
            "command": command.command,
            "command_meaning": _COMMANDS.get(command.command, "reserved value"),
            "message_number": command.message_number,
            "flags": flags,
            "data": command.data.hex().upper(),
        }
    )


def _optional(fields: OptionalFields) -> Explanation:
    explanation: Explanation = {}
    if fields.pid is not None:
        explanation |= _protocol(fields.pid)
    if fields.dcs is not None:
        explanation |= _coding(data_coding(fields.dcs))
    if fields.user_data is not None:
        explanation |= _user_data(fields.user_data)
    return explanation


def _number(address: Address) -> Explanation:
    kind = address.ton.name.lower().replace("_", " ")
    plan = _NUMBERING_PLANS.get(address.npi, "reserved plan")
    return {"number": str(address), "number_meaning": f"{kind}, {plan}"}


def _time(name: str, timestamp: Timestamp) -> Explanation:
    moment = timestamp.to_datetime()
    if moment is not None:
        return {name: moment.isoformat()}
    return {name: None, f"{name}_meaning": f"no possible time: {timestamp.octets.hex().upper()}"}


def _protocol(pid: int) -> Explanation:
    return {"pid": pid, "pid_meaning": protocol_meaning(pid)}


def _cause(octet: int | None) -> Explanation:
    if octet is None:
        return {"failure_cause": None, "failure_cause_meaning": "none: acknowledged"}
    return {"failure_cause": octet, "failure_cause_meaning": failure_cause(octet)}


_CLASSES = ("shown at once (flash)", "for the device", "for the SIM", "for attached equipment")


def _coding(coding: DataCoding) -> Explanation:
    explanation: Explanation = {
        "dcs": coding.octet,
        "dcs_meaning": coding.group.value,
        "alphabet": coding.alphabet.value,
    }
    if coding.compressed:
        explanation["alphabet_meaning"] = "compressed"
    explanation["message_class"] = coding.message_class
    if coding.message_class is not None:
        explanation["message_class_meaning"] = _CLASSES[coding.message_class]
    if coding.waiting is not None:
        explanation["waiting"] = coding.waiting.kind.value
        explanation["waiting_meaning"] = "waits" if coding.waiting.active else "waits no more"
    return explanation


def _validity(validity: Validity | None) -> JsonValue:
    match validity:
        case None:
            return None
        case RelativeValidity():
            return {"format": "relative", "seconds": validity.seconds}
        case AbsoluteValidity():
            return {"format": "absolute"} | _time("until", validity.until)
        case EnhancedValidity():
            return {
                "format": "enhanced",
                "seconds": validity.seconds,
                "single_shot": validity.single_shot,
                "octets": validity.octets.hex().upper(),
            }


def _asdict(value: Concatenation | Ports) -> JsonValue:
    fields: Explanation = asdict(value)
    return fields


def _user_data(user_data: UserData) -> Explanation:
    explanation: Explanation = {}
    if user_data.header is not None:
        explanation["udh"] = [
            {
                "id": element.identifier,
                "name": element_meaning(element.identifier),
                "data": element.data.hex().upper(),
            }
            for element in user_data.elements
        ]
        if user_data.header_damaged:
            explanation["udh_meaning"] = f"damaged, and so ignored: {user_data.header.hex().upper()}"
    concatenation = user_data.concatenation
    explanation["concatenation"] = None if concatenation is None else _asdict(concatenation)
    explanation["ports"] = None if user_data.ports is None else _asdict(user_data.ports)
    if user_data.is_text:
        explanation["text"] = user_data.text
    else:
        explanation["data"] = user_data.data.hex().upper()
    return explanation

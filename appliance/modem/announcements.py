"""What a line that a modem says of its own accord means to us: one pure function."""

from __future__ import annotations

from appliance.modem.at.parser import Unsolicited
from appliance.modem.at.syntax import number, payload, values
from appliance.modem.at.unsolicited import REGISTRATION_NAMES, line_name
from appliance.modem.events import (
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    MessageStored,
    ModemEvent,
    ReportArrived,
    ReportStored,
    SignalChanged,
    SimRemoved,
)
from appliance.modem.signal_strength import rssi_dbm

_RESTARTS = frozenset({"RDY", "^SYSSTART", "MODEM:STARTUP", "NORMAL POWER DOWN"})
_SIM_GONE = {
    # Manuals: Huawei ^SIMST (255 = no card), Quectel AT+QSIMSTAT (second field), SIMCom +CPIN and +SIMCARD,
    # Wavecom +WIND (0 = removed).
    "^SIMST": ("255",),
    "+CPIN": ("NOT READY", "NOT INSERTED", "SIM REMOVED"),
    "+SIMCARD": ("NOT AVAILABLE",),
    "+WIND": ("0",),
}


def is_restart(line: Unsolicited) -> bool:
    """Whether the modem has just started (or stops), so that all its settings are gone.

    It says so, or gives a message as text although PDU mode was set.
    """
    name = line_name(line.text)
    return line.text.upper() in _RESTARTS or name == "^SYSSTART" or (name == "+CMT" and line.pdu is None)


def announced(line: Unsolicited, *, must_acknowledge: bool) -> ModemEvent | None:
    """The event in a line, or None where there is none that matters here.

    Registration is apart (`appliance.modem.registration`), because one line of three makes no state.
    """
    name = line_name(line.text)
    match name:
        case "+CMT" | "+CDS":
            return _arrived(name, line.pdu, must_acknowledge)
        case "+CMTI" | "+CDSI":
            return _stored(name, line.text)
        case "+CMGS":
            reference = reference_of(line.text)
            return None if reference is None else LateAccepted(reference)
        case "^RSSI" | "+CSQ":
            return SignalChanged(rssi_dbm(number(_first(line.text))))
        case _:
            return _call_or_card(name, line.text)


def tells_registration(line: Unsolicited) -> bool:
    """Whether the line is one of ``+CREG``, ``+CGREG``, ``+CEREG``."""
    return line_name(line.text) in REGISTRATION_NAMES


def reference_of(text: str) -> int | None:
    """The TP-MR in ``+CMGS: n[,…]`` (TS 27.005 §4.3), 0–255, or None."""
    reference = number(_first(text))
    return reference if reference is not None and reference <= 0xFF else None


def _stored(name: str, text: str) -> ModemEvent | None:
    fields = values(text)
    index = number(fields[1]) if len(fields) > 1 else None
    if index is None:
        return None
    memory = fields[0].upper()
    return MessageStored(memory, index) if name == "+CMTI" else ReportStored(memory, index)


def _arrived(name: str, pdu: str | None, must_acknowledge: bool) -> ModemEvent | None:
    if pdu is None:
        return None
    return DeliverArrived(pdu, must_acknowledge) if name == "+CMT" else ReportArrived(pdu, must_acknowledge)


def _call_or_card(name: str, text: str) -> ModemEvent | None:
    match name:
        case "RING" | "+CRING":
            return IncomingCall(None)
        case "+CLIP":
            return IncomingCall(_first(text) or None)
        case "+QSIMSTAT" if values(text)[1:2] == ["0"]:
            return SimRemoved()
        case _ if payload(text).upper() in _SIM_GONE.get(name, ()):
            return SimRemoved()
        case _:
            return None


def _first(text: str) -> str:
    return next(iter(values(text)), "")

"""What a line that a modem says of its own accord means to us: one pure function."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.modem.at.parser import Unsolicited
from appliance.modem.at.syntax import number, values
from appliance.modem.at.unsolicited import REGISTRATION_NAMES, line_name
from appliance.modem.events import (
    DeliverArrived,
    IncomingCall,
    LateAccepted,
    MessageStored,
    ModemEvent,
    NetworkTimeHeard,
    ReportArrived,
    ReportStored,
    SignalChanged,
    SimChanged,
    SimInserted,
    SimRemoved,
    StorageFull,
)
from appliance.modem.network_time import announced_time
from appliance.modem.profile import CardChange, Profile
from appliance.modem.signal_strength import rssi_in

_RESTARTS = frozenset({"RDY", "^SYSSTART", "MODEM:STARTUP", "NORMAL POWER DOWN"})


def is_restart(line: Unsolicited) -> bool:
    """Whether the modem has just started (or stops), so that all its settings are gone.

    A form of messages may see it in other ways (`appliance.modem.messaging.Messaging.lost_settings`).
    """
    return line.text.upper() in _RESTARTS or line_name(line.text) == "^SYSSTART"


def announced_message(line: Unsolicited, *, must_acknowledge: bool) -> ModemEvent | None:
    """The event in a line about messages and reports in PDU mode; None where it is about none."""
    name = line_name(line.text)
    match name:
        case "+CMT" | "+CDS":
            return _arrived(name, line.pdu, must_acknowledge)
        case "+CMTI" | "+CDSI":
            return _stored(name, line.text)
        case "+CMGS" | "+CMSS" | "^HCMGS" | "^HCMGSS" | "$QCMGS":
            # Also of a CDMA modem that is not known as one yet: its answer to a process that was killed.
            reference = reference_of(line.text, 0xFF if name in ("+CMGS", "+CMSS") else 0xFFFF)
            return None if reference is None else LateAccepted(reference)
        case _:
            return None


def announced(line: Unsolicited) -> ModemEvent | None:
    """The event in a line that is not about messages, or None where there is none that matters here.

    Registration is apart (`appliance.modem.registration`), because one line of three makes no state.
    """
    name = line_name(line.text)
    match name:
        case "^RSSI" | "+CSQ":
            return SignalChanged(rssi_in(line.text))
        case "+CTZE" | "+CTZV" | "*PSUTTZ" | "^NWTIME":
            time = announced_time(line.text)
            return None if time is None else NetworkTimeHeard(time.at_ms, time.offset_minutes)
        case "RING" | "+CRING":
            return IncomingCall(None)
        case "+CLIP":
            return IncomingCall(_first(line.text) or None)
        case _:
            return None


_CARD_EVENTS: Mapping[CardChange, ModemEvent] = {
    CardChange.REMOVED: SimRemoved(),
    CardChange.INSERTED: SimInserted(),
    CardChange.CHANGED: SimChanged(),
}


def of_maker(line: Unsolicited, *profiles: Profile) -> ModemEvent | None:
    """The event in a line that makers spell in their own ways: of the card, of a full memory."""
    for profile in profiles:
        for known in profile.sim_lines:
            if known.pattern.fullmatch(line.text):
                return _CARD_EVENTS[known.change]
        for pattern in profile.storage_full:
            found = pattern.fullmatch(line.text)
            if found is not None:
                return StorageFull((found.groupdict().get("memory") or "").upper())
    return None


def tells_registration(line: Unsolicited) -> bool:
    """Whether the line is one of ``+CREG``, ``+CGREG``, ``+CEREG``."""
    return line_name(line.text) in REGISTRATION_NAMES


def reference_of(text: str, most: int = 0xFF) -> int | None:
    """The TP-MR in ``+CMGS: n[,…]`` (TS 27.005 §4.3), or None. CDMA modems count to 65535."""
    said = text.partition(":")[2].strip()
    reference = int(said) if said.isdecimal() and len(said) <= 9 and said.isascii() else number(_first(text))
    return reference if reference is not None and reference <= most else None


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


def _first(text: str) -> str:
    return next(iter(values(text)), "")

"""TP-PID and the identifiers of information elements, in words (TS 23.040 §9.2.3.9, §9.2.3.24)."""

from __future__ import annotations

_TELEMATIC_DEVICES = {
    0x00: "implicit",
    0x01: "telex",
    0x02: "group 3 telefax",
    0x03: "group 4 telefax",
    0x04: "voice telephone",
    0x05: "ERMES paging",
    0x06: "national paging system",
    0x07: "Videotex",
    0x08: "teletex, carrier unspecified",
    0x09: "teletex in PSPDN",
    0x0A: "teletex in CSPDN",
    0x0B: "teletex in analogue PSTN",
    0x0C: "teletex in digital ISDN",
    0x0D: "UCI (universal computer interface)",
    0x10: "message handling facility",
    0x11: "X.400 message handling system",
    0x12: "internet electronic mail",
    0x1F: "a GSM/UMTS mobile station",
}

_SPECIAL = {
    0x00: "plain short message",
    0x40: "short message type 0 (acknowledged, never shown)",
    0x48: "device triggering",
    0x5E: "enhanced message service (obsolete)",
    0x5F: "return call",
    0x7C: "ANSI-136 R-DATA",
    0x7D: "ME data download",
    0x7E: "ME de-personalisation",
    0x7F: "SIM data download",
}


def protocol_meaning(pid: int) -> str:
    """What ``pid`` (0–255) means as TP-PID."""
    if pid in _SPECIAL:
        return _SPECIAL[pid]
    if pid < 0x20:
        return f"protocol {pid} between the stations"
    if pid < 0x40:
        device = pid & 0x1F
        name = "specific to the service centre" if 0x18 <= device <= 0x1E else "reserved"
        return "telematic interworking: " + _TELEMATIC_DEVICES.get(device, name)
    if 0x41 <= pid <= 0x47:
        return f"replace short message type {pid & 0x07}"
    return "specific to the service centre" if pid >= 0xC0 else "reserved value"


_ELEMENTS = {
    0x00: "concatenated short messages, 8-bit reference",
    0x01: "special SMS message indication",
    0x04: "application port addressing, 8-bit",
    0x05: "application port addressing, 16-bit",
    0x06: "SMSC control parameters",
    0x07: "UDH source indicator",
    0x08: "concatenated short messages, 16-bit reference",
    0x09: "wireless control message protocol",
    0x0A: "text formatting",
    0x0B: "predefined sound",
    0x0C: "user defined sound",
    0x0D: "predefined animation",
    0x0E: "large animation",
    0x0F: "small animation",
    0x10: "large picture",
    0x11: "small picture",
    0x12: "variable picture",
    0x13: "user prompt indicator",
    0x14: "extended object",
    0x15: "reused extended object",
    0x16: "compression control",
    0x17: "object distribution indicator",
    0x18: "standard WVG object",
    0x19: "character size WVG object",
    0x1A: "extended object data request command",
    0x20: "RFC 5322 e-mail header",
    0x21: "hyperlink format",
    0x22: "reply address",
    0x23: "enhanced voice mail information",
    0x24: "national language single shift",
    0x25: "national language locking shift",
}


def element_meaning(identifier: int) -> str:
    """What an information element identifier (0–255) names."""
    if identifier in _ELEMENTS:
        return _ELEMENTS[identifier]
    if 0x70 <= identifier <= 0x7F:
        return "(U)SIM toolkit security header"
    if 0x80 <= identifier <= 0x9F:
        return "specific to a pair of stations"
    if 0xC0 <= identifier <= 0xDF:
        return "specific to the service centre"
    return "reserved value"

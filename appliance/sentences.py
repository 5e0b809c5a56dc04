"""Every sentence that tells a person what happened, why, and what to do: one table.

The database, the pool and the modems speak in codes with arguments; only the edge (page, API, CLI)
makes words of them. English is written here; the other languages are in ``appliance/web/locale``.
No sentence is built by joining pieces: where the words differ, there are two codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

SENTENCES: dict[str, str] = {
    # -- port.<PortState>: what is the matter with a place on the hub, what the box does, what you can do ------
    # -- message.*: why an outgoing message is where it is ----------------------------------------------------
    # -- sim.*: why a SIM is not used -------------------------------------------------------------------------
    # -- problem.*: why a request was refused (RFC 9457 title and detail) --------------------------------------
    # -- event.*: what happened, for the event list ------------------------------------------------------------
    # -- pdu.*, text.*, address.* …: why octets are no SMS, or a text or number cannot be one (modem/sms) -------
    "pdu.ends_early": "The PDU ends in the middle of {field}: some of its octets are missing.",
    "pdu.reserved_type": "This is no message that a phone can send: its type (TP-MTI 3) is reserved.",
    "pdu.not_hex": "A PDU is written in hexadecimal digits (0-9, A-F), and this has other characters.",
    "pdu.odd_hex": "This has {digits} hexadecimal digits. A PDU has an even number: one digit is missing or too many.",
    "pdu.other_length": "The PDU was said to have {announced} octets after the SMSC prefix, but it has {found}.",
    "address.empty": "There is no number.",
    "address.too_long": "The number has more than {limit} digits, which is more than an SMS can be addressed to.",
    "address.name_too_long": "The name takes more than {limit} characters, more than a sender's name can have.",
    "address.not_dialled": "“{number}” has characters that are not on a telephone's keys.",
    "timestamp.length": "A time in a PDU has seven octets.",
    "timestamp.naive": "The time has no time zone.",
    "validity.not_positive": "A message must be valid for at least one second.",
    "validity.length": "This form of validity period has seven octets.",
    "concatenation.range": "Part {number} of {total} with reference {reference} cannot be said in a PDU.",
    "concatenation.bits": "The reference of a long message has 8 or 16 bits.",
    "ports.range": "Port {destination} or {source} is not between 0 and 65535.",
    "user_data.too_long": "The user data has {octets} octets, and one SMS carries {limit} at most.",
    "user_data.header_too_long": "The header of the user data is longer than the user data itself.",
    "user_data.other_alphabet": "The user data ({alphabet}) is not what its data coding scheme {dcs} says.",
    "user_data.element_too_long": "An information element of the header has more than 255 octets.",
    "text.not_in_gsm7": "The GSM 7 bit alphabet has no {characters}.",
    "text.lone_surrogate": "The text has half of a character (a lone surrogate), probably cut off by another program.",
    "text.is_data": "A text cannot be sent as 8-bit data.",
    "text.too_many_parts": "The text is too long: it takes more than {limit} parts, the most there can be.",
}
"""English by code. ``{name}`` is filled from the arguments that are stored beside the code."""


def sentence(code: str, args: Mapping[str, object] | None = None, *, translate: Callable[[str], str] = str) -> str:
    """The sentence of ``code`` with its arguments, in the language of ``translate``.

    An unknown code or a missing argument gives the code itself rather than an error: a database of
    another release may hold some that this one does not know.
    """
    pattern = SENTENCES.get(code)
    if pattern is None:
        return code
    try:
        return translate(pattern).format_map({key: str(value) for key, value in (args or {}).items()})
    except (KeyError, IndexError, ValueError):
        return code

"""The GSM 7 bit default alphabet, its extension table and the national shift tables (TS 23.038 §6.2.1, Annex A).

Septets are handled one to an octet; :mod:`.septets` packs them. An escape (0x1B) takes the next septet
from the single shift table; an unassigned place of that table shows the character of the main table
(§6.2.1.1). What has no character at all is shown as U+FFFD.
"""

from __future__ import annotations

from codecs import charmap_decode, charmap_encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .errors import TpduError
from .shift_tables import DEFAULT_ALPHABET, DEFAULT_EXTENSION, locking_shift, single_shift

ESCAPE = 0x1B
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Gsm7Tables:
    """One pair of locking and single shift table, ready for the C codecs of the standard library."""

    main: str
    shifted: str
    septets: Mapping[int, bytes]


def gsm7_tables(locking: int = 0, single: int = 0) -> Gsm7Tables:
    """The tables for the national language identifiers of TS 23.038 §6.2.1.2.4 (0 is the default alphabet).

    An identifier that has no table means the default one: reserved values are ignored (TS 23.040 §9.2.3.24).
    """
    if not (locking or single):
        return _DEFAULT
    return _build(locking if locking_shift(locking) else 0, single if single_shift(single) else 0)


@cache
def _build(locking: int, single: int) -> Gsm7Tables:
    main = locking_shift(locking) or DEFAULT_ALPHABET
    extension = single_shift(single) or DEFAULT_EXTENSION
    septets: dict[int, bytes] = {}
    for septet, character in extension.items():
        septets[ord(character)] = bytes((ESCAPE, septet))
    for septet, character in enumerate(main):
        if character != REPLACEMENT and septet != ESCAPE:
            septets[ord(character)] = bytes((septet,))
    shifted = "".join(extension.get(septet, main[septet]) for septet in range(128))
    beyond = REPLACEMENT * 128
    return Gsm7Tables(main + beyond, shifted + beyond, septets)


_DEFAULT = _build(0, 0)


def try_encode_gsm7(text: str, tables: Gsm7Tables = _DEFAULT) -> bytes | None:
    """The septets of ``text``, one to an octet, or None where a character is not in the tables."""
    try:
        return charmap_encode(text, "strict", tables.septets)[0]
    except UnicodeEncodeError:
        return None


def encode_gsm7(text: str, tables: Gsm7Tables = _DEFAULT) -> bytes:
    """The septets of ``text``; :class:`TpduError` names the characters that are not in the tables."""
    septets = try_encode_gsm7(text, tables)
    if septets is None:
        foreign = sorted({character for character in text if ord(character) not in tables.septets})
        named = " ".join(foreign[:10]).encode("utf-8", "replace").decode()
        raise TpduError("text.not_in_gsm7", characters=named)
    return septets


def decode_gsm7(septets: bytes, tables: Gsm7Tables = _DEFAULT) -> str:
    """The text of ``septets`` (one to an octet; one above 0x7F is none and shows as U+FFFD)."""
    if ESCAPE not in septets:
        return charmap_decode(septets, "strict", tables.main)[0]
    pieces: list[str] = []
    start = 0
    end = septets.find(ESCAPE)
    while end >= 0:
        pieces.append(charmap_decode(septets[start:end], "strict", tables.main)[0])
        pieces.append(tables.shifted[septets[end + 1]] if end + 1 < len(septets) else REPLACEMENT)
        start = end + 2
        end = septets.find(ESCAPE, start)
    pieces.append(charmap_decode(septets[start:], "strict", tables.main)[0])
    return "".join(pieces)

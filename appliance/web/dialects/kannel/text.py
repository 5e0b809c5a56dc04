"""What ``text`` says: its octets by ``coding`` and ``charset``, and what scripts mean where the two don't fit.

As Kannel's user guide has it, ``coding=2`` without a charset is raw UTF-16BE, percent-encoded. Many scripts send UTF-8
all the same; what was meant can be told, because neither reads as common text in the other's place.
"""

from __future__ import annotations

import re

from appliance.desk.charset import is_common_chinese, known_codec, text_of

_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_UTF16 = {"utf-16", "utf-16-be", "utf-16-le"}
_CALLED_UTF16 = {"ucs-2", "ucs2", "iso-10646-ucs-2", "ucs-2be", "utf16be"}


def read_text(octets: bytes, coding: int | None, charset: str | None) -> str | None:
    """The text, or None where it can't be read."""
    if charset and charset.strip():
        return _named(octets, charset.strip().lower())
    if coding == 2:
        return _ucs2(octets)
    # Kannel's default is UTF-8; what is no UTF-8 is a script's own charset.
    return text_of(octets, "utf-8")


def _named(octets: bytes, charset: str) -> str | None:
    codec = "utf-16-be" if charset in _CALLED_UTF16 else known_codec(charset)
    if codec not in _UTF16:
        # An unknown name is worth no message; what the octets look like counts for more.
        return text_of(octets, charset)
    if codec == "utf-16" and not octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16-be"
    return _decoded(octets, codec) or (_decoded(octets, "utf-8") if len(octets) % 2 else None)


def _ucs2(octets: bytes) -> str | None:
    utf16, utf8 = _decoded(octets, "utf-16-be"), _decoded(octets, "utf-8")
    if utf16 is None or utf8 is None or _CONTROLS.search(octets):
        # UTF-16 of Latin letters has zeros, which no UTF-8 text has.
        return utf8 if utf16 is None else utf16
    return utf16 if is_common_chinese(utf16) else utf8


def _decoded(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeError:
        return None

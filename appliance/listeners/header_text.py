"""Header fields of mails as text: RFC 2047 as it is meant, and as devices write it."""

from __future__ import annotations

import base64
import binascii
import re
from email.message import Message

from appliance.desk.charset import text_of

_ENCODED_WORD = re.compile(rb"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_LONGEST_FIELD = 4096


def field_of(message: Message, name: str) -> str:
    """The first field of that name on one line, decoded; empty where there is none."""
    for each, value in message.raw_items():
        if each.lower() == name:
            octets = str(value).encode("utf-8", "surrogateescape")[:_LONGEST_FIELD]
            return " ".join(decoded_words(octets).split())
    return ""


def decoded_words(octets: bytes) -> str:
    """The text of a field's octets.

    Neighbours of one charset are joined before they are decoded: many senders cut a text after so many octets, in
    the middle of a character (which RFC 2047 §5 forbids). What stands between is taken as it is, in whatever charset.
    """
    # Split by what the pattern has in groups: text, charset, way, word, text, …
    pieces = _ENCODED_WORD.split(octets)
    runs: list[tuple[str | None, bytes]] = []
    _add(runs, None, pieces[0])
    for index in range(1, len(pieces), 4):
        charset, way, word, after = pieces[index : index + 4]
        # RFC 2231 §5: a language may stand behind the charset.
        name = charset.split(b"*")[0].decode("ascii", "replace").lower()
        _add(runs, name, _word(way, word))
        is_between = index + 4 < len(pieces)
        _add(runs, None, b"" if is_between and not after.strip() else after)
    return "".join(text_of(each, charset) for charset, each in runs)


def _add(runs: list[tuple[str | None, bytes]], charset: str | None, octets: bytes) -> None:
    if not octets:
        return
    if runs and runs[-1][0] == charset:
        runs[-1] = (charset, runs[-1][1] + octets)
    else:
        runs.append((charset, octets))


def _word(way: bytes, word: bytes) -> bytes:
    if way in b"qQ":
        return binascii.a2b_qp(word, header=True)
    padded = word.rstrip(b"=") + b"=" * (-len(word.rstrip(b"=")) % 4)
    try:
        return base64.b64decode(padded)
    except binascii.Error:
        return word

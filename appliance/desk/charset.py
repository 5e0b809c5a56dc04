"""Text of octets whose charset is missing or wrongly named, as old devices send it, Chinese ones above all.

What the octets look like counts for more than what is said of them: UTF-8 can hardly be anything else, and what is
called Latin or not named at all is Chinese if it reads as common Chinese characters.
"""

from __future__ import annotations

import codecs
import re

_NO_TEXT = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"})
"""Python's codecs of that name are no charsets of mail, or cost more than their text is worth."""

_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950"}
"""The charset that is meant and sent where the narrower one is named: GBK's letters under GB2312's name, and so on."""

_BELIEVED_ABOUT_LETTERS = frozenset({"gb18030", "cp950", "utf-8", "ascii", "iso8859-1", "cp1252"})
"""Names that are given without looking. Any other (Shift_JIS, KOI8-R, …) was chosen by someone."""

_THREE_OCTETS_OF_UTF8 = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = 0.7
"""So much of the letters has to be common ones for a charset that nobody named."""


def text_of(octets: bytes, named: str | None) -> str:
    """The text. Never fails: what is no text in any way has U+FFFD in its places."""
    for mark, codec in _MARKS:
        if octets.startswith(mark):
            return octets.decode(codec, "replace")
    codec = known_codec(named)
    if codec not in _BELIEVED_ABOUT_LETTERS:
        return octets.decode(codec, "replace")
    if octets.isascii():
        return octets.decode("ascii")
    utf8 = _utf8(octets)
    if utf8 is not None and (codec == "utf-8" or _is_surely_utf8(octets, codec)):
        return utf8
    return _best_of(octets, codec)


def known_codec(named: str | None) -> str:
    """Python's name of a charset, the wider one where there is one; ``ascii`` for what is no charset."""
    try:
        name = codecs.lookup((named or "ascii").strip().strip("\"'")).name
    except (LookupError, ValueError):
        return "ascii"
    if name in _NO_TEXT or not getattr(codecs.lookup(name), "_is_text_encoding", True):
        return "ascii"
    return _WIDER.get(name, name)


def _utf8(octets: bytes) -> str | None:
    """The text where it is UTF-8, be it cut in mid-character at its end."""
    try:
        whole = codecs.getincrementaldecoder("utf-8")().decode(octets)
    except UnicodeDecodeError:
        return None
    is_cut = len(whole.encode()) < len(octets)
    return None if is_cut and whole.isascii() else whole + "\ufffd" * is_cut


def _is_surely_utf8(octets: bytes, codec: str) -> bool:
    # Two octets may well be one Chinese character; three or four in UTF-8's order hardly ever are one and a half.
    return codec not in ("gb18030", "cp950") or _THREE_OCTETS_OF_UTF8.search(octets) is not None


def _best_of(octets: bytes, codec: str) -> str:
    chinese = {each: _commonness(octets, each) for each in ("gb18030", "cp950")}
    likely = max(chinese, key=lambda each: chinese[each])
    if codec in chinese and chinese[codec] >= min(_COMMON, chinese[likely]):
        likely = codec
    if chinese[likely] >= _COMMON or (likely == codec and chinese[likely] > 0):
        return octets.decode(likely, "replace")
    if codec in ("ascii", "utf-8"):
        # Cut in mid-character, or a charset that nobody knows.
        broken_utf8 = octets.decode("utf-8", "replace")
        wrong = broken_utf8.count("\ufffd")
        return broken_utf8 if wrong * 10 < len(broken_utf8) else octets.decode("gb18030", "replace")
    return octets.decode(codec, "replace")


def is_common_chinese(text: str) -> bool:
    """Whether most letters beyond ASCII are common Chinese characters or signs, and there are some."""
    return _share_of_common(text, "gb18030") >= _COMMON


def _commonness(octets: bytes, codec: str) -> float:
    """Which share of its letters beyond ASCII is common in a charset; 0 where it is none of that charset."""
    text = _decoded(octets, codec)
    return 0.0 if text is None else _share_of_common(text, codec)


def _share_of_common(text: str, codec: str) -> float:
    foreign = [each for each in text[:2000] if not each.isascii()]
    common = sum(_is_common(each, codec) for each in foreign)
    return common / len(foreign) if foreign else 0.0


def _is_common(letter: str, codec: str) -> bool:
    try:
        octets = letter.encode("gb2312" if codec == "gb18030" else "big5")
    except UnicodeEncodeError:
        return False
    if len(octets) != 2:
        return False
    # Signs, and the characters of level 1: rows 16-55 of GB 2312, A4-C6 of Big5.
    if codec == "gb18030":
        return octets[0] <= 0xA3 or 0xB0 <= octets[0] <= 0xD7
    return 0xA1 <= octets[0] <= 0xC6


def _decoded(octets: bytes, codec: str) -> str | None:
    try:
        return octets.decode(codec)
    except UnicodeError:
        return None

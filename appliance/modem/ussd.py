"""USSD codes and answers as modems write them (TS 27.007 §7.15, TS 23.038 §5). Pure.

Makers disagree on how the text of ``+CUSD`` is written: plain, as hexadecimal digits of packed septets (Huawei), or
as hexadecimal digits of UCS-2. The data coding scheme that stands behind it tells what the *network* sent, not what
the modem made of it. So every reading that is possible is made, and the one that looks most like a text is taken.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.modem.at.syntax import number, payload
from appliance.modem.profile import UssdEncoding
from appliance.modem.sms import decode_gsm7, try_encode_gsm7
from appliance.modem.sms.septets import pack_septets, unpack_septets

GSM7_DCS = 15
"""German language of the oldest group, which all take for the default alphabet."""

MAX_CODE = 182
"""Septets that fit in 160 octets (TS 24.080 §4.5.2)."""
MAX_TEXT = 1000
"""Characters that are kept of an answer."""

_CR = 0x0D
_LEAST_HEX = 8
"""Fewer digits are no encoded text: four octets are the shortest word."""
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ANSWER = re.compile(r'\s*(\d)\s*(?:,\s*"(.*?)"?\s*(?:,\s*(\d{1,3}))?\s*)?', re.DOTALL)
_BARE_ANSWER = re.compile(r"\s*(\d)\s*,\s*([^\",]*?)\s*(?:,\s*(\d{1,3}))?\s*", re.DOTALL)
_STATUS = re.compile(r"\s*(\d)(?!\d)")
_CODE = re.compile(r"[0-9*#+A-Za-z ,.:/@-]{1,182}")
_CAPITAL_WITHIN = re.compile(r"[a-zß-ÿ][A-ZÀ-Þ]")
_ESCAPED = re.compile(r"\\x([0-7][0-9a-f])")


@dataclass(frozen=True, slots=True)
class CusdLine:
    """``+CUSD: <m>[,<str>[,<dcs>]]``."""

    status: int
    """<m>: 0 done, 1 an answer is expected, 2 ended by the network, 3 another client answered, 4 not supported,
    5 time-out."""
    text: str | None
    dcs: int | None


def is_code(code: str) -> bool:
    """Whether a modem can be given ``code`` at all: it has nothing that would end its quotes or its line."""
    return _CODE.fullmatch(code) is not None


def encoded_code(code: str, encoding: UssdEncoding, charset: str | None = None) -> str:
    """``code`` as it stands between the quotes of ``AT+CUSD=1,"…"``; ``charset`` is what ``AT+CSCS?`` said."""
    if encoding is UssdEncoding.BY_CSCS:
        encoding = UssdEncoding.UCS2_HEX if (charset or "").upper() == "UCS2" else UssdEncoding.PLAIN
    match encoding:
        case UssdEncoding.GSM7_PACKED_HEX:
            septets = try_encode_gsm7(code)
            return code if septets is None else pack_ussd(septets).hex().upper()
        case UssdEncoding.UCS2_HEX:
            return code.encode("utf-16-be").hex().upper()
        case _:
            return code


def pack_ussd(septets: bytes) -> bytes:
    """Septets in octets, with the padding of TS 23.038 §6.1.2.3.1: seven spare bits are a CR, not an '@'.

    And where a text that fills its octets ends in CR, another one is added, so that it isn't taken for padding.
    """
    if len(septets) % 8 == 7 or (len(septets) % 8 == 0 and septets[-1:] == bytes([_CR])):
        septets += bytes([_CR])
    return pack_septets(septets)


def unpack_ussd(octets: bytes) -> bytes:
    """The septets in ``octets``, without that padding."""
    count = len(octets) * 8 // 7
    septets = unpack_septets(octets, count)
    if count % 8 == 0 and septets.endswith(bytes([_CR])):
        return septets[:-1]
    if count % 8 == 0 and septets.endswith(b"\x00"):  # zero bits in its place, by who does not know the rule
        return septets[:-1]
    if count % 8 == 1 and septets.endswith(bytes([_CR, _CR])):
        return septets[:-1]
    return septets


def cusd_in(line: str) -> CusdLine | None:
    """The parts of a ``+CUSD:`` line, whose text may hold line ends and quotes; None where it is none."""
    said = payload(line)
    found = _ANSWER.fullmatch(said) or _BARE_ANSWER.fullmatch(said)
    if found is None:
        status = _STATUS.match(said)
        return None if status is None else CusdLine(int(status[1]), None, None)
    return CusdLine(int(found[1]), found[2], None if found[3] is None else number(found[3]))


def decoded_text(said: str, dcs: int | None = None) -> str:
    """The text of an answer, in whichever way it is written; at most `MAX_TEXT` characters."""
    said = said[: MAX_TEXT * 4]
    readings = [(_plausibility(text) + likelihood, text) for text, likelihood in _readings(said, dcs)]
    return max(readings, key=lambda reading: reading[0])[1].strip("\r\n \x00")[:MAX_TEXT]


def _readings(said: str, dcs: int | None) -> Iterator[tuple[str, float]]:
    """Each possible reading, with how much likelier it is than it looks."""
    hexadecimal = _HEX.fullmatch(said) is not None and len(said) >= _LEAST_HEX
    if not hexadecimal:
        yield _unescaped(said), 0.0
        return
    # A number is one. Digits and capitals up to F that make a sentence by chance are rare.
    yield said, 0.25 if said.isdigit() else -0.9
    octets = bytes.fromhex(said)
    network_sent_ucs2 = _is_ucs2(dcs)
    if len(octets) % 2 == 0:
        one_block = len(octets) >= 4 and len(set(octets[::2])) == 1
        likelihood = (0.3 if network_sent_ucs2 else 0.1) + (0.3 if one_block else 0.0)
        yield octets.decode("utf-16-be", "replace"), likelihood
    yield decode_gsm7(unpack_ussd(octets)), 0.1 if network_sent_ucs2 else 0.2
    yield octets.decode("latin-1"), 0.0  # each octet a character: +CSCS="HEX", or a network that sent 8 bits


def _is_ucs2(dcs: int | None) -> bool:
    """TS 23.038 §5: 0x11 is UCS-2 after a language; 01xx and 1001 have the alphabet in bits 3 and 2."""
    if dcs is None:
        return False
    return dcs == 0x11 or ((dcs >> 6 == 1 or dcs >> 4 == 9) and dcs & 0x0C == 0x08)


def _unescaped(text: str) -> str:
    """Octets of the GSM alphabet that the line's reader showed as ``\\x05``, as characters."""
    return _ESCAPED.sub(lambda found: decode_gsm7(bytes([int(found[1], 16)])), text)


def _plausibility(text: str) -> float:
    """How much ``text`` looks like one that a person is to read: near 1 for one that does."""
    if not text:
        return -1.0
    scripts = {_script(character) for character in text} - {None}
    odd: float = max(0, len(scripts) - 2) + ({"GREEK", "LATIN"} <= scripts)
    odd += 0.5 * min(2, len(_CAPITAL_WITHIN.findall(text)))
    return sum(map(_worth, text)) / len(text) - 0.25 * odd


_SENTENCE_MARKS = frozenset(" \r\n.,:;!?'\"()*#%+-/=&_$€£¥￥，。：；！？、（）【】《》“”‘’…·—")


def _worth(character: str) -> float:
    if character in _SENTENCE_MARKS:
        return 1.0
    if character < "\x7f":
        return 1.0 if character.isalnum() else 0.4 if character.isprintable() else -2.0
    category = unicodedata.category(character)
    if "\u4e00" <= character <= "\u9fff":
        return 1.0
    if category[0] in "LN":
        return 0.9 if category != "Lm" else 0.5
    return {"C": -2.0, "Z": 0.5, "M": 0.5}.get(category[0], 0.0)


def _script(character: str) -> str | None:
    """The first word of a letter's name (LATIN, CYRILLIC, CJK …); None for what belongs to every script."""
    if not character.isalpha():
        return None
    return unicodedata.name(character, "NONE ").partition(" ")[0]

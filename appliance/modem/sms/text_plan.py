"""How a text goes on the air: alphabet, parts and their count, in one place (TS 23.040 §9.2.3.24.1)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .address import Address
from .data_coding import Alphabet, general_dcs
from .errors import TpduError
from .gsm7 import ESCAPE, encode_gsm7, try_encode_gsm7
from .tpdu import Submit
from .transliteration import transliterate_to_gsm7
from .user_data import Concatenation, UserData, encode_ucs2
from .validity import RelativeValidity

MAX_PARTS = 255

# No text of so many characters can fit, however much transliteration leaves out: it is not looked at.
_HOPELESS_CHARACTERS = 2 * MAX_PARTS * 160

# Units of one part: septets, or UTF-16 code units. A header of 6 (8-bit reference) or 7 octets takes its place
# from the 140 octets of user data: 153 = (140*8 − 7*7) / 7, 67 = (140 − 6) / 2.
_WHOLE = {Alphabet.GSM7: 160, Alphabet.UCS2: 70}
_PART = {
    (Alphabet.GSM7, 8): 153,
    (Alphabet.GSM7, 16): 152,
    (Alphabet.UCS2, 8): 67,
    (Alphabet.UCS2, 16): 66,
}


@dataclass(frozen=True, slots=True)
class TextPlan:
    """A text as it will be sent.

    ``text`` is what goes on the air; ``replaced`` has each distinct (before, after) that transliteration changed.
    ``units`` are septets (GSM-7, an extension character takes two) or UTF-16 code units, without headers;
    ``units_left`` is what the last part still takes.
    """

    text: str
    alphabet: Alphabet
    parts: tuple[str, ...]
    units: int
    units_per_part: int
    units_left: int
    replaced: tuple[tuple[str, str], ...] = ()
    reference_bits: int = 8


def plan_text(
    text: str,
    *,
    transliterate: bool = False,
    alphabet: Alphabet | None = None,
    reference_bits: int = 8,
) -> TextPlan:
    """GSM-7 where every character is in it, else UCS-2; parts that split no character.

    ``transliterate`` writes other characters in GSM-7 where that makes the *whole* text GSM-7; where it does not
    (the text has a Chinese character), nothing is changed, since nothing would be saved.
    ``alphabet`` forces GSM7 or UCS2. ``reference_bits``: 8 or 16, the width of the reference that the parts will have.

    TpduError: GSM7 was forced and lacks a character; a surrogate stands alone; more than 255 parts.
    """
    if alphabet is Alphabet.DATA8:
        raise TpduError("text.is_data")
    if len(text) > _HOPELESS_CHARACTERS:
        raise TpduError("text.too_many_parts", limit=MAX_PARTS)
    replaced: tuple[tuple[str, str], ...] = ()
    septets = None
    if alphabet is not Alphabet.UCS2:
        septets = try_encode_gsm7(text)
        if septets is None and transliterate:
            candidate, pairs = transliterate_to_gsm7(text)
            septets = try_encode_gsm7(candidate)
            if septets is not None:
                text, replaced = candidate, pairs
        if septets is None and alphabet is Alphabet.GSM7:
            encode_gsm7(text)
    if septets is not None:
        return _plan(text, Alphabet.GSM7, septets, replaced, reference_bits)
    return _plan(text, Alphabet.UCS2, encode_ucs2(text), replaced, reference_bits)


def _plan(
    text: str,
    alphabet: Alphabet,
    encoded: bytes,
    replaced: tuple[tuple[str, str], ...],
    reference_bits: int,
) -> TextPlan:
    units = len(encoded) if alphabet is Alphabet.GSM7 else len(encoded) // 2
    capacity = _WHOLE[alphabet]
    if units <= capacity:
        return TextPlan(text, alphabet, (text,), units, capacity, capacity - units, replaced, reference_bits)
    if reference_bits not in (8, 16):
        raise TpduError("concatenation.bits")
    capacity = _PART[alphabet, reference_bits]
    if units > capacity * MAX_PARTS:
        raise TpduError("text.too_many_parts", limit=MAX_PARTS)
    if alphabet is Alphabet.GSM7:
        parts, last = _split_gsm7(text, encoded, capacity)
    else:
        parts, last = _parts_of_ucs2(encoded, capacity)
    if len(parts) > MAX_PARTS:
        raise TpduError("text.too_many_parts", limit=MAX_PARTS)
    return TextPlan(text, alphabet, parts, units, capacity, capacity - last, replaced, reference_bits)


def _split_gsm7(text: str, septets: bytes, capacity: int) -> tuple[tuple[str, ...], int]:
    """Parts of ``text`` and the septets of the last one. An escape stays with its character."""
    parts: list[str] = []
    start = character = chunk_length = 0
    while start < len(septets):
        chunk = septets[start : start + capacity]
        if chunk[-1] == ESCAPE:
            chunk = chunk[:-1]
        chunk_length = len(chunk)
        start += chunk_length
        end = character + chunk_length - chunk.count(ESCAPE)
        parts.append(text[character:end])
        character = end
    return tuple(parts), chunk_length


def split_ucs2(octets: bytes, capacity: int) -> tuple[str, ...]:
    """Parts of the text of ``octets`` (UTF-16) of at most ``capacity`` code units, cut where `plan_text` cuts."""
    return _parts_of_ucs2(octets, capacity)[0]


def _parts_of_ucs2(octets: bytes, capacity: int) -> tuple[tuple[str, ...], int]:
    """Parts of the text of ``octets`` (UTF-16) and the code units of the last one."""
    parts: list[str] = []
    start = 0
    while True:
        end = _cut_ucs2(octets, start, start + capacity * 2)
        parts.append(octets[start:end].decode("utf-16-be"))
        if end == len(octets):
            return tuple(parts), (end - start) // 2
        start = end


def _cut_ucs2(octets: bytes, start: int, end: int) -> int:
    """Where a part that began at ``start`` ends, at ``end`` at the latest.

    Never inside a surrogate pair; and before a whole emoji sequence or a letter with its marks, where one
    is across the end and is not so long that it would cost half of the part.
    """
    if end >= len(octets):
        return len(octets)
    if octets[end] & 0xFC == 0xDC:
        end -= 2
    before = octets[start:end].decode("utf-16-be")
    after = octets[end : end + 4].decode("utf-16-be", "ignore")[0]
    if before.isascii() or not _joins(before, after):
        return end
    for length in range(len(before) - 1, len(before) // 2, -1):
        if not _joins(before[:length], before[length]):
            return start + len(before[:length].encode("utf-16-be"))
    return end


def _joins(before: str, after: str) -> bool:
    """Whether ``after`` belongs to the character that ``before`` ends with (the simple cases of UAX #29)."""
    last = before[-1]
    if last == "\u200d" or after == "\u200d" or _is_mark(after):
        return True
    if not (_is_regional_indicator(last) and _is_regional_indicator(after)):
        return False
    return sum(1 for _ in _indicators_at_end(before)) % 2 == 1


def _is_mark(character: str) -> bool:
    """Combining marks and variation selectors; skin tones; tags of flags."""
    return (
        unicodedata.category(character).startswith("M")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_regional_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _indicators_at_end(text: str) -> Iterator[str]:
    for character in reversed(text):
        if not _is_regional_indicator(character):
            return
        yield character


@lru_cache(maxsize=64)
def _alone(text: str, alphabet: Alphabet) -> UserData:
    """The only part of a message; many have the same."""
    return UserData.from_text(text, alphabet)


def submits(
    plan: TextPlan,
    destination: Address,
    *,
    reference: int,
    reference_bits: int | None = None,
    status_report_request: bool = True,
    flash: bool = False,
    validity_s: int | None = None,
) -> tuple[Submit, ...]:
    """One SMS-SUBMIT for each part of ``plan``; several are concatenated under ``reference``.

    ``reference_bits`` is that of the plan unless given. A plan that was made for 8 bits is cut anew for 16, whose
    parts are smaller by one unit. ``flash``: message class 0, shown at once. ``validity_s`` is rounded up to what
    the relative format can say. TP-MR is 0: the modem sets its own.
    """
    bits = plan.reference_bits if reference_bits is None else reference_bits
    if bits > plan.reference_bits and len(plan.parts) > 1:
        plan = plan_text(plan.text, alphabet=plan.alphabet, reference_bits=bits)
    dcs = general_dcs(plan.alphabet, 0 if flash else None)
    validity = None if validity_s is None else RelativeValidity.from_seconds(validity_s)
    total = len(plan.parts)
    return tuple(
        Submit(
            destination,
            _alone(part, plan.alphabet)
            if total == 1
            else UserData.from_text(
                part, plan.alphabet, (Concatenation(reference, total, number, bits).element(),)
            ),
            dcs,
            validity=validity,
            status_report_request=status_report_request,
        )
        for number, part in enumerate(plan.parts, 1)
    )

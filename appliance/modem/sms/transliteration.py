"""Writing a text in GSM-7 with other characters: quotes, dashes, accents, full-width forms. No CJK letter is touched.

A substitute must not change what the text says: so superscripts ("10²"), fractions ("1½") and circled
numbers have none, although Unicode would decompose them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .gsm7 import try_encode_gsm7

# Substitute and everything that it stands for. Escapes where a character cannot be seen or told apart.
_GROUPS: tuple[tuple[str, str], ...] = (
    ("'", "‘’‚‛‹›′‵ʹʻʼʽˈ`´＇｀\u0384"),
    ('"', "“”„‟«»″‶ʺ〝〞〟＂「」『』｢｣"),
    ("-", "\u2010\u2011\u2012–—―−⁃﹘﹣－─━"),
    (".", "。｡․·‧・･"),
    (",", "、､"),
    ("...", "…⋯"),
    ("*", "•●◦▪■★☆∗"),
    ("/", "⁄∕÷"),
    ("x", "×✕✖"),
    ("<", "〈《"),
    (">", "〉》"),
    ("[", "【〔〖"),
    ("]", "】〕〗"),
    ("~", "〜∼˜"),
    ("^", "ˆ"),
    ("|", "¦"),
    ("<=", "≤≦"),
    (">=", "≥≧"),
    ("!=", "≠"),
    ("+/-", "±"),
    ("->", "→⇒"),
    ("<-", "←⇐"),
    ("(c)", "©"),
    ("(R)", "®"),
    ("TM", "™"),
    ("c", "¢"),
    ("£", "₤"),
    ("AE", "Ǽ"),
    ("OE", "Œ"),
    ("oe", "œ"),
    ("D", "ĐÐ"),
    ("d", "đð"),
    ("H", "Ħ"),
    ("h", "ħ"),
    ("i", "ı"),
    ("L", "Ł"),
    ("l", "ł"),
    ("N", "Ŋ"),
    ("n", "ŋ"),
    ("T", "Ŧ"),
    ("t", "ŧ"),
    ("Th", "Þ"),
    ("th", "þ"),
    ("SS", "ẞ"),
    ("f", "ƒ"),
    # Greek capitals that look like Latin ones, as phones have always written them in GSM-7.
    ("A", "ΑΆ"),
    ("B", "Β"),
    ("E", "ΕΈ"),
    ("Z", "Ζ"),
    ("H", "ΗΉ"),
    ("I", "ΙΊΪ"),
    ("K", "Κ"),
    ("M", "Μ"),
    ("N", "Ν"),
    ("O", "ΟΌ"),
    ("P", "Ρ"),
    ("T", "Τ"),
    ("Y", "ΥΎΫ"),
    ("X", "Χ"),
    ("Ω", "\u2126"),
    ("Δ", "\u2206"),
    (" ", "\t"),
    ("\n", "\v\u0085\u2028\u2029"),
    # Invisible: soft hyphen, zero width, direction marks, word joiner, byte order mark, variation selectors.
    (
        "",
        "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff",
    ),
    ("", "\ufe00\ufe01\ufe0e\ufe0f"),
)
_SUBSTITUTES = {character: substitute for substitute, group in _GROUPS for character in group}

# Ways of Unicode to write the same in another form; the other tags (super, sub, fraction, circle, square …)
# change what is said when they are undone.
_HARMLESS_FORMS = ("<wide>", "<narrow>", "<small>", "<noBreak>", "<compat>", "<vertical>")

_CHARACTER_WITH_MARKS = re.compile(r".[\u0300-\u036f\ufe0e\ufe0f]*", re.DOTALL)


def transliterate_to_gsm7(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """``text`` with substitutes where there are any, and each distinct (before, after) in order of appearance.

    Characters of GSM-7 stay as they are, and so does what has no substitute: the result may still need UCS-2.
    """
    pairs: dict[str, str] = {}
    pieces: list[str] = []
    for character in _CHARACTER_WITH_MARKS.findall(text):
        substitute = _substitute(character)
        pieces.append(substitute)
        if substitute != character:
            pairs.setdefault(character, substitute)
    return "".join(pieces), tuple(pairs.items())


@lru_cache(maxsize=4096)
def _substitute(character: str) -> str:
    """What to write for ``character`` (with its combining marks); itself where there is nothing better."""
    if try_encode_gsm7(character) is not None:
        return character
    for candidate in _candidates(character):
        if try_encode_gsm7(candidate) is not None:
            return candidate
    return character


def _candidates(character: str) -> tuple[str, ...]:
    """From the most to the least faithful: é written apart is é, then ç is c, then “Ａ” is A."""
    composed = unicodedata.normalize("NFC", character)
    looked_up = "".join(_SUBSTITUTES.get(piece, piece) for piece in composed)
    plain = "".join(_without_marks(piece) for piece in looked_up)
    return composed, looked_up, plain


def _without_marks(character: str) -> str:
    tag = unicodedata.decomposition(character).partition(" ")[0]
    if unicodedata.category(character) == "Zs":
        return " "
    if tag.startswith("<") and tag not in _HARMLESS_FORMS:
        return character
    decomposed = unicodedata.normalize("NFKD", character)
    letters = "".join(piece for piece in decomposed if not unicodedata.combining(piece))
    if letters.isspace():
        return character  # an accent that stands alone ("¨") decomposes to an accented space
    return "".join(_SUBSTITUTES.get(piece, piece) for piece in letters) or character

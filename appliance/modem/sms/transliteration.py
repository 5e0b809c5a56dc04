"""Writing a text in GSM-7 with other characters: quotes, dashes, accents, full-width forms (never Chinese letters)."""

from __future__ import annotations

import unicodedata

from .gsm7 import try_encode_gsm7

_SUBSTITUTES: dict[str, str] = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "…": "...",
    "\u00a0": " ", "\u3000": " ", "、": ",", "。": ".",
}  # fmt: skip


def transliterate_to_gsm7(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """``text`` with substitutes where there are any, and each distinct (before, after) in order of appearance."""
    pairs: dict[str, str] = {}
    for character in text:
        if character not in pairs and try_encode_gsm7(character) is None:
            substitute = _substitute(character)
            if substitute is not None:
                pairs[character] = substitute
    return "".join(pairs.get(character, character) for character in text), tuple(pairs.items())


def _substitute(character: str) -> str | None:
    if character in _SUBSTITUTES:
        return _SUBSTITUTES[character]
    plain = "".join(
        piece for piece in unicodedata.normalize("NFKD", character) if not unicodedata.combining(piece)
    )
    return plain if plain and try_encode_gsm7(plain) is not None else None

"""Stand-ins of the same length for numbers and texts: the same for the same original within one recording.

The key is thrown away with the recording, so nobody can go back.
"""

import hashlib
import hmac
import secrets

LETTERS = "abcdefghijklmnopqrstuvwxyz"
CAPITALS = LETTERS.upper()
IDEOGRAPHS = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏"
SHORTEST_NUMBER = 7
SUBSCRIBER_DIGITS = 8


class StandIns:
    """One recording's stand-ins."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)

    def number(self, digits: str) -> str:
        """Digits for digits. What tells country, network and make stays; whose it is does not.

        The last eight digits of a telephone number are replaced alike with and without country code; check digits of
        IMEI and ICCID are right again. Short numbers (service numbers, cells, lengths) stay as they are.
        """
        count = len(digits)
        if count < SHORTEST_NUMBER:
            return digits
        if count in (19, 20) and digits.startswith("89"):
            return _with_check_digit(digits[:6] + self._digits(digits[6:-1]))
        if count == 15 and digits.startswith("460"):
            return digits[:5] + self._digits(digits[5:])
        if count == 15:
            return _with_check_digit(digits[:8] + self._digits(digits[8:-1]))
        kept = max(0, count - SUBSCRIBER_DIGITS)
        return digits[:kept] + self._digits(digits[kept:])

    def text(self, text: str) -> str:
        """A letter for each letter, a digit for each digit, an ideograph for whatever else is a character of words."""
        noise = self._noise(text.encode("utf-16-be", "surrogatepass"), len(text))
        return "".join(_stand_in(character, noise[at]) for at, character in enumerate(text))

    def octets(self, octets: bytes) -> bytes:
        """Noise for data."""
        return self._noise(octets, len(octets))

    def _digits(self, digits: str) -> str:
        noise = self._noise(digits.encode("ascii", "replace"), len(digits))
        return "".join(str(noise[at] % 10) if digit.isdecimal() else digit for at, digit in enumerate(digits))

    def _noise(self, original: bytes, count: int) -> bytes:
        noise = b""
        while len(noise) < count:
            step = len(noise).to_bytes(4, "big")
            noise += hmac.new(self._key, step + original, hashlib.sha256).digest()
        return noise[:count]


def _stand_in(character: str, noise: int) -> str:
    if not character.isprintable() or character in " .,;:!?()/-+*#@\"'":
        return character
    if character.isdecimal() and character.isascii():
        return str(noise % 10)
    if character.isascii():
        return (CAPITALS if character.isupper() else LETTERS)[noise % 26]
    code = ord(character)
    if code > 0xFFFF or 0xD800 <= code < 0xE000:
        return character  # One half of a pair, or a pair: nothing that one unit could stand in for.
    return IDEOGRAPHS[noise % len(IDEOGRAPHS)]


def _with_check_digit(body: str) -> str:
    """The Luhn digit of an IMEI (23.003 Annex B) or ICCID (E.118) behind its digits."""
    if not body.isdecimal():
        return body + "0"
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)

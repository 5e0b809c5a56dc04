"""One subscriber, however the number is written.

The bank stands in mainland China: `+8613912345678`, `8613912345678`, `008613912345678` and `13912345678` are one
telephone. A key is what two spellings of one subscriber have in common; it is E.164 with '+' where the subscriber has
one, else the digits (short codes) or letters.
"""

import re
from functools import lru_cache

_SEPARATORS = re.compile(r"[\s().-]+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE_WITH_COUNTRY = re.compile(r"86(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0[1-9]\d{8,11}")


@lru_cache(maxsize=65536)
def subscriber_key(number: str) -> str:
    """The subscriber that `number` means:

    '+86…' for any Chinese spelling, '+…' for other international ones, else as written.
    """
    text = _SEPARATORS.sub("", number)
    if text.startswith("+"):
        return text
    if text.startswith("00") and len(text) > 4:
        return "+" + text[2:]
    if match := _MOBILE_WITH_COUNTRY.fullmatch(text):
        return "+86" + match[1]
    if _MOBILE.fullmatch(text):
        return "+86" + text
    if _LANDLINE.fullmatch(text):
        return "+86" + text[1:]
    return text

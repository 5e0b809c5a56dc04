"""How a text goes over a CDMA network: 160 characters of ASCII, or 70 units of UTF-16, and no joining of parts.

What is longer is split so that a person sees it: each part begins with its number, ``(1/3)``. C.S0015 has user data
headers, but the text modes can't give them and many phones show them as garbage.
"""

from __future__ import annotations

import re

from appliance.modem.cdma.is637 import CdmaError
from appliance.modem.sms import TpduError, split_ucs2
from appliance.modem.sms.user_data import encode_ucs2

ASCII_UNITS, UNICODE_UNITS = 160, 70
"""140 octets of seven or sixteen bits."""

MAX_PARTS = 255

_HOPELESS_CHARACTERS = MAX_PARTS * ASCII_UNITS

_ENDS_TYPING = re.compile("[\x00\x1a\x1b]")
"""A prompt takes these for its end or its cancellation, whatever stands behind them."""

_MOBILE = re.compile(r"\+86(1[3-9][0-9]{9})", re.ASCII)
_ANY_MOBILE = re.compile(r"(?:86|0086|\+86)?(1[3-9][0-9]{9})", re.ASCII)
_OTHER_NATIONAL = re.compile(r"\+86([1-9][0-9]{5,10})", re.ASCII)
_SHORT = re.compile(r"[0-9*#]{1,20}", re.ASCII)


def plan_cdma_text(text: str) -> tuple[str, ...]:
    """The texts of the messages that ``text`` is sent as. CdmaError for what can't be given to such a modem."""
    if _ENDS_TYPING.search(text):
        raise CdmaError("cdma.control-character")
    if len(text) > _HOPELESS_CHARACTERS:
        raise CdmaError("cdma.too-many-parts", limit=MAX_PARTS)
    ascii_only = text.isascii()
    most = ASCII_UNITS if ascii_only else UNICODE_UNITS
    parts = _split(text, most)
    digits = 0
    while len(parts) > 1 and len(str(len(parts))) > digits:
        digits += 1
        parts = _split(text, most - len(_mark("9" * digits, "9" * digits, ascii_only=ascii_only)))
    if len(parts) > MAX_PARTS:
        raise CdmaError("cdma.too-many-parts", limit=MAX_PARTS)
    if len(parts) == 1:
        return parts
    total = str(len(parts))
    return tuple(
        _mark(str(number), total, ascii_only=ascii_only) + part for number, part in enumerate(parts, 1)
    )


def _mark(number: str, total: str, *, ascii_only: bool) -> str:
    """Chinese sets no blank behind it, and there each character costs more."""
    return f"({number}/{total})" + (" " if ascii_only else "")


def _split(text: str, capacity: int) -> tuple[str, ...]:
    if text.isascii():
        starts = range(0, len(text), capacity) if text else range(1)
        return tuple(text[start : start + capacity] for start in starts)
    try:
        return split_ucs2(encode_ucs2(text), capacity)
    except TpduError as error:
        raise CdmaError("cdma.lone-surrogate") from error


def international_number(number: str) -> str:
    """A sender as the rest of the house writes numbers: a Chinese mobile number with ``+86``, others as they came."""
    mobile = _ANY_MOBILE.fullmatch(number)
    return number if mobile is None else f"+86{mobile[1]}"


def national_number(number: str) -> str:
    """A number as it is dialled within China, where the CDMA network of this product is: without ``+86``.

    A mobile number is its eleven digits, another one has the trunk prefix 0; short codes stay. CdmaError for a number
    abroad, which these networks send no messages to.
    """
    mobile = _MOBILE.fullmatch(number)
    if mobile is not None:
        return mobile[1]
    other = _OTHER_NATIONAL.fullmatch(number)
    if other is not None:
        return f"0{other[1]}"
    if _SHORT.fullmatch(number):
        return number
    raise CdmaError("cdma.abroad")

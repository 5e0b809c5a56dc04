"""A text cut to so many parts, for what comes from machines: the beginning of an alarm is better than none."""

from __future__ import annotations

import re

from appliance.modem.sms import Alphabet, TpduError, plan_text

_MOST_UNITS_OF_A_PART = 160
_ELLIPSES = {Alphabet.UCS2: "…"}
_PLAIN_ELLIPSIS = "..."
"""The sign of one character would make UCS-2 of a GSM-7 text, and halve it."""

_JOINED = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]")
"""Marks, joiners and skin tones belong to what stands before them."""


def shortened(text: str, most_parts: int) -> str:
    """The text where it fits, else its longest beginning with an ellipsis that does."""
    # No text with more characters can fit; and it may be megabytes.
    text = text[: most_parts * _MOST_UNITS_OF_A_PART + 1]
    alphabet = _fits(text, most_parts)
    if alphabet is not None:
        return text
    fitting, too_long = 0, len(text)
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if _fits(_cut(text, middle), most_parts) is None:
            too_long = middle
        else:
            fitting = middle
    return _cut(text, fitting)


def _cut(text: str, length: int) -> str:
    while length and _JOINED.match(text[length : length + 1] or " "):
        length -= 1
    kept = text[:length].rstrip("\u200d").rstrip()
    try:
        alphabet = plan_text(kept).alphabet if kept else Alphabet.GSM7
    except TpduError:
        alphabet = Alphabet.UCS2
    return kept + _ELLIPSES.get(alphabet, _PLAIN_ELLIPSIS)


def _fits(text: str, most_parts: int) -> Alphabet | None:
    try:
        plan = plan_text(text)
    except TpduError:
        return None
    return plan.alphabet if len(plan.parts) <= most_parts else None

"""Numbers as Aliyun spells them: mainland mobiles without a country code, others with it and without a plus."""

from __future__ import annotations

import re

from appliance.desk.mistake import Mistake
from appliance.desk.numbers import read_recipient

_MAINLAND = re.compile(r"(?:\+|00)?(?:86)?(1[3-9]\d{9})", re.ASCII)
_ABROAD = re.compile(r"[1-9]\d{9,14}", re.ASCII)


def read_number(typed: str, home_region: str) -> str:
    """As the box spells it; what is no number stays as it is, and is refused where the numbers of all ways in are."""
    spelt = typed.strip()
    if home_region == "CN":
        if mobile := _MAINLAND.fullmatch(spelt):
            return f"+86{mobile[1]}"
        if _ABROAD.fullmatch(spelt) and not isinstance(read_recipient(f"+{spelt}", home_region), Mistake):
            return f"+{spelt}"
    number = read_recipient(spelt, home_region)
    return spelt if isinstance(number, Mistake) else number


def as_aliyun(number: str) -> str:
    """``13912345678``, ``85212345678``."""
    digits = number.removeprefix("+")
    return digits.removeprefix("86") if number.startswith("+861") and len(digits) == 13 else digits

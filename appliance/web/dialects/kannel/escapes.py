"""The escapes of Kannel's URLs (``dlr-url``, ``get-url``): a sign of percent and a letter each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote_plus

_ESCAPE = re.compile(r"%(.)", re.DOTALL)


def filled(template: str, values: Mapping[str, str]) -> str:
    """The URL with the value of each known letter, percent-encoded UTF-8; what else begins with a percent stays.

    So ``%2F`` of the template's own stays; ``%D0`` is the letter D and a zero, as it is in Kannel.
    """

    def value(found: re.Match[str]) -> str:
        letter = found[1]
        if letter == "%":
            return "%"
        if letter == "t":
            # The plus is Kannel's space, and its colons are not encoded.
            return values["t"]
        return quote_plus(values[letter], safe="") if letter in values else found[0]

    return _ESCAPE.sub(value, template)


def times(at_ms: int) -> dict[str, str]:
    """``%t`` and ``%T``: UTC, as date and in seconds since 1970."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return {"t": moment.strftime("%Y-%m-%d+%H:%M:%S"), "T": str(at_ms // 1000)}


def words_of(text: str) -> dict[str, str]:
    """``%k %s %S %r %a %b``: the first word, the next one, all behind the first, all."""
    first, _, rest = text.partition(" ")
    return {
        "k": first.lower(),
        "s": rest.split(" ", 1)[0],
        "S": rest.split(" ", 1)[0],
        "r": rest,
        "a": text,
        "b": text,
    }


def plus_spelt(number: str) -> str:
    """``%q %Q``: a leading 00 as +."""
    return f"+{number[2:]}" if number.startswith("00") else number

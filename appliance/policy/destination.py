"""Whose network a recipient seems to be in, by the first digits of his number.

Numbers are ported between carriers, and nobody outside of them has the register: this is a preference and no
constraint. A message to a ported number goes as well, and costs what it costs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from appliance.policy.carriers import Carrier

ABROAD = "abroad"
UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class NumberTable:
    """The prefixes of all carriers by prefix, made once."""

    country_code: str
    """Of the box's region, with the plus: '+86'."""
    by_prefix: Mapping[str, str]
    lengths: tuple[int, ...]
    """Of the prefixes, the longest first."""

    @classmethod
    def of(cls, carriers: Iterable[Carrier], country_code: str) -> NumberTable:
        """Only prefixes of the box's own country are looked at."""
        by_prefix = {
            prefix: carrier.id
            for carrier in carriers
            for prefix in carrier.number_prefixes
            if prefix.startswith(country_code)
        }
        return cls(country_code, by_prefix, tuple(sorted({len(each) for each in by_prefix}, reverse=True)))


def destination_of(recipient: str, table: NumberTable) -> str:
    """A carrier's id; :data:`ABROAD`; or :data:`UNKNOWN` for fixed lines, short numbers and unknown ranges.

    ``recipient`` as it is stored: E.164 with its plus, or a short number.
    """
    if not recipient.startswith("+"):
        return UNKNOWN
    if not recipient.startswith(table.country_code):
        return ABROAD
    for length in table.lengths:
        carrier = table.by_prefix.get(recipient[:length])
        if carrier is not None:
            return carrier
    return UNKNOWN

"""Where makes differ beyond 27.005 and 27.007: card slot, USSD, clock and reset, as tables of a profile file."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Notices(StrEnum):
    """When a firmware sees that a card was pulled or put in."""

    AT_ONCE = "at-once"
    AFTER_CFUN = "after-cfun"
    AFTER_RESET = "after-reset"


@dataclass(frozen=True, slots=True)
class CardHabits:
    """`[card]` of a profile.

    `removed`, `inserted`: lines said unasked, while the switch `switch` (a set command such as '+QSIMSTAT'; "" for no
    switch) stands on a value other than 0; `switch_initial` is that value after power-up. `absent`: what +CPIN? answers
    without a card in place of an error ("" for +CME ERROR 10). `caches_iccid`: the vendor's ICCID command goes on
    giving the number of the card that was there at power-up; +CRSM reads the card itself. `csim_tries`: VERIFY with an
    empty body by +CSIM tells the tries that are left (ISO 7816-4 clause 7.5.6, ETSI TS 102 221 clause 11.1.9).
    """

    notices: Notices = Notices.AT_ONCE
    removed: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    switch: str = ""
    switch_initial: int = 0
    absent: str = ""
    caches_iccid: bool = False
    csim_tries: bool = True


class UssdEncoding(StrEnum):
    """How the text of a USSD answer stands in +CUSD."""

    PLAIN = "plain"
    GSM7_HEX = "gsm7-packed-hex"
    UCS2_HEX = "ucs2-hex"
    BY_CSCS = "by-cscs"


@dataclass(frozen=True, slots=True)
class UssdHabits:
    """`[ussd]`: `encoding` of answers and, with the same rule, of the code that the terminal gives."""

    encoding: UssdEncoding = UssdEncoding.BY_CSCS


def card_habits(table: dict[str, Any]) -> CardHabits:
    """`[card]` of a profile file. TypeError or ValueError when it says what cannot be."""
    values = dict(table)
    if "notices" in values:
        values["notices"] = Notices(values["notices"])
    for name in ("removed", "inserted"):
        if name in values:
            values[name] = tuple(values[name])
    return CardHabits(**values)


def ussd_habits(table: dict[str, Any]) -> UssdHabits:
    """`[ussd]` of a profile file."""
    return UssdHabits(UssdEncoding(table["encoding"])) if table else UssdHabits()

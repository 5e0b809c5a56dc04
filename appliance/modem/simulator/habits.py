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

    `removed`, `inserted`: lines said unasked. `reported_removed`, `reported_inserted`: those that come only while the
    switch `switch` ('+QSIMSTAT') stands on another value than 0; `switch_initial` is that value after power-up, and
    `switch_read` what its read form answers. `absent`: what +CPIN? answers without a card in place of an error ("" for
    +CME ERROR 10). `boots_without`: lines of a start without a card. `flood`: what is said every `floods_every_s`
    from power-up on until +CPMS? is taken. `caches_iccid`: the vendor's ICCID command goes on giving the number of the
    card that was there at power-up; +CRSM reads the card itself.
    """

    notices: Notices = Notices.AT_ONCE
    removed: tuple[str, ...] = ()
    inserted: tuple[str, ...] = ()
    switch: str = ""
    switch_initial: int = 0
    switch_read: str = "{name}: {switch},{card_there}"
    reported_removed: tuple[str, ...] = ()
    reported_inserted: tuple[str, ...] = ()
    absent: str = ""
    boots_without: tuple[str, ...] = ()
    flood: tuple[str, ...] = ()
    floods_every_s: float = 2.0
    caches_iccid: bool = False


@dataclass(frozen=True, slots=True)
class ClockHabits:
    """`[clock]`: `unset` is what +CCLK shows until the network has told the time ('04/01/01,00:00:00+00'; "" for a make
    that always knows it). `switch`: the command that must be on for that ('+CTZU', '+CLTS'; "" for none).
    `zone`: whether +CCLK shows the zone.
    """

    unset: str = ""
    switch: str = ""
    zone: bool = True


@dataclass(frozen=True, slots=True)
class ResetHabits:
    """`[reset]`: `functions` are values of +CFUN that restart the modem too, `commands` others that do. `gone_s`: how
    long its tty is gone from the bus then (0: it stays, as that of a serial modem does), `goes_after_s`: so long it
    answers as before meanwhile. `boot_s`: how long it is silent. `atz_keeps_indications`: ATZ leaves +CNMI as it is.
    """

    functions: frozenset[int] = frozenset()
    gone_s: float = 0.0
    goes_after_s: float = 0.0
    boot_s: float = 0.2
    commands: frozenset[str] = frozenset()
    atz_keeps_indications: bool = False


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
    for name in ("removed", "inserted", "reported_removed", "reported_inserted", "boots_without", "flood"):
        if name in values:
            values[name] = tuple(values[name])
    return CardHabits(**values)


def clock_habits(table: dict[str, Any]) -> ClockHabits:
    """`[clock]` of a profile file."""
    return ClockHabits(**table)


def reset_habits(table: dict[str, Any]) -> ResetHabits:
    """`[reset]` of a profile file."""
    values = dict(table)
    for name in ("functions", "commands"):
        if name in values:
            values[name] = frozenset(values[name])
    return ResetHabits(**values)


def ussd_habits(table: dict[str, Any]) -> UssdHabits:
    """`[ussd]` of a profile file."""
    return UssdHabits(UssdEncoding(table["encoding"])) if table else UssdHabits()

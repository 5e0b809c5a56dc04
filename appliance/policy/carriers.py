"""Carriers: whose a SIM is, whose a number seems to be, and how the balance of a SIM is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class QueryMethod(StrEnum):
    """A way to ask for the balance."""

    USSD = "ussd"
    """A code that the network answers on the spot (TS 22.090). It costs no message."""
    SMS = "sms"
    """A message to a short number of the carrier, which is answered by a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceQuery:
    """One way to ask, and how the answer is known again and read."""

    method: QueryMethod
    to: str
    """The USSD code ('*100#'), or the short number that the message goes to."""
    text: str = ""
    """Of the message; '' for USSD."""
    pattern: str = ""
    """A regular expression with the named group ``amount``; '': the amount is found by the words around it."""
    senders: tuple[str, ...] = ()
    """Who may answer the message; ``*`` at the end stands for any digits. Empty: only ``to``."""
    wait_s: int = 300
    """How long the answer is waited for, once the question has gone."""
    at_most_every_h: int = 20
    """The box itself asks no more often than this; a person may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A carrier as the table has it. Amounts are in the smallest unit of its currency."""

    id: str
    name: str
    imsi_prefixes: tuple[str, ...] = ()
    """MCC and MNC, five or six digits (ITU-T E.212)."""
    iccid_prefixes: tuple[str, ...] = ()
    """Issuer identifiers at the beginning of the card number (ITU-T E.118)."""
    number_prefixes: tuple[str, ...] = ()
    """How the numbers begin that it was given, in E.164 ('+86134'): many of them were ported to others since."""
    currency: str = "CNY"
    decimals: int = 2
    """Digits after the point: 2 for CNY, whose smallest unit is the fen."""
    low_below: int | None = None
    """A SIM of this carrier with a balance below it rests; None: it only warns."""
    keep_alive_days: int = 0
    """A SIM of this carrier must spend something every so many days; 0: it need not."""
    queries: tuple[BalanceQuery, ...] = ()
    """Tried one after the other."""


def carrier_of(imsi: str | None, iccid: str | None, carriers: Iterable[Carrier]) -> Carrier | None:
    """The carrier of a SIM by its IMSI, and by its card number only where there is no IMSI that is known.

    The longest prefix wins: card numbers are reassigned and shared with resellers, the IMSI says whose network
    keeps the account.
    """
    table = tuple(carriers)
    by_imsi = _longest(imsi, ((each, each.imsi_prefixes) for each in table))
    if by_imsi is not None:
        return by_imsi
    return _longest(iccid, ((each, each.iccid_prefixes) for each in table))


def _longest(number: str | None, table: Iterable[tuple[Carrier, tuple[str, ...]]]) -> Carrier | None:
    if not number:
        return None
    found, length = None, 0
    for carrier, prefixes in table:
        for prefix in prefixes:
            if len(prefix) > length and number.startswith(prefix):
                found, length = carrier, len(prefix)
    return found


def is_among(sender: str, query: BalanceQuery) -> bool:
    """Whether a message from ``sender`` may be the answer to ``query``."""
    return any(
        sender.startswith(allowed[:-1]) if allowed.endswith("*") else sender == allowed
        for allowed in query.senders or (query.to,)
    )

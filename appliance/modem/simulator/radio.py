"""How the cell looks from one modem."""

from dataclasses import dataclass
from enum import IntEnum


class Registration(IntEnum):
    """<stat> of +CREG (27.007 clause 7.2)."""

    NOT_REGISTERED = 0
    HOME = 1
    SEARCHING = 2
    DENIED = 3
    UNKNOWN = 4
    ROAMING = 5
    HOME_SMS_ONLY = 6
    ROAMING_SMS_ONLY = 7


REGISTERED = frozenset(
    (
        Registration.HOME,
        Registration.ROAMING,
        Registration.HOME_SMS_ONLY,
        Registration.ROAMING_SMS_ONLY,
    )
)


class Functionality(IntEnum):
    """<fun> of +CFUN (27.007 clause 8.2): everything off, everything on, radio off."""

    MINIMUM = 0
    FULL = 1
    RADIO_OFF = 4


@dataclass(slots=True)
class RadioSettings:
    """What registration comes to, how long it takes, the signal as <rssi> of +CSQ (0–31, 99), the cell in hex.

    `card_busy_s`: how long after power-up or PIN the card's messages cannot be had yet.
    """

    outcome: Registration = Registration.HOME
    registration_s: float = 0.0
    card_busy_s: float = 0.0
    signal: int = 22
    area: str = "18A3"
    cell: str = "01D3BE05"

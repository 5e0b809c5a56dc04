"""The rungs of the ladder with their budgets and times, as data; what climbs them is ``ladder.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Symptom(StrEnum):
    """What is the matter with a port that is there and can be opened."""

    MUTE = "mute"
    """It answers nothing."""
    GARBLED = "garbled"
    """It says what can't be read, or never stops talking."""
    FAILING = "failing"
    """It answers, and fails again and again at what it is asked."""
    FLAPPING = "flapping"
    """Its line is lost again and again, soon after it came."""


class Rung(StrEnum):
    """What can be done, mildest first."""

    ESCAPE = "escape"
    REOPEN = "reopen"
    SOFT_RESET = "soft-reset"
    """ATZ."""
    RADIO_RESET = "radio-reset"
    """``AT+CFUN=1,1``, or what the profile has in its place."""
    USB_RESET = "usb-reset"
    """The USB device is unauthorized and authorized again: the kernel sets it up anew, its power stays."""
    HUB_POWER = "hub-power"
    """The hub takes the power off the port and gives it again."""


LADDER = tuple(Rung)


@dataclass(frozen=True, slots=True, kw_only=True)
class RungRule:
    """How often a rung may be taken, and how long what it does takes to show."""

    tries: int
    """In one climb."""
    an_hour: int
    a_day: int
    settles_ms: int = 0
    """A modem needs so long to be back afterwards."""


RUNGS: Mapping[Rung, RungRule] = MappingProxyType(
    {
        Rung.ESCAPE: RungRule(tries=1, an_hour=6, a_day=48),
        Rung.REOPEN: RungRule(tries=2, an_hour=12, a_day=96),
        Rung.SOFT_RESET: RungRule(tries=1, an_hour=4, a_day=24, settles_ms=1_000),
        # Comes back in 5–40 s (Quectel, SIMCom and Huawei manuals; a whole start of the modem).
        Rung.RADIO_RESET: RungRule(tries=1, an_hour=3, a_day=12, settles_ms=40_000),
        Rung.USB_RESET: RungRule(tries=1, an_hour=2, a_day=8, settles_ms=30_000),
        Rung.HUB_POWER: RungRule(tries=1, an_hour=1, a_day=4, settles_ms=40_000),
    }
)

DEAF = frozenset({Rung.ESCAPE, Rung.SOFT_RESET, Rung.RADIO_RESET})
"""Commands, of which who only babbles hears nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRules:
    """Times of the ladder, in milliseconds."""

    rungs: Mapping[Rung, RungRule] = field(default_factory=lambda: RUNGS)
    first_pause_ms: int = 1_000
    longest_pause_ms: int = 30_000
    """Before a rung, a time that doubles with each failure up to this."""
    calm_ms: int = 10 * 60_000
    """Well for so long, a port climbs down by one rung and forgets one failure."""
    flap_window_ms: int = 5 * 60_000
    """In which losses of the line count together."""
    flaps_until_pause: int = 3
    flaps_until_quarantine: int = 6
    flap_pause_ms: int = 10_000
    """A device that flaps is opened only after so long, doubling with each loss."""
    first_probe_ms: int = 30 * 60_000
    longest_probe_ms: int = 8 * HOUR_MS
    """In quarantine one try is made after a time that doubles up to this."""
    gone_ms: int = 30_000
    """A device that stays away for so long was taken out by a person: what comes then is looked at afresh."""

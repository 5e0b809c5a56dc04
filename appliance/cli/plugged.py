"""Real modems or simulated ones, where the settings name no port. Never both, and never by surprise.

What was queued for simulated phones must not go out over a real SIM because somebody plugged in a modem; and what
waits in a box with real modems must not be "sent" by simulated ones because its hub has no power. So a box that
has worked keeps to what it worked with, and only a new one looks at what is plugged in.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, replace
from enum import StrEnum

from appliance.cli.options import profile_book
from appliance.config import Settings
from appliance.modem.discovery import EVERY_MODEM, Discovery
from appliance.store.database import connect


class Why(StrEnum):
    """Why the ports are what they are."""

    GIVEN = "given"
    """The settings name them."""
    PLUGGED_IN = "plugged-in"
    """A new box, and modems are plugged in."""
    REAL_BEFORE = "real-before"
    """The box has worked with real modems."""
    NOTHING_PLUGGED_IN = "nothing-plugged-in"
    SIMULATED_BEFORE = "simulated-before"
    """Modems are plugged in, but the box was begun with simulated ones."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The settings with the ports that a box runs on."""

    settings: Settings
    why: Why
    plugged_in: tuple[str, ...] = ()
    """Names of the places where modems are now, where that was looked at."""


def choose_ports(settings: Settings) -> Choice:
    """Decide for a box that is about to start."""
    if settings.ports:
        return Choice(settings, Why.GIVEN)
    plugged_in = modems_plugged_in(settings)
    real = replace(settings, ports=(EVERY_MODEM,))
    match worked_with_real_modems(settings):
        case True:
            return Choice(real, Why.REAL_BEFORE, plugged_in)
        case False if plugged_in:
            return Choice(settings, Why.SIMULATED_BEFORE, plugged_in)
        case None if plugged_in:
            return Choice(real, Why.PLUGGED_IN, plugged_in)
        case _:
            return Choice(settings, Why.NOTHING_PLUGGED_IN)


def modems_plugged_in(settings: Settings) -> tuple[str, ...]:
    """Places of known modems, and of what the settings allow."""
    discovery = Discovery(
        (EVERY_MODEM,),
        allow=settings.discovery.allow,
        deny=settings.discovery.deny,
        book=profile_book(settings),
    )
    with contextlib.closing(discovery):
        return tuple(discovery.found())


def worked_with_real_modems(settings: Settings) -> bool | None:
    """As the last run of this box left it; None where there was none."""
    if not settings.database.exists():
        return None
    try:
        with contextlib.closing(connect(settings.database, read_only=True)) as connection:
            rows = connection.execute(
                "SELECT simulated, max(configured) FROM ports GROUP BY simulated ORDER BY 2 DESC, 1"
            ).fetchall()
    except sqlite3.Error:
        return None
    return None if not rows else not rows[0][0]


def modems_in_words(choice: Choice) -> list[str]:
    """What a person reads of it when the box is up."""
    settings, places = choice.settings, ", ".join(choice.plugged_in)
    simulated = f"Simloft is running with {settings.simulated.modems} simulated modems"
    match choice.why:
        case Why.GIVEN:
            return [f"Simloft is running with modems on {' '.join(settings.ports)}."]
        case Why.PLUGGED_IN:
            return [f"Simloft is running with the modems that are plugged in ({places})."]
        case Why.REAL_BEFORE:
            now = f"now: {places}" if places else "none is now; it waits for them"
            return [f"Simloft is running with the modems that are plugged in ({now})."]
        case Why.NOTHING_PLUGGED_IN:
            return [
                f"{simulated} (no port was given, and no modem is plugged in; `simloft ports` shows why).",
            ]
        case Why.SIMULATED_BEFORE:
            return [
                f"{simulated}, although modems are plugged in ({places}): this box was begun with simulated",
                "ones and keeps to them, so that no test message goes out over a real SIM. For the real ones:",
                "    simloft run --port usb --data OTHER-DIRECTORY",
            ]

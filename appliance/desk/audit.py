"""Who did what to the box: every act of a person that changes or looks into something is an event with a name.

No PIN, text or full number is ever in one.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping

from appliance.desk.who import Who
from appliance.store import events
from appliance.store.events import EventKind

_DIGITS = re.compile(r"\d{3,}")


def name_of(connection: sqlite3.Connection, who: Who) -> str:
    """Who asks, for people: the way in, and the name of the person or of the API key where there was one."""
    if who.api_key_id is None:
        return f"{who.source.value}: {who.person}" if who.person else who.source.value
    row = connection.execute("SELECT name FROM api_keys WHERE id = ?", (who.api_key_id,)).fetchone()
    return f"{who.source.value}: {row['name']}" if row is not None else who.source.value


def origin(who: Who) -> dict[str, str | int]:
    """From which address, where it came over the network."""
    return {"from": who.remote[:60]} if who.remote else {}


def note(
    connection: sqlite3.Connection,
    who: Who,
    code: str,
    args: Mapping[str, str | int],
    *,
    now_ms: int,
    port_id: int | None = None,
    sim_id: int | None = None,
) -> None:
    """Note what ``who`` did and from which address (``from``), in the transaction that does it."""
    events.add(
        connection,
        EventKind.TECHNICIAN,
        code,
        {"who": name_of(connection, who), **origin(who), **args},
        at_ms=now_ms,
        port_id=port_id,
        sim_id=sim_id,
    )


def masked(command: str) -> str:
    """A line that somebody typed, with digits and whatever stands in quotes replaced: it may hold numbers and PINs."""
    return _DIGITS.sub("…", re.sub(r'"[^"]*"?', '"…"', command))[:60]


def masked_number(number: str) -> str:
    """The last three digits."""
    return f"…{number[-3:]}"

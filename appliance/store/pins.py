"""The PINs of SIMs, sealed, and what became of the last try.

A PIN belongs to a card (``iccid:…``), whichever port it is in; where a modem does not tell the card's number before
its PIN, to the card that is in a port now (``port:…``), until that is seen to be taken out. That it is about to be
tried is on disk before the modem gets it: a pool that was killed meanwhile does not try it a second time unless this
very PIN was accepted before. A refused one is never tried again by itself; a person enters one anew.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from appliance.store import events, sims
from appliance.store.events import EventKind
from appliance.store.sealing import Opener, Sealed

_PIN = re.compile(r"[0-9]{4,8}", re.ASCII)


class PinState(StrEnum):
    """What people are told of a PIN; itself it is never shown."""

    NONE = "none"
    STORED = "stored"
    """Entered, and not tried yet."""
    TRYING = "trying"
    """Given to the modem, which has not answered; a pool that ended meanwhile leaves it so."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    """Sealed for a key that is lost: it must be entered again."""


@dataclass(frozen=True, slots=True)
class PinStatus:
    """How a card's PIN stands; the sentence is ``pin.<state>`` with ``at_ms`` and ``tries_left``."""

    state: PinState
    at_ms: int | None = None
    tries_left: int | None = None


@dataclass(frozen=True, slots=True)
class PinToTry:
    """A PIN that may be given to a modem once."""

    owner: str
    pin: str
    forced: bool
    """A person wants it tried even where nobody knows how many tries are left."""

    def __repr__(self) -> str:
        return f"PinToTry({self.owner!r})"  # A PIN is in no log.


def owner_of(iccid: str | None, port_name: str) -> str:
    """Whose PIN it is: the card's, or that of whatever card is in a port."""
    return f"iccid:{iccid}" if iccid else f"port:{port_name}"


def owner_in_port(connection: sqlite3.Connection, iccid: str | None, port_name: str) -> str:
    """The same for a card that is in a port, whichever way its modem tells its number (with its check digit or not)."""
    return owner_of(sims.number_of_card(connection, iccid), port_name)


def is_pin(typed: str) -> bool:
    """4 to 8 decimal digits (TS 31.101 §9.5.1)."""
    return _PIN.fullmatch(typed) is not None


def set_pin(connection: sqlite3.Connection, owner: str, sealed: Sealed, *, forced: bool, now_ms: int) -> None:
    """Store the PIN that a person entered, in place of an earlier one and of what became of it."""
    connection.execute(
        """
        INSERT INTO sim_pins (owner, sealed, key_id, forced, state, entered_at_ms)
        VALUES (:owner, :sealed, :key, :forced, 'stored', :now)
        ON CONFLICT (owner) DO UPDATE SET sealed = :sealed, key_id = :key, forced = :forced, state = 'stored',
            entered_at_ms = :now, tried_at_ms = NULL, accepted_at_ms = NULL, tries_left = NULL
        """,
        {
            "owner": owner,
            "sealed": sealed.octets,
            "key": sealed.key_id,
            "forced": int(forced),
            "now": now_ms,
        },
    )


def remove(connection: sqlite3.Connection, owner: str) -> bool:
    """Forget a PIN; whether there was one."""
    return connection.execute("DELETE FROM sim_pins WHERE owner = ?", [owner]).rowcount == 1


def status(connection: sqlite3.Connection, owner: str, key_id: str | None = None) -> PinStatus:
    """How a card's PIN stands. ``key_id`` is that of the box's public key, where it has one."""
    row = connection.execute("SELECT * FROM sim_pins WHERE owner = ?", [owner]).fetchone()
    if row is None:
        return PinStatus(PinState.NONE)
    state = PinState(row["state"])
    if key_id is not None and row["key_id"] != key_id:
        return PinStatus(PinState.UNREADABLE, row["entered_at_ms"])
    at_ms = {PinState.STORED: row["entered_at_ms"], PinState.ACCEPTED: row["accepted_at_ms"]}
    return PinStatus(state, at_ms.get(state, row["tried_at_ms"]), row["tries_left"])


def pin_to_try(
    connection: sqlite3.Connection, opener: Opener, iccid: str | None, port_name: str
) -> PinToTry | None:
    """The PIN for the card in a port, if there is one that may be tried."""
    owner = owner_in_port(connection, iccid, port_name)
    row = connection.execute(
        """
        SELECT sealed, forced, state FROM sim_pins
        WHERE owner = ? AND (state IN ('stored', 'accepted') OR (state = 'trying' AND accepted_at_ms IS NOT NULL))
        """,
        [owner],
    ).fetchone()
    if row is None:
        return None
    pin = opener.open(owner, row["sealed"])
    if pin is None or not is_pin(pin):
        return None
    # How a try ended that nobody heard the end of is not known, so nobody's word stands for the next one.
    return PinToTry(owner, pin, forced=bool(row["forced"]) and row["state"] != PinState.TRYING)


def note_trying(connection: sqlite3.Connection, owner: str, now_ms: int) -> None:
    """The modem is about to get it. Must be on disk before that."""
    connection.execute(
        "UPDATE sim_pins SET state = 'trying', tried_at_ms = ? WHERE owner = ?", [now_ms, owner]
    )


def note_not_given(connection: sqlite3.Connection, owner: str) -> None:
    """It is certain that the modem did not get it after all: it may be tried as before."""
    connection.execute(
        """
        UPDATE sim_pins SET state = CASE WHEN accepted_at_ms IS NULL THEN 'stored' ELSE 'accepted' END
        WHERE owner = ? AND state = 'trying'
        """,
        [owner],
    )


def note_accepted(connection: sqlite3.Connection, owner: str, now_ms: int) -> None:
    """The card took it. One that was entered for a port is for the card that is in it: never again by force."""
    connection.execute(
        """
        UPDATE sim_pins SET state = 'accepted', accepted_at_ms = ?, tries_left = NULL,
            forced = forced AND owner NOT LIKE 'port:%'
        WHERE owner = ?
        """,
        [now_ms, owner],
    )


def note_refused(
    connection: sqlite3.Connection,
    owner: str,
    *,
    tries_left: int | None,
    now_ms: int,
    port_id: int | None = None,
) -> None:
    """The card did not take it; it is not tried again, and an event says so."""
    connection.execute(
        """
        UPDATE sim_pins SET state = 'refused', forced = 0, tried_at_ms = ?, accepted_at_ms = NULL, tries_left = ?
        WHERE owner = ?
        """,
        [now_ms, tries_left, owner],
    )
    events.add(
        connection,
        EventKind.PIN,
        "event.pin-refused",
        {"sim": f"…{owner[-6:]}", "tries_left": "?" if tries_left is None else tries_left},
        at_ms=now_ms,
        port_id=port_id,
    )


def forget_of_port(connection: sqlite3.Connection, port_name: str) -> None:
    """The card that was in a port is not there any more: a PIN that was meant for it is not for the next one."""
    remove(connection, f"port:{port_name}")

"""The PIN of whatever card is in a port: asked of the store, written as being tried before the card gets it."""

from __future__ import annotations

import sqlite3
from functools import partial

from appliance.modem.pin import Pin, PinRequest
from appliance.modem.session import LineError, PortState
from appliance.pool.durable import DurableWriter
from appliance.pool.wall import Place
from appliance.store import pins, ports, sims
from appliance.store.clock import now_ms
from appliance.store.pins import PinState, PinToTry
from appliance.store.sealing import Opener


class PortPins:
    """Gives a modem its PIN, at most once for each bring-up; a refused one is never given again."""

    def __init__(self, place: Place, writer: DurableWriter, opener: Opener | None) -> None:
        self._place = place
        self._writer = writer
        self._opener = opener
        self._trying: PinToTry | None = None
        self._was_refused = False

    async def __call__(self, request: PinRequest) -> Pin | None:
        """A ``PinSource`` of the modem session."""
        self._trying = None
        await self._place.prove()
        found = await self._writer.write(partial(self._look, request=request))
        if found is None:
            return None
        self._trying = found
        return Pin(found.pin, found.forced, partial(self._answered, found, request.tries_left))

    def _look(self, connection: sqlite3.Connection, *, request: PinRequest) -> PinToTry | None:
        """The card's row is made while it is locked, so that its PIN can be entered."""
        at_ms = now_ms()
        if request.iccid:
            sim = sims.register(
                connection,
                iccid=request.iccid,
                imsi=None,
                msisdn=None,
                port_name=self._place.name,
                now_ms=at_ms,
            )
            ports.note_locked_sim(connection, self._place.port_id, sim.id, at_ms)
        stored = pins.status(connection, pins.owner_in_port(connection, request.iccid, self._place.name))
        self._was_refused = stored.state is PinState.REFUSED
        if self._opener is None:
            return None
        found = pins.pin_to_try(connection, self._opener, request.iccid, self._place.name)
        if found is not None:
            pins.note_trying(connection, found.owner, at_ms)
        return found

    async def _answered(self, tried: PinToTry, tries_left: int | None, accepted: bool) -> None:
        self._trying = None
        if accepted:
            await self._writer.write(partial(pins.note_accepted, owner=tried.owner, now_ms=now_ms()))
            return
        await self._writer.write(
            partial(
                pins.note_refused,
                owner=tried.owner,
                tries_left=None if tries_left is None else max(0, tries_left - 1),
                now_ms=now_ms(),
                port_id=self._place.port_id,
            )
        )

    async def ended(self, error: LineError) -> LineError:
        """How a bring-up ended, as it is to be shown; a PIN that was left untried may be tried as before.

        A card whose PIN was refused asks for it again: then that is what has to be said, not that there is none.
        """
        if self._trying is not None and error.state is PortState.PIN_NOT_TRIED:
            await self._writer.write(partial(pins.note_not_given, owner=self._trying.owner))
        self._trying = None
        if error.state is PortState.PIN_REQUIRED and self._was_refused:
            return LineError(
                PortState.WRONG_PIN, **{**error.args_for_person, "detail": "refused before, not tried again"}
            )
        return error

    async def card_gone(self) -> None:
        """A PIN that was entered for the card in this port is not for the next one."""
        await self._writer.write(partial(pins.forget_of_port, port_name=self._place.name))

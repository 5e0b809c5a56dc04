"""Entering and removing the PIN of a card. It can be entered, tried and removed, and never be seen again."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from appliance.desk import audit
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.technician import Ring, port_named
from appliance.desk.who import Who
from appliance.store import commands, pins, ports, sims
from appliance.store.commands import PortCommand
from appliance.store.pins import PinState, PinStatus
from appliance.store.ports import Port
from appliance.store.sealing import public_key
from appliance.store.writer import GroupCommitWriter

ASKING = frozenset({"pin-required", "wrong-pin", "pin-not-tried"})
"""States of a port in which a PIN is wanted now."""


@dataclass(frozen=True, slots=True)
class OfPort:
    """The card that is in a port."""

    port_name: str


@dataclass(frozen=True, slots=True)
class OfSim:
    """A card that the box knows, in a port or not."""

    sim_id: int


def enter_pin(
    writer: GroupCommitWriter,
    ring: Ring,
    who: Who,
    whose: OfPort | OfSim,
    pin: str,
    *,
    directory: Path,
    forced: bool = False,
    now_ms: int,
) -> PinStatus | Refusal:
    """Store the PIN of a card, sealed for the pool of the box in ``directory``; a card that asks gets it at once.

    ``forced``: also where nobody knows how many tries are left. Never for what is known to be the last one.
    """
    typed = pin.strip()
    if not pins.is_pin(typed):
        return Refusal((Mistake("/pin", "problem.pin-digits"),))
    sealer = public_key(directory)
    if sealer is None:
        return Refusal((Mistake("", "problem.pin-no-key"),))

    def change(connection: sqlite3.Connection) -> PinStatus | Refusal:
        owner = _owner(connection, whose)
        if isinstance(owner, Mistake):
            return Refusal((owner,))
        sealed = sealer.seal(owner, typed)
        pins.set_pin(connection, owner, sealed, forced=forced, now_ms=now_ms)
        shown = {"sim": f"…{owner[-6:]}"}
        audit.note(connection, who, "event.technician.pin-entered", shown, now_ms=now_ms)
        asked_by = audit.name_of(connection, who)
        for port in ports.list_ports(connection):
            if port.state in ASKING and owner_in(connection, port) == owner:
                commands.ask(connection, port.name, PortCommand.PIN_NOW, now_ms, asked_by=asked_by)
        return pins.status(connection, owner, sealer.key_id)

    entered = writer.write_blocking(change)
    ring()
    return entered


def remove_pin(writer: GroupCommitWriter, who: Who, whose: OfPort | OfSim, *, now_ms: int) -> bool | Refusal:
    """Forget a PIN; whether there was one."""

    def change(connection: sqlite3.Connection) -> bool | Refusal:
        owner = _owner(connection, whose)
        if isinstance(owner, Mistake):
            return Refusal((owner,))
        removed = pins.remove(connection, owner)
        if removed:
            shown = {"sim": f"…{owner[-6:]}"}
            audit.note(connection, who, "event.technician.pin-removed", shown, now_ms=now_ms)
        return removed

    return writer.write_blocking(change)


def pin_status(connection: sqlite3.Connection, directory: Path, whose: OfPort | OfSim) -> PinStatus:
    """How a PIN stands; NONE for a card or port that nobody knows."""
    owner = _owner(connection, whose)
    if isinstance(owner, Mistake):
        return PinStatus(PinState.NONE)
    sealer = public_key(directory)
    return pins.status(connection, owner, None if sealer is None else sealer.key_id)


def owner_in(connection: sqlite3.Connection, port: Port) -> str:
    """Whose PIN is meant by "the one for the card in this port".

    A card that asks for its PIN is known by the number that was read before; where the modem does not read it,
    only as what is in this port.
    """
    if port.state in ASKING:
        iccid = port.reason_args.get("iccid")
        return pins.owner_in_port(connection, str(iccid) if iccid else None, port.name)
    sim = None if port.sim_id is None else sims.find(connection, port.sim_id)
    return pins.owner_of(None if sim is None else sim.iccid, port.name)


def _owner(connection: sqlite3.Connection, whose: OfPort | OfSim) -> str | Mistake:
    match whose:
        case OfPort(port_name):
            port = port_named(connection, port_name)
            if port is None:
                return Mistake("", "command.no-port", {"port": port_name})
            return owner_in(connection, port)
        case OfSim(sim_id):
            sim = sims.find(connection, sim_id)
            if sim is None:
                return Mistake("", "problem.no-such-sim")
            if sim.iccid is None:
                return Mistake("", "problem.pin-needs-card-number", {"sim": sim.name})
            return pins.owner_of(sim.iccid, "")

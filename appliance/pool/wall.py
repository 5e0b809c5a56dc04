"""One port's place on the wall: its row, written when it changes and not otherwise."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from functools import partial

from appliance.modem.session import Bearings, NetworkStatus, PortState
from appliance.pool.durable import DurableWriter
from appliance.store import events, ports, recovery, sims
from appliance.store.clock import now_ms
from appliance.store.ports import Condition, Equipment
from appliance.store.sims import Sim

ON_THE_WAY = frozenset({PortState.OPENING, PortState.PROBING, PortState.REGISTERING, PortState.SIM_BUSY})
"""States that pass by themselves in a moment: they are no events."""

SIGNAL_STEP_DB = 6
"""A signal that moves by less is not written: it always moves, and memory cards wear."""


def condition_of(state: PortState, args: dict[str, str] | None = None) -> Condition:
    """A state of the modem as the wall shows it."""
    return Condition(state=state.value, reason=f"port.{state.value}", args=dict(args or {}))


class Place:
    """Writes the row of one port. Only what is shown last counts, so a slow disk makes no queue."""

    def __init__(self, name: str, port_id: int, shown: Condition, writer: DurableWriter) -> None:
        self.name = name
        self.port_id = port_id
        self._writer = writer
        self._written = shown
        self._wanted = shown
        self._told = shown.state
        self._changed = asyncio.Event()
        self._network: NetworkStatus | None = None

    @property
    def condition(self) -> Condition:
        """What is shown, or about to be."""
        return self._wanted

    def show(self, condition: Condition) -> None:
        """The port is in this condition now."""
        self._wanted = condition
        self._changed.set()

    async def run(self) -> None:
        """Write whenever something changed, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.write()

    async def write(self) -> None:
        """Write what is shown, if that is not on disk yet."""
        wanted = self._wanted
        if wanted != self._written:
            await self._writer.write(partial(self._note, condition=wanted, tell=self._is_news(wanted)))
            self._written = wanted
            if self._is_news(wanted):
                self._told = wanted.state

    def _is_news(self, condition: Condition) -> bool:
        return condition.state not in ON_THE_WAY and condition.state != self._told

    def _note(self, connection: sqlite3.Connection, *, condition: Condition, tell: bool) -> None:
        at_ms = now_ms()
        ports.note_condition(connection, self.port_id, condition, at_ms)
        if condition.state == PortState.NO_SIM:
            ports.note_no_sim(connection, self.port_id, at_ms)
        if tell:
            events.add(
                connection,
                events.EventKind.PORT_STATE,
                condition.reason,
                {"port": self.name, **condition.args},
                at_ms=at_ms,
                port_id=self.port_id,
            )

    async def found(self, bearings: Bearings) -> Sim:
        """What bring-up found: the modem and the SIM, new or known, are in this port."""
        self._network = NetworkStatus(bearings.registration, bearings.operator, bearings.rssi_dbm)
        return await self._writer.write(partial(self._note_found, bearings))

    def _note_found(self, told: Bearings, connection: sqlite3.Connection) -> Sim:
        bearings = bounded(told)
        at_ms = now_ms()
        sim = sims.register(
            connection,
            iccid=bearings.iccid,
            imsi=bearings.imsi,
            msisdn=bearings.msisdn,
            port_name=self.name,
            now_ms=at_ms,
        )
        modem_id = ports.register_modem(
            connection,
            imei=bearings.imei,
            manufacturer=bearings.manufacturer,
            model=bearings.model,
            revision=bearings.revision,
            port_id=self.port_id,
            now_ms=at_ms,
        )
        equipment = Equipment(
            modem_id=modem_id,
            sim_id=sim.id,
            operator=bearings.operator,
            registration=bearings.registration.value,
            rssi_dbm=bearings.rssi_dbm,
            smsc=bearings.smsc,
        )
        ports.note_equipment(connection, self.port_id, equipment, at_ms)
        return sim

    async def claim(self, sim: Sim, resend_after_ms: int) -> None:
        """This port sends for ``sim`` from now on: nothing may be left as sending from before."""
        await self._writer.write(
            partial(recovery.recover, now_ms=now_ms(), resend_after_ms=resend_after_ms, sim_id=sim.id)
        )

    async def note_network(self, status: NetworkStatus) -> None:
        """Operator, registration or signal, if they differ from what is on the wall."""
        if self._network is not None and not _differs(self._network, status):
            return
        self._network = status
        await self._writer.write(
            partial(
                ports.note_network,
                port_id=self.port_id,
                operator=_bounded(status.operator),
                registration=status.registration.value,
                rssi_dbm=status.rssi_dbm,
                now_ms=now_ms(),
            )
        )


LONGEST_WORD = 100
"""Characters that are kept of what a modem says of itself; some say thousands."""


def bounded(bearings: Bearings) -> Bearings:
    """What a modem said of itself, fit to be stored and shown."""
    return replace(
        bearings,
        manufacturer=_bounded(bearings.manufacturer),
        model=_bounded(bearings.model),
        revision=_bounded(bearings.revision),
        iccid=_bounded(bearings.iccid),
        imsi=_bounded(bearings.imsi),
        msisdn=_bounded(bearings.msisdn),
        operator=_bounded(bearings.operator),
        smsc=_bounded(bearings.smsc),
    )


def _bounded(word: str | None) -> str | None:
    """Cut, and without half characters (lone surrogates), which no database takes."""
    if word is None:
        return None
    kept = word if len(word) <= LONGEST_WORD else f"{word[: LONGEST_WORD - 1]}…"
    return kept.encode("utf-8", "backslashreplace").decode()


def _differs(before: NetworkStatus, after: NetworkStatus) -> bool:
    if (before.operator, before.registration) != (after.operator, after.registration):
        return True
    if before.rssi_dbm is None or after.rssi_dbm is None:
        return before.rssi_dbm is not after.rssi_dbm
    return abs(before.rssi_dbm - after.rssi_dbm) >= SIGNAL_STEP_DB

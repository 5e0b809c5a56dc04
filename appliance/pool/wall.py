"""One port's place on the wall: its row, written when it changes and not otherwise."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from appliance.modem.session import Bearings, NetworkStatus, PortState
from appliance.policy.reason import Reason
from appliance.pool.durable import DurableWriter
from appliance.store import events, ports, recovery, sims, swaps
from appliance.store.clock import now_ms
from appliance.store.ports import Condition, Equipment
from appliance.store.sims import Sim

ON_THE_WAY = frozenset({PortState.OPENING, PortState.PROBING, PortState.REGISTERING, PortState.SIM_BUSY})
"""States that pass by themselves in a moment: they are no events."""

UNPROVEN = ON_THE_WAY - {PortState.REGISTERING, PortState.SIM_BUSY} | {
    PortState.ABSENT,
    PortState.NO_PERMISSION,
    PortState.IN_USE,
    PortState.NO_ANSWER,
    PortState.GARBLED,
    PortState.NO_MODEM,
    PortState.LINE_LOST,
}
"""States in which nothing has answered like a modem yet."""

SIGNAL_STEP_DB = 6
"""A signal that moves by less is not written: it always moves, and memory cards wear."""


def condition_of(state: PortState, args: dict[str, str] | None = None) -> Condition:
    """A state of the modem as the wall shows it."""
    return Condition(state=state.value, reason=f"port.{state.value}", args=dict(args or {}))


class Place:
    """Writes the row of one port. Only what is shown last counts, so a slow disk makes no queue.

    One that has to prove first that it is a modem has no row before that; its ``port_id`` is 0 until then.
    """

    def __init__(
        self,
        name: str,
        port_id: int,
        shown: Condition,
        writer: DurableWriter,
        *,
        declare: Callable[[sqlite3.Connection], int] | None = None,
    ) -> None:
        self.name = name
        self.port_id = port_id
        self._declare = declare
        self._writer = writer
        self._written = shown
        self._wanted = shown
        self._told = shown.state
        self._changed = asyncio.Event()
        self._network: NetworkStatus | None = None
        self._hold_written: Reason | None = None
        self._hold_wanted: Reason | None = None

    @property
    def condition(self) -> Condition:
        """What is shown, or about to be."""
        return self._wanted

    @property
    def is_proven(self) -> bool:
        """Whether there is a port to show."""
        return self.port_id != 0

    def show(self, condition: Condition) -> None:
        """The port is in this condition now."""
        self._wanted = condition
        self._changed.set()

    def hold(self, reason: Reason | None) -> None:
        """Why the SIM here begins nothing for now although the port is ready; None: it may."""
        self._hold_wanted = reason
        self._changed.set()

    async def run(self) -> None:
        """Write whenever something changed, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self.write()

    async def write(self) -> None:
        """Write what is shown, if that is not on disk yet."""
        wanted, hold = self._wanted, self._hold_wanted
        if not self.is_proven:
            if wanted.state in UNPROVEN:
                return
            await self.prove()
        if wanted != self._written or hold != self._hold_written:
            await self._writer.write(
                partial(self._note, condition=wanted, hold=hold, tell=self._is_news(wanted))
            )
            self._written, self._hold_written = wanted, hold
            if self._is_news(wanted):
                self._told = wanted.state

    async def prove(self) -> None:
        """What is here is a modem: from now on it is a port."""
        if not self.is_proven and self._declare is not None:
            self.port_id = await self._writer.write(self._declare)

    def _is_news(self, condition: Condition) -> bool:
        return condition.state not in ON_THE_WAY and condition.state != self._told

    def _note(
        self, connection: sqlite3.Connection, *, condition: Condition, hold: Reason | None, tell: bool
    ) -> None:
        at_ms = now_ms()
        if condition != self._written:
            ports.note_condition(connection, self.port_id, condition, at_ms)
        if hold != self._hold_written:
            reason = None if hold is None else hold.code
            args = {} if hold is None else hold.args
            until_ms = None if hold is None else hold.until_ms
            ports.note_hold(connection, self.port_id, reason, args=args, until_ms=until_ms, now_ms=at_ms)
        if condition.state == PortState.NO_SIM and condition != self._written:
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

    async def opened(self, device: str, usb_path: str | None) -> None:
        """This tty is opened for the port now."""
        if self.is_proven:
            await self._writer.write(
                partial(
                    ports.note_device,
                    port_id=self.port_id,
                    device=device,
                    usb_path=usb_path,
                    now_ms=now_ms(),
                )
            )

    async def note_clock(self, offset_ms: int) -> None:
        """How far the network's clock is from ours."""
        await self._writer.write(
            partial(ports.note_clock, port_id=self.port_id, offset_ms=offset_ms, now_ms=now_ms())
        )

    async def found(self, bearings: Bearings) -> Sim:
        """What bring-up found: the modem and the SIM, new or known, are in this port."""
        await self.prove()
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
            meid=bearings.meid or bearings.esn,
        )
        modem_id = ports.register_modem(
            connection,
            imei=bearings.imei or bearings.meid or bearings.esn,
            manufacturer=bearings.manufacturer,
            model=bearings.model,
            revision=bearings.revision,
            port_id=self.port_id,
            now_ms=at_ms,
            meid=bearings.meid or bearings.esn,
        )
        equipment = Equipment(
            modem_id=modem_id,
            sim_id=sim.id,
            operator=bearings.operator,
            registration=bearings.registration.value,
            rssi_dbm=bearings.rssi_dbm,
            smsc=bearings.smsc,
            profile=bearings.profile,
            form=bearings.form.value,
        )
        ports.note_equipment(connection, self.port_id, equipment, at_ms)
        swaps.hold(connection, self.name, sim.id, at_ms)
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

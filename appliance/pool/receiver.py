"""The task that receives through one SIM: stored first, then deleted from the modem.

What lies in a modem's memory stays there until it is on our disk; what comes directly on the line is acknowledged,
where the modem wants that, only then. A second reading of the same TPDU changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Protocol

from appliance.modem.session import (
    CardPresence,
    DeliverArrived,
    LateAccepted,
    LateRefused,
    LineError,
    MessageStored,
    ReportArrived,
    ReportStored,
    StoredCdma,
    StoredPdu,
)
from appliance.pool.durable import DurableWriter
from appliance.pool.filing import file_received
from appliance.pool.gate import FULL_MEMORY, Gate
from appliance.pool.intake import Came, ReportIntake, keep_one
from appliance.pool.received import Received, ReceivedPart, read_received, unreadable
from appliance.pool.sender import Sender
from appliance.pool.settings import PoolSettings
from appliance.pool.turns import Turns
from appliance.store import events
from appliance.store.clock import now_ms
from appliance.store.errors import StoreError
from appliance.store.matching import Report
from appliance.values import value

_log = logging.getLogger("simloft.pool")

Arrival = MessageStored | ReportStored | DeliverArrived | ReportArrived | LateAccepted | LateRefused

LARGEST_BATCH = 100
"""Arrivals that are stored in one transaction."""

LONGEST_UNSTORED_S = 0.5
"""What was read waits no longer for the rest of its batch: messages that are sent take turns with the reading."""

MOST_ANNOUNCED = 300
"""Places of a memory that wait to be read one by one; more than any memory has."""

RECEIVED_STATUSES = frozenset({0, 1})
"""<stat> of received messages, unread and read (TS 27.005 §3.1); the others are drafts and what was sent."""


class ReadsAndDeletes(Protocol):
    """What a receiver needs of a modem session."""

    async def stored(self) -> list[StoredPdu | StoredCdma]: ...

    async def read(self, memory: str, index: int) -> StoredPdu | StoredCdma | None: ...

    async def delete(self, memory: str, index: int) -> bool: ...

    async def acknowledge(self) -> None: ...

    async def card(self) -> CardPresence: ...


@value
class _Item:
    """A TPDU that was read, and where it came from."""

    received: Received
    place: tuple[str, int] | None
    """Memory and index in the modem; None where it came directly."""
    must_acknowledge: bool = False


class Receiver:
    """Receives through one SIM until it is told to stop."""

    def __init__(
        self,
        session: ReadsAndDeletes,
        *,
        sim_id: int,
        port_id: int,
        port_name: str,
        sender: Sender,
        writer: DurableWriter,
        turns: Turns,
        gate: Gate,
        intake: ReportIntake,
        settings: PoolSettings,
        on_listed: Callable[[bool], None] = lambda _is_freed: None,
    ) -> None:
        """``on_listed`` is told after each look into the memory whether any of its places could be freed."""
        self._session = session
        self._on_listed = on_listed
        self._sim_id = sim_id
        self._port_id = port_id
        self._port_name = port_name
        self._sender = sender
        self._writer = writer
        self._turns = turns
        self._gate = gate
        self._intake = intake
        self._settings = settings
        self._arrivals: list[Arrival] = []
        self._announced: set[Arrival] = set()
        """Places among them: once is enough, however often a modem says it."""
        self._must_list = False
        self._stopping = False
        self._wake = asyncio.Event()
        self._delete_was_refused = False

    def hear(self, arrival: Arrival) -> None:
        """Something arrived. Called between any two steps of a task; nothing is awaited here."""
        if isinstance(arrival, MessageStored | ReportStored):
            if arrival in self._announced:
                return
            if len(self._announced) >= MOST_ANNOUNCED:
                self.look_into_memory()
                return
            self._announced.add(arrival)
        elif isinstance(arrival, ReportArrived) and self._heard_report(arrival):
            return
        self._arrivals.append(arrival)
        self._wake.set()

    def _heard_report(self, arrival: ReportArrived) -> bool:
        """Store a report with those of other SIMs; False where it is none, or has to be acknowledged: it waits then."""
        report = read_received(arrival.pdu, now_ms())
        if isinstance(report, ReceivedPart):
            return False
        if self._sender.has_waited:
            self._sender.hear_report(report)
        if arrival.must_acknowledge:
            return False
        self._intake.take(Came(report, self._sim_id, self._sender, self._stored_alone))
        return True

    async def _stored_alone(self, report: Report) -> bool:
        return await self._stored([report])

    def look_into_memory(self) -> None:
        """Read all of the modem's memory, as soon as it may."""
        self._must_list = True
        self._wake.set()

    def stop(self) -> None:
        """:meth:`run` returns; :meth:`finish` stores what is left."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Receive. Raises ``LineError`` where the modem is mute or gone."""
        while not self._stopping:
            if self._arrivals:
                batch, self._arrivals = self._arrivals[:LARGEST_BATCH], self._arrivals[LARGEST_BATCH:]
                self._announced.difference_update(batch)
                await self._take_in(batch)
            elif self._must_list:
                self._must_list = False
                await self.list_memory()
            else:
                self._wake.clear()
                await self._wake.wait()

    async def finish(self) -> None:
        """Store what came directly and was not stored yet. What lies in the modem's memory is found there again."""
        await self._intake.over()
        rest, self._arrivals = self._arrivals, []
        for arrival in rest:
            match arrival:
                case LateAccepted() | LateRefused():
                    await self._sender.hear_late(arrival)
                case DeliverArrived(pdu) | ReportArrived(pdu):
                    await self._keep([_Item(read_received(pdu, now_ms()), None)], line_is_there=False)
                case _:
                    pass

    async def list_memory(self) -> None:
        """Take in everything that lies in the modem's memory."""
        stored = await self._session.stored()
        items = [_item(each) for each in stored if each.status in RECEIVED_STATUSES]
        is_freed = not items
        for start in range(0, len(items), LARGEST_BATCH):
            is_freed |= await self._keep(items[start : start + LARGEST_BATCH])
        self._on_listed(is_freed)
        self._gate.set(FULL_MEMORY, stands=False)

    async def _take_in(self, batch: list[Arrival]) -> None:
        now = asyncio.get_running_loop().time
        items: list[_Item] = []
        lost: LineError | None = None
        begun_at = now()
        for number, arrival in enumerate(batch):
            if items and now() - begun_at > LONGEST_UNSTORED_S:
                self._put_back(batch[number:])
                break
            match arrival:
                case LateAccepted() | LateRefused():
                    await self._sender.hear_late(arrival)
                case DeliverArrived(pdu, must_acknowledge) | ReportArrived(pdu, must_acknowledge):
                    items.append(_Item(read_received(pdu, now_ms()), None, must_acknowledge))
                case MessageStored(memory, index) | ReportStored(memory, index) if lost is None:
                    try:
                        found = await self._session.read(memory, index)
                    except LineError as error:
                        # What lies in the memory is found at the next bring-up; what came directly is not.
                        lost = error
                        continue
                    if found is not None and found.status in RECEIVED_STATUSES:
                        items.append(_item(found))
                case _:
                    pass
        await self._keep(items, line_is_there=lost is None)
        if lost is not None:
            raise lost

    def _put_back(self, rest: list[Arrival]) -> None:
        self._arrivals[:0] = rest
        self._announced.update(each for each in rest if isinstance(each, MessageStored | ReportStored))

    async def _keep(self, items: list[_Item], *, line_is_there: bool = True) -> bool:
        """Store, and only then delete from the modem or acknowledge to it. Whether a place was freed."""
        is_freed = False
        if not items:
            return is_freed
        if await self._stored([item.received for item in items]):
            self._turns.ring()
        if not line_is_there:
            return is_freed
        for item in items:
            if item.place is not None and self._stopping:
                continue  # It may be the place of another card by now; in this one's memory it is found again.
            if item.place is not None:
                is_freed |= await self._delete(*item.place)
            elif item.must_acknowledge:
                await self._session.acknowledge()
        return is_freed

    async def _stored(self, batch: list[Received]) -> bool:
        """Store all of them, each in whatever form it takes; whether something is queued because of it.

        One TPDU that can't be filed must neither hold up the others nor be lost nor take its SIM out of service.
        """
        reports_only = not any(isinstance(each, ReceivedPart) for each in batch)
        try:
            queued = await self._writer.write(partial(self._store, batch), is_watched=reports_only)
            if queued:
                self._writer.outdate()
            return queued
        except StoreError:
            raise
        except Exception as error:
            if len(batch) > 1:
                return any([await self._stored([each]) for each in batch])
            _log.error("%s: what was received can't be filed (%s)", self._port_name, type(error).__name__)
            _log.debug("where it happened", exc_info=error)
            raw = batch[0].part.pdu if isinstance(batch[0], ReceivedPart) else batch[0].pdu
            return await self._writer.write(partial(self._store, [unreadable(raw, now_ms())]))

    def _store(self, batch: list[Received], connection: sqlite3.Connection) -> bool:
        """Whether something is queued because of it."""
        queued = False
        at_ms = now_ms()
        for received in batch:
            if isinstance(received, ReceivedPart):
                file_received(connection, self._sim_id, received, at_ms, self._settings.filing)
                continue
            queued |= keep_one(connection, self._sim_id, received, self._sender)
        return queued

    async def _delete(self, memory: str, index: int) -> bool:
        if await self._session.delete(memory, index):
            return True
        if self._delete_was_refused or await self._session.card() is CardPresence.REMOVED:
            return False
        self._delete_was_refused = True
        _log.warning("%s: the modem does not delete what was received; it is kept once", self._port_name)
        await self._writer.write(
            partial(
                events.add,
                kind=events.EventKind.DELETE_REFUSED,
                reason="event.delete-refused",
                args={"port": self._port_name},
                at_ms=now_ms(),
                port_id=self._port_id,
                sim_id=self._sim_id,
            )
        )
        return False


def _item(stored: StoredPdu | StoredCdma) -> _Item:
    return _Item(read_received(stored.pdu, now_ms()), (stored.memory, stored.index))

"""Delivery reports that came directly, of all SIMs of a pool: those of a moment are stored together.

Most messages have one, and nobody waits for it; a change and an answer for each would cost more than to store it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from appliance.pool.durable import DurableWriter
from appliance.pool.turns import Turns
from appliance.store import reports
from appliance.store.errors import StoreError
from appliance.store.matching import Report
from appliance.values import value

LARGEST_BATCH = 100
"""Reports that are stored in one change."""


class HearsOfReports(Protocol):
    """What is told to the sender of the SIM that a report came to."""

    def sends_to(self, recipient: str) -> bool: ...

    def hear_early_report(self) -> None: ...


@value
class Came:
    """A report, and to whom."""

    report: Report
    sim_id: int
    sender: HearsOfReports
    store_alone: Callable[[Report], Awaitable[bool]]
    """How it is stored where the batch can't be; whether something is queued because of it."""


class ReportIntake:
    """One for all SIMs of a pool."""

    def __init__(self, writer: DurableWriter, turns: Turns) -> None:
        self._writer = writer
        self._turns = turns
        self._came: list[Came] = []
        self._storing: asyncio.Task[None] | None = None

    def take(self, came: Came) -> None:
        """Store it soon. Nothing is awaited here."""
        self._came.append(came)
        if self._storing is None:
            self._storing = asyncio.create_task(self._store_all())

    async def over(self) -> None:
        """Until all that was taken is stored. StoreError where the disk refuses, and the pool ends."""
        while self._storing is not None:
            storing = self._storing
            await asyncio.wait([storing])
            error = storing.exception()
            if error is not None:
                raise error

    async def _store_all(self) -> None:
        try:
            while self._came:
                batch, self._came = self._came[:LARGEST_BATCH], self._came[LARGEST_BATCH:]
                if await self._store(batch):
                    self._turns.ring()
        finally:
            self._storing = None

    async def _store(self, batch: list[Came]) -> bool:
        """Whether something is queued because of them."""
        try:
            is_queued = await self._writer.write(partial(_keep, batch), is_watched=True)
        except StoreError:
            raise
        except Exception:
            # One that can't be filed holds up none of the others.
            return any([await each.store_alone(each.report) for each in batch])
        if is_queued:
            self._writer.outdate()
        return is_queued


def _keep(batch: list[Came], connection: sqlite3.Connection) -> bool:
    is_queued = False
    for each in batch:
        is_queued |= keep_one(connection, each.sim_id, each.report, each.sender)
    return is_queued


def keep_one(connection: sqlite3.Connection, sim_id: int, report: Report, sender: HearsOfReports) -> bool:
    """Store a report and tell the sender of its SIM of one that found no part; whether something is queued by it."""
    kept = reports.keep(connection, sim_id, report)
    if kept.is_waiting and sender.sends_to(report.recipient):
        sender.hear_early_report()
    return kept.is_queued

"""What time alone brings about, looked for every few seconds with queries that find nothing most of the time."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from appliance.pool.commander import Commander
from appliance.pool.durable import DurableWriter
from appliance.pool.filing import show_overdue
from appliance.pool.settings import PoolSettings
from appliance.pool.turns import Turns
from appliance.store import overdue, reports, sims
from appliance.store.clock import now_ms
from appliance.store.database import connect


class Housekeeper:
    """Sends again, expires, shows incomplete, lets messages go to any SIM again. Writes only where something is due."""

    def __init__(self, writer: DurableWriter, turns: Turns, settings: PoolSettings) -> None:
        self._writer = writer
        self._turns = turns
        self._settings = settings
        self._reader: sqlite3.Connection | None = None

    async def run(self) -> None:
        """Until cancelled."""
        self._reader = connect(self._settings.database, read_only=True)
        try:
            while True:
                await asyncio.sleep(self._settings.timings.housekeeping_s)
                await self.once()
        finally:
            self._reader.close()

    async def once(self) -> None:
        """Do what is due now."""
        if self._reader is not None and not self._is_anything_due(self._reader):
            return
        if await self._writer.write(self._do):
            self._turns.ring()

    def _is_anything_due(self, reader: sqlite3.Connection) -> bool:
        at_ms = now_ms()
        settings = self._settings
        return overdue.is_anything_due(
            reader,
            now_ms=at_ms,
            untouched_since_ms=at_ms - int(settings.timings.resend_after_s * 1000),
            incomplete_before_ms=at_ms - settings.filing.incomplete_after_ms,
            attempts=settings.retry.attempts,
        )

    def _do(self, connection: sqlite3.Connection) -> bool:
        """Whether something is queued because of it."""
        at_ms = now_ms()
        settings = self._settings
        for sim_id in reports.sims_with_both(connection):
            reports.match_to_uncertain(connection, sim_id, at_ms)
        show_overdue(connection, at_ms, settings.filing)
        overdue.expire(connection, at_ms)
        resent = overdue.resend(
            connection,
            untouched_since_ms=at_ms - int(settings.timings.resend_after_s * 1000),
            attempts=settings.retry.attempts,
            now_ms=at_ms,
        )
        return resent + overdue.lift_exclusions(connection, at_ms) > 0


class Lookout:
    """Looks at the database once a second, for what a lost ring of the doorbell would have told."""

    def __init__(self, database: Path, turns: Turns, commander: Commander, look_s: float) -> None:
        self._database = database
        self._turns = turns
        self._commander = commander
        self._look_s = look_s

    async def run(self) -> None:
        """Until cancelled."""
        reader = connect(self._database, read_only=True)
        try:
            version, limits = -1, sims.all_terms(reader)
            while True:
                await asyncio.sleep(self._look_s)
                seen = int(reader.execute("PRAGMA data_version").fetchone()[0])
                if seen == version:
                    continue
                version = seen
                await self._commander.look(reader)
                found = sims.all_terms(reader)
                if found != limits:
                    limits = found
                    self._turns.ring_all()
                else:
                    self._turns.ring()
        finally:
            reader.close()

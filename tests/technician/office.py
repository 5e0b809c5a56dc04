"""A box with two SIMs in two ports, its office, and a connection that writes as the pool would."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from appliance.desk.who import Source, Who
from appliance.store import events, ports
from appliance.store.events import EventKind
from appliance.store.ports import Port
from appliance.store.writer import GroupCommitWriter
from tests.store.stored import add_sim, watched_database

NOW_MS = 1_764_000_000_000
PERSON = Who(Source.PAGE)


class Office:
    """Two SIMs: 1 in 'modem01' and 2 in 'modem02'."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = watched_database(directory / "simloft.db")
        self.writer = GroupCommitWriter(self.database)
        self.rings = 0
        self.sims = [self.writer.write_blocking(lambda c, n=number: add_sim(c, n)[0]) for number in (1, 2)]  # type: ignore[misc]

    def ring(self) -> None:
        self.rings += 1

    def read(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self.writer.write_blocking(lambda connection: connection.execute(query, values).fetchall())

    def port(self, name: str) -> Port:
        found = self.writer.write_blocking(ports.list_ports)
        return next(each for each in found if each.name == name)

    def put(self, name: str, state: str, **args: str | int) -> None:
        """A port comes into a state."""
        condition = ports.Condition(state=state, reason=f"port.{state}", args=args)
        port = self.port(name)
        self.writer.write_blocking(
            lambda connection: ports.note_condition(connection, port.id, condition, NOW_MS)
        )

    def acts(self) -> list[tuple[str, dict[str, str | int]]]:
        """What persons did, oldest first."""
        found = self.writer.write_blocking(lambda connection: events.recent(connection, limit=100))
        return [
            (each.reason, each.reason_args) for each in reversed(found) if each.kind == EventKind.TECHNICIAN
        ]

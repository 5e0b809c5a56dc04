"""A desk with a database of its own, and rows written as the pool would write them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from appliance.desk.tools import Tools
from appliance.desk.who import Source, Who
from appliance.store import commands, inbound, sims
from appliance.store.commands import Answer, Said
from appliance.store.database import connect
from appliance.store.inbound import InboundKind, NewMessage
from appliance.store.ports import Condition, note_condition
from appliance.store.writer import GroupCommitWriter
from tests.store.stored import add_sim, watched_database

T = TypeVar("T")

ZONE = ZoneInfo("Asia/Shanghai")
PERSON = Who(Source.PAGE)
NOON_MS = int(datetime(2025, 11, 25, 12, tzinfo=ZONE).timestamp() * 1000)
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass
class Desk:
    """What the rounds work with, and what a test looks at."""

    tools: Tools
    reader: sqlite3.Connection
    rings: list[None] = field(default_factory=list)

    def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        return self.tools.writer.write_blocking(change)

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self.reader.execute(query, values).fetchall()

    def add_sim(
        self,
        number: int,
        *,
        imsi: str = "460000000000001",
        msisdn: str | None = None,
        seen_ms: int = NOON_MS,
    ) -> int:
        """A SIM that is ready in a port of its own; a new one is asked by the schedule a day after ``seen_ms``."""

        def change(connection: sqlite3.Connection) -> int:
            sim_id, _ = add_sim(connection, number)
            connection.execute(
                "UPDATE sims SET imsi = ?, msisdn = ?, first_seen_at_ms = ? WHERE id = ?",
                (imsi[:-4] + f"{number:04d}", msisdn, seen_ms, sim_id),
            )
            return sim_id

        return self.write(change)

    def set_state(self, number: int, state: str) -> None:
        """The state of the port of a SIM."""
        [row] = self.rows("SELECT id FROM ports WHERE name = ?", f"modem{number:02d}")
        condition = Condition(state=state, reason=f"port.{state}")
        self.write(lambda connection: note_condition(connection, row["id"], condition, NOON_MS))

    def questions(self) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM balance_questions ORDER BY id")

    def events(self) -> list[str]:
        """What the box did; acts of persons are in :meth:`acts`."""
        return [
            row["reason"]
            for row in self.rows("SELECT reason FROM events WHERE kind <> 'technician' ORDER BY id")
        ]

    def acts(self) -> list[tuple[str, dict[str, str | int]]]:
        """What persons did, and with which words it is told."""
        rows = self.rows("SELECT reason, reason_args FROM events WHERE kind = 'technician' ORDER BY id")
        return [(row["reason"], json.loads(row["reason_args"])) for row in rows]

    def messages(self) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM messages ORDER BY seq")

    def answer_command(self, text: str, *, ok: bool = True, code: str = "command.done") -> None:
        """The pool answers the command that waits."""
        [row] = self.rows("SELECT id FROM port_commands WHERE done_at_ms IS NULL")
        answer = Answer(ok, Said(code), text)
        self.write(lambda connection: commands.answer(connection, row["id"], answer, NOON_MS))

    def receive(self, sim_id: int, sender: str, text: str, at_ms: int, *, complete: bool = True) -> int:
        """A message arrives; its number in the inbox."""
        message = NewMessage(
            sim_id=sim_id,
            sender=sender,
            text=text,
            data=None,
            kind=InboundKind.TEXT,
            parts_total=1 if complete else 2,
            parts_received=1,
            scts_at_ms=None,
            received_at_ms=at_ms,
            completed_at_ms=at_ms,
        )
        return self.write(lambda connection: inbound.file(connection, message, []))

    def set_message(self, state: str, at_ms: int) -> None:
        """What the pool makes of the newest message, without going through its life."""
        [row] = self.rows("SELECT max(seq) AS seq FROM messages")

        def change(connection: sqlite3.Connection) -> None:
            steps = {"sent": ["sending", "sent"], "delivered": ["sending", "sent", "delivered"]}
            for each in steps.get(state, ["sending", state] if state == "failed" else [state]):
                connection.execute(
                    """
                    UPDATE messages SET state = ?, updated_at_ms = ?,
                        sent_at_ms = CASE WHEN ? IN ('sent', 'delivered')
                            THEN coalesce(sent_at_ms, ?) ELSE sent_at_ms END,
                        finished_at_ms = CASE WHEN ? IN ('delivered', 'failed', 'expired') THEN ? END
                    WHERE seq = ?
                    """,
                    (each, at_ms, each, at_ms, each, at_ms, row["seq"]),
                )

        self.write(change)

    def sim(self, sim_id: int) -> sims.Sim:
        return sims.get(self.reader, sim_id)

    def args_of_last_event(self) -> dict[str, object]:
        [row] = self.rows("SELECT reason_args FROM events ORDER BY id DESC LIMIT 1")
        return dict(json.loads(row["reason_args"]))


@contextlib.contextmanager
def running_desk(tmp_path: Path, **rules: object) -> Iterator[Desk]:
    """A desk; ``rules`` are fields of :class:`Tools`."""
    path = watched_database(tmp_path / "simloft.db")
    rings: list[None] = []
    with (
        contextlib.closing(GroupCommitWriter(path)) as writer,
        contextlib.closing(connect(path, read_only=True)) as reader,
    ):
        tools = Tools(database=path, writer=writer, ring=lambda: rings.append(None), zone=ZONE)
        yield Desk(replace(tools, **rules), reader, rings)  # type: ignore[arg-type]

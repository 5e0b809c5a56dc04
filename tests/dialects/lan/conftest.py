"""One web process, and keys of each kind, for the tests of the dialects that programs of a LAN speak."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from appliance.store import keys
from appliance.store.database import connect
from appliance.store.keys import Scope, Terms
from tests.dialects.receiver import Receiver, receiving
from tests.web.running import Web, running_web

SETTINGS = """
[webhooks]
allow_loopback = true
[listeners]
android = "127.0.0.1:0"
"""


@dataclass
class Desk:
    """A running web process with keys that may not do everything."""

    web: Web
    keys: dict[str, str] = field(default_factory=dict)
    """``reads`` (no ``send``), ``sends`` (nothing else), ``tries`` (of the sandbox)."""

    @property
    def url(self) -> str:
        return self.web.url

    @property
    def key(self) -> str:
        return self.web.key

    def rows(self, sql: str = "SELECT * FROM messages ORDER BY seq", *values: object) -> list[dict[str, Any]]:
        with closing(connect(self.web.data / "simloft.db", read_only=True)) as connection:
            return [dict(row) for row in connection.execute(sql, values)]

    def count(self) -> int:
        return self.web.count()

    def newest(self) -> dict[str, Any]:
        return self.rows("SELECT * FROM messages ORDER BY seq DESC LIMIT 1")[0]

    def in_sandbox(self) -> int:
        with closing(connect(self.web.data / "sandbox" / "simloft.db", read_only=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM messages").fetchone()[0])

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with closing(connect(self.web.data / "simloft.db")) as connection:
            yield connection

    def new_key(self, name: str, **terms: Any) -> str:
        shown = keys.new_key()
        with closing(connect(self.web.data / "simloft.db")) as connection:
            keys.add(connection, Terms(name=name, **terms), shown, int(time.time() * 1000))
        return shown

    def slow_key(self) -> str:
        return self.new_key("slow", messages_per_minute=1)

    def receive(self, text: str, sender: str = "+8613912345678") -> int:
        """Something comes in, as the pool files it; its number."""
        now_ms = int(time.time() * 1000)
        with closing(connect(self.web.data / "simloft.db")) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO sims (id, identity, first_seen_at_ms, last_seen_at_ms) VALUES (1, 'a', ?, ?)",
                [now_ms, now_ms],
            )
            row = connection.execute(
                """
                INSERT INTO inbound_messages (id, sim_id, sender, text, kind, parts_total, parts_received, complete,
                    received_at_ms, completed_at_ms)
                VALUES (?, 1, ?, ?, 'text', 1, 1, 1, ?, ?) RETURNING seq
                """,
                [f"in-{now_ms}-{text}", sender, text, now_ms, now_ms],
            ).fetchone()
            return int(row[0])


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_web(tmp_path_factory.mktemp("lan"), settings=SETTINGS) as web:
        desk = Desk(web)
        desk.keys["reads"] = desk.new_key("reads", scopes=frozenset({Scope.READ}))
        desk.keys["sends"] = desk.new_key("sends", scopes=frozenset({Scope.SEND}))
        desk.keys["tries"] = desk.new_key("tries", is_sandbox=True)
        yield desk
        # Whatever was sent, no secret and no number is in the log.
        assert "sl_" not in web.log()
        assert "13912345678" not in web.log()
        assert "Traceback" not in web.log()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver

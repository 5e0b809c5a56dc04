"""The process that takes mails as it is in a box: `simloft listeners` over a real database, asked over real sockets."""

from __future__ import annotations

import contextlib
import re
import signal
import smtplib
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from appliance.store import keys
from appliance.store.database import connect, prepare
from appliance.store.keys import Terms
from tests.forks import ForkedProgram


@dataclass
class PostOffice:
    """A running listeners process; ``key`` may send."""

    data: Path
    port: int
    key: str
    process: ForkedProgram

    def texts(self, database: str = "simloft.db") -> list[tuple[str, str]]:
        """Recipient and text of every message in the queue, oldest first."""
        with closing(connect(self.data / database, read_only=True)) as connection:
            rows = connection.execute("SELECT recipient, text FROM messages ORDER BY seq")
            return [(row["recipient"], row["text"]) for row in rows]

    def newest(self) -> sqlite3.Row:
        """The last message of the queue, all of its row."""
        with closing(connect(self.data / "simloft.db", read_only=True)) as connection:
            row: sqlite3.Row = connection.execute(
                "SELECT * FROM messages ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            return row

    def add_key(self, **terms: object) -> str:
        """A further key."""
        key = keys.new_key()
        with closing(connect(self.data / "simloft.db")) as connection:
            keys.add(connection, Terms(**terms), key, int(time.time() * 1000))  # type: ignore[arg-type]
        return key

    @contextlib.contextmanager
    def client(self, key: str | None = None) -> Iterator[smtplib.SMTP]:
        """smtplib, logged in; '' for a key does without."""
        shown = self.key if key is None else key
        with smtplib.SMTP("127.0.0.1", self.port, "tests", timeout=30) as client:
            if shown:
                client.login("anybody", shown)
            yield client

    def mail(self, octets: bytes, *to: str, key: str | None = None) -> None:
        """One mail in its octets, as a device would send it."""
        with self.client(key) as client:
            client.sendmail("nas@lan", list(to) or ["13912345678@sms"], octets)

    def line(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def log(self) -> str:
        return (self.data / "listeners.log").read_text(errors="replace")

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextlib.contextmanager
def running_post_office(data: Path, settings: str = "") -> Iterator[PostOffice]:
    """Start `simloft listeners` on a free port."""
    data.mkdir(parents=True, exist_ok=True)
    prepare(data / "simloft.db")
    key = keys.new_key()
    with closing(connect(data / "simloft.db")) as connection:
        keys.add_key(connection, "nas", key, int(time.time() * 1000))
    config = data / "simloft.toml"
    config.write_text(f"[smtp]\nlisten = ['127.0.0.1:0']\n{settings}", encoding="utf-8")
    log = data / "listeners.log"
    process = ForkedProgram(["listeners", "--data", str(data), "--config", str(config)], log)
    try:
        yield PostOffice(data, _port(log, process), key, process)
    finally:
        process.kill()
        process.wait(30)


def _port(log: Path, process: ForkedProgram) -> int:
    deadline = time.monotonic() + 60
    while True:
        said = log.read_text(errors="replace") if log.exists() else ""
        if match := re.search(r"taking mails on \S+ port (\d+)", said):
            return int(match[1])
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.01)

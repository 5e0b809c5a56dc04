"""A box as separate processes that can be killed one by one, beside a bank of simulated modems that outlives them."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from appliance.store import keys
from appliance.store.clock import now_ms
from appliance.store.database import connect
from tests.bank import Bank
from tests.box import eventually, free_port
from tests.crash.verdict import rows
from tests.forks import ForkedProgram
from tests.store.stored import watched_database

ANSWERS_S = 30.0
"""Only a web process that hangs meets this."""


@dataclass
class CrashBox:
    """The processes of one data directory."""

    directory: Path
    bank: Bank
    port: int
    key: str
    command: tuple[str, ...] = ()
    """What is started in the place of `simloft`, from nothing; else it is forked from one that is loaded."""
    begins: dict[str, int] = field(default_factory=dict)
    """Where in its log what a process says begins."""
    programs: dict[str, ForkedProgram | subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def database(self) -> Path:
        return self.directory / "simloft.db"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, name: str) -> None:
        """`simloft NAME`; 'pool' or 'web'."""
        arguments = [name, "--data", str(self.directory), "--config", str(self.directory / "simloft.toml")]
        arguments += ["--port", f"{self.bank.directory}/modem*"]
        if name == "web":
            arguments += ["--listen", f"127.0.0.1:{self.port}"]
        log = self.log(name)
        self.begins[name] = log.stat().st_size if log.exists() else 0
        if not self.command:
            self.programs[name] = ForkedProgram(arguments, log)
            return
        with log.open("ab") as says:
            self.programs[name] = subprocess.Popen([*self.command, *arguments], stdout=says, stderr=says)

    def wait_until_up(self) -> None:
        """Until the web process answers, and the pool that was started last has a SIM to send with."""
        eventually(lambda: self.get("/healthz"), what="the web process answers")
        eventually(lambda: "ready with SIM" in self._said_since("pool"), what="a SIM is ready")

    def _said_since(self, name: str) -> str:
        return self.log(name).read_bytes()[self.begins.get(name, 0) :].decode(errors="replace")

    def kill(self, name: str) -> None:
        """SIGKILL, as the kernel's own out-of-memory killer does it."""
        program = self.programs.pop(name)
        program.kill()
        program.wait()

    def stop(self) -> None:
        """End what runs as SIGTERM does."""
        for program in self.programs.values():
            program.send_signal(15)
        for name, program in self.programs.items():
            assert program.wait(60) == 0, self.log(name).read_text()
        self.programs.clear()

    def asked(self, call: Callable[[], requests.Response]) -> requests.Response | None:
        """The answer, or None where the connection broke or nobody listened."""
        try:
            return call()
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            return None

    def get(self, path: str, **query: str) -> requests.Response | None:
        return self.asked(
            lambda: requests.get(f"{self.url}{path}", params=query, headers=self._headers, timeout=ANSWERS_S)
        )

    def post(self, members: Mapping[str, object], session: requests.Session) -> requests.Response | None:
        return self.asked(
            lambda: session.post(
                f"{self.url}/api/v1/messages", json=members, headers=self._headers, timeout=ANSWERS_S
            )
        )

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", "Accept-Language": "en"}

    def is_known(self, recipient: str) -> bool:
        """Whether the box has a message to that number, asked until the box answers."""

        def look() -> list[Any] | None:
            answer = self.get("/api/v1/messages", to=recipient)
            return None if answer is None else [answer.json()["items"]]

        [items] = eventually(look, what="the web process is back") or [[]]
        return bool(items)

    def submit(self, recipient: str, text: str, session: requests.Session, **members: object) -> None:
        """Until it is accepted, as a careful application does it: who got no answer looks before he tries again."""
        while True:
            answer = self.post({"to": recipient, "text": text, **members}, session)
            if answer is not None:
                assert answer.status_code == 202, answer.text
                return
            time.sleep(0.01)
            if self.is_known(recipient):
                return

    def states(self) -> dict[str, int]:
        return {
            row[0]: row[1]
            for row in rows(self.database, "SELECT state, count(*) FROM messages GROUP BY state")
        }

    def wait_until_all(self, *states: str, limit_s: float = 120.0) -> None:
        """Until every message is in one of ``states``."""
        eventually(
            lambda: not set(self.states()) - set(states),
            limit_s=limit_s,
            every_s=0.1,
            what=f"{self.states()}",
        )

    def log(self, name: str) -> Path:
        """What a process says. Beside the directory, which may be on a disk that is full."""
        return self.directory.with_name(f"{name}.log")

    def logs(self) -> str:
        return "".join(self.log(name).read_text(errors="replace") for name in ("pool", "web"))


@contextlib.contextmanager
def crash_box(tmp_path: Path, bank: Bank, settings: str = "") -> Iterator[CrashBox]:
    """A new data directory with a key of the API; what still runs at the end is killed."""
    directory = tmp_path / "box"
    directory.mkdir(exist_ok=True)
    (directory / "simloft.toml").write_text(settings, encoding="utf-8")
    database = watched_database(directory / "simloft.db")
    key = keys.new_key()
    connection = connect(database)
    keys.add_key(connection, "test", key, now_ms())
    connection.close()
    box = CrashBox(directory, bank, free_port(), key)
    try:
        yield box
    finally:
        for name in [*box.programs]:
            box.kill(name)

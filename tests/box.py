"""A whole box for tests: `simloft run` as a process of its own, its API, its bank and its database."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests

T = TypeVar("T")

SIMLOFT = [sys.executable, "-m", "appliance.cli.main"]


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(look: Callable[[], T], *, limit_s: float = 60.0, every_s: float = 0.02, what: str = "") -> T:
    """What ``look`` returns as soon as it is true; an assertion error with the last value after the limit.

    For states of another process that tells nobody when they change.
    """
    deadline = time.monotonic() + limit_s
    while True:
        value = look()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {limit_s} s: {what or look}; last: {value!r}"
        time.sleep(every_s)


@dataclass
class Box:
    """A running box: ``api`` is a session with its first key."""

    data: Path
    url: str
    process: subprocess.Popen[bytes]
    api: requests.Session = field(default_factory=requests.Session)

    def post(self, to: str, text: str, **more: object) -> dict[str, Any]:
        """Post a message; returns the answer after asserting that it was accepted."""
        answer = self.api.post(
            f"{self.url}/api/v1/messages", json={"to": to, "text": text, **more}, timeout=60
        )
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def message(self, message_id: str) -> dict[str, Any]:
        answer = self.api.get(f"{self.url}/api/v1/messages/{message_id}", timeout=60)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def wait_for_state(self, message_id: str, *states: str, limit_s: float = 60.0) -> dict[str, Any]:
        """The message as soon as it is in one of the states."""

        def look() -> dict[str, Any] | None:
            message = self.message(message_id)
            return message if message["state"] in states else None

        return eventually(look, limit_s=limit_s, what=f"{message_id} in {states}") or {}

    def inbox(self) -> list[dict[str, Any]]:
        answer = self.api.get(f"{self.url}/api/v1/inbox", params={"limit": 100}, timeout=60)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def wait_until_ready(self, modems: int) -> list[dict[str, Any]]:
        """The places of the wall once so many are ready."""

        def ready() -> list[dict[str, Any]] | None:
            places = [each for each in self.modems() if each["state"] == "ready"]
            return places if len(places) >= modems else None

        return eventually(ready, what=f"{modems} modems ready") or []

    def modems(self) -> list[dict[str, Any]]:
        answer = self.api.get(f"{self.url}/api/v1/modems", timeout=60)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    def bank(self, op: str, **arguments: object) -> Any:
        """Ask the simulated bank through its control socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(60)
            line.connect(str(self.data / "bank.sock"))
            line.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        assert answer["ok"], answer
        return answer["result"]

    def states(self) -> Counter[str]:
        """How many messages the database has in each state."""
        with contextlib.closing(sqlite3.connect(self.data / "simloft.db")) as connection:
            return Counter(
                dict(connection.execute("SELECT state, count(*) FROM messages GROUP BY state").fetchall())
            )

    def texts(self) -> dict[str, tuple[str, str, str]]:
        """Every outgoing message of the database: id → recipient, text, state."""
        with contextlib.closing(sqlite3.connect(self.data / "simloft.db")) as connection:
            rows = connection.execute("SELECT id, recipient, text, state FROM messages").fetchall()
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    def process_id(self, command: str) -> int:
        """The process that runs ``simloft COMMAND`` for this box, once it is there."""
        return eventually(lambda: self._find(command), what=f"simloft {command}")

    def kill(self, command: str) -> None:
        """SIGKILL to ``simloft COMMAND`` of this box."""
        os.kill(self.process_id(command), signal.SIGKILL)

    def _find(self, command: str) -> int:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                parts = path.read_bytes().decode(errors="replace").split("\0")
                if command in parts[1:4] and any(part.startswith(str(self.data)) for part in parts):
                    return int(path.parent.name)
        return 0

    def stop(self) -> int:
        """End the box as Ctrl-C does; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def running_box(
    data: Path, *arguments: str, settings: str = "", ports: Sequence[str] = (), limit_s: float = 60.0
) -> Iterator[Box]:
    """Start a box in ``data`` with a settings file of the text ``settings``, and end it afterwards."""
    data.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = data / "simloft.toml"
    config.write_text(settings, encoding="utf-8")
    command = [*SIMLOFT, "run", "--data", str(data), "--config", str(config), "--listen", f"127.0.0.1:{port}"]
    command += [f"--port={each}" for each in ports] + list(arguments)
    output = (data / "output.txt").open("ab")
    process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    box = Box(data, f"http://127.0.0.1:{port}", process)
    try:
        eventually(lambda: _answers(box), limit_s=limit_s, what="the box answers")
        box.api.headers["Authorization"] = f"Bearer {(data / 'first-api-key').read_text().strip()}"
        yield box
    finally:
        try:
            box.stop()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            box.api.close()
            output.close()


def _answers(box: Box) -> bool:
    assert box.process.poll() is None, (box.data / "output.txt").read_text(errors="replace")
    try:
        return requests.get(f"{box.url}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False

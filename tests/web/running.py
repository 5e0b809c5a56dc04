"""The web process as it is in a box: `simloft web` over a real database, asked over real sockets."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from appliance.desk.mistake import STANDS_AGAINST
from appliance.store import keys, sessions
from appliance.store.database import connect, prepare

SIMLOFT = [sys.executable, "-m", "appliance.cli.main"]


@dataclass
class Web:
    """A running web process; ``api`` carries a key, ``page`` a log-in."""

    data: Path
    port: int
    process: subprocess.Popen[bytes]
    key: str
    api: requests.Session = field(default_factory=requests.Session)
    page: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, **members: object) -> requests.Response:
        return self.api.post(f"{self.url}/api/v1/messages", json=members, timeout=60)

    def get(self, path: str, **query: str) -> requests.Response:
        return self.api.get(f"{self.url}{path}", params=query, timeout=60)

    def accepted(self, to: str = "13912345678", text: str = "你好", **members: object) -> dict[str, Any]:
        answer = self.post(to=to, text=text, **members)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def log_in(self) -> None:
        """Spend a log-in link, as a browser does."""
        answer = self.page.get(f"{self.url}/login/{self.login_token()}", timeout=60)
        assert answer.status_code == 200, answer.text

    def login_token(self, *, age_ms: int = 0) -> str:
        with closing(connect(self.data / "simloft.db")) as connection:
            return sessions.make_login_token(connection, int(time.time() * 1000) - age_ms)

    def form(self, path: str, **fields: str) -> requests.Response:
        """A form of the page, sent as a browser sends it; redirects are not followed."""
        return self.page.post(
            f"{self.url}{path}",
            data=fields,
            headers={"Origin": self.url, "Accept-Language": "en"},
            allow_redirects=False,
            timeout=60,
        )

    def raw(self, request: bytes) -> bytes:
        """Bytes to the socket, and what comes back until the server hangs up or a second passes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(request)
            line.settimeout(2)
            received = b""
            with contextlib.suppress(TimeoutError, ConnectionError):
                while chunk := line.recv(65536):
                    received += chunk
                    if _is_whole(received):
                        break
            return received

    def count(self, table: str = "messages") -> int:
        with closing(connect(self.data / "simloft.db", read_only=True)) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def log(self) -> str:
        return (self.data / "web.log").read_text(errors="replace")

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def running_web(data: Path, *arguments: str, settings: str = "", before: Sequence[str] = ()) -> Iterator[Web]:
    """Start `simloft web` on a free port; ``before`` is a command that runs it (such as unshare)."""
    data.mkdir(parents=True, exist_ok=True)
    prepare(data / "simloft.db")
    key = keys.new_key()
    with closing(connect(data / "simloft.db")) as connection:
        keys.add_key(connection, "test", key, int(time.time() * 1000))
    config = data / "simloft.toml"
    config.write_text(settings, encoding="utf-8")
    command = [
        *before,
        *SIMLOFT,
        "web",
        "--data",
        str(data),
        "--config",
        str(config),
        "--listen",
        "127.0.0.1:0",
    ]
    with (data / "web.log").open("wb") as log:
        process = subprocess.Popen([*command, *arguments], stdout=log, stderr=log, start_new_session=True)
    try:
        web = Web(data, _port(data, process), process, key)
        web.api.headers["Authorization"] = f"Bearer {key}"
        web.api.trust_env = web.page.trust_env = False
        yield web
        web.api.close()
        web.page.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    """The problem of a refused request, checked for its form (RFC 9457)."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = json.loads(answer.content)
    assert body["status"] == status
    assert body["type"].startswith("/problems/")
    assert body["title"]
    assert body["detail"]
    # A sentence without a text would be shown as its code.
    assert not re.match(r"problem\.", body["title"]), body
    assert not re.match(r"problem\.", body["detail"]), body
    for each in body.get("errors", []):
        assert not re.match(r"problem\.", each["detail"]), body
    return body


def pointers(answer: requests.Response, status: int | None = None) -> list[tuple[str, str]]:
    """Where a request is wrong, and the code of why. Without a status: 409 for what stands against it, else 422."""
    codes = {each["code"] for each in answer.json().get("errors", [])}
    stands_against = {code.removeprefix("problem.") for code in STANDS_AGAINST}
    expected = 409 if codes and codes <= stands_against else 422
    return [
        (each.get("pointer", each.get("parameter")), each["code"])
        for each in problem(answer, status or expected).get("errors", [])
    ]


def _port(data: Path, process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + 60
    while True:
        said = (data / "web.log").read_text(errors="replace")
        match = re.search(r"listening on \S+ port (\d+)", said)
        if match:
            port = int(match[1])
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                return port
        assert process.poll() is None, said
        assert time.monotonic() < deadline, said
        time.sleep(0.01)


def _is_whole(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    return bool(found) and length is not None and len(body) >= int(length[1])

"""A whole box for benchmarks: bank, pool and web in processes of their own, and a client of the API."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.store.database import connect, prepare
from appliance.store.keys import add_key, new_key
from tools.bench import SIMLOFT, Load, bank, pool, wait_for


@dataclass(frozen=True, slots=True)
class Box:
    """What runs."""

    directory: Path
    pool: subprocess.Popen[bytes]
    web: subprocess.Popen[bytes]
    address: tuple[str, int]
    key: str

    @property
    def database(self) -> Path:
        return self.directory / "simloft.db"


class Client:
    """One connection that is kept, as a program that sends much would keep it."""

    def __init__(self, box: Box) -> None:
        self._connection = http.client.HTTPConnection(*box.address)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"Authorization": f"Bearer {box.key}", "Content-Type": "application/json"}

    def submit(self, to: str, text: str) -> str:
        """Send a message; its id."""
        body = json.dumps({"to": to, "text": text, "delivery_report": False})
        self._connection.request("POST", "/api/v1/messages", body, self._headers)
        answer = self._connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 202:
            raise SystemExit(f"POST /api/v1/messages: {answer.status} {told}")
        return str(told["id"])


@contextlib.contextmanager
def box(modems: int, *, latency_ms: int = 0) -> Iterator[Box]:
    """A bank, a pool and a web process; all modems are ready."""
    load = Load(modems, latency_ms, 0, reports=False)
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        directory = Path(name)
        with bank(directory, load), running(directory, modems) as made:
            yield made


@contextlib.contextmanager
def running(directory: Path, modems: int) -> Iterator[Box]:
    """A pool and a web process on the ports ``directory/bank/modem*``; all modems are ready."""
    database = directory / "simloft.db"
    prepare(database)
    key = new_key()
    with contextlib.closing(connect(database)) as connection:
        add_key(connection, "bench", key, time.time_ns() // 1_000_000)
    with pool(directory) as pool_process, _web(directory) as (web_process, address):
        wait_for(database, "SELECT count(*) >= ? FROM ports WHERE state = 'ready'", modems, 60)
        yield Box(directory, pool_process, web_process, address, key)


@contextlib.contextmanager
def _web(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], tuple[str, int]]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = ("127.0.0.1", int(probe.getsockname()[1]))
    listen = f"{address[0]}:{address[1]}"
    process = subprocess.Popen(
        [*SIMLOFT, "web", "--data", str(directory), "--listen", listen, "--port", "/dev/none"],
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
                break
            if time.monotonic() > deadline:
                raise SystemExit("the web process does not answer within 30 s")
            time.sleep(0.05)
        yield process, address
    finally:
        process.terminate()
        process.wait()

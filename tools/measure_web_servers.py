"""Measure WSGI servers for the web process: what slow clients, long responses and a durable insert cost.

    pip install cheroot waitress granian      # in a scratch environment that also has this project's needs
    python tools/measure_web_servers.py cheroot waitress granian

Prints one row for each server; the figures of the choice are in docs/web-server.md. Every server gets the
same small application (bottle, one SQLite file, one fsync for each batch of inserts) and the same number
of worker threads. The clients are raw sockets of this process, so the rates are comparable with each
other, not with those of a load generator written in C.
"""

# ruff: noqa: PLC0415 - each server is imported only in the process that measures it
from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bottle

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from appliance.store.writer import GroupCommitWriter

THREADS = 16
SLOW_CLIENTS = 200
STREAMS = 12
OPEN_STREAMS = [0]
BODY = json.dumps({"to": "+8613912345678", "text": "验证码 482913,五分钟内有效。"}).encode()


# -- the application, in a process of its own ---------------------------------------------------------------


def application(directory: Path) -> bottle.Bottle:
    """``POST /messages`` (durable), ``GET /quick``, ``GET /stream`` (one event a 100 ms)."""
    path = directory / "measure.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, recipient TEXT, text TEXT)"
    )
    connection.close()
    writer: list[GroupCommitWriter] = []
    lock = threading.Lock()
    app = bottle.Bottle()

    @app.post("/messages")
    def post() -> str:
        with lock:
            if not writer:
                writer.append(GroupCommitWriter(path))
        body = bottle.request.json
        if not body:
            bottle.abort(400)
        values = [body["to"], body["text"]]
        seq = writer[0].write_blocking(
            lambda c: c.execute("INSERT INTO messages (recipient, text) VALUES (?, ?)", values).lastrowid
        )
        bottle.response.status = 202
        return json.dumps({"id": seq})

    @app.get("/quick")
    def quick() -> str:
        return json.dumps({"streams": OPEN_STREAMS[0]})

    @app.get("/stream")
    def stream() -> Iterator[bytes]:
        bottle.response.content_type = "text/event-stream"

        def events() -> Iterator[bytes]:
            OPEN_STREAMS[0] += 1
            try:
                while True:
                    yield b"data: x\n\n"
                    time.sleep(0.1)
            finally:
                OPEN_STREAMS[0] -= 1

        return events()

    return app


def serve(server: str, port: int, directory: Path) -> None:
    """Run ``server`` in the foreground until SIGTERM."""
    match server:
        case "cheroot":
            from cheroot.wsgi import Server

            running = Server(
                ("127.0.0.1", port), application(directory), numthreads=THREADS, request_queue_size=1024
            )
            signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=running.stop).start())
            running.start()
        case "waitress":
            import waitress

            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            waitress.serve(
                application(directory),
                host="127.0.0.1",
                port=port,
                threads=THREADS,
                connection_limit=1000,
                backlog=1024,
            )
        case "granian":
            os.environ["MEASURE_DIRECTORY"] = str(directory)
            from granian import Granian
            from granian.constants import Interfaces
            from granian.http import HTTP1Settings

            Granian(
                "tools.measure_web_servers:granian_application",
                address="127.0.0.1",
                port=port,
                interface=Interfaces.WSGI,
                factory=True,
                blocking_threads=THREADS,
                workers_kill_timeout=2,
                http1_settings=HTTP1Settings(header_read_timeout=10_000),
                log_enabled=False,
            ).serve()
        case "granian+gateway":
            asyncio.run(serve_by_gateway(port, directory))
        case _:
            raise SystemExit(f"unknown server: {server}")


async def serve_by_gateway(port: int, directory: Path) -> None:
    """granian embedded as an ASGI server; bottle behind the project's own gateway (appliance/web/gateway.py)."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.server.embed import Server

    from appliance.web.gateway import Gateway, Limits

    gateway = Gateway(application(directory), Limits(threads=THREADS))

    async def with_streams(scope: Any, receive: Any, send: Any) -> None:
        # A long response is a task of the event loop there, not a thread.
        if scope["path"] != "/stream":
            await gateway(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"text/event-stream")],
            }
        )
        OPEN_STREAMS[0] += 1
        gone = asyncio.ensure_future(hang_up(receive))
        try:
            while not gone.done():
                await send({"type": "http.response.body", "body": b"data: x\n\n", "more_body": True})
                await asyncio.wait([gone], timeout=0.1)
        finally:
            OPEN_STREAMS[0] -= 1

    server = Server(
        with_streams,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        http1_settings=HTTP1Settings(header_read_timeout=10_000),
        backlog=4096,
        websockets=False,
        log_enabled=False,
    )
    task = asyncio.create_task(server.serve())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    server.stop()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(task, 1.0)
    os._exit(0)


async def hang_up(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def granian_application() -> bottle.Bottle:
    return application(Path(os.environ["MEASURE_DIRECTORY"]))


# -- clients -------------------------------------------------------------------------------------------------


def dial(port: int, timeout_s: float = 10.0) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_response(connection: socket.socket) -> tuple[int, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError("closed")
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lower = head.lower()
    if b"content-length:" in lower:
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
    else:
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.recv(65536)
    return int(head.split(b" ")[1]), body


def quick(port: int, timeout_s: float = 10.0) -> float:
    """Seconds of one ``GET /quick`` over a new connection."""
    start = time.perf_counter()
    with contextlib.closing(dial(port, timeout_s)) as connection:
        connection.sendall(b"GET /quick HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n")
        status, _ = read_response(connection)
        assert status == 200
    return time.perf_counter() - start


def streams_open(port: int) -> int:
    with contextlib.closing(dial(port)) as connection:
        connection.sendall(b"GET /quick HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n")
        body = read_response(connection)[1]
    return int(body[body.index(b":") + 1 : body.rindex(b"}")])


def probe(port: int, seconds: float) -> str:
    """Worst time of quick requests meanwhile, and how many failed."""
    times: list[float] = []
    failed = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            times.append(quick(port, 5.0))
        except (OSError, ConnectionError, AssertionError):
            failed += 1
        time.sleep(0.05)
    worst = f"{max(times) * 1000:.0f} ms" if times else "none answered"
    return f"{worst}, {failed} failed" if failed else worst


def post_many(port: int, seconds: float, clients: int) -> tuple[float, float, float]:
    """Requests a second, median and 99th percentile in ms of durable inserts over kept-alive connections."""
    request = (
        b"POST /messages HTTP/1.1\r\nHost: box\r\nContent-Type: application/json\r\nContent-Length: "
        + str(len(BODY)).encode()
        + b"\r\n\r\n"
        + BODY
    )
    times: list[float] = []
    end = time.monotonic() + seconds

    def client() -> None:
        own: list[float] = []
        with contextlib.closing(dial(port)) as connection:
            while time.monotonic() < end:
                start = time.perf_counter()
                connection.sendall(request)
                status, _ = read_response(connection)
                assert status == 202, status
                own.append(time.perf_counter() - start)
        times.extend(own)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    return len(times) / seconds, statistics.median(times) * 1000, times[int(len(times) * 0.99)] * 1000


@contextlib.contextmanager
def dribbling(port: int, head: bytes, count: int) -> Iterator[None]:
    """``count`` clients that send ``head`` and then a byte each second."""
    connections: list[socket.socket] = []
    stop = threading.Event()
    for _ in range(count):
        with contextlib.suppress(OSError):
            connection = dial(port)
            connection.sendall(head)
            connections.append(connection)

    def dribble() -> None:
        while not stop.wait(1.0):
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.sendall(b"a")

    thread = threading.Thread(target=dribble)
    thread.start()
    try:
        time.sleep(1.0)
        yield
    finally:
        stop.set()
        thread.join()
        for connection in connections:
            connection.close()


@contextlib.contextmanager
def streaming(port: int, count: int) -> Iterator[list[socket.socket]]:
    connections = []
    for _ in range(count):
        connection = dial(port)
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: box\r\n\r\n")
        connections.append(connection)
    time.sleep(0.5)
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


# -- one server ----------------------------------------------------------------------------------------------


def process_tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [int(child) for child in task.read_text().split()]
    return found


def pss_mb(root: int) -> float:
    """Proportional set size of a process and its children, in MB."""
    total = 0
    for pid in process_tree(root):
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(rollup.split("\nPss:")[1].split()[0])
    return total / 1024


def wait_until(condition: Callable[[], bool], limit_s: float) -> float | None:
    start = time.perf_counter()
    while time.perf_counter() - start < limit_s:
        with contextlib.suppress(OSError, ConnectionError):
            if condition():
                return time.perf_counter() - start
        time.sleep(0.02)
    return None


def measure(server: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name, contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "tools.measure_web_servers", "--serve", server, str(port), name]
        process = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent)
        try:
            return figures(process, port)
        finally:
            for pid in reversed(process_tree(process.pid)):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            process.wait()


def figures(process: subprocess.Popen[bytes], port: int) -> dict[str, str]:
    row: dict[str, str] = {}
    started = wait_until(lambda: quick(port) > 0, 15)
    row["start"] = f"{started:.2f} s" if started else "never"
    post_many(port, 1.0, 8)
    rate, median, p99 = post_many(port, 6.0, 8)
    row["POST/s"] = f"{rate:.0f}"
    row["median"] = f"{median:.1f} ms"
    row["p99"] = f"{p99:.1f} ms"
    row["PSS"] = f"{pss_mb(process.pid):.0f} MB"
    with dribbling(port, b"GET /quick HTTP/1.1\r\nHost: box\r\nX-Slow: ", SLOW_CLIENTS):
        row["slow heads"] = probe(port, 6.0)
    wait_until(lambda: quick(port, 30) > 0, 60)
    head = b"POST /messages HTTP/1.1\r\nHost: box\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"
    with dribbling(port, head, SLOW_CLIENTS):
        row["slow bodies"] = probe(port, 6.0)
    wait_until(lambda: quick(port, 30) > 0, 60)
    with streaming(port, STREAMS):
        row[f"{STREAMS} streams"] = probe(port, 3.0)
    gone = wait_until(lambda: streams_open(port) == 0, 8)
    row["stream ends after hang-up"] = f"{gone:.2f} s" if gone is not None else "never"
    with streaming(port, THREADS + 8):
        row[f"{THREADS + 8} streams"] = probe(port, 3.0)
    wait_until(lambda: quick(port, 30) > 0, 60)
    with streaming(port, 4), contextlib.closing(dial(port)):
        process.send_signal(signal.SIGTERM)
        ended = wait_until(lambda: process.poll() is not None, 15)
    row["SIGTERM, streams open"] = f"{ended:.2f} s" if ended is not None else "over 15 s"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("servers", nargs="*", default=["cheroot", "waitress", "granian"])
    parser.add_argument("--serve", nargs=3, metavar=("SERVER", "PORT", "DIR"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        server, port, directory = arguments.serve
        serve(server, int(port), Path(directory))
        return
    for server in arguments.servers:
        row = measure(server)
        print(f"## {server}")
        for name, value in row.items():
            print(f"{name:28} {value}")


if __name__ == "__main__":
    main()

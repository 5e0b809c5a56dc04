"""Clients that are too many, too slow or too large: each gets its answer from the real process, the others theirs."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from appliance.store.database import connect
from appliance.web.crowd import Crowd
from appliance.web.gateway import Limits
from tests.web.running import Web, problem, running_web

MANY = 10_000
SOON_S = 8.0
HUGE = 100 * 1024 * 1024


def connection(web: Web, head: bytes = b"") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", web.port), timeout=30)
    line.sendall(head)
    return line


def status_of(line: socket.socket) -> int:
    line.settimeout(60)
    return int(line.recv(12).split(b" ")[1])


@contextlib.contextmanager
def many_files(wanted: int) -> Iterator[int]:
    """How many connections this process may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    try:
        yield max(soft, most) - 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def pss_mb(web: Web) -> float:
    rollup = Path(f"/proc/{web.process.pid}/smaps_rollup").read_text()
    return int(rollup.split("\nPss:")[1].split()[0]) / 1024


def test_ten_thousand_open_connections_hold_nobody_up(web: Web) -> None:
    with many_files(MANY + 500) as room, contextlib.ExitStack() as stack:
        for _ in range(min(MANY, room)):
            stack.enter_context(closing(connection(web)))
        for _ in range(5):
            started = time.monotonic()
            web.accepted()
            assert requests.get(f"{web.url}/healthz", timeout=60).ok
            assert time.monotonic() - started < SOON_S
        assert pss_mb(web) < 100


@pytest.mark.parametrize("path", ["/api/v1/messages", "/api/v1/preview", "/login", "/no/such/page"])
@pytest.mark.parametrize("way", ["announced", "chunked"])
def test_a_hundred_megabytes_are_refused_early(web: Web, path: str, way: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {web.key}\r\nContent-Type: application/json\r\n"
    length = f"Content-Length: {HUGE}\r\n\r\n" if way == "announced" else "Transfer-Encoding: chunked\r\n\r\n"
    sent = 0
    piece = b"a" * 65536
    chunk = piece if way == "announced" else b"10000\r\n" + piece + b"\r\n"
    with closing(connection(web, head.encode() + length.encode())) as line:
        line.settimeout(30)
        with contextlib.suppress(ConnectionError):
            while sent < HUGE:
                line.settimeout(0.001)
                with contextlib.suppress(TimeoutError):
                    if line.recv(1, socket.MSG_PEEK):
                        break
                line.settimeout(30)
                line.sendall(chunk)
                sent += len(piece)
        # The server has hung up where nothing can be read any more; what it said came before.
        status = status_of(line)
    assert status == 413 if path.startswith("/api") else 400 <= status < 500
    assert sent < HUGE / 4
    assert pss_mb(web) < 80


def test_a_stranger_may_not_even_send_a_large_body(web: Web) -> None:
    """The route takes 8 MB of whoever has a key."""
    head = b"POST /api/v1/messages HTTP/1.1\r\nHost: box\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: 4000000\r\n\r\n"
    with closing(connection(web, head)) as line:
        assert status_of(line) == 401


def test_who_reads_an_answer_slowly_holds_no_thread(web: Web) -> None:
    request = b"GET /static/simloft.css HTTP/1.1\r\nHost: box\r\n\r\n" * 20
    threads = Limits().threads
    with contextlib.ExitStack() as stack:
        for _ in range(4 * threads):
            line = socket.socket()
            stack.enter_context(closing(line))
            # It takes next to nothing before it has read something.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            line.connect(("127.0.0.1", web.port))
            line.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                line.send(request)
        for _ in range(5):
            started = time.monotonic()
            assert web.get("/api/v1/messages").status_code == 200
            assert time.monotonic() - started < SOON_S


def test_health_waits_for_no_thread(tmp_path: Path) -> None:
    """All of them wait for a database that another program holds."""
    with running_web(tmp_path / "box") as web:
        holder = connect(web.data / "simloft.db")
        holder.execute("BEGIN IMMEDIATE")
        lines = [
            connection(web, f"POST /logout HTTP/1.1\r\nHost: box\r\nCookie: {'x' * 8}\r\n\r\n".encode())
            for _ in range(2 * Limits().threads)
        ]
        post = b'{"to":"10086","text":"x"}'
        head = f"POST /api/v1/messages HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {web.key}\r\n".encode()
        head += f"Content-Type: application/json\r\nContent-Length: {len(post)}\r\n\r\n".encode()
        lines += [connection(web, head + post) for _ in range(2 * Limits().threads)]
        started = time.monotonic()
        assert requests.get(f"{web.url}/healthz", timeout=60).json() == {"status": "ok"}
        assert time.monotonic() - started < SOON_S
        holder.execute("ROLLBACK")
        holder.close()
        assert status_of(lines[-1]) == 202
        for line in lines:
            line.close()


def test_one_client_can_not_take_all_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def dialled(address: str) -> socket.socket:
            line = socket.socket()
            line.bind((address, 0))
            line.connect(server.getsockname())
            return line

        crowd = [dialled("127.0.0.9") for _ in range(8)]
        other, this_machine = dialled("127.0.0.8"), [dialled("127.0.0.1") for _ in range(8)]
        taken = [server.accept()[0] for _ in range(17)]
        # Both ends are of this process: what is cut is what came from an address that has too many.
        Crowd(5).thin_out()
        for line in [*crowd, *this_machine, other]:
            line.setblocking(False)

        def is_cut(line: socket.socket) -> bool:
            try:
                return line.recv(1) == b""
            except BlockingIOError:
                return False

        assert sum(map(is_cut, crowd)) == 3
        assert not is_cut(other)
        assert not any(map(is_cut, this_machine))
        for line in [*crowd, other, *this_machine, *taken]:
            line.close()


def test_a_port_for_one_kind_of_program_answers_nothing_else(tmp_path: Path) -> None:
    settings = '[listeners]\nkannel = "127.0.0.1:0"\n'
    with running_web(tmp_path / "box", settings=settings) as web:
        deadline = time.monotonic() + 60
        while "also listening on 127.0.0.1" not in web.log():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        port = int(web.log().split("also listening on 127.0.0.1 port ")[1].split()[0])
        for path in ("/", "/api/v1/messages", "/healthz", "/cgi-bin", "/static/simloft.css"):
            assert requests.get(f"http://127.0.0.1:{port}{path}", timeout=60).status_code == 404
        assert problem(requests.get(f"http://127.0.0.1:{port}/api/v1/messages", timeout=60), 404)


def test_a_port_that_is_taken_does_not_end_the_box(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        settings = f'[listeners]\nkannel = "127.0.0.1:{other.getsockname()[1]}"\n'
        with running_web(tmp_path / "box", settings=settings) as web:
            web.accepted()
            assert "Another program listens on" in web.log()


def test_every_answer_has_the_security_headers_and_none_opens_the_box_to_other_sites(web: Web) -> None:
    origin = {"Origin": "http://elsewhere.example"}
    for method, path in [
        ("GET", "/"),
        ("GET", "/api/v1/messages"),
        ("OPTIONS", "/api/v1/messages"),
        ("GET", "/x"),
    ]:
        answer = requests.request(method, f"{web.url}{path}", headers=origin, timeout=60)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]

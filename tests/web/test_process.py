"""The process: slow clients, shutdown, a port that is taken, a full disk, memory, the log."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests

from appliance.web.serving import HEADER_TIMEOUT_MS
from tests.web.running import SIMLOFT, Web, problem, running_web

SLOW_CLIENTS = 150
SOONER_S = 0.8 * HEADER_TIMEOUT_MS / 1000
"""Whoever waited for a slow client would wait until its time is out. It takes milliseconds on an idle machine."""


@contextlib.contextmanager
def dribbling(web: Web, head: bytes) -> object:
    """Clients that begin a request and never finish it."""
    lines = []
    for _ in range(SLOW_CLIENTS):
        line = socket.create_connection(("127.0.0.1", web.port), timeout=5)
        line.sendall(head)
        lines.append(line)
    try:
        yield lines
    finally:
        for line in lines:
            line.close()


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: box\r\nX-Slow: ",
        b"POST /api/v1/messages HTTP/1.1\r\nHost: box\r\nContent-Length: 60000\r\n\r\n{",
    ],
    ids=["silent", "in the headers", "in the body"],
)
def test_slow_clients_hold_nobody_up(web: Web, head: bytes) -> None:
    with dribbling(web, head):
        for _ in range(20):
            started = time.monotonic()
            web.accepted()
            assert time.monotonic() - started < SOONER_S


def test_a_client_that_hangs_up_leaves_the_others_alone(web: Web) -> None:
    request = (
        f"GET /api/v1/messages?limit=500 HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {web.key}\r\n\r\n"
    ).encode()
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", web.port), timeout=5) as line:
            line.sendall(request)
    assert web.get("/api/v1/messages").status_code == 200
    assert "Traceback" not in web.log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_whoever_is_connected(tmp_path: Path, number: int) -> None:
    with running_web(tmp_path / "box") as web, dribbling(web, b"GET / HTTP/1.1\r\n"):
        kept_alive = requests.Session()
        assert kept_alive.get(f"{web.url}/healthz", timeout=60).ok
        started = time.monotonic()
        web.process.send_signal(number)
        assert web.process.wait(timeout=60) == 0
        assert time.monotonic() - started < SOONER_S
        assert "Traceback" not in web.log()


def test_what_was_answered_before_the_end_is_stored(tmp_path: Path) -> None:
    with running_web(tmp_path / "box") as web:
        answered: list[str] = []

        def client() -> None:
            with contextlib.suppress(requests.RequestException), requests.Session() as session:
                session.headers["Authorization"] = f"Bearer {web.key}"
                while True:
                    answer = session.post(
                        f"{web.url}/api/v1/messages", json={"to": "10086", "text": "x"}, timeout=5
                    )
                    if answer.status_code != 202:
                        return
                    answered.append(answer.json()["id"])

        threads = [threading.Thread(target=client) for _ in range(4)]
        for thread in threads:
            thread.start()
        while len(answered) < 50:
            time.sleep(0.01)
        os.kill(web.process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
        assert web.process.wait(timeout=60) == -signal.SIGKILL
        assert len(answered) <= web.count() <= len(answered) + len(threads)


def test_a_port_that_is_taken_is_said_in_one_sentence(web: Web, tmp_path: Path) -> None:
    ended = subprocess.run(
        [*SIMLOFT, "web", "--data", str(tmp_path / "box"), "--listen", f"127.0.0.1:{web.port}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert f"Another program listens on 127.0.0.1:{web.port} already." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_is_not_ours_is_said_in_one_sentence(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*SIMLOFT, "web", "--data", str(tmp_path / "box"), "--listen", "192.0.2.1:8080"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 3
    assert "This machine has no address 192.0.2.1." in ended.stderr


def _small_disk(directory: Path) -> list[str]:
    """A command that runs another one with a disk of 600 KiB at ``directory``, seen by that process only."""
    namespaces = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    script = (
        'cp -a "$1/." "$1.copy" && mount -t tmpfs -o size=600k tmpfs "$1" && cp -a "$1.copy/." "$1" '
        '&& shift && exec "$@"'
    )
    return [*namespaces, "sh", "-c", script, "sh", str(directory)]


def test_a_full_disk_is_507_and_passes_when_there_is_room(tmp_path: Path) -> None:
    data = tmp_path / "box"
    data.mkdir()
    probe = subprocess.run([*_small_disk(data), "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("this user may not mount a small disk")
    (data / "ballast").write_bytes(bytes(100 * 1024))
    with running_web(data, before=_small_disk(data)) as web:
        stored, refused = 0, None
        while refused is None:
            answer = web.post(to="10086", text="x" * 1500)
            if answer.status_code == 202:
                stored += 1
                assert stored < 2000
            else:
                refused = answer
        assert problem(refused, 507)["type"] == "/problems/disk-full"
        assert problem(web.post(to="10086", text="x" * 1500), 507)
        listed = web.get("/api/v1/messages", limit="500").json()["items"]
        assert len(listed) == min(stored, 500)
        assert web.get("/healthz").status_code == 200
        # The disk of that process, as seen from here.
        (Path(f"/proc/{web.process.pid}/root") / data.relative_to("/") / "ballast").unlink()
        web.accepted(to="10086", text="x" * 1500)
        assert "Traceback" not in web.log()


def test_the_log_has_no_texts_keys_or_numbers(tmp_path: Path) -> None:
    with running_web(tmp_path / "box") as web:
        web.log_in()
        token = web.login_token()
        web.page.get(f"{web.url}/login/{token}", timeout=60)
        web.accepted(to="13912345678", text="a secret text")
        web.post(to="13912345678", text="")
        web.get("/api/v1/messages", to="13912345678")
        assert web.stop() == 0
        log = web.log()
        for secret in ("a secret text", "12345678", web.key, token, *web.page.cookies.values()):
            assert secret not in log


def test_it_takes_less_than_80_mb(tmp_path: Path) -> None:
    with running_web(tmp_path / "box") as web:
        web.log_in()
        for index in range(200):
            web.accepted(text=f"{index}")
        for path in ("/", "/outbox", "/modems", "/inbox"):
            assert web.page.get(f"{web.url}{path}", timeout=60).ok
        rollup = Path(f"/proc/{web.process.pid}/smaps_rollup").read_text()
        pss_kb = int(rollup.split("\nPss:")[1].split()[0])
        assert pss_kb < 80 * 1024


def test_it_is_ready_when_the_database_answers(web: Web) -> None:
    assert requests.get(f"{web.url}/healthz", timeout=60).json() == {"status": "ok"}
    assert requests.get(f"{web.url}/readyz", timeout=60).json() == {"status": "ready"}

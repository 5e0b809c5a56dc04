"""The table `api` of `make bench`: messages accepted by HTTP, each on disk when it is answered.

The load is made by wrk (in C, so that it takes next to nothing of the cores): 8 connections that are kept, the next
request when the one before is answered, another recipient each. Kannel's sendsms, which waits for no disk, is asked
in the same run by the same 8 connections. CPU is that of the web process for each request, PSS that after the load.
"""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.bench import TEXT, Load, bank, cpu_s, pss_mb
from tools.bench_box import Box, box
from tools.bench_peers import kannel_at

CLIENTS = 8
LASTS_S = 10
MANY = 10_000
_UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of wrk gave."""

    requests: int
    per_second: float
    median_ms: float
    p99_ms: float
    refused: int
    """Answers that were neither 2xx nor 3xx."""


def load(url: str, script: str, lasts_s: int = LASTS_S) -> Figures:
    """Ask as quickly as the answers come."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{lasts_s}s", "--latency", "-s", file.name, url]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return Figures(
        int(_found(r"(\d+) requests in", said)),
        float(_found(r"Requests/sec: +([0-9.]+)", said)),
        _ms(_found(r"50% +(\S+)", said)),
        _ms(_found(r"99% +(\S+)", said)),
        int(refused[1]) if refused else 0,
    )


def _found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    if match is None:
        raise SystemExit(f"wrk said something unexpected:\n{said}")
    return match[1]


def _ms(said: str) -> float:
    match = re.fullmatch(r"([0-9.]+)(us|ms|s)", said)
    assert match, said
    return float(match[1]) * _UNITS_MS[match[2]]


def _posts(key: str) -> str:
    body = json.dumps({"to": "+86139%08d", "text": TEXT}, ensure_ascii=False)
    return f"""
local sent = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {key}"
request = function()
  sent = sent + 1
  return wrk.format(nil, nil, nil, string.format('{body}', sent))
end
"""


def _sendsms() -> str:
    query = urllib.parse.urlencode(
        {"username": "bench", "password": "bench", "coding": "2", "charset": "UTF-8", "text": TEXT}
    ).replace("%", "%%")
    return f"""
local sent = 0
request = function()
  sent = sent + 1
  return wrk.format("GET", string.format("/cgi-bin/sendsms?{query}&to=86139%08d", sent))
end
"""


def _ours(modems: int) -> None:
    with box(max(modems, 1), latency_ms=3000) as made:
        url = f"http://{made.address[0]}:{made.address[1]}/api/v1/messages"
        load(url, _posts(made.key), 1)
        before = cpu_s(made.web.pid)
        figures = load(url, _posts(made.key))
        cpu_ms = (cpu_s(made.web.pid) - before) * 1000 / figures.requests
        name = f"Simloft, {modems} modems send" if modems else "Simloft, 1 modem sends"
        _print(name, figures, f"{cpu_ms:7.2f} ms  {pss_mb(made.web.pid):5.0f} MB")
        if not modems:
            _many(made)


def _many(made: Box) -> None:
    """So many messages in one request."""
    texts = [{"to": f"+86138{index:08d}", "text": TEXT} for index in range(MANY)]
    body = json.dumps({"messages": texts}, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {made.key}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection(*made.address)
    began = time.monotonic()
    connection.request("POST", "/api/v1/messages", body, headers)
    answer = connection.getresponse()
    answer.read()
    took_s = time.monotonic() - began
    said = f"{took_s:.2f} s, {pss_mb(made.web.pid):.0f} MB then" if answer.status == 202 else answer.status
    print(f"Simloft, {MANY:,} in one request: {said}", flush=True)


def _kannel() -> None:
    if not all(shutil.which(each) for each in ("bearerbox", "smsbox")):
        print("Kannel is not installed")
        return
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        directory = Path(name)
        with (
            bank(directory, Load(1, 3000, 0, reports=False), "--profile", "generic"),
            kannel_at(directory) as (
                pids,
                port,
            ),
        ):
            before = sum(map(cpu_s, pids))
            figures = load(f"http://127.0.0.1:{port}/cgi-bin/sendsms", _sendsms(), 3)
            cpu_ms = (sum(map(cpu_s, pids)) - before) * 1000 / figures.requests
            _print("Kannel sendsms, no fsync", figures, f"{cpu_ms:7.2f} ms  {_pss_mb(pids):5.0f} MB")


def _pss_mb(pids: Sequence[int]) -> float:
    return sum(map(pss_mb, pids))


def _print(name: str, figures: Figures, rest: str) -> None:
    refused = f"  {figures.refused} refused" if figures.refused else ""
    print(
        f"{name:26} {figures.per_second:7,.0f}/s  {figures.median_ms:6.1f} ms  {figures.p99_ms:6.1f} ms  "
        f"{rest}{refused}",
        flush=True,
    )


def print_table(runs: int) -> None:
    """Measure and print."""
    if not shutil.which("wrk"):
        print("wrk is not installed")
        return
    print(f"\nMessages accepted by HTTP, {CLIENTS} connections\n")
    print("                            accepted    median       p99      CPU/msg      PSS")
    for _ in range(runs):
        _ours(0)
        _ours(32)
        _kannel()


if __name__ == "__main__":
    print_table(1)

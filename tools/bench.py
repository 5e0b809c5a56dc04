"""`make bench`: messages a second through the pool and a bank of simulated modems, printed as a table.

Each row starts a bank and a pool of its own, files the messages in one transaction, rings the doorbell, and
takes the time from the first to the last acceptance in the network's ledger. "of ideal" compares with what
the latency allows (modems ÷ latency), or, at 0 ms, with a bare loop on the same bank that only writes
AT+CMGS and reads the answer. The machine's noise is shown by the spread over the runs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.desk.mistake import Refusal
from appliance.desk.submission import Submission
from appliance.desk.submit import Rules, decide
from appliance.desk.who import Source, Who
from appliance.modem.sms import Address, encode_pdu, plan_text, submits
from appliance.store.database import connect, prepare
from appliance.store.doorbell import ring
from appliance.store.messages import accept

SIMLOFT = [sys.executable, "-m", "appliance.cli.main"]
TEXT = "您的验证码是 482913，五分钟内有效。"
HEAD = (
    "modems  latency  reports  messages/s  (min–max)       of ideal"
    "  pool CPU/msg  bank CPU/msg  pool PSS  written/msg"
)
TICKS = os.sysconf("SC_CLK_TCK")
READY_LIMIT_S = 60.0
OTHER_TABLES = ("peers", "latency", "memory", "idle", "wear", "modems", "scale", "lists", "api")
"""Each is ``print_table`` of a module ``tools.bench_…``."""


@dataclass(frozen=True, slots=True)
class Load:
    """One row of the table."""

    modems: int
    latency_ms: int
    messages: int
    reports: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run gave; CPU is of the whole process while it worked, PSS at the end."""

    per_second: float
    pool_cpu_ms: float
    bank_cpu_ms: float
    pool_pss_mb: float
    written_bytes: float


LOADS = (
    Load(8, 0, 4000, reports=False),
    Load(8, 0, 4000, reports=True),
    Load(64, 0, 6000, reports=True),
    Load(8, 3000, 64, reports=True),
    Load(64, 3000, 512, reports=True),
)


def main() -> int:
    """Print the tables; returns 0."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="runs of each row; the median is printed")
    parser.add_argument("--json", action="store_true", help="as JSON lines")
    parser.add_argument("--only", type=int, nargs="*", help="rows of the first table to run, counted from 1")
    tables = ("sending", *OTHER_TABLES)
    parser.add_argument("--table", choices=tables, nargs="*", default=tables, help="these tables only")
    options = parser.parse_args()
    for table in ("sending",) if options.only else options.table:
        if table == "sending":
            _print_sending(options)
        else:
            # It is made of the parts of this one.
            importlib.import_module(f"tools.bench_{table}").print_table(options.runs)
    return 0


def _print_sending(options: argparse.Namespace) -> None:
    if not options.json:
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
        print(f"SQLite {sqlite3.sqlite_version}, median of {options.runs} runs\n")
        print(HEAD)
    for number, load in enumerate(LOADS, 1):
        if options.only and number not in options.only:
            continue
        runs = [measure(load) for _ in range(options.runs)]
        ideal = load.modems / load.latency_ms * 1000 if load.latency_ms else bare_loop_per_second(load)
        _print(load, runs, ideal, as_json=options.json)


def _print(load: Load, runs: Sequence[Figures], ideal: float, *, as_json: bool) -> None:
    rates = [run.per_second for run in runs]
    rate = statistics.median(rates)
    cpu, bank_cpu, pss, written = (
        statistics.median(getattr(run, name) for run in runs)
        for name in ("pool_cpu_ms", "bank_cpu_ms", "pool_pss_mb", "written_bytes")
    )
    if as_json:
        row = {
            "modems": load.modems,
            "latency_ms": load.latency_ms,
            "reports": load.reports,
            "per_second": rates,
        }
        print(
            json.dumps({**row, "ideal_per_second": ideal, "pool_cpu_ms": cpu, "pool_pss_mb": pss}), flush=True
        )
        return
    spread = f"({min(rates):,.1f}–{max(rates):,.1f})"
    print(
        f"{load.modems:6}  {load.latency_ms:4} ms  {'on' if load.reports else 'off':>7}  {rate:10,.1f}  {spread:14}"
        f"  {rate / ideal:8.1%}  {cpu:9.2f} ms  {bank_cpu:9.2f} ms  {pss:5.0f} MB  {written:8,.0f} B",
        flush=True,
    )


def measure(load: Load) -> Figures:
    """Run one load through a bank and a pool of its own."""
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        directory = Path(name)
        database = directory / "simloft.db"
        prepare(database)
        with bank(directory, load) as bank_process, pool(directory) as pool_process:
            _wait_until_ready(database, load.modems)
            before = {each.pid: cpu_s(each.pid) for each in (bank_process, pool_process)}
            written_before = written(pool_process.pid)
            file_messages(database, load)
            ring(directory / "pool.sock")
            _wait_until_settled(database, load)
            after = {each.pid: cpu_s(each.pid) for each in (bank_process, pool_process)}
            spent = {pid: (after[pid] - before[pid]) * 1000 / load.messages for pid in after}
            pss = pss_mb(pool_process.pid)
            written_bytes = (written(pool_process.pid) - written_before) / load.messages
        return Figures(
            _rate(directory / "ledger.jsonl", load),
            spent[pool_process.pid],
            spent[bank_process.pid],
            pss,
            written_bytes,
        )


@contextlib.contextmanager
def bank(directory: Path, load: Load, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """A simulated bank in a process of its own, ready."""
    arguments = [
        *("simulate", "--dir", str(directory / "bank"), "--ledger", str(directory / "ledger.jsonl")),
        *("--modems", str(load.modems), "--latency-ms", str(load.latency_ms), "--report-delay-ms", "0"),
        *options,
    ]
    process = subprocess.Popen([*SIMLOFT, *arguments], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def pool(directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A pool in a process of its own on the ports of the bank."""
    command = [*SIMLOFT, "pool", "--data", str(directory), "--port", str(directory / "bank" / "modem*")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def file_messages(database: Path, load: Load) -> None:
    """Put the messages of a load into the queue in one transaction."""
    connection = connect(database)
    connection.execute("BEGIN IMMEDIATE")
    for index in range(load.messages):
        submission = Submission(to=f"+86139{index:08d}", text=TEXT, delivery_report=load.reports)
        verdict = decide(submission, Who(Source.CLI), Rules(), time.time_ns() // 1_000_000)
        assert not isinstance(verdict, Refusal)
        accept(connection, verdict)
    connection.execute("COMMIT")
    connection.close()


def _wait_until_ready(database: Path, modems: int) -> None:
    wait_for(database, "SELECT count(*) >= ? FROM ports WHERE state = 'ready'", modems, READY_LIMIT_S)


def _wait_until_settled(database: Path, load: Load) -> None:
    limit_s = 120 + load.messages * load.latency_ms / load.modems / 1000 * 2
    states = "('delivered')" if load.reports else "('sent', 'delivered')"
    wait_for(database, f"SELECT count(*) >= ? FROM messages WHERE state IN {states}", load.messages, limit_s)


def wait_for(database: Path, query: str, value: int, limit_s: float) -> None:
    """Until the first column that ``query`` reads with ``value`` is true."""
    deadline = time.monotonic() + limit_s
    with contextlib.closing(connect(database, read_only=True)) as connection:
        while not connection.execute(query, [value]).fetchone()[0]:
            if time.monotonic() > deadline:
                raise SystemExit(f"not within {limit_s:.0f} s: {query}")
            time.sleep(0.1)


def _rate(ledger: Path, load: Load) -> float:
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    times = sorted(entry["at_ms"] for entry in entries if entry["event"] == "accepted")
    assert len(times) == load.messages, f"{len(times)} accepted of {load.messages}"
    # The first acceptance comes one latency after the start; each modem works from then on.
    return load.messages / (max(1, times[-1] - times[0] + load.latency_ms) / 1000)


def cpu_s(pid: int) -> float:
    """User and system time of a process so far (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pss_mb(pid: int | str) -> float:
    """Proportional set size of a process (proc(5), smaps_rollup)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def written(pid: int) -> int:
    """Bytes that a process caused to be sent to the disk."""
    for line in Path(f"/proc/{pid}/io").read_text().splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


def bare_loop_per_second(load: Load) -> float:
    """What a loop gets on the same bank that only writes AT+CMGS and reads the answer: no database, no limits."""
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        directory = Path(name)
        with bank(directory, load):
            ports = sorted((directory / "bank").glob("modem*"))
            return asyncio.run(_bare_loop(ports, load.messages))


async def _bare_loop(ports: Sequence[Path], messages: int) -> float:
    plan = plan_text(TEXT)
    (tpdu,) = submits(plan, Address.from_text("+8613912345678"), reference=0, status_report_request=False)
    pdu = encode_pdu(tpdu)
    command, body = f"AT+CMGS={pdu.tpdu_length}\r".encode(), f"{pdu.hex}\x1a".encode()
    loops = [_BareModem(port, command, body, messages // len(ports)) for port in ports]
    for each in loops:
        await each.expect(b"ATE0\r", b"OK\r\n")
        await each.expect(b"AT+CMGF=0\r", b"OK\r\n")
    started = time.monotonic()
    await asyncio.gather(*(each.run() for each in loops))
    return messages / (time.monotonic() - started)


class _BareModem:
    """A port in a tight loop."""

    def __init__(self, port: Path, command: bytes, body: bytes, count: int) -> None:
        self._descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._descriptor)
        self._command, self._body, self._count = command, body, count
        self._seen = b""
        self._wanted = b""
        self._found: asyncio.Future[None] | None = None
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        self._seen += os.read(self._descriptor, 4096)
        if self._found and not self._found.done() and self._wanted in self._seen:
            self._found.set_result(None)

    async def expect(self, sent: bytes, wanted: bytes) -> None:
        self._found = asyncio.get_running_loop().create_future()
        self._seen, self._wanted = b"", wanted
        os.write(self._descriptor, sent)
        await self._found

    async def run(self) -> None:
        for _ in range(self._count):
            await self.expect(self._command, b"> ")
            await self.expect(self._body, b"OK\r\n")


if __name__ == "__main__":
    raise SystemExit(main())

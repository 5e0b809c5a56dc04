"""The table `peers` of `make bench`: other SMS gateways of Debian and this one, side by side on the same bank.

Eight modems of one make, one-part Chinese messages without delivery reports, at once in the queue of each program,
which is set to be as quick as its settings allow. The rate is from the network's ledger, from the first to the last
acceptance. CPU is that of all processes of a program from the first acceptance on, PSS that of all at the end.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.store.database import prepare
from appliance.store.doorbell import ring
from tools.bench import TEXT, Load, bank, cpu_s, file_messages, pool, pss_mb, wait_for

MODEMS = 8
MAKE = ("--profile", "generic")
LIMIT_S = 45.0
SQLITE_OF_GAMMU = Path("/usr/share/doc/gammu-smsd/examples/sqlite.sql")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of one program gave."""

    per_second: float
    cpu_ms: float
    pss_mb: float


Pids = Sequence[int]
Started = Callable[[Path, int], AbstractContextManager[Pids]]
"""Starts a program with so many messages to send, in a directory with the ports of a bank; its processes."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A program, and how many messages it gets by latency: enough for half a minute or so."""

    name: str
    programs: tuple[str, ...]
    messages: dict[int, int]
    started: Started


def recipient(index: int) -> str:
    """A number of its own for each message."""
    return f"86139{index:08d}"


def ports_of(directory: Path) -> list[Path]:
    """The ports of the bank."""
    return sorted((directory / "bank").glob("modem*"))


@contextlib.contextmanager
def processes(*commands: Sequence[str]) -> Iterator[list[int]]:
    """Run programs, each in a group of its own that is ended with them; the numbers of their processes."""
    with ExitStack() as stack:
        yield [stack.enter_context(_process(command)) for command in commands]


@contextlib.contextmanager
def _process(command: Sequence[str]) -> Iterator[int]:
    null = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, start_new_session=True)
    try:
        yield process.pid
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(5)
                break


def _family(pids: Pids) -> list[int]:
    """These processes and all that they started."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found = set(pids)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


# -- gammu-smsd ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def gammu_smsd(directory: Path, messages: int) -> Iterator[Pids]:
    """A daemon for each modem, as it wants it, with one SQLite database for all."""
    database = directory / "gammu" / "smsd.db"
    database.parent.mkdir()
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(SQLITE_OF_GAMMU.read_text())
        connection.executemany(
            """
            INSERT INTO outbox (DestinationNumber, Text, TextDecoded, Coding, CreatorID, SenderID, DeliveryReport)
            VALUES (?, ?, ?, 'Unicode_No_Compression', 'bench', ?, 'no')
            """,
            [
                (f"+{recipient(index)}", TEXT.encode("utf-16-be").hex().upper(), TEXT, f"M{index % MODEMS}")
                for index in range(messages)
            ],
        )
        connection.commit()
    configs = []
    for number, port in enumerate(ports_of(directory)):
        config = database.parent / f"smsdrc{number}"
        config.write_text(
            f"""[gammu]
device = {port}
connection = at115200

[smsd]
service = sql
driver = sqlite3
dbdir = {database.parent}
database = smsd.db
phoneid = M{number}
logfile = {database.parent}/log{number}
debuglevel = 0
deliveryreport = no
checksecurity = 0
checksignal = 0
checkbattery = 0
hangupcalls = 0
loopsleep = 1
receivefrequency = 0
statusfrequency = 0
commtimeout = 30
sendtimeout = 30
"""
        )
        configs.append(str(config))
    with processes(*(["gammu-smsd", "-c", config] for config in configs)) as pids:
        yield pids


# -- smstools3 ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def smstools(directory: Path, messages: int) -> Iterator[Pids]:
    """One smsd for all modems."""
    home = directory / "smstools"
    boxes = ("outgoing", "checked", "incoming", "sent", "failed", "report")
    for box in boxes:
        (home / box).mkdir(parents=True)
    names = [f"M{number}" for number in range(MODEMS)]
    lines = [
        f"devices = {','.join(names)}",
        *(f"{box} = {home}/{box}" for box in boxes),
        *(f"{key} = {home}/smsd.{key}" for key in ("logfile", "infofile", "pidfile")),
        "loglevel = 3",
        "delaytime = 1",
        "receive_before_send = no",
        "autosplit = 3",
    ]
    for name, port in zip(names, ports_of(directory), strict=True):
        lines += ["", f"[{name}]", f"device = {port}", "baudrate = 115200", "incoming = no", "report = no"]
    (home / "smsd.conf").write_text("\n".join(lines) + "\n")
    for index in range(messages):
        text = f"To: {recipient(index)}\nAlphabet: UTF-8\nReport: no\n\n{TEXT}"
        (home / "outgoing" / f"m{index:05d}").write_text(text, "utf-8")
    with processes(["smsd", "-c", str(home / "smsd.conf"), "-t"]) as pids:
        yield pids


# -- Kannel -------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def kannel(directory: Path, messages: int) -> Iterator[Pids]:
    """The same with its messages."""
    with kannel_at(directory) as (pids, port):
        for index in range(messages):
            _until(lambda index=index: _submitted(port, index), "smsbox takes a message")  # type: ignore[misc]
        yield pids


@contextlib.contextmanager
def kannel_at(directory: Path) -> Iterator[tuple[Pids, int]]:
    """bearerbox with a connection for each modem, and smsbox, which takes messages by HTTP on a port."""
    home = directory / "kannel"
    (home / "store").mkdir(parents=True)
    admin, inner, outer = (_free_port() for _ in range(3))
    core = f"""group = core
admin-port = {admin}
admin-password = bench
admin-interface = 127.0.0.1
smsbox-port = {inner}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-file = {home}/bearerbox.log
log-level = 4
store-type = spool
store-location = {home}/store"""
    box = f"""group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {inner}
sendsms-port = {outer}
global-sender = 10000
log-file = {home}/smsbox.log
log-level = 4"""
    groups = [
        core,
        box,
        "group = sendsms-user\nusername = bench\npassword = bench\nmax-messages = 10\nconcatenation = true",
        'group = modems\nid = generic\nname = "Any modem"\nreset-string = "AT&F"\ninit-string = "AT+CMEE=1"',
    ]
    groups += [
        f"group = smsc\nsmsc = at\nsmsc-id = M{number}\nmodemtype = generic\ndevice = {port}\nspeed = 115200\n"
        "sim-buffering = false"
        for number, port in enumerate(ports_of(directory))
    ]
    config = home / "kannel.conf"
    config.write_text("\n\n".join(groups) + "\n")
    with processes(["bearerbox", str(config)]) as first:
        _until(lambda: _answers(inner), "bearerbox")
        with processes(["smsbox", str(config)]) as second:
            _until(lambda: _answers(outer), "smsbox")
            yield [*first, *second], outer


def _submitted(port: int, index: int) -> bool:
    fields = {
        "username": "bench",
        "password": "bench",
        "to": recipient(index),
        "coding": "2",
        "charset": "UTF-8",
        "text": TEXT,
    }
    url = f"http://127.0.0.1:{port}/cgi-bin/sendsms?{urllib.parse.urlencode(fields)}"
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 202)
    return False


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(look: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not look():
        if time.monotonic() > deadline:
            raise SystemExit(f"not within 30 s: {what}")
        time.sleep(0.02)


# -- this one -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def ours(directory: Path, messages: int) -> Iterator[Pids]:
    """The pool, with the messages in its database."""
    database = directory / "simloft.db"
    prepare(database)
    load = Load(MODEMS, 0, messages, reports=False)
    with pool(directory) as process:
        wait_for(database, "SELECT count(*) >= ? FROM ports WHERE state = 'ready'", MODEMS, 60)
        file_messages(database, load)
        ring(directory / "pool.sock")
        yield [process.pid]


PEERS = (
    Peer("gammu-smsd", ("gammu-smsd",), {0: 160, 3000: 48}, gammu_smsd),
    Peer("smstools3", ("smsd",), {0: 64, 3000: 48}, smstools),
    Peer("Kannel", ("bearerbox", "smsbox"), {0: 96, 3000: 48}, kannel),
    Peer("Simloft", (), {0: 4000, 3000: 64}, ours),
)


def measure(peer: Peer, latency_ms: int) -> Figures:
    """Run one program on a bank of its own."""
    messages = peer.messages[latency_ms]
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        directory = Path(name)
        load = Load(MODEMS, latency_ms, messages, reports=False)
        with bank(directory, load, *MAKE), peer.started(directory, messages) as pids:
            family = _await(directory, 1, pids)
            before = sum(cpu_s(pid) for pid in family)
            family = _await(directory, messages, pids)
            spent_s = sum(_cpu_s(pid) for pid in family) - before
            pss = sum(_pss_mb(pid) for pid in family)
        times = _accepted(directory)
        lasted_s = (times[-1] - times[0] + latency_ms) / 1000
        return Figures(len(times) / max(lasted_s, 0.001), spent_s * 1000 / len(times), pss)


def _await(directory: Path, messages: int, pids: Pids) -> list[int]:
    """Until so many were accepted, or no more are; the processes then."""
    seen, changed = 0, time.monotonic()
    while seen < messages:
        now_seen = len(_accepted(directory))
        if now_seen > seen:
            seen, changed = now_seen, time.monotonic()
        if time.monotonic() - changed > LIMIT_S:
            print(f"(only {seen} of {messages}: no more came within {LIMIT_S:.0f} s)", flush=True)
            break
        time.sleep(0.1)
    return _family(pids)


def _accepted(directory: Path) -> list[int]:
    ledger = directory / "ledger.jsonl"
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    return sorted(
        entry["at_ms"]
        for entry in (json.loads(line) for line in lines if line.endswith("}"))
        if entry["event"] == "accepted"
    )


def _cpu_s(pid: int) -> float:
    with contextlib.suppress(OSError):
        return cpu_s(pid)
    return 0.0


def _pss_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        return pss_mb(pid)
    return 0.0


def print_table(runs: int) -> None:
    """Measure and print."""
    print(f"\n{MODEMS} modems, one run after the other, median of {runs} (gateways of Debian as installed)\n")
    print(f"{'latency':>7}  {'program':12}{'messages/s':>12}  {'CPU/msg':>9}  {'PSS':>7}  to gammu-smsd")
    for latency_ms in (0, 3000):
        yardstick: float | None = None
        for peer in PEERS:
            missing = [each for each in peer.programs if not _is_there(each)]
            if missing:
                print(
                    f"{latency_ms:4} ms  {peer.name:12}{'not installed: ' + ', '.join(missing)}", flush=True
                )
                continue
            found = [measure(peer, latency_ms) for _ in range(runs)]
            rate = statistics.median(each.per_second for each in found)
            cpu_ms = statistics.median(each.cpu_ms for each in found)
            pss = statistics.median(each.pss_mb for each in found)
            yardstick = rate if peer.name == "gammu-smsd" else yardstick
            ratio = "" if yardstick is None else f"{rate / yardstick:8.1f} ×"
            row = f"{latency_ms:4} ms  {peer.name:12}{rate:12,.1f}  {cpu_ms:6.2f} ms  {pss:4.0f} MB  {ratio}"
            print(row, flush=True)


def _is_there(program: str) -> bool:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") is not None


if __name__ == "__main__":
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    print_table(1)

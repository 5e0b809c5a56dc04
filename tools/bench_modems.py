"""The second table of `make bench`: what modems at rest cost, and how quickly the pool follows what people do to them.

Each figure is of a bank and a pool of their own, in processes of their own; medians and spreads over the runs.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from appliance.store.database import connect, prepare
from appliance.store.doorbell import ring
from tools.bench import Load, bank, cpu_s, file_messages, pool, pss_mb, wait_for

AT_REST = 32
SETTLE_S = 35.0
"""After bring-up: the first looks into each memory are no rest."""
REST_S = 120.0
LONGEST_WAIT_S = 90.0
MAKES = ("simcom-sim800", "quectel-ec25", "huawei-e173", "simcom-sim7600")
"""Three that tell of a card that is moved, and one that sees it only when it is asked or its radio was off."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What modems at rest cost."""

    cpu_share: float
    """Of one core."""
    commands_per_30_s: float
    """AT commands that a modem was given in 30 s, the mean over the modems."""
    most_per_30_s: float
    """The same of the modem that was asked most."""
    pss_mb: float


class Control:
    """The control socket of a bank."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def ask(self, op: str, **fields: object) -> Any:
        self._socket.sendall(json.dumps({"op": op, **fields}).encode() + b"\n")
        answer = json.loads(self._lines.readline())
        if not answer["ok"]:
            raise SystemExit(f"{op}: {answer['error']}")
        return answer["result"]


@contextlib.contextmanager
def box(modems: int, *options: str) -> Iterator[tuple[Path, Control, subprocess.Popen[bytes]]]:
    """A bank and a pool, all modems ready: the directory, the bank's control, the pool's process."""
    with tempfile.TemporaryDirectory(prefix="simloft-bench-") as name:
        directory = Path(name)
        database = directory / "simloft.db"
        prepare(database)
        load = Load(modems, 100, 0, reports=True)
        control = directory / "bank.sock"
        with (
            bank(directory, load, "--control", str(control), *options),
            pool(directory) as pool_process,
        ):
            wait_for(database, "SELECT count(*) >= ? FROM ports WHERE state = 'ready'", modems, 60)
            yield directory, Control(control), pool_process


def rest_once() -> Rest:
    """32 modems, nothing to send, nothing arrives."""
    with box(AT_REST) as (_, control, process):
        time.sleep(SETTLE_S)
        before, given = cpu_s(process.pid), _commands(control)
        began = time.monotonic()
        time.sleep(REST_S)
        lasted_s = time.monotonic() - began
        spent = [count - given[name] for name, count in _commands(control).items()]
        return Rest(
            cpu_share=(cpu_s(process.pid) - before) / lasted_s,
            commands_per_30_s=statistics.mean(spent) / lasted_s * 30,
            most_per_30_s=max(spent) / lasted_s * 30,
            pss_mb=pss_mb(process.pid),
        )


def _commands(control: Control) -> dict[str, int]:
    return {each["modem"]: each["commands"] for each in control.ask("modems")}


def swap_once(make: str) -> tuple[float, float]:
    """A card is pulled and another put in while the modem is at rest.

    Returns how long until the wall says that there is none, and from the new card to ready with it; seconds.
    """
    with box(1, "--profile", make) as (directory, control, _), _reading(directory) as reader:
        pulled_at = time.monotonic()
        control.ask("card", modem="modem01", action="pull")
        _until(reader, "SELECT count(*) FROM ports WHERE state = 'no-sim'")
        put_in_at = time.monotonic()
        control.ask("card", modem="modem01", action="insert")
        _until(
            reader,
            "SELECT count(*) FROM ports WHERE state = 'ready' AND sim_id = (SELECT id FROM sims WHERE id > 1)",
        )
        return put_in_at - pulled_at, time.monotonic() - put_in_at


def unplug_once() -> tuple[float, float]:
    """One of 8 modems is unplugged in the midst of a queue.

    Returns how long until nothing is said to be with its SIM any more (what was not given to it yet can be taken by the
    others, which pull for themselves), and how many messages became uncertain by it; seconds, messages.
    """
    with box(8) as (directory, control, _), _reading(directory) as reader:
        database = directory / "simloft.db"
        control.ask("settings", latency_ms=1000)
        file_messages(database, Load(8, 1000, 200, reports=True))
        ring(directory / "pool.sock")
        _until(reader, "SELECT count(*) >= 16 FROM messages WHERE state = 'delivered'")
        sim = reader.execute("SELECT sim_id FROM ports WHERE name LIKE '%modem01'").fetchone()[0]
        control.ask("unplug", modem="modem01")
        unplugged = time.monotonic()
        _until(
            reader,
            f"SELECT count(*) = 0 FROM messages WHERE sim_id = {sim} AND state IN ('sending', 'queued')",
        )
        took_s = time.monotonic() - unplugged
        return took_s, reader.execute("SELECT count(*) FROM messages WHERE state = 'uncertain'").fetchone()[0]


def _reading(directory: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(connect(directory / "simloft.db", read_only=True))


def _until(reader: sqlite3.Connection, query: str) -> None:
    deadline = time.monotonic() + LONGEST_WAIT_S
    while not reader.execute(query).fetchone()[0]:
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {LONGEST_WAIT_S:.0f} s: {query}")
        time.sleep(0.02)


def print_table(runs: int) -> None:
    """Measure and print."""
    rests = [rest_once() for _ in range(max(1, runs // 2))]
    print(f"\n{AT_REST} modems at rest, {REST_S:.0f} s")
    _row("pool CPU, of one core", [each.cpu_share * 100 for each in rests], "%")
    _row("AT commands a modem in 30 s", [each.commands_per_30_s for each in rests], "")
    _row("  the modem that was asked most", [each.most_per_30_s for each in rests], "")
    _row("pool PSS", [each.pss_mb for each in rests], "MB")
    print("\nSwap of a card at rest")
    for make in MAKES:
        swaps = [swap_once(make) for _ in range(runs)]
        _row(f"{make}: pulled, seen after", [seen for seen, _ in swaps], "s")
        _row(f"{make}: put in, ready after", [ready for _, ready in swaps], "s")
    unplugs = [unplug_once() for _ in range(runs)]
    print("\nOne of 8 modems unplugged in the midst of a queue")
    _row("what it had left is with others after", [took for took, _ in unplugs], "s")
    _row("uncertain by it", [count for _, count in unplugs], "messages")


def _row(name: str, values: list[float], unit: str) -> None:
    print(
        f"  {name:44}{statistics.median(values):8.2f} {unit:9}({min(values):.2f}–{max(values):.2f})",
        flush=True,
    )

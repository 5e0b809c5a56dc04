"""``simloft doctor``: look for what keeps the box from working, and say what to do about it.

It only looks: it opens no serial port and changes nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from appliance.cli import doctor_devices, doctor_upkeep
from appliance.cli.exit_codes import EXIT_OK, EXIT_PROBLEM
from appliance.cli.finding import Finding, Status
from appliance.cli.options import add_listen_option, add_port_option, add_settings_options, settings_from
from appliance.cli.programs import command_lines, me
from appliance.config import Settings
from appliance.store.database import connect, refuse_a_newer_one
from appliance.store.errors import StoreDamagedError, StoreError
from appliance.store.soundness import refuse_a_damaged_one

LEAST_FREE_MB = 200
LOOK_S = 30.0
"""For which a doctor looks at a large database."""
BUILT_IN = datetime(2026, 11, 1, tzinfo=UTC)
"""No honest clock shows an earlier time than the program was written."""


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "doctor", help="look for what keeps the box from working", description=__doc__
    )
    add_settings_options(parser)
    add_port_option(parser)
    add_listen_option(parser)
    parser.add_argument("--json", action="store_true", help="as a JSON list of findings")
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    found = list(findings(settings_from(namespace)))
    if namespace.json:
        print(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            mark = {Status.OK: "✓", Status.NOTE: "·", Status.PROBLEM: "✗"}[each.status]
            print(f"{mark} {each.about}: {each.seen}")
            if each.advice:
                print(f"    → {each.advice}")
    return EXIT_PROBLEM if any(each.status is Status.PROBLEM for each in found) else EXIT_OK


def findings(settings: Settings) -> Iterator[Finding]:
    """Everything that the doctor looks at, in the order in which a person would."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _data_directory,
        _database,
        doctor_upkeep.findings,
        _clock,
        doctor_devices.findings,
        _processes,
        _service,
    )
    for check in checks:
        yield from check(settings)


def _data_directory(settings: Settings) -> Iterator[Finding]:
    data = settings.data
    if not data.exists():
        yield Finding("data directory", Status.NOTE, f"{data} does not exist yet", "`simloft run` makes it.")
        return
    if not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            "data directory",
            Status.PROBLEM,
            f"{data} belongs to {_owner(data)} and can't be written by {me()}",
            f"Run as {_owner(data)}, or give the directory over: sudo chown -R {me()} {data}",
        )
        return
    if data.stat().st_mode & 0o077:
        yield Finding(
            "data directory",
            Status.NOTE,
            f"{data} can be read by other users of this machine",
            f"It holds messages: chmod 700 {data}",
        )
    free_mb = shutil.disk_usage(data).free // 1_000_000
    if free_mb < LEAST_FREE_MB:
        yield Finding(
            "disk",
            Status.PROBLEM,
            f"only {free_mb} MB are free under {data}",
            "Make room: a full disk stops accepting messages (none is lost).",
        )
    else:
        yield Finding("data directory", Status.OK, f"{data}, {free_mb:,} MB free")


def _database(settings: Settings) -> Iterator[Finding]:
    path = settings.database
    if not path.exists():
        yield Finding("database", Status.NOTE, "none yet", "`simloft run` makes it.")
        return
    try:
        refuse_a_damaged_one(path, LOOK_S)
        refuse_a_newer_one(path)
        with contextlib.closing(connect(path, read_only=True)) as connection:
            waiting = connection.execute("SELECT count(*) FROM messages WHERE state = 'queued'").fetchone()[0]
            uncertain = connection.execute(
                "SELECT count(*) FROM messages WHERE state = 'uncertain'"
            ).fetchone()[0]
    except StoreDamagedError as error:
        seen, _, advice = str(error).partition(". ")
        yield Finding("database", Status.PROBLEM, seen, advice)
        return
    except (sqlite3.Error, StoreError) as error:
        yield Finding("database", Status.PROBLEM, f"can't be read: {error}", "Restore it from a backup.")
        return
    yield Finding("database", Status.OK, f"sound; {waiting} waiting")
    if uncertain:
        yield Finding(
            "messages",
            Status.NOTE,
            f"{uncertain} are uncertain: sent perhaps, and no answer came",
            "See them on the page, and choose “send again” or “mark as sent” for each.",
        )


def _clock(settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    newest_ms = _newest_message_ms(settings)
    shown = now.strftime("%Y-%m-%d %H:%M UTC")
    if now < BUILT_IN:
        yield Finding(
            "clock",
            Status.PROBLEM,
            f"it shows {shown}, which is before this program was written",
            "Set it: sudo date -s 'YYYY-MM-DD HH:MM'. Times of messages are wrong until then.",
        )
    elif newest_ms is not None and now.timestamp() * 1000 + 60_000 < newest_ms:
        newest = datetime.fromtimestamp(newest_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield Finding(
            "clock",
            Status.PROBLEM,
            f"it shows {shown}, but a message of {newest} is in the database",
            "It was set back. Set it right; limits wait until the old time is reached again.",
        )
    else:
        yield Finding("clock", Status.OK, shown)


def _newest_message_ms(settings: Settings) -> int | None:
    if not settings.database.exists():
        return None
    try:
        with contextlib.closing(connect(settings.database, read_only=True)) as connection:
            row = connection.execute(
                "SELECT accepted_at_ms FROM messages ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            return int(row[0]) if row else None
    except sqlite3.Error:
        return None


def _processes(settings: Settings) -> Iterator[Finding]:
    running = [parts for parts in command_lines() if _is_simloft(parts)]
    for name in ("pool", "web"):
        here = any(name in parts and str(settings.data) in parts for parts in running)
        if here:
            yield Finding(name, Status.OK, f"running for {settings.data}")
        else:
            yield Finding(name, Status.NOTE, f"not running for {settings.data}", "`simloft run` starts it.")


def _is_simloft(parts: list[str]) -> bool:
    return any(Path(part).name == "simloft" or part == "appliance.cli.main" for part in parts[:3])


def _service(_: Settings) -> Iterator[Finding]:
    if importlib.util.find_spec("systemd") is None:
        yield Finding(
            "systemd",
            Status.NOTE,
            "the Python package systemd-python is not installed",
            "Only needed as a system service: sudo apt-get install libsystemd-dev pkg-config, then make install.",
        )


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except (KeyError, OSError):
        return "another user"

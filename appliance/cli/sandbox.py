"""The sandbox of a box: a pool and two simulated modems in ``DIR/sandbox``, there only while a sandbox key is.

Keys are made and taken back by other processes, so this one looks: a read of shared memory each time, and the table of
keys only after a change. Nothing that happens to the sandbox ends or holds up the box.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import time
from pathlib import Path

from appliance.cli.processes import LONGEST_PAUSE_S, Part, first_of, keep_running
from appliance.config import Settings
from appliance.store import clock, sandbox_keys
from appliance.store.database import connect

log = logging.getLogger("simloft.run")

LOOK_S = 1.0
EXPIRED_KEYS_LOOK_S = 30.0
"""A key that expires changes nothing in the database."""
NICE = 10
"""The real modems go first when the box is busy."""


class KeyWatch:
    """Whether anybody has a key of the sandbox, at the price of a ``PRAGMA data_version``."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._reader: sqlite3.Connection | None = None
        self._version = -1
        self._looked_at_s = 0.0
        self._found = False

    def look(self) -> bool:
        """What is so now; what was so before, where the database can't be read at the moment."""
        try:
            if self._reader is None:
                self._reader = connect(self._database, read_only=True)
            version = int(self._reader.execute("PRAGMA data_version").fetchone()[0])
            if version != self._version or time.monotonic() - self._looked_at_s >= EXPIRED_KEYS_LOOK_S:
                self._found = sandbox_keys.any_sandbox_key(self._reader, clock.now_ms())
                self._version, self._looked_at_s = version, time.monotonic()
        except sqlite3.Error as error:
            log.debug("the keys can't be read now (%s)", type(error).__name__)
            self.close()
        return self._found

    def close(self) -> None:
        """Let go of the database."""
        if self._reader is not None:
            self._reader.close()
        self._reader, self._version = None, -1


async def keep_sandbox(settings: Settings, options: list[str], stopping: asyncio.Event) -> None:
    """Start the sandbox whenever there is a key for it, and end it when there is none, until ``stopping``.

    ``settings`` are those of the box, ``options`` what its processes are started with.
    """
    with contextlib.closing(KeyWatch(settings.database)) as watch:
        while not stopping.is_set():
            if not watch.look():
                await first_of(asyncio.sleep(LOOK_S), stopping.wait())
                continue
            log.info("there is a key of the sandbox: its simulated modems are started")
            unwanted = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(_keep_trying(settings.sandbox, options, unwanted))
                while watch.look() and not stopping.is_set():
                    await first_of(asyncio.sleep(LOOK_S), stopping.wait())
                unwanted.set()
            log.info("the sandbox is ended")


async def _keep_trying(sandbox: Settings, options: list[str], end: asyncio.Event) -> None:
    """Run it until ``end``. A disk that is full or a system that gives no more processes is no matter of the box."""
    while not end.is_set():
        try:
            await _run(sandbox, options, end)
        except* OSError as errors:
            log.error("the sandbox can't run (%s); it is tried again", errors.exceptions[0])
            await first_of(asyncio.sleep(LONGEST_PAUSE_S), end.wait())


async def _run(sandbox: Settings, options: list[str], end: asyncio.Event) -> None:
    sandbox.data.mkdir(mode=0o700, exist_ok=True)
    ready, answered = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(
            keep_running(bank_part(sandbox, "--magic-numbers", nice=NICE), answered, ready=ready)
        )
        await first_of(ready.wait(), end.wait())
        await keep_running(Part("pool of the sandbox", ("pool", *options, "--sandbox"), nice=NICE), end)
        answered.set()


def bank_part(settings: Settings, *more: str, name: str = "", nice: int = 0) -> Part:
    """The process of a bank of simulated modems."""
    simulated = settings.simulated
    arguments = (
        "simulate",
        *("--dir", str(settings.bank_directory)),
        *("--control", str(settings.bank_control)),
        *("--modems", str(simulated.modems)),
        *("--latency-ms", str(simulated.latency_ms)),
        *("--report-delay-ms", str(simulated.report_delay_ms)),
        *more,
    )
    return Part(name or "network of the sandbox", arguments, nice=nice)

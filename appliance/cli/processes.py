"""The processes that ``simloft run`` starts: each is started again when it ends, and ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.cli.exit_codes import EXIT_UNAVAILABLE, EXIT_USAGE
from appliance.cli.parent import environment_of_child

log = logging.getLogger("simloft.run")

SHORTEST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
HEALTHY_AFTER_S = 30.0
START_LIMIT_S = 20.0
STOP_LIMIT_S = 15.0
"""The pool waits up to 10 s for answers of the network before it leaves a part as uncertain."""
_OF_THE_SERVICE = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
"""What systemd told the box (sd_notify(3)): only a process that the box can't do without may answer for it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the box."""

    name: str
    arguments: tuple[str, ...]
    last_signal: signal.Signals = signal.SIGKILL
    """What it gets when this process is killed. What it has to keep is on disk; the next start needs its address."""
    nice: int = 0
    """How much it gives way to others (setpriority(2)); one that does is none that the box can't do without."""

    @property
    def environment(self) -> dict[str, str]:
        """What it is started with."""
        inherited = environment_of_child(self.last_signal)
        return {
            name: value for name, value in inherited.items() if not (self.nice and name in _OF_THE_SERVICE)
        }


async def first_of(*awaitables: Awaitable[Any]) -> None:
    """Wait until one of these is done; the others are given up."""
    tasks = [asyncio.ensure_future(each) for each in awaitables]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def keep_running(
    part: Part,
    end: asyncio.Event,
    *,
    refused: Callable[[int], None] | None = None,
    ready: asyncio.Event | None = None,
) -> None:
    """Start a process, and again whenever it ends, until ``end``.

    ``refused`` gets the exit code of one that says at its start that it can't begin; None: that is tried again, too.
    ``ready`` is set when the process says its first line.
    """
    pause_s = SHORTEST_PAUSE_S
    while not end.is_set():
        started = time.monotonic()
        code = await _run_once(part, end, ready)
        if end.is_set():
            return
        lasted_s = time.monotonic() - started
        if refused is not None and code in (EXIT_USAGE, EXIT_UNAVAILABLE) and lasted_s < START_LIMIT_S:
            # It said what is wrong; starting it again would only say it again.
            refused(code)
            return
        pause_s = SHORTEST_PAUSE_S if lasted_s > HEALTHY_AFTER_S else pause_s
        log.warning("%s ended (%s); it starts again in %.1f s", part.name, _ended_how(code), pause_s)
        await first_of(asyncio.sleep(pause_s), end.wait())
        pause_s = min(LONGEST_PAUSE_S, pause_s * 2)


async def _run_once(part: Part, end: asyncio.Event, ready: asyncio.Event | None) -> int:
    process = await asyncio.create_subprocess_exec(
        *_command(part.arguments),
        env=part.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if ready else None,
        process_group=0,  # Ctrl-C reaches this process alone, which then ends the others in order.
    )
    try:
        if part.nice:
            with contextlib.suppress(ProcessLookupError):
                os.setpriority(os.PRIO_PROCESS, process.pid, part.nice)
        if ready and process.stdout and await process.stdout.readline():
            ready.set()
        await first_of(process.wait(), end.wait())
    finally:
        if process.returncode is None:
            await _end(process)
    assert process.returncode is not None
    return process.returncode


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _command(arguments: tuple[str, ...]) -> list[str]:
    script = Path(sys.executable).with_name("simloft")
    program = [str(script)] if script.exists() else ["-m", "appliance.cli.main"]
    return [sys.executable, *program, *arguments]


def _ended_how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"

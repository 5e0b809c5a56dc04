"""``simloft run``: start the whole box and keep it running until Ctrl-C.

The pool and the web are processes of their own. Where no port is given, the box runs on the modems that are plugged
in; a new one without any runs on a bank of simulated modems, the third process. A process that ends is started again;
all of them end with this one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import shlex
import signal
import socket
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_UNAVAILABLE, EXIT_USAGE, CommandError
from appliance.cli.first_key import ensure_first_key
from appliance.cli.login_link import make_login_link, page_addresses
from appliance.cli.options import (
    add_listen_option,
    add_port_option,
    add_settings_options,
    prepare_store,
    settings_from,
    start_logging,
)
from appliance.cli.parent import environment_of_child
from appliance.cli.plugged import Choice, choose_ports, modems_in_words
from appliance.config import Settings

log = logging.getLogger("simloft.run")

SHORTEST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
HEALTHY_AFTER_S = 30.0
START_LIMIT_S = 20.0
STOP_LIMIT_S = 15.0
"""The pool waits up to 10 s for answers of the network before it leaves a part as uncertain."""


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("run", help="start the box", description=__doc__)
    add_settings_options(parser)
    add_port_option(parser)
    add_listen_option(parser)
    parser.set_defaults(func=_run)


def _run(namespace: argparse.Namespace) -> int:
    settings = settings_from(namespace)
    start_logging()
    _refuse_a_busy_address(settings)
    prepare_store(settings, look=True)
    new_key = ensure_first_key(settings)
    choice = choose_ports(settings)
    settings = choice.settings
    with _only_box_of(settings.data):
        settings.address_file.write_text(f"{settings.listen}\n", encoding="utf-8")
        return asyncio.run(_Box(choice, _child_options(namespace, settings), new_key).run())


@contextlib.contextmanager
def _only_box_of(data: Path) -> Any:
    """Hold the lock of a data directory: two boxes on one database would fight over its modems."""
    import fcntl  # noqa: PLC0415 - Linux only, as the box is

    with open(data / "run.lock", "w", opener=partial(os.open, mode=0o600)) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                f"A box is running from {data} already. Stop it first, or choose another --data.",
                EXIT_UNAVAILABLE,
            ) from error
        yield


def _refuse_a_busy_address(settings: Settings) -> None:
    host, port = settings.host_and_port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"The address {settings.listen} can't be used ({error.strerror}). "
                "Stop the program that has it, or choose another one with --listen.",
                EXIT_UNAVAILABLE,
            ) from error


def _child_options(namespace: argparse.Namespace, settings: Settings) -> list[str]:
    options = ["--data", str(settings.data)]
    if namespace.config:
        options += ["--config", str(namespace.config.absolute())]
    return options


@dataclass(frozen=True, slots=True)
class _Part:
    """One process of the box."""

    name: str
    arguments: tuple[str, ...]
    last_signal: signal.Signals = signal.SIGKILL
    """What it gets when this process is killed. What it has to keep is on disk; the next start needs its address."""


class _Box:
    """The processes of the box, started, watched and ended together."""

    def __init__(self, choice: Choice, options: list[str], new_key: str | None) -> None:
        self._choice = choice
        self._settings = settings = choice.settings
        self._new_key = new_key
        ports = [f"--port={pattern}" for pattern in settings.ports]
        self._pool = _Part(
            "pool", ("pool", *options, *ports), signal.SIGTERM
        )  # It waits for answers of the network.
        self._web = _Part("web", ("web", *options, *ports, "--listen", settings.listen))
        self._bank = _Part("simulate", self._bank_arguments()) if settings.is_simulated else None
        self._stopping = asyncio.Event()
        self._served = asyncio.Event()
        """Pool and web have ended: the network that answers them may end, too."""
        self._exit_code = EXIT_OK

    def _bank_arguments(self) -> tuple[str, ...]:
        simulated = self._settings.simulated
        return (
            "simulate",
            *("--dir", str(self._settings.bank_directory)),
            *("--control", str(self._settings.bank_control)),
            *("--ledger", str(self._settings.bank_ledger)),
            *("--modems", str(simulated.modems)),
            *("--latency-ms", str(simulated.latency_ms)),
            *("--report-delay-ms", str(simulated.report_delay_ms)),
        )

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            if self._bank:
                ready = asyncio.Event()
                group.create_task(self._keep_running(self._bank, self._served, ready))
                await self._first_of(ready.wait())
            welcoming = group.create_task(self._welcome())
            async with asyncio.TaskGroup() as serving:
                serving.create_task(self._keep_running(self._pool, self._stopping))
                serving.create_task(self._keep_running(self._web, self._stopping))
            welcoming.cancel()
            self._served.set()
        return self._exit_code

    async def _first_of(self, awaitable: Any, end: asyncio.Event | None = None) -> None:
        """Wait for this, or for ``end`` (of the box, if no other is given)."""
        tasks = [asyncio.ensure_future(each) for each in (awaitable, (end or self._stopping).wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _keep_running(
        self, part: _Part, end: asyncio.Event, ready: asyncio.Event | None = None
    ) -> None:
        """Start a process, and again whenever it ends, until ``end``."""
        pause_s = SHORTEST_PAUSE_S
        while not end.is_set():
            started = time.monotonic()
            code = await self._run_once(part, end, ready)
            if self._stopping.is_set():
                return
            if code in (EXIT_USAGE, EXIT_UNAVAILABLE) and time.monotonic() - started < START_LIMIT_S:
                # It said what is wrong; starting it again would only say it again.
                self._exit_code = code
                self._stopping.set()
                return
            pause_s = SHORTEST_PAUSE_S if time.monotonic() - started > HEALTHY_AFTER_S else pause_s
            log.warning("%s ended (%s); it starts again in %.1f s", part.name, _ended_how(code), pause_s)
            await self._first_of(asyncio.sleep(pause_s), end)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _run_once(self, part: _Part, end: asyncio.Event, ready: asyncio.Event | None) -> int:
        process = await asyncio.create_subprocess_exec(
            *_command(part.arguments),
            env=environment_of_child(part.last_signal),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if ready else None,
            process_group=0,  # Ctrl-C reaches this process alone, which then ends the others in order.
        )
        try:
            if ready and process.stdout and await process.stdout.readline():
                ready.set()
            await self._first_of(process.wait(), end)
        finally:
            if process.returncode is None:
                await _end(process)
        assert process.returncode is not None
        return process.returncode

    async def _welcome(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while not await _answers(self._settings):
            if self._stopping.is_set():
                return
            if time.monotonic() > deadline:
                log.error("The page does not answer on %s. See the lines above.", self._settings.listen)
                return
            await asyncio.sleep(0.03)
        print(welcome(self._choice, make_login_link(self._settings), self._new_key), flush=True)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(settings: Settings) -> bool:
    host, port = settings.host_and_port
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return b" 200 " in await reader.readline()
    except OSError:
        return False
    finally:
        writer.close()


def _command(arguments: tuple[str, ...]) -> list[str]:
    script = Path(sys.executable).with_name("simloft")
    program = [str(script)] if script.exists() else ["-m", "appliance.cli.main"]
    return [sys.executable, *program, *arguments]


def _ended_how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def welcome(choice: Choice, token: str, new_key: str | None) -> str:
    """What a person reads when the box is up: where the page is, and a line to paste."""
    settings = choice.settings
    local, lan = page_addresses(settings)
    key = new_key or f"$(cat {shlex.quote(_short(settings.first_api_key))})"
    lines = [
        "",
        *modems_in_words(choice),
        "",
        "Page (this link opens it once, within 30 minutes; a new one: simloft login-link):",
        f"    {local}/login/{token}",
    ]
    if lan:
        lines += [f"    {lan}/login/{token}      from another machine"]
    lines += [
        "",
        "Send a message (the API key is in " + _short(settings.first_api_key) + "):",
        f'    curl -s {local}/api/v1/messages -H "Authorization: Bearer {key}" \\',
        '         -H \'Content-Type: application/json\' -d \'{"to": "+8613912345678", "text": "你好，Simloft"}\'',
        "",
        "Ctrl-C stops the box.",
        "",
    ]
    return "\n".join(lines)


def _short(path: Path) -> str:
    try:
        return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
    except OSError:
        return str(path)

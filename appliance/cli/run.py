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
import time
from collections.abc import Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from appliance.cli.exit_codes import EXIT_OK, EXIT_UNAVAILABLE, CommandError
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
from appliance.cli.plugged import Choice, choose_ports, modems_in_words
from appliance.cli.processes import START_LIMIT_S, Part, first_of, keep_running
from appliance.cli.sandbox import bank_part, keep_sandbox
from appliance.config import Settings

log = logging.getLogger("simloft.run")


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


class _Box:
    """The processes of the box, started, watched and ended together."""

    def __init__(self, choice: Choice, options: list[str], new_key: str | None) -> None:
        self._choice = choice
        self._settings = settings = choice.settings
        self._new_key = new_key
        ports = [f"--port={pattern}" for pattern in settings.ports]
        self._options = options
        # The pool waits for answers of the network.
        self._pool = Part("pool", ("pool", *options, *ports), signal.SIGTERM)
        self._web = Part("web", ("web", *options, *ports, "--listen", settings.listen))
        self._listeners = Part("listeners", ("listeners", *options))
        self._stopping = asyncio.Event()
        self._served = asyncio.Event()
        """Pool and web have ended: the network that answers them may end, too."""
        self._exit_code = EXIT_OK

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        async with asyncio.TaskGroup() as group:
            if self._settings.is_simulated:
                await self._start_bank(group)
            welcoming = group.create_task(self._welcome())
            async with asyncio.TaskGroup() as serving:
                serving.create_task(self._keep(self._pool))
                serving.create_task(self._keep(self._web))
                if self._settings.has_listeners:
                    # It is tried again where it can't begin: a port that is taken ends no box.
                    serving.create_task(keep_running(self._listeners, self._stopping))
                serving.create_task(keep_sandbox(self._settings, self._options, self._stopping))
            welcoming.cancel()
            self._served.set()
        return self._exit_code

    async def _start_bank(self, group: asyncio.TaskGroup) -> None:
        ledger = ("--ledger", str(self._settings.bank_ledger))
        bank, ready = bank_part(self._settings, *ledger, name="simulate"), asyncio.Event()
        group.create_task(keep_running(bank, self._served, refused=self._refused, ready=ready))
        await first_of(ready.wait(), self._stopping.wait())

    def _keep(self, part: Part) -> Coroutine[None, None, None]:
        return keep_running(part, self._stopping, refused=self._refused)

    def _refused(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._stopping.set()

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

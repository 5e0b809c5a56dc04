"""The web process: granian in front, the gateway behind it, bottle behind that (docs/web-server.md says why)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import resource
import signal
import socket
from dataclasses import replace

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from appliance.desk.rounds import Rounds
from appliance.desk.upkeep_round import upkeep_tasks
from appliance.store.database import prepare
from appliance.web.app import SECURITY_HEADERS, build_application
from appliance.web.gateway import Gateway
from appliance.web.language import languages
from appliance.web.office import Office
from appliance.web.settings import WebSettings
from appliance.web.unexpected import log_unexpected

log = logging.getLogger("simloft.web")

HEADER_TIMEOUT_MS = 10_000
"""How long a client may take to send its request line and headers, and how long a kept-alive connection may idle."""
MOST_CONNECTIONS = 12_000
SHUTDOWN_LIMIT_S = 1.0
"""How long requests that run at SIGTERM may go on; what was answered is on disk anyhow."""


class AddressError(Exception):
    """The address can't be listened on; the text says why and what to do."""


def serve(settings: WebSettings) -> None:
    """Answer HTTP until SIGTERM or SIGINT.

    Raises :class:`AddressError`, or a :class:`~appliance.store.errors.StoreError` for a database that can't be used.
    """
    settings = replace(settings, port=_free_address(settings.host, settings.port))
    _allow_many_connections()
    prepare(settings.database)
    languages()
    # It warns at each start that its embedded form is experimental; docs/web-server.md tells what that means to us.
    logging.getLogger("_granian").setLevel(logging.ERROR)
    office = Office(settings)
    works = (Rounds(office.tools), Rounds(office.tools, upkeep_tasks(settings.upkeep), name="upkeep"))
    for each in works:
        each.start()
    exit_code = 1
    try:
        exit_code = asyncio.run(_serve(settings, office))
    except Exception as error:
        log_unexpected(log, "the web process fails", error)
    finally:
        for each in works:
            each.stop()
        office.close()
        logging.shutdown()
        # granian's own threads may wait for clients that never hang up; all that matters is on disk now.
        os._exit(exit_code)


async def _serve(settings: WebSettings, office: Office) -> int:
    """The exit code: 0 where it was told to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(build_application(office), settings.limits, SECURITY_HEADERS)
    server = Server(
        gateway,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT_MS, max_buffer_size=64 * 1024),
        websockets=False,
        backlog=1024,
        backpressure=MOST_CONNECTIONS,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    log.info("listening on %s port %d", settings.host, settings.port)
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        log.error("the HTTP server ended by itself")
    stopping.cancel()
    gateway.end_streams()
    server.stop()  # type: ignore[no-untyped-call]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(serving, SHUTDOWN_LIMIT_S)
    gateway.close()
    return 0 if stop.is_set() else 1


def _free_address(host: str, port: int) -> int:
    """The port to listen on, found out before anything starts; granian itself would only log its failure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError as error:
            raise AddressError(_why_not(host, port, error)) from error
        return int(probe.getsockname()[1])


def _why_not(host: str, port: int, error: OSError) -> str:
    place = f"{host}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Another program listens on {place} already. Stop it, or choose another port with --listen."
            )
        case errno.EACCES:
            return f"This user may not listen on {place}. Choose a port above 1023 with --listen."
        case errno.EADDRNOTAVAIL:
            return f"This machine has no address {host}. Choose another one with --listen."
        case _:
            return (
                f"{place} can't be listened on ({error.strerror or error}). Choose another one with --listen."
            )


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 1024
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

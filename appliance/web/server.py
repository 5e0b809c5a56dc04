"""The web process: granian in front, the gateway behind it, then the application (docs/web-server.md says why)."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
import sqlite3
import sys

from appliance.desk.rounds import Rounds
from appliance.desk.upkeep_round import upkeep_tasks
from appliance.store import sandbox_keys
from appliance.store.database import prepare
from appliance.store.errors import StoreError
from appliance.web.app import SECURITY_HEADERS, build_application
from appliance.web.crowd import Crowd
from appliance.web.gateway import Gateway
from appliance.web.language import languages
from appliance.web.listener import Listener, listen
from appliance.web.office import Office
from appliance.web.outboxes import OUTBOXES
from appliance.web.secure import serve_securely
from appliance.web.serving import MOST_CONNECTIONS, Serving, open_when_free
from appliance.web.settings import WebSettings
from appliance.web.unexpected import log_unexpected

log = logging.getLogger("simloft.web")

SHUTDOWN_LIMIT_S = 1.0
"""How long requests that run at SIGTERM may go on; what was answered is on disk anyhow."""


def serve(settings: WebSettings) -> None:
    """Answer HTTP until SIGTERM or SIGINT.

    Raises :class:`~appliance.web.listener.AddressError`, or a :class:`~appliance.store.errors.StoreError` for a
    database that can't be used.
    """
    at = Listener(host=settings.host, port=settings.port)
    listening = listen(at)
    _allow_many_connections()
    prepare(settings.database)
    languages()
    office = Office(settings)
    works = Works()
    works.start(office)
    office.on_sandbox = works.start
    _open_sandbox(office)
    exit_code = 1
    try:
        exit_code = asyncio.run(_serve(settings, office, at, listening))
    except Exception as error:
        log_unexpected(log, "the web process fails", error)
    finally:
        works.stop()
        office.close()
        logging.shutdown()
        # granian's own threads may wait for clients that never hang up; all that matters is on disk now.
        os._exit(exit_code)


class Works:
    """What is done by the clock, for the box and for its sandbox where that is used."""

    def __init__(self) -> None:
        self._all: list[Rounds] = []

    def start(self, office: Office) -> None:
        """Begin with those of one box."""
        OUTBOXES.of(office)
        begun = (
            Rounds(office.tools),
            Rounds(office.tools, upkeep_tasks(office.settings.upkeep), name="upkeep"),
        )
        for each in begun:
            each.start()
        self._all += begun

    def stop(self) -> None:
        """Begin nothing new."""
        OUTBOXES.stop()
        for each in self._all:
            each.stop()


def _open_sandbox(office: Office) -> None:
    """Look after the sandbox from the start on where somebody has a key for it; the box does without it else."""
    try:
        if sandbox_keys.any_sandbox_key(office.reader(), office.now_ms()):
            _ = office.sandbox
    except (StoreError, sqlite3.Error, OSError) as error:
        log.error("the sandbox can't be opened (%s)", type(error).__name__)


async def _serve(settings: WebSettings, office: Office, at: Listener, listening: socket.socket) -> int:
    """The exit code: 0 where it was told to end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    gateway = Gateway(build_application(office), settings.limits, SECURITY_HEADERS)
    main = Serving(gateway, at, listening)
    beside = [asyncio.create_task(_serve_beside(gateway, each)) for each in settings.listeners]
    beside.append(asyncio.create_task(Crowd(settings.limits.connections_per_client).watch()))
    if settings.tls is not None:
        beside.append(asyncio.create_task(serve_securely(settings.tls, office, gateway)))
    stopping = asyncio.create_task(stop.wait())
    log.info("listening on %s port %d", at.host, listening.getsockname()[1])
    _forget_what_stays()
    await asyncio.wait([main.task, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        log.error("the HTTP server ended by itself")
    for task in (stopping, *beside):
        task.cancel()
    gateway.end_streams()
    await asyncio.gather(main.stop(SHUTDOWN_LIMIT_S), *beside, return_exceptions=True)
    gateway.close()
    await office.close_in_loop()
    return 0 if stop.is_set() else 1


async def _serve_beside(gateway: Gateway, at: Listener) -> None:
    """Answer at one more address, until cancelled."""
    with await open_when_free(at) as listening:
        serving = Serving(gateway, at, listening)
        log.info("also listening on %s port %d", at.host, listening.getsockname()[1])
        try:
            await asyncio.Event().wait()
        finally:
            await serving.stop(SHUTDOWN_LIMIT_S)


def _forget_what_stays() -> None:
    """Let no collection look at what the program consists of again: it is most of what there is, and never garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5000, 20, 20)
    # Who has waited for the disk must soon tell the loop, also where that is busy.
    sys.setswitchinterval(0.0005)


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 1024
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))

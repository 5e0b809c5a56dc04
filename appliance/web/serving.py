"""granian on sockets of :mod:`appliance.web.listener`, one server for each (docs/web-server.md says why granian)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server

from appliance.web.gateway import Gateway
from appliance.web.listener import BACKLOG, AddressError, Listener, listen

HEADER_TIMEOUT_MS = 10_000
"""How long a client may take to send its request line and headers, and how long a kept-alive connection may idle."""
LARGEST_HEAD_BYTES = 64 * 1024
MOST_CONNECTIONS = 12_000
TRY_AGAIN_S = 10.0

log = logging.getLogger("simloft.web")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate with its chain, and its key, both PEM."""

    chain: Path
    key: Path


class _OnSocket(Server):
    """granian would open the address itself, shared with whoever else wants it, and would only log what fails."""

    def __init__(self, listening: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listening = listening

    def _init_shared_socket(self) -> None:
        # granian closes the one it gets.
        made: Any = SocketHolder
        self._shd: Any = made(self._listening.dup().detach(), False, BACKLOG)
        self._ssp = None


class Serving:
    """One address that is answered, until :meth:`stop`."""

    def __init__(
        self,
        gateway: Gateway,
        at: Listener,
        listening: socket.socket,
        certificate: Certificate | None = None,
    ) -> None:
        # It warns at each start that its embedded form is experimental; docs/web-server.md tells what that means to us.
        logging.getLogger("_granian").setLevel(logging.ERROR)
        self._server = _OnSocket(
            listening,
            gateway.entrance(at),
            address=at.host,
            port=listening.getsockname()[1],
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(
                header_read_timeout=HEADER_TIMEOUT_MS, max_buffer_size=LARGEST_HEAD_BYTES
            ),
            websockets=False,
            backlog=BACKLOG,
            backpressure=MOST_CONNECTIONS,
            log_enabled=False,
            ssl_cert=certificate.chain if certificate else None,
            ssl_key=certificate.key if certificate else None,
            ssl_protocol_min=SSLProtocols.tls12,
        )
        self.task = asyncio.create_task(self._server.serve())

    async def stop(self, limit_s: float) -> None:
        """Accept nothing more; requests that run may go on for so long."""
        self._server.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.task, limit_s)


async def open_when_free(at: Listener) -> socket.socket:
    """The socket of an address beside the main one: what another program has is tried again, for it must end no box."""
    said = False
    while True:
        try:
            return listen(at)
        except AddressError as error:
            if not said:
                log.error("%s It is tried again until then.", str(error).replace(" with --listen", ""))
            said = True
            await asyncio.sleep(TRY_AGAIN_S)

"""The process of what is not HTTP: one loop, its own writer, a few threads; no devices."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import ssl
from collections import Counter as Counts
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from appliance.listeners.counter import Counter
from appliance.listeners.settings import SmtpRules
from appliance.listeners.smtp_session import Connection, Inside

MOST_CONNECTIONS = 100
MOST_CONNECTIONS_OF_ONE = 20
THREADS = 4
_ENOUGH = b"421 4.3.2 Too many connections; try again\r\n"

log = logging.getLogger("simloft.smtp")


class AddressError(Exception):
    """An address can't be listened on; the text says why and what to do."""


async def serve(counter: Counter, smtp: SmtpRules) -> None:
    """Take mails until SIGTERM or SIGINT. Raises :class:`AddressError`."""
    # It tells of each command with its numbers.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="mail") as executor:
        server = SmtpServer(counter, smtp, executor)
        try:
            await server.start()
            await stop.wait()
        finally:
            await server.stop()


class SmtpServer:
    """The sockets, and how many may be connected."""

    def __init__(self, counter: Counter, settings: SmtpRules, executor: ThreadPoolExecutor) -> None:
        self._settings = settings
        self._inside = Inside(counter, settings, executor)
        self._tls = Certificate(settings.certificate, settings.certificate_key)
        self._servers: list[asyncio.Server] = []
        self._connected: Counts[str] = Counts()

    async def start(self) -> None:
        """Listen on each place; raises :class:`AddressError` where one can't be."""
        loop = asyncio.get_running_loop()
        for host, port in self._settings.places:
            try:
                server = await loop.create_server(self._protocol, host, port, backlog=100)
            except OSError as error:
                await self.stop()
                raise AddressError(_why_not(host, port, error)) from error
            self._servers.append(server)
        for address in self.addresses:
            log.info("taking mails on %s port %d", *address)

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens."""
        return [each.getsockname()[:2] for server in self._servers for each in server.sockets]

    async def stop(self) -> None:
        """Take no more connections; what is being stored is stored, and its client may hear of it no more."""
        for server in self._servers:
            server.close()

    def _protocol(self) -> asyncio.Protocol:
        return Doorman(self)

    def admits(self, remote: str) -> bool:
        """Whether one more connection from there is let in; it is counted then."""
        if self._connected.total() >= MOST_CONNECTIONS or self._connected[remote] >= MOST_CONNECTIONS_OF_ONE:
            return False
        self._connected[remote] += 1
        return True

    def connection(self, remote: str) -> Connection:
        """The protocol of a connection that was let in."""
        loop = asyncio.get_running_loop()
        return Connection(self._inside, loop, self._tls.context(), lambda: self._left(remote))

    def _left(self, remote: str) -> None:
        self._connected[remote] -= 1
        if self._connected[remote] <= 0:
            del self._connected[remote]


class Doorman(asyncio.Protocol):
    """Looks at who connects before anything is made for him."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        remote = str(peer[0]) if peer else ""
        if not self._server.admits(remote):
            transport.write(_ENOUGH)
            transport.close()
            return
        connection = self._server.connection(remote)
        transport.set_protocol(connection)
        connection.connection_made(transport)


class Certificate:
    """The TLS context of STARTTLS, read anew when its files change."""

    def __init__(self, certificate: Path | None, key: Path | None) -> None:
        self._files = (certificate, key)
        self._stamp: tuple[int, int] | None = None
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext | None:
        """None where there is no certificate: then STARTTLS is not offered."""
        certificate, key = self._files
        if certificate is None or key is None:
            return None
        try:
            stamp = (certificate.stat().st_mtime_ns, key.stat().st_mtime_ns)
            if stamp != self._stamp:
                self._context, self._stamp = _context(certificate, key), stamp
        except FileNotFoundError:
            self._context, self._stamp = None, None
        except (OSError, ssl.SSLError) as error:
            log.error("no TLS for mails: %s can't be used (%s)", certificate, error)
            self._context = None
        return self._context


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    # Old devices speak only old TLS. It is no worse than none at all, which is served here too.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _why_not(host: str, port: int, error: OSError) -> str:
    place = f"{host}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"Another program listens on {place} already. Stop it, or choose another port in [smtp] listen."
        case errno.EACCES:
            return f"This user may not listen on {place}. Choose a port above 1023 in [smtp] listen."
        case errno.EADDRNOTAVAIL:
            return f"This machine has no address {host}. Choose another one in [smtp] listen."
        case _:
            return f"{place} can't be listened on ({error.strerror or error}). Choose another one in [smtp] listen."

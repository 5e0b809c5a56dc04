"""From the server's ASGI to bottle's WSGI: what a slow client may cost is decided here.

A WSGI server that hands a request to a thread before its body is there lets a handful of dribbling
clients hold every thread. Here the event loop gathers the body, within a size and a time, and only a
whole request gets a thread (measured in docs/web-server.md). A refused body still goes to the
application, which answers it like any other mistake; the environ says why under ``simloft.refused``.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from appliance.web.unexpected import log_unexpected

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

REFUSED = "simloft.refused"
"""Key in the WSGI environ: 'body-too-large', 'body-too-slow' or 'body-cut-short' where the body was given up."""

_DRAINED_BYTES = 1 << 20
"""So much of a too large body is still read and dropped, so that the client gets to see the answer."""

log = logging.getLogger("simloft.web")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take."""

    body_bytes: int = 64 * 1024
    body_timeout_s: float = 10.0
    threads: int = 16


class Gateway:
    """An ASGI 3 application that answers HTTP with a WSGI application in a pool of threads."""

    def __init__(
        self, application: WsgiApplication, limits: Limits, headers: Mapping[str, str] | None = None
    ) -> None:
        """``headers`` go with every answer."""
        self._application = application
        self._limits = limits
        self._headers = [
            (name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()
        ]
        self._pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="request")

    def close(self) -> None:
        """Let running requests end, start no further ones."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body, refused = await self._body(scope, receive)
        environ = _environ(scope, body, refused)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._pool, self._run, environ)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [*self._headers, *answer.headers],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def _body(self, scope: Scope, receive: Receive) -> tuple[bytes, str | None]:
        limit = self._limits.body_bytes
        announced = _announced_length(scope)
        if announced is not None and announced > limit + _DRAINED_BYTES:
            return b"", "body-too-large"
        gathered: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._limits.body_timeout_s):
                while True:
                    event = await receive()
                    if event["type"] != "http.request":
                        return b"", "body-cut-short"
                    chunk: bytes = event.get("body", b"")
                    size += len(chunk)
                    if size <= limit:
                        gathered.append(chunk)
                    if not event.get("more_body", False) or size > limit + _DRAINED_BYTES:
                        break
        except TimeoutError:
            return b"", "body-too-slow"
        return (b"", "body-too-large") if size > limit else (b"".join(gathered), None)

    def _run(self, environ: dict[str, Any]) -> _Answer:
        try:
            return _collect(self._application, environ)
        except Exception as error:
            log_unexpected(log, "a request", error)
            return _Answer(500, [(b"content-type", b"text/plain")], b"internal error\n")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def _collect(application: WsgiApplication, environ: dict[str, Any]) -> _Answer:
    begun: list[tuple[int, list[tuple[bytes, bytes]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        begun.append((int(status[:3]), pairs))

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = begun[-1]
    return _Answer(status, headers, body)


def _announced_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None


def _environ(scope: Scope, body: bytes, refused: str | None) -> dict[str, Any]:
    """The WSGI environ (PEP 3333) of an ASGI scope."""
    server = scope.get("server") or ("", None)
    client = scope.get("client") or ("", None)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        value = raw_value.decode("latin-1")
        if name not in ("CONTENT_TYPE", "CONTENT_LENGTH", "TRANSFER_ENCODING"):
            name = f"HTTP_{name}"
            if name in environ:
                value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        environ[name] = value
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("TRANSFER_ENCODING", None)
    if refused is not None:
        environ[REFUSED] = refused
    return environ

"""Between the server's ASGI and the handlers: what a slow client may cost is decided here.

A server that hands a request to a thread before its body is there lets a handful of dribbling clients hold
every thread. Here the event loop gathers the body, within a size and a time, and only a whole request gets a
thread, or none at all where its handler is a coroutine (measured in docs/web-server.md). A refused body still
goes to the application, which answers it like any other mistake.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from appliance.values import value
from appliance.web.answer import Answer, BodySource
from appliance.web.head import Head
from appliance.web.listener import Listener
from appliance.web.patience import Patience
from appliance.web.unexpected import log_unexpected

T = TypeVar("T")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_DRAINED_BYTES = 1 << 20
"""So much of a too large body is still read and dropped, so that the client gets to see the answer."""
_OUR_FAULT = Answer(b"internal error\n", 500, "text/plain; charset=utf-8")

log = logging.getLogger("simloft.web")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may take."""

    body_bytes: int = 64 * 1024
    """Of a route that names no limit of its own."""
    body_timeout_s: float = 10.0
    threads: int = 16
    large_bodies: int = 2
    """So many bodies above ``body_bytes`` are gathered at a time; the next ones wait in their sockets."""
    large_body_timeout_s: float = 60.0
    streams: int = 2048
    """So many answers without an end at a time, at some 30 kB each."""
    connections_per_client: int = 512
    """So many connections of one address stay open at a time."""


@value
class Body:
    """What came after the head."""

    content: bytes = b""
    refused: str | None = None
    """'body-too-large', 'body-too-slow' or 'body-cut-short' where it was given up."""


NO_BODY = Body()


class Work(Protocol):
    """One request that found its route."""

    @property
    def body_bytes(self) -> int | None:
        """The largest body that this route takes; None for :attr:`Limits.body_bytes`."""

    @property
    def is_quick(self) -> bool:
        """Whether the loop itself answers, by :meth:`answer_in_loop`."""

    def enter(self) -> Answer | None:
        """Let in whoever asks before a large body is read; an answer where that is refused. Runs in a thread."""

    def answer(self, body: Body) -> Answer:
        """Runs in a thread."""

    async def answer_in_loop(self, body: Body) -> Answer:
        """Runs in the loop and never blocks it."""


Application = Callable[[Head], Work]


class Gateway:
    """Answers HTTP by what an :data:`Application` finds to do."""

    def __init__(
        self, application: Application, limits: Limits, headers: Mapping[str, str] | None = None
    ) -> None:
        """``headers`` go with every answer."""
        self._application = application
        self._limits = limits
        self._headers = [_header(name, value) for name, value in (headers or {}).items()]
        self._pool = ThreadPoolExecutor(limits.threads, thread_name_prefix="request")
        self._large_bodies = asyncio.Semaphore(limits.large_bodies)
        self._streams: set[asyncio.Task[None]] = set()
        self._patience = Patience()

    def end_streams(self) -> None:
        """Answers without an end come to theirs."""
        for task in self._streams:
            task.cancel()

    def close(self) -> None:
        """Let running requests end, start no further ones."""
        self.end_streams()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def entrance(self, at: Listener) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        """The ASGI application of one address."""

        async def enter(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                await self._serve(scope, receive, send, at)

        return enter

    async def _serve(self, scope: Scope, receive: Receive, send: Send, at: Listener) -> None:
        client = scope["client"]
        head = Head(
            method=scope["method"],
            path=f"{at.under}{scope['path']}" if at.under else scope["path"],
            query_string=scope["query_string"].decode("latin-1"),
            scheme="https" if at.is_tls else "http",
            prefixes=at.prefixes,
            remote=client[0] if client else "",
            raw_headers=scope["headers"],
        )
        try:
            answer = await self._answer(head, receive)
            if answer.source is not None and len(self._streams) >= self._limits.streams:
                answer = Answer(status=503, headers={"Retry-After": "30"})
            headers = self._headers_of(answer)
        except Exception as error:
            log_unexpected(log, "a request", error)
            answer, headers = _OUR_FAULT, self._headers_of(_OUR_FAULT)
        await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
        if answer.source is None:
            await send({"type": "http.response.body", "body": answer.body})
        else:
            await self._stream(answer.body, answer.source, receive, send)

    def _headers_of(self, answer: Answer) -> list[tuple[bytes, bytes]]:
        headers = self._headers.copy()
        headers += [_header(name, value) for name, value in answer.headers.items()]
        if answer.cookies:
            headers += [(b"set-cookie", _value(cookie)) for cookie in answer.cookies]
        if answer.body or answer.source:
            headers.append(_header("content-type", answer.content_type))
        return headers

    async def _answer(self, head: Head, receive: Receive) -> Answer:
        work = self._application(head)
        announced = head.announced_bytes
        usual = self._limits.body_bytes
        most = work.body_bytes or usual
        if announced == 0:
            return await self._run(work, NO_BODY)
        if most > usual and (announced is None or announced > usual):
            return await self._answer_large(work, announced, most, receive)
        return await self._run(work, await self._body(receive, announced, most, self._limits.body_timeout_s))

    async def _answer_large(self, work: Work, announced: int | None, most: int, receive: Receive) -> Answer:
        # Nobody fills the memory who is not let in.
        refusal = await self._in_thread(work.enter)
        if refusal is not None:
            return refusal
        async with self._large_bodies:
            body = await self._body(receive, announced, most, self._limits.large_body_timeout_s)
            return await self._in_thread(work.answer, body)

    async def _body(self, receive: Receive, announced: int | None, most: int, timeout_s: float) -> Body:
        if announced is not None and announced > most + _DRAINED_BYTES:
            return Body(refused="body-too-large")
        try:
            return await self._patience.within(timeout_s, _gathered(receive, most))
        except TimeoutError:
            return Body(refused="body-too-slow")

    async def _run(self, work: Work, body: Body) -> Answer:
        if work.is_quick:
            return await work.answer_in_loop(body)
        return await self._in_thread(work.answer, body)

    async def _in_thread(self, run: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, run, *args)

    async def _stream(self, begin: bytes, source: BodySource, receive: Receive, send: Send) -> None:
        flowing = asyncio.create_task(_flow(begin, source(), send))
        leaving = asyncio.create_task(_hang_up(receive))
        self._streams.add(flowing)
        try:
            await asyncio.wait((flowing, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._streams.discard(flowing)
            for task in (flowing, leaving):
                task.cancel()
            await asyncio.gather(flowing, leaving, return_exceptions=True)


async def _gathered(receive: Receive, most: int) -> Body:
    gathered: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            return Body(refused="body-cut-short")
        chunk: bytes = event.get("body", b"")
        size += len(chunk)
        if size <= most:
            gathered.append(chunk)
        else:
            gathered.clear()
        if not event.get("more_body", False) or size > most + _DRAINED_BYTES:
            break
    return Body(refused="body-too-large") if size > most else Body(b"".join(gathered))


async def _flow(begin: bytes, pieces: AsyncIterator[bytes], send: Send) -> None:
    """Send what comes, until it ends, and end the answer."""
    try:
        if begin:
            await send({"type": "http.response.body", "body": begin, "more_body": True})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except Exception as error:
        log_unexpected(log, "a stream", error)
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
        with contextlib.suppress(Exception):
            # Whoever listened may be gone.
            await send({"type": "http.response.body", "body": b""})


async def _hang_up(receive: Receive) -> None:
    """Returns when the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


@lru_cache(256)
def _header(name: str, value: str) -> tuple[bytes, bytes]:
    # Nearly all are the same with each answer.
    return name.lower().encode("latin-1"), _value(value)


def _value(text: str) -> bytes:
    """A header's value. Raises ValueError where it would begin another header (RFC 9110 §5.5)."""
    value = text.encode("latin-1")
    if b"\r" in value or b"\n" in value or b"\0" in value:
        raise ValueError("a line break in a header")
    return value

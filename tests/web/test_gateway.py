"""A request gets a thread when it is whole, and not before; an answer without an end holds none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from appliance.web.answer import Answer, stream_answer
from appliance.web.gateway import NO_BODY, Body, Gateway, Limits
from appliance.web.head import Head
from appliance.web.listener import Listener

SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "POST",
    "path": "/x/é",
    "query_string": b"a=1",
    "http_version": "1.1",
    "scheme": "http",
    "server": ("127.0.0.1", 8080),
    "client": ("10.0.0.5", 5000),
    "headers": [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x"), (b"accept", b"y")],
}
AT = Listener(host="127.0.0.1", port=0)
CHUNKED = [(b"transfer-encoding", b"chunked")]


@dataclass
class Seen:
    """A handler that notes what came to it."""

    gives: Answer = field(default_factory=lambda: Answer(b"done", headers={"X-Seen": "yes"}))
    body_bytes: int | None = None
    is_quick: bool = False
    refuses: Answer | None = None
    head: Head | None = None
    body: Body | None = None
    thread: str = ""

    def find(self, head: Head) -> Seen:
        self.head = head
        return self

    def enter(self) -> Answer | None:
        return self.refuses

    def answer(self, body: Body) -> Answer:
        self.body = body
        self.thread = threading.current_thread().name
        return self.gives

    async def answer_in_loop(self, body: Body) -> Answer:
        return self.answer(body)


class Client:
    """What a client sends, and what it got."""

    def __init__(
        self, events: Iterable[dict[str, Any]] = (), headers: Iterable[tuple[bytes, bytes]] = CHUNKED
    ) -> None:
        self.events = list(events)
        self.headers = [*SCOPE["headers"], *headers]
        self.sent: list[Any] = []
        self.got = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if self.events:
            return self.events.pop(0)
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(self, event: Any) -> None:
        self.sent.append(event)
        self.got.set()

    async def ask(self, gateway: Gateway) -> None:
        await gateway.entrance(AT)({**SCOPE, "headers": self.headers}, self.receive, self.send)


def ask(seen: Seen, client: Client, limits: Limits | None = None) -> list[Any]:
    """What was sent."""

    async def run() -> None:
        gateway = Gateway(seen.find, limits or Limits())
        await client.ask(gateway)
        gateway.close()

    asyncio.run(run())
    return client.sent


def chunk(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_pieces_arrives_as_one() -> None:
    seen = Seen()
    sent = ask(seen, Client([chunk(b"ab", True), chunk(b"", True), chunk(b"c", False)]))
    assert seen.body == Body(b"abc")
    assert seen.head
    assert seen.head.path == "/x/é"
    assert (seen.head.headers["cookie"], seen.head.headers["accept"]) == ("a=1; b=2", "x,y")
    assert seen.head.cookies == {"a": "1", "b": "2"}
    assert sent[0]["status"] == 200
    assert (b"x-seen", b"yes") in sent[0]["headers"]
    assert sent[1]["body"] == b"done"


def test_a_body_that_dribbles_is_given_up_without_holding_a_thread() -> None:
    seen = Seen()
    ask(seen, Client([chunk(b"a", True)]), Limits(body_timeout_s=0.05))
    assert seen.body == Body(refused="body-too-slow")


def test_a_body_over_the_limit_is_dropped_as_it_comes() -> None:
    seen, limits = Seen(), Limits(body_bytes=10)
    ask(seen, Client([chunk(b"a" * 6, True), chunk(b"a" * 5, False)]), limits)
    assert seen.body == Body(refused="body-too-large")
    ask(seen, Client([chunk(b"a" * 5, True), chunk(b"a" * 5, False)]), limits)
    assert seen.body == Body(b"a" * 10)


def test_a_body_that_announces_to_be_huge_is_not_even_read() -> None:
    seen = Seen()
    ask(seen, Client(headers=[(b"content-length", b"100000000")]), Limits(body_bytes=10))
    assert seen.body == Body(refused="body-too-large")


def test_a_client_that_hangs_up_in_the_middle_leaves_nothing() -> None:
    seen = Seen()
    ask(seen, Client([chunk(b"a", True), {"type": "http.disconnect"}]))
    assert seen.body == Body(refused="body-cut-short")


def test_a_request_without_a_body_is_not_waited_for() -> None:
    seen = Seen()
    ask(seen, Client(headers=()))
    assert seen.body is NO_BODY


def test_a_large_body_is_read_where_its_route_takes_it_and_the_client_was_let_in() -> None:
    limits = Limits(body_bytes=10)
    seen = Seen(body_bytes=100)
    ask(seen, Client([chunk(b"a" * 50, True), chunk(b"b" * 40, False)]), limits)
    assert seen.body == Body(b"a" * 50 + b"b" * 40)
    ask(seen, Client([chunk(b"a" * 60, True), chunk(b"b" * 60, False)]), limits)
    assert seen.body == Body(refused="body-too-large")
    stranger = Seen(body_bytes=100, refuses=Answer(status=401))
    client = Client([chunk(b"a" * 50, False)], [(b"content-length", b"50")])
    assert ask(stranger, client, limits)[0]["status"] == 401
    assert stranger.body is None
    assert client.events


def test_what_is_quick_has_no_thread() -> None:
    quick, slow = Seen(is_quick=True), Seen()
    ask(quick, Client(headers=()))
    ask(slow, Client(headers=()))
    assert quick.thread == threading.current_thread().name
    assert slow.thread.startswith("request")


def test_a_header_with_a_line_break_is_our_fault_and_no_second_header() -> None:
    sent = ask(Seen(Answer(headers={"X-Seen": "a\r\nX-Evil: b"})), Client(headers=()))
    assert sent[0]["status"] == 500
    assert b"x-evil" not in repr(sent).lower().encode()


class Ticking:
    """A source that ticks once, waits, and notes its end."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    async def __call__(self) -> AsyncIterator[bytes]:
        try:
            yield b"tick"
            await asyncio.sleep(3600)
        finally:
            self.ended.set()


@pytest.mark.parametrize("how", ["client", "shutdown"])
def test_a_stream_ends_with_its_client_and_with_the_process(how: str) -> None:
    async def run() -> None:
        ticking = Ticking()
        seen = Seen(stream_answer(ticking))
        gateway = Gateway(seen.find, Limits())
        client = Client(headers=())
        hung_up = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await hung_up.wait()
            return {"type": "http.disconnect"}

        client.receive = receive  # type: ignore[method-assign]
        async with asyncio.timeout(10):
            asking = asyncio.create_task(client.ask(gateway))
            while len(client.sent) < 2:
                client.got.clear()
                await client.got.wait()
            assert client.sent[1]["body"] == b"tick"
            if how == "client":
                hung_up.set()
            else:
                gateway.end_streams()
            await ticking.ended.wait()
            await asking
        gateway.close()

    asyncio.run(run())


def test_there_is_an_end_to_the_number_of_streams() -> None:
    seen = Seen(stream_answer(Ticking()))
    assert ask(seen, Client(headers=()), Limits(streams=0))[0]["status"] == 503

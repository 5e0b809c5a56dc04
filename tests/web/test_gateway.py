"""A request gets a thread when it is whole, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from appliance.web.gateway import REFUSED, Gateway, Limits

SCOPE = {
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


def ask(events: list[dict[str, Any]], limits: Limits, headers: Iterable[tuple[bytes, bytes]] = ()) -> Any:
    """What the WSGI application saw, and what was sent."""
    seen: dict[str, Any] = {}
    sent: list[Any] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        seen.update(environ, body=environ["wsgi.input"].read())
        start_response("200 OK", [("X-Seen", "yes")])
        return [b"done"]

    async def receive() -> dict[str, Any]:
        if events:
            return events.pop(0)
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(event: Any) -> None:
        sent.append(event)

    gateway = Gateway(application, limits)
    scope: dict[str, Any] = {**SCOPE, "headers": [*SCOPE["headers"], *headers]}  # type: ignore[misc]
    asyncio.run(gateway(scope, receive, send))
    gateway.close()
    return seen, sent


def chunk(body: bytes, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_pieces_arrives_as_one() -> None:
    seen, sent = ask([chunk(b"ab", True), chunk(b"", True), chunk(b"c", False)], Limits())
    assert (seen["body"], seen["CONTENT_LENGTH"], seen.get(REFUSED)) == (b"abc", "3", None)
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/x/é"
    assert (seen["HTTP_COOKIE"], seen["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")
    assert sent[0]["status"] == 200
    assert (b"x-seen", b"yes") in sent[0]["headers"]
    assert sent[1]["body"] == b"done"


def test_a_body_that_dribbles_is_given_up_without_holding_a_thread() -> None:
    seen, _ = ask([chunk(b"a", True)], Limits(body_timeout_s=0.05))
    assert (seen["body"], seen[REFUSED]) == (b"", "body-too-slow")


def test_a_body_over_the_limit_is_dropped_as_it_comes() -> None:
    limits = Limits(body_bytes=10)
    seen, _ = ask([chunk(b"a" * 6, True), chunk(b"a" * 5, False)], limits)
    assert (seen["body"], seen[REFUSED]) == (b"", "body-too-large")
    seen, _ = ask([chunk(b"a" * 5, True), chunk(b"a" * 5, False)], limits)
    assert (seen["body"], seen.get(REFUSED)) == (b"a" * 10, None)


def test_a_body_that_announces_to_be_huge_is_not_even_read() -> None:
    seen, _ = ask([], Limits(body_bytes=10), [(b"content-length", b"100000000")])
    assert seen[REFUSED] == "body-too-large"


def test_a_client_that_hangs_up_in_the_middle_leaves_nothing() -> None:
    seen, _ = ask([chunk(b"a", True), {"type": "http.disconnect"}], Limits())
    assert (seen["body"], seen[REFUSED]) == (b"", "body-cut-short")

"""Whatever stands in an address, the answer is a refusal, not a fault, and the log has no traceback."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.web.access import SESSION_COOKIE
from appliance.web.routes import ROUTES, Route
from tests.web.running import Web

_PIECE = re.compile(r"<(\w+)(?::\w+(?::([^>]*))?)?>")

ODD = [
    "%00",
    "a%00b",
    "%0d%0aX-Evil:1",
    "%ff",
    "%ed%a0%80",
    "%e2%80%ae",
    "%2e%2e",
    "..",
    "%",
    "%zz",
    "+",
    "a" * 5000,
]
ODD += ["%2fetc%2fpasswd", "%5c", "%7f", "%3Cb%3E", "9" * 15, "9" * 300, "%C2%85", "{x}", "%25s", "'%22"]


def asked(web: Web, route: Route, odd: str) -> bytes:
    """The answer to ``route`` with ``odd`` in each place of its path that may differ, sent byte by byte as it is."""
    path = _PIECE.sub(lambda piece: "cancel" if piece[1] == "action" else odd, route.path)
    session = web.page.cookies[SESSION_COOKIE]
    head = (
        f"{route.method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nOrigin: {web.url}\r\nConnection: close\r\n"
        f"Cookie: {SESSION_COOKIE}={session}\r\nContent-Length: 0\r\n\r\n"
    )
    return web.raw(head.encode("latin-1"))


def check(web: Web, route: Route, answer: bytes) -> None:
    # No bank runs here, which is said where the address could be a handset's.
    silent = "/handsets/" in route.path and b"\r\nretry-after: 2\r\n" in answer
    assert re.match(rb"HTTP/1\.1 503 " if silent else rb"HTTP/1\.1 [234]", answer), answer[:300]
    assert b"\r\nx-evil" not in answer.lower()
    assert "Traceback" not in web.log()
    assert "unexpected" not in web.log()


def varied() -> list[Route]:
    return [route for route in ROUTES if "<" in route.path]


@pytest.fixture(scope="module", autouse=True)
def _log_in(web: Web) -> None:
    web.log_in()


@pytest.mark.parametrize("route", varied(), ids=lambda route: f"{route.method} {route.path}")
def test_an_odd_address_is_no_fault(web: Web, route: Route) -> None:
    for odd in ODD:
        check(web, route, asked(web, route, odd))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(varied()), octets=st.binary(min_size=1, max_size=40))
def test_any_octets_in_an_address_are_no_fault(web: Web, route: Route, octets: bytes) -> None:
    check(web, route, asked(web, route, quote(octets)))


@pytest.mark.parametrize("path", ["%00", "a%00b", "a" * 5000, "../app.py", "."])
def test_what_can_be_no_file_is_not_there(web: Web, path: str) -> None:
    answer = web.raw(f"GET /static/{path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")

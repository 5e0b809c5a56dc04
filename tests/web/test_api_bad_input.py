"""Whatever is sent: a 4xx that says which field and why, nothing stored, never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.running import Web, pointers, problem


@pytest.fixture(autouse=True)
def nothing_is_stored(web: Web) -> Iterator[None]:
    before = web.count()
    yield
    assert web.count() == before
    assert "Traceback" not in web.log()


def send(web: Web, body: bytes, content_type: str = "application/json", **headers: str) -> requests.Response:
    return web.api.post(
        f"{web.url}/api/v1/messages",
        data=body,
        headers={"Content-Type": content_type, "Accept-Language": "en", **headers},
        timeout=15,
    )


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({}, [("/to", "field-missing"), ("/text", "field-missing")]),
        ({"to": "13912345678"}, [("/text", "field-missing")]),
        ({"to": "hello", "text": "x"}, [("/to", "recipient-no-number")]),
        ({"to": "12", "text": "x"}, [("/to", "recipient-too-short")]),
        ({"to": "139123456789999999", "text": "x"}, [("/to", "recipient-too-long")]),
        ({"to": 13912345678, "text": "x"}, [("/to", "field-text")]),
        ({"to": {"a": 1}, "text": "x"}, [("/to", "field-text")]),
        ({"to": [], "text": "x"}, [("/to", "how-many-messages")]),
        ({"to": ["12", 7, "10086", None], "text": ""}, [("/to/1", "field-text"), ("/to/3", "field-text")]),
        ({"to": ["12", "10086"], "text": ""}, [("/to/0", "recipient-too-short"), ("/text", "text-empty")]),
        ({"to": ["12"], "txt": "x"}, [("/txt", "field-unknown"), ("/text", "field-missing")]),
        ({"messages": {}}, [("/messages", "field-list")]),
        ({"messages": []}, [("/messages", "how-many-messages")]),
        ({"messages": [1], "to": "10086"}, [("/to", "field-unknown")]),
        (
            {"messages": [1, {"to": ["1"]}]},
            [
                ("/messages/0", "field-object"),
                ("/messages/1/to", "field-text"),
                ("/messages/1/text", "field-missing"),
            ],
        ),
        ({"to": "13912345678", "text": ""}, [("/text", "text-empty")]),
        ({"to": "13912345678", "text": " \u3000\n"}, [("/text", "text-empty")]),
        ({"to": "13912345678", "text": "a\0b"}, [("/text", "text-nul")]),
        ({"to": "13912345678", "text": "\ud83d"}, [("/text", "text-surrogate")]),
        ({"to": "\ud83d", "text": "x"}, [("/to", "recipient-no-number")]),
        ({"to": "13912345678", "text": "x" * 153 * 300}, [("/text", "text-too-long")]),
        ({"to": "13912345678", "text": "中" * 67 * 11}, [("/text", "text-parts")]),
        ({"to": "13912345678", "text": "x", "from": "me"}, [("/from", "field-unknown")]),
        ({"to": "13912345678", "text": "x", "\ud83d": 1}, [("/\ud83d", "field-unknown")]),
        ({"to": "13912345678", "text": "x", "priority": "now"}, [("/priority", "field-choice")]),
        ({"to": "13912345678", "text": "x", "flash": "yes"}, [("/flash", "field-flag")]),
        ({"to": "13912345678", "text": "x", "validity_s": 1}, [("/validity_s", "field-range")]),
        ({"to": "13912345678", "text": "x", "validity_s": 10**30}, [("/validity_s", "field-range")]),
        ({"to": "nobody", "text": ""}, [("/to", "recipient-no-number"), ("/text", "text-empty")]),
    ],
)
def test_each_wrong_field_is_named(
    web: Web, members: dict[str, object], wrong: list[tuple[str, str]]
) -> None:
    assert pointers(send(web, json.dumps(members).encode())) == wrong


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "broken-json"),
        (b'{"to": "13912345678", "text": "x"', "broken-json"),
        (b'{"to": "13912345678", "text": "x", "text": "y"}', "duplicate-member"),
        (b'{"to": "13912345678", "text": NaN}', "number-out-of-range"),
        (b"[" * 30_000 + b"]" * 30_000, "too-deep"),
        (b'["13912345678"]', "no-object"),
        ('{"to": "13912345678", "text": "你好"}'.encode("gbk"), "not-utf8"),
    ],
)
def test_a_body_that_is_no_json_object(web: Web, body: bytes, slug: str) -> None:
    assert problem(send(web, body), 400)["type"] == f"/problems/{slug}"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "x"]
)
def test_a_body_of_another_type(web: Web, content_type: str) -> None:
    refused = send(web, b'{"to": "13912345678", "text": "x"}', content_type)
    assert problem(refused, 415)["type"] == "/problems/not-json"
    assert refused.headers["Accept"] == "application/json"


def test_a_body_over_the_limit(web: Web) -> None:
    for size in (64 * 1024 + 1, 1_000_000):
        refused = web.api.post(f"{web.url}/api/v1/preview", json={"text": "x" * size}, timeout=15)
        assert problem(refused, 413)["type"] == "/problems/body-too-large"
    body = json.dumps({"to": "13912345678", "text": "x" * (8 * 1024 * 1024 + 1)}).encode()
    assert problem(send(web, body), 413)["type"] == "/problems/body-too-large"


def test_a_huge_body_is_not_read_to_its_end(web: Web) -> None:
    head = (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {web.key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100000000\r\n\r\n{"
    )
    answer = web.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"/problems/body-too-large" in answer


def test_a_body_that_is_cut_short(web: Web) -> None:
    head = (
        f"POST /api/v1/messages HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {web.key}\r\n"
        'Content-Type: application/json\r\nContent-Length: 60\r\n\r\n{"to": "13912345678", "text": "x"}'
    )
    web.raw(head.encode())
    assert web.get("/api/v1/messages", limit="1").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/api/v1/messages", {"GET", "POST"}),
        ("PATCH", "/api/v1/messages/x", {"GET"}),
        ("POST", "/api/v1/inbox", {"GET"}),
        ("GET", "/api/v1/preview", {"POST"}),
        ("OPTIONS", "/api/v1/messages", {"GET", "POST"}),
        ("BREW", "/api/v1/modems", {"GET"}),
    ],
)
def test_a_wrong_method_says_which_are_right(web: Web, method: str, path: str, allowed: set[str]) -> None:
    refused = web.api.request(method, f"{web.url}{path}", timeout=60)
    assert problem(refused, 405)["type"] == "/problems/wrong-method"
    assert allowed <= set(refused.headers["Allow"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /api/v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nCookie: \xff\xfe=;;;==\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_harms_nobody(web: Web, request_bytes: bytes) -> None:
    answer = web.raw(request_bytes)
    assert not answer.startswith(b"HTTP/1.1 5")
    assert web.get("/healthz").status_code == 200


# A member that may be left out, or anything at all in its place.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    members=st.fixed_dictionaries(
        {"to": st.text(max_size=20).filter(lambda text: not any(each.isdecimal() for each in text))},
        optional=dict.fromkeys(("text", "flash", "priority", "validity_s", "what"), anything),
    )
)
def test_no_object_makes_a_500(web: Web, members: dict[str, object]) -> None:
    assert send(web, json.dumps(members).encode()).status_code in (400, 422)


def test_a_plan_of_a_sim_names_its_mistakes(web: Web) -> None:
    refused = web.api.put(
        f"{web.url}/api/v1/sims/1/plan",
        json={"parts_per_day": -1, "parts_per_week": 5, "parts_per_hour": "6", "minimum_gap_ms": 1.5},
        timeout=60,
    )
    assert sorted(pointers(refused)) == [
        ("/minimum_gap_ms", "field-whole-number"),
        ("/parts_per_day", "field-range"),
        ("/parts_per_hour", "field-whole-number"),
        ("/parts_per_week", "field-unknown"),
    ]

"""Nobody gets in without a key or a log-in; a log-in link works once; other sites can do nothing."""

from __future__ import annotations

import re
import time
from contextlib import closing
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
import requests

from appliance.store import keys
from appliance.store.database import connect
from appliance.web.access import SESSION_COOKIE, Access
from appliance.web.routes import ROUTES
from tests.web.running import Web, problem, running_web

PIECE = re.compile(r"<([a-z_]+)(?::(?:re:)?([^<>]*))?>")


def example_of(path: str) -> str:
    """An address that a route's path matches: numbers where it wants them, one of its words, else a name."""

    def value(piece: re.Match[str]) -> str:
        name, pattern = piece[1], piece[2] or ""
        if "|" in pattern:
            return pattern.split("|")[0]
        return "1" if name.endswith("_id") or name in ("run", "number") else "x"

    return PIECE.sub(value, path)


def test_every_address_that_is_not_open_asks_who_it_is(web: Web) -> None:
    open_paths = {route.path for route in ROUTES if route.access is Access.OPEN}
    assert open_paths == {
        "/healthz",
        "/readyz",
        "/login",
        "/login/<token>",
        "/language/<tag>",
        "/static/<path:path>",
        "/favicon.ico",
        "/certificate",
        "/certificate/simloft.<form:re:crt|pem>",
        "/problems/<slug:path>",
        "/docs",
        "/api/openapi.json",
    }
    for route in ROUTES:
        if route.access is not Access.OPEN:
            answer = requests.request(route.method, f"{web.url}{example_of(route.path)}", timeout=60)
            # A dialect says no as its own clients expect it.
            refusals = (400, 401, 403) if route.access is Access.DIALECT else (401,)
            if "jsonrpc" in route.path or "http_api" in route.path:
                # An SMSEagle says no with the status of a yes.
                assert re.search("Invalid|Wrong parameters", answer.text), route
            else:
                assert answer.status_code in refusals, route


def test_the_api_says_how_to_show_a_key(web: Web) -> None:
    refused = requests.post(f"{web.url}/api/v1/messages", json={"to": "10086", "text": "x"}, timeout=60)
    assert problem(refused, 401)["type"] == "/problems/no-key"
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
    assert web.count() == 0


@pytest.mark.parametrize(
    "authorization",
    ["Bearer sl_wrong", "Bearer ", "bearer", "Basic YTpi", "Bearer sl_\xff", "Bearer sl_a sl_b", "Digest x"],
)
def test_a_wrong_key_is_refused(web: Web, authorization: str) -> None:
    refused = requests.get(
        f"{web.url}/api/v1/messages", headers={"Authorization": authorization.encode("latin-1")}, timeout=60
    )
    assert problem(refused, 401)["type"] in ("/problems/wrong-key", "/problems/no-key")


def test_a_revoked_key_is_refused_at_once(web: Web) -> None:
    with closing(connect(web.data / "simloft.db")) as connection:
        key = keys.new_key()
        key_id = keys.add_key(connection, "second", key, 1)
        headers = {"Authorization": f"Bearer {key}"}
        assert requests.get(f"{web.url}/api/v1/inbox", headers=headers, timeout=60).status_code == 200
        deadline = time.monotonic() + 10
        # The use is written beside the answer, which does not wait for it.
        while (found := keys.key_of_id(connection, key_id)) is None or found.last_used_at_ms is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert found.last_used_from == "127.0.0.1"
        assert keys.revoke_key(connection, key_id, 2)
        assert not keys.revoke_key(connection, key_id, 3)
    assert requests.get(f"{web.url}/api/v1/inbox", headers=headers, timeout=60).status_code == 401


def test_guesses_are_slowed_down_but_the_right_key_still_works(tmp_path: Path) -> None:
    with running_web(tmp_path / "box") as box:
        answers = [
            requests.get(f"{box.url}/api/v1/inbox", headers={"Authorization": f"Bearer sl_{n}"}, timeout=60)
            for n in range(25)
        ]
        assert [each.status_code for each in answers] == [401] * 20 + [429] * 5
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
        assert box.get("/api/v1/inbox").status_code == 200
        assert "sl_" not in box.log()


def test_keys_and_sessions_are_stored_as_hashes_only(web: Web) -> None:
    web.log_in()
    session = web.page.cookies[SESSION_COOKIE]
    for file in web.data.glob("simloft.db*"):
        stored = file.read_bytes()
        assert web.key.encode() not in stored
        assert session.encode() not in stored


def test_a_log_in_link_opens_the_page_once(web: Web) -> None:
    token = web.login_token()
    first = requests.get(f"{web.url}/login/{token}", timeout=60)
    assert first.status_code == 200
    cookie: SimpleCookie = SimpleCookie(first.headers["Set-Cookie"])
    morsel = cookie[SESSION_COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (
        True,
        "Strict",
        "/",
        "",
    )
    assert int(morsel["max-age"]) == 12 * 3600
    inside = requests.get(f"{web.url}/", cookies={SESSION_COOKIE: morsel.value}, timeout=60)
    assert inside.status_code == 200
    second = requests.get(f"{web.url}/login/{token}", timeout=60)
    assert second.status_code == 403
    assert "Set-Cookie" not in second.headers
    assert "simloft login-link" in second.text


def test_a_log_in_link_ends_after_half_an_hour(web: Web) -> None:
    fresh, stale = web.login_token(age_ms=29 * 60_000), web.login_token(age_ms=31 * 60_000)
    assert requests.get(f"{web.url}/login/{stale}", timeout=60).status_code == 403
    assert requests.get(f"{web.url}/login/{fresh}", timeout=60).status_code == 200


def test_looking_ahead_does_not_spend_a_link(web: Web) -> None:
    token = web.login_token()
    requests.head(f"{web.url}/login/{token}", timeout=60)
    requests.get(f"{web.url}/login/{token}", headers={"Sec-Purpose": "prefetch"}, timeout=60)
    assert requests.get(f"{web.url}/login/{token}", timeout=60).status_code == 200


def test_who_is_not_logged_in_is_told_how_to_get_in(web: Web) -> None:
    page = requests.get(f"{web.url}/modems", timeout=60)
    assert page.status_code == 401
    assert "simloft login-link" in page.text
    assert "<nav" not in page.text
    part = requests.get(f"{web.url}/live/home", headers={"HX-Request": "true"}, timeout=60)
    assert (part.status_code, part.headers["HX-Refresh"]) == (401, "true")


def test_logging_out_ends_the_session_in_the_database_too(web: Web) -> None:
    web.log_in()
    session = web.page.cookies[SESSION_COOKIE]
    left = web.form("/logout")
    assert (left.status_code, left.headers["Location"]) == (303, "/")
    assert requests.get(f"{web.url}/", cookies={SESSION_COOKIE: session}, timeout=60).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 202),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "{url}"}, 403),
        ({"Origin": "{url}"}, 202),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://[x]/"}, 403),
        ({}, 403),
    ],
)
def test_a_page_of_another_site_can_not_send_with_a_browser_s_log_in(
    web: Web, headers: dict[str, str], status: int
) -> None:
    web.log_in()
    before = web.count()
    answer = requests.post(
        f"{web.url}/api/v1/messages",
        json={"to": "10086", "text": "x"},
        headers={name: value.format(url=web.url) for name, value in headers.items()},
        cookies=web.page.cookies,
        timeout=60,
    )
    assert answer.status_code == status
    assert web.count() - before == (status == 202)


def test_a_name_that_was_made_to_point_at_the_box_brings_no_log_in_along(web: Web) -> None:
    """DNS rebinding: the browser sends what it has for that name, which is nothing."""
    answer = requests.get(f"{web.url}/api/v1/inbox", headers={"Host": "evil.example"}, timeout=60)
    assert answer.status_code == 401
    web.log_in()
    foreign = requests.post(
        f"{web.url}/logout",
        headers={"Host": "evil.example", "Origin": web.url},
        cookies={SESSION_COOKIE: web.page.cookies[SESSION_COOKIE]},
        timeout=60,
    )
    assert foreign.status_code == 403


def test_every_answer_carries_the_security_headers(web: Web) -> None:
    for path in ("/", "/api/v1/messages", "/healthz", "/nothing", "/static/simloft.css"):
        headers = requests.get(f"{web.url}{path}", timeout=60).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"],
)
def test_no_file_outside_of_static_is_served(web: Web, path: str) -> None:
    answer = web.raw(f"GET {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example", "evil"])
def test_the_language_switch_leads_nowhere_else(web: Web, back: str) -> None:
    answer = requests.get(f"{web.url}/language/en", params={"back": back}, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")

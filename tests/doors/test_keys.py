"""Keys as programs and people make them, and what each opens."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests

from appliance.store.keys import Scope
from appliance.web.access import Access
from appliance.web.routes import ROUTES
from tests.doors.conftest import KeyMaker
from tests.web.running import Web, pointers, problem
from tests.web.test_access import example_of

KEYS = "/api/v1/keys"


def key_url(web: Web, session: requests.Session) -> str:
    return f"{web.url}{KEYS}/{session.headers['X-Key-Id']!s}"


@pytest.mark.parametrize("scope", list(Scope))
def test_each_scope_opens_what_names_it_and_nothing_else(web: Web, with_key: KeyMaker, scope: Scope) -> None:
    program = with_key(scope.value)
    for route in ROUTES:
        if not route.path.startswith("/api/"):
            continue
        opens = {route.access.scope} | ({Scope.SEND} if route.access is Access.OWN else set())
        # What answers any key shows each what its scopes let it see.
        if scope in opens or route.access in (Access.OPEN, Access.DIALECT, Access.ANY):
            continue
        answer = program.request(route.method, f"{web.url}{example_of(route.path)}", timeout=60)
        refused = problem(answer, 403)
        assert refused["type"] == "/problems/missing-scope", route
        assert route.access.scope is not None
        assert route.access.scope.value in refused["detail"], route


def test_no_page_opens_with_a_key(web: Web, with_key: KeyMaker) -> None:
    program = with_key(*Scope)
    pages = [each for each in ROUTES if each.access.is_page]
    assert len(pages) > 50
    for route in pages[::5]:
        answer = program.request(route.method, f"{web.url}{example_of(route.path)}", timeout=60)
        assert answer.status_code == 401, route


def test_a_key_is_shown_once_and_kept_as_a_hash(web: Web) -> None:
    made = web.api.post(
        f"{web.url}{KEYS}",
        json={
            "name": " the  till ",
            "scopes": ["send"],
            "messages_per_day": 5,
            "networks": ["127.0.0.1/8", "::1"],
            "expires_at": "2099-01-01T00:00:00Z",
        },
        timeout=60,
    )
    body = made.json()
    assert made.status_code == 201
    assert made.headers["Location"] == body["links"]["self"]
    assert (body["name"], body["networks"]) == ("the till", ["127.0.0.0/8", "::1/128"])
    assert body["left"] == [{"name": "messages-per-day", "limit": 5, "left": 5, "window_s": 86400}]
    shown = web.get(body["links"]["self"]).json()
    assert "secret" not in shown
    assert body["secret"] not in web.get(KEYS).text
    for file in web.data.glob("simloft.db*"):
        assert body["secret"].encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({}, [("/name", "field-missing"), ("/scopes", "field-missing")]),
        ({"name": "x", "scopes": []}, [("/scopes", "key-scopes")]),
        ({"name": "x", "scopes": ["everything"]}, [("/scopes", "key-scopes")]),
        ({"name": "\x00", "scopes": ["send"]}, [("/name", "name")]),
        ({"name": "x", "scopes": ["send"], "networks": ["::1", "all"]}, [("/networks/1", "key-networks")]),
        ({"name": "x", "scopes": ["send"], "messages_per_day": 0}, [("/messages_per_day", "field-range")]),
        ({"name": "x", "scopes": ["send"], "secret": "x"}, [("/secret", "field-unknown")]),
    ],
)
def test_a_wrong_key_is_not_made(web: Web, members: dict[str, object], wrong: list[tuple[str, str]]) -> None:
    before = web.count("api_keys")
    answer = web.api.post(f"{web.url}{KEYS}", json=members, timeout=60)
    assert pointers(answer) == wrong
    assert web.count("api_keys") == before


@pytest.mark.parametrize(
    ("members", "wrong"),
    [
        ({"account_id": 77}, ("/account_id", "no-such-account")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("/expires_at", "key-expires-in-the-past")),
    ],
)
def test_a_key_that_does_not_fit_the_box_is_not_made(
    web: Web, members: dict[str, object], wrong: tuple[str, str]
) -> None:
    answer = web.api.post(f"{web.url}{KEYS}", json={"name": "x", "scopes": ["send"], **members}, timeout=60)
    assert pointers(answer, 409) == [wrong]


def test_only_who_administers_the_box_has_others_told_of_what_happens(web: Web, with_key: KeyMaker) -> None:
    program, before = with_key("send", "read", "inbox", "modems"), web.count("webhooks")
    hook = {"url": "http://192.0.2.1/hook"}
    refused = program.post(f"{web.url}/api/v1/webhooks", json=hook, timeout=60)
    assert problem(refused, 403)["type"] == "/problems/missing-scope"
    assert web.count("webhooks") == before


def test_a_key_gives_no_scope_that_it_has_not(web: Web, with_key: KeyMaker) -> None:
    admin, other = with_key("admin"), with_key("send")
    refused = admin.post(f"{web.url}{KEYS}", json={"name": "more", "scopes": ["admin", "send"]}, timeout=60)
    assert problem(refused, 403)["type"] == "/problems/scope-not-yours"
    own = admin.patch(key_url(web, admin), json={"scopes": ["admin", "inbox"]}, timeout=60)
    assert problem(own, 403)["type"] == "/problems/scope-not-yours"
    others = admin.patch(key_url(web, other), json={"networks": None}, timeout=60)
    assert problem(others, 403)["type"] == "/problems/scope-not-yours"
    assert admin.post(f"{web.url}{KEYS}", json={"name": "same", "scopes": ["admin"]}, timeout=60).ok


def test_what_is_null_is_taken_away_and_what_is_not_there_stays(web: Web, with_key: KeyMaker) -> None:
    program = with_key("send", messages_per_day=1, requests_per_minute=600, networks=["127.0.0.1"])
    changed = web.api.patch(
        key_url(web, program), json={"messages_per_day": None, "name": "till"}, timeout=60
    )
    body = changed.json()
    assert (body["messages_per_day"], body["requests_per_minute"]) == (None, 600)
    assert (body["name"], body["networks"]) == ("till", ["127.0.0.1/32"])


def test_a_limit_is_told_before_it_is_reached_and_when_it_is(web: Web, with_key: KeyMaker) -> None:
    program = with_key("send", messages_per_minute=2)
    sent = [
        program.post(f"{web.url}/api/v1/messages", json={"to": "13800000001", "text": "x"}, timeout=60)
        for _ in range(3)
    ]
    assert [each.status_code for each in sent] == [202, 202, 429]
    assert [each.headers["RateLimit-Policy"] for each in sent] == ['"messages-per-minute";q=2;w=60'] * 3
    left = [
        re.fullmatch(r'"messages-per-minute";r=(\d+);t=(\d+)', each.headers["RateLimit"]) for each in sent
    ]
    assert [each and int(each[1]) for each in left] == [1, 0, 0]
    assert problem(sent[2], 429)["type"] == "/problems/key-messages-per-minute"
    assert 1 <= int(sent[2].headers["Retry-After"]) <= 61
    many = program.post(
        f"{web.url}/api/v1/messages",
        json={"messages": [{"to": "13800000001", "text": "x"}] * 3},
        timeout=60,
    )
    assert pointers(many) == [("", "key-messages-per-minute-at-once")]


def test_requests_are_limited_apart_from_messages(web: Web, with_key: KeyMaker) -> None:
    program = with_key("read", requests_per_minute=3)
    answers = [program.get(f"{web.url}/api/v1/sims", timeout=60) for _ in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["RateLimit"].startswith('"requests";r=2;t=')
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
    assert answers[3].headers["RateLimit-Policy"] == '"requests";q=3;w=60'
    assert answers[3].headers["RateLimit"].startswith('"requests";r=0;t=')
    assert "RateLimit" not in web.get("/api/v1/sims").headers


def test_a_key_is_good_from_its_networks_until_its_date_and_until_it_is_revoked(
    web: Web, with_key: KeyMaker
) -> None:
    far = with_key("read", networks=["192.0.2.0/24"])
    assert problem(far.get(f"{web.url}/api/v1/sims", timeout=60), 403)["type"] == "/problems/key-network"
    near = with_key("read", networks=["192.0.2.0/24", "127.0.0.0/8"])
    assert near.get(f"{web.url}/api/v1/sims", timeout=60).ok
    soon = datetime.now(UTC) + timedelta(seconds=1)
    short = with_key("read", expires_at=soon.isoformat())
    while (answer := short.get(f"{web.url}/api/v1/sims", timeout=60)).ok:
        assert datetime.now(UTC) < soon + timedelta(seconds=20)
    assert problem(answer, 401)["type"] == "/problems/key-expired"
    assert web.api.delete(key_url(web, near), timeout=60).status_code == 204
    assert near.get(f"{web.url}/api/v1/sims", timeout=60).status_code == 401
    assert web.api.delete(key_url(web, near), timeout=60).status_code == 404


def test_a_key_that_only_sends_follows_what_it_sent_and_nothing_else(web: Web, with_key: KeyMaker) -> None:
    one, other = with_key("send"), with_key("send", "read")
    mine = one.post(f"{web.url}/api/v1/messages", json={"to": "13800000001", "text": "x"}, timeout=60).json()
    theirs = other.post(
        f"{web.url}/api/v1/messages", json={"to": "13800000001", "text": "y"}, timeout=60
    ).json()
    messages = f"{web.url}/api/v1/messages"
    assert one.get(f"{messages}/{mine['id']}", timeout=60).json()["text"] == "x"
    assert one.get(f"{messages}/{theirs['id']}", timeout=60).status_code == 404
    assert one.get(messages, timeout=60).status_code == 403
    assert one.post(f"{messages}/{theirs['id']}/cancel", timeout=60).status_code == 404
    # Reading everything is not taking back everything.
    assert other.get(f"{messages}/{mine['id']}", timeout=60).ok
    refused = other.post(f"{messages}/{mine['id']}/cancel", timeout=60)
    assert problem(refused, 403)["type"] == "/problems/missing-scope"
    several = other.post(f"{web.url}/api/v1/cancel", json={"messages": [mine["id"]]}, timeout=60)
    assert several.json()["done"] == []
    assert one.post(f"{messages}/{mine['id']}/cancel", timeout=60).json()["state"] == "cancelled"
    assert web.api.post(f"{messages}/{theirs['id']}/cancel", timeout=60).json()["state"] == "cancelled"


def test_no_answer_is_for_scripts_of_other_sites(web: Web) -> None:
    for method in ("OPTIONS", "GET"):
        answer = web.api.request(
            method,
            f"{web.url}/api/v1/messages",
            headers={"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
            timeout=60,
        )
        assert not [each for each in answer.headers if each.lower().startswith("access-control-")]


def test_people_make_keys_for_a_purpose_and_see_them_once(web: Web) -> None:
    web.log_in()
    wrong = web.form("/keys", name="", preset="sends", networks="home")
    assert wrong.status_code == 422
    made = web.form("/keys", name="shop", preset="sends", messages_per_day="500", networks="127.0.0.0/8 ::1")
    secret = re.search(r'id="secret">(sl_[\w-]+)<', made.text)
    assert secret
    assert secret[1] not in web.page.get(f"{web.url}/keys", timeout=60).text
    headers = {"Authorization": f"Bearer {secret[1]}"}
    assert requests.get(f"{web.url}/api/v1/inbox", headers=headers, timeout=60).status_code == 403
    own = web.form("/keys", name="custom", preset="own", **{"scope-read": "on", "scope-inbox": "on"})
    assert own.status_code == 200
    listed = {each["name"]: each for each in web.get(KEYS).json()["items"]}
    assert (listed["shop"]["scopes"], listed["shop"]["messages_per_day"]) == (["send"], 500)
    assert listed["custom"]["scopes"] == ["read", "inbox"]
    address = f"/keys/{listed['shop']['id']}"
    assert "127.0.0.0/8" in web.page.get(f"{web.url}{address}", timeout=60).text
    assert web.form(address, name="shop 2", **{"scope-send": "on"}).status_code == 303
    changed = web.get(f"{KEYS}/{listed['shop']['id']}").json()
    assert (changed["name"], changed["messages_per_day"], changed["networks"]) == ("shop 2", None, [])
    assert web.form(f"{address}/revoke").status_code == 303
    assert requests.get(f"{web.url}/api/v1/inbox", headers=headers, timeout=60).status_code == 401

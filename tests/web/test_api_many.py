"""Many messages with one request, and a request that is made again, over real connections."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import requests

from appliance.store import keys
from appliance.store.database import connect
from tests.web.running import Web, pointers, problem


def ask(web: Web, body: object, **headers: str) -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    with requests.Session() as own:
        own.trust_env = False
        return own.post(
            f"{web.url}/api/v1/messages",
            data=data,
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {web.key}",
                "Accept-Language": "en",
                **headers,
            },
            timeout=60,
        )


def test_ten_thousand_are_accepted_with_one_request(web: Web) -> None:
    count = 10_000
    body = {
        "messages": [
            {"to": f"139{number:08d}", "text": f"您的订单 {number} 已发货", "campaign": "ten thousand"}
            for number in range(count)
        ]
    }
    before = web.count()
    begun = time.monotonic()
    answer = ask(web, body)
    took_s = time.monotonic() - begun
    assert answer.status_code == 202, answer.text
    ids = answer.json()["ids"]
    assert answer.json()["accepted"] == len(set(ids)) == count
    assert web.count() == before + count
    # On a quiet machine it takes half a second (tools/bench); here others compute too.
    assert took_s < 15
    for index in (0, 4711, count - 1):
        assert web.get(f"/api/v1/messages/{ids[index]}").json()["to"] == f"+86139{index:08d}"
    newest = web.get("/api/v1/messages", campaign="ten thousand", limit="2").json()["items"]
    assert [each["id"] for each in newest] == ids[:-3:-1]


def test_one_text_goes_to_many(web: Web) -> None:
    answer = ask(web, {"to": ["13900000001", "10086", "13900000001"], "text": "停电通知", "priority": "bulk"})
    assert answer.status_code == 202
    shown = [web.get(f"/api/v1/messages/{each}").json() for each in answer.json()["ids"]]
    assert [each["to"] for each in shown] == ["+8613900000001", "10086", "+8613900000001"]
    assert {(each["text"], each["priority"]) for each in shown} == {("停电通知", "bulk")}


def test_of_many_with_one_mistake_none_is_stored(web: Web) -> None:
    messages: list[dict[str, Any]] = [{"to": "10086", "text": "x"} for _ in range(2_000)]
    messages[1_017] = {"to": "12", "text": ""}
    before = web.count()
    refused = ask(web, {"messages": messages})
    assert pointers(refused) == [
        ("/messages/1017/to", "recipient-too-short"),
        ("/messages/1017/text", "text-empty"),
    ]
    assert web.count() == before


@pytest.mark.parametrize("wrong", [{"to": "12", "text": "x"}, {"to": 7, "text": "x"}])
def test_of_many_mistakes_a_hundred_are_named(web: Web, wrong: dict[str, object]) -> None:
    body = problem(ask(web, {"messages": [wrong] * 1_000}), 422)
    assert len(body["errors"]) == 100
    assert body["more_errors"] == 900


def test_more_than_are_taken(web: Web) -> None:
    refused = ask(web, {"to": ["10086"] * 10_001, "text": "x"})
    assert pointers(refused) == [("/to", "how-many-messages")]


def test_many_are_taken_back_at_once(web: Web) -> None:
    ids = ask(web, {"to": ["10086"] * 1_200, "text": "x"}).json()["ids"]
    web.api.post(f"{web.url}/api/v1/messages/{ids[700]}/cancel", timeout=60)
    answer = web.api.post(f"{web.url}/api/v1/cancel", json={"messages": [*ids, "unknown"]}, timeout=60).json()
    assert answer["done"] == ids[:700] + ids[701:]
    assert answer["too_late"] == [{"id": ids[700], "state": "cancelled"}, {"id": "unknown", "state": None}]
    assert web.get(f"/api/v1/messages/{ids[3]}").json()["state"] == "cancelled"


class TestIdempotencyKey:
    """The same request again, because its answer was lost."""

    @pytest.mark.parametrize(
        "body",
        [{"to": "10086", "text": "余额"}, {"to": ["10086", "10010"], "text": "余额"}],
        ids=["one", "two"],
    )
    def test_is_answered_as_before(self, web: Web, body: dict[str, object]) -> None:
        key = os.urandom(8).hex()
        before = web.count()
        first = ask(web, body, **{"Idempotency-Key": key})
        web.api.post(f"{web.url}/api/v1/cancel", json={"messages": first.json().get("ids", [])}, timeout=60)
        again = ask(web, body, **{"Idempotency-Key": f'"{key}"'})
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.content == again.content
        assert "Idempotency-Replayed" not in first.headers
        assert again.headers["Idempotency-Replayed"] == "true"
        assert first.headers.get("Location") == again.headers.get("Location")
        assert web.count() == before + len(first.json().get("ids", [1]))

    def test_of_another_request_is_refused(self, web: Web) -> None:
        key = os.urandom(8).hex()
        ask(web, {"to": "10086", "text": "a"}, **{"Idempotency-Key": key})
        before = web.count()
        refused = ask(web, {"to": "10086", "text": "b"}, **{"Idempotency-Key": key})
        assert problem(refused, 409)["type"] == "/problems/idempotency-key-reused"
        assert web.count() == before

    @pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "a\tb"])
    def test_of_another_form_is_refused(self, web: Web, key: str) -> None:
        before = web.count()
        head = (
            f"POST /api/v1/messages HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer {web.key}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: 29\r\n\r\n"
        )
        answer = web.raw(head.encode("latin-1") + b'{"to": "10086", "text": "bal"}'[:29])
        assert b"/problems/idempotency-key-form" in answer or answer.startswith(b"HTTP/1.1 400 ")
        assert web.count() == before

    def test_of_another_api_key_is_another_one(self, web: Web) -> None:
        key = os.urandom(8).hex()
        other = keys.new_key()
        with closing(connect(web.data / "simloft.db")) as connection:
            keys.add_key(connection, "other", other, int(time.time() * 1000))
        mine = ask(web, {"to": "10086", "text": "a"}, **{"Idempotency-Key": key})
        theirs = ask(
            web, {"to": "10086", "text": "b"}, **{"Idempotency-Key": key, "Authorization": f"Bearer {other}"}
        )
        assert theirs.status_code == 202
        assert mine.json()["id"] != theirs.json()["id"]

    def test_of_twenty_at_the_same_moment_one_sends(self, web: Web) -> None:
        for body in ({"to": "10086", "text": "at once"}, {"to": ["10086"] * 30, "text": "at once"}):
            key = os.urandom(8).hex()
            before = web.count()
            with ThreadPoolExecutor(20) as threads:
                answers = list(
                    threads.map(lambda _: ask(web, body, **{"Idempotency-Key": key}), range(20))  # noqa: B023
                )
            assert {each.status_code for each in answers} == {202}
            assert len({each.content for each in answers}) == 1
            assert sum("Idempotency-Replayed" not in each.headers for each in answers) == 1
            assert web.count() == before + len(answers[0].json().get("ids", [1]))


@pytest.fixture
def sent(web: Web) -> list[dict[str, Any]]:
    """Some messages that no other test has."""
    tag = os.urandom(4).hex()
    return [
        web.accepted(to=to, text=f"{text} {tag}", campaign=tag)
        for to, text in (("13911112222", "验证码"), ("13911113333", "订单"), ("13911112222", "订单"))
    ]


class TestLists:
    """What an application looks for."""

    def ids(self, web: Web, **query: str) -> list[str]:
        answer = web.get("/api/v1/messages", **query)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    def test_filters_alone_and_together(self, web: Web, sent: list[dict[str, Any]]) -> None:
        one, two, three = (each["id"] for each in sent)
        tag = sent[0]["campaign"]
        assert self.ids(web, campaign=tag) == [three, two, one]
        assert self.ids(web, campaign=tag, to="139 1111 2222") == [three, one]
        assert self.ids(web, q=f"订单 {tag}") == [three, two]
        assert self.ids(web, q=f"订单 {tag.upper()}", to="13911113333") == [two]
        assert self.ids(web, campaign=tag, state="queued,sending") == [three, two, one]
        assert self.ids(web, campaign=tag, state="failed") == []
        assert self.ids(web, campaign=tag, account="1", source="api") == [three, two, one]
        assert self.ids(web, campaign=tag, source="page") == []
        assert self.ids(web, campaign=tag, sim="1") == []
        accepted_at = sent[1]["accepted_at"]
        assert set(self.ids(web, campaign=tag, accepted_before=accepted_at)) <= {one}
        assert two in self.ids(web, campaign=tag, accepted_after=accepted_at)
        assert self.ids(web, campaign=tag, accepted_after="2000-01-01T00:00:00+08:00") == [three, two, one]

    def test_a_plus_that_was_not_escaped(self, web: Web, sent: list[dict[str, Any]]) -> None:
        path = f"/api/v1/messages?campaign={sent[0]['campaign']}&accepted_after=2000-01-01T00:00:00+08:00"
        assert len(web.get(path).json()["items"]) == 3

    @pytest.mark.parametrize(
        ("query", "wrong"),
        [
            ({"state": "gone"}, [("state", "field-choice")]),
            ({"state": "queued,"}, [("state", "field-choice")]),
            ({"accepted_after": "2026-01-01"}, [("accepted_after", "field-instant")]),
            ({"sim": "x"}, [("sim", "field-whole-number")]),
            ({"sim": "0"}, [("sim", "field-range")]),
            ({"to": "12"}, [("to", "recipient-too-short")]),
            ({"q": ""}, [("q", "field-label")]),
            (
                {"source": "nowhere", "account": "-1"},
                [("account", "field-range"), ("source", "field-choice")],
            ),
            ({"colour": "red"}, [("colour", "parameter-unknown")]),
        ],
    )
    def test_wrong_filters_are_named(
        self, web: Web, query: dict[str, str], wrong: list[tuple[str, str]]
    ) -> None:
        assert pointers(web.get("/api/v1/messages", **query), 400) == wrong

    def test_pages_of_a_filter_hold_all_of_it(self, web: Web) -> None:
        ids = ask(web, {"to": ["10086"] * 57, "text": "pages", "campaign": "pages"}).json()["ids"]
        shown: list[str] = []
        query = {"campaign": "pages", "limit": "10"}
        while True:
            answer = web.get("/api/v1/messages", **query).json()
            shown += [each["id"] for each in answer["items"]]
            web.accepted(campaign="pages")
            if answer["next_cursor"] is None:
                break
            query["cursor"] = answer["next_cursor"]
        assert shown == ids[::-1]


class TestTags:
    """Who polls is told that nothing changed."""

    @pytest.mark.parametrize(
        "path",
        ["/api/v1/messages", "/api/v1/inbox", "/api/v1/conversations", "/api/v1/sims", "/api/v1/accounts"],
    )
    def test_nothing_changed(self, web: Web, path: str) -> None:
        first = web.get(path)
        tag = {"If-None-Match": f'"other", {first.headers["ETag"]}'}
        again = web.api.get(f"{web.url}{path}", headers=tag, timeout=60)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]

    def test_a_change_shows_at_once(self, web: Web) -> None:
        message = web.accepted()
        url = f"{web.url}{message['links']['self']}"
        for action in ("cancel",):
            tag = {"If-None-Match": web.api.get(url, timeout=60).headers["ETag"]}
            assert web.api.get(url, headers=tag, timeout=60).status_code == 304
            web.api.post(f"{url}/{action}", timeout=60)
            changed = web.api.get(url, headers=tag, timeout=60)
            assert (changed.status_code, changed.json()["state"]) == (200, "cancelled")

    def test_other_words_have_another_tag(self, web: Web) -> None:
        message = web.accepted()
        url = f"{web.url}{message['links']['self']}"
        chinese = web.api.get(url, headers={"Accept-Language": "zh"}, timeout=60)
        english = {"Accept-Language": "en", "If-None-Match": chinese.headers["ETag"]}
        assert web.api.get(url, headers=english, timeout=60).status_code == 200


def test_conversations_have_both_ways(web: Web) -> None:
    number = "+8613977778888"
    message = web.accepted(to=number, text="在吗？")
    with closing(connect(web.data / "simloft.db")) as connection:
        connection.execute(
            """
            INSERT INTO sims (identity, msisdn, first_seen_at_ms, last_seen_at_ms)
            VALUES ('iccid:c', '+8613900000000', 1, 1)
            """
        )
        connection.execute(
            """
            INSERT INTO inbound_messages (id, sim_id, sender, text, parts_total, parts_received, complete,
                received_at_ms, completed_at_ms)
            SELECT 'reply', max(id), ?, '在', 1, 1, 1, ?, 1 FROM sims
            """,
            (number, int(time.time() * 1000) + 50),
        )
    listed = web.get("/api/v1/conversations", limit="1").json()
    (talk,) = listed["items"]
    assert (talk["number"], talk["sent"], talk["received"]) == (number, 1, 1)
    assert (talk["last"]["direction"], talk["last"]["received"]["text"]) == ("in", "在")
    answer = web.get(talk["links"]["messages"]).json()
    assert [each["direction"] for each in answer["items"]] == ["in", "out"]
    assert answer["items"][1]["sent"]["id"] == message["id"]
    assert answer["next_cursor"] is None
    first = web.get(talk["links"]["messages"], limit="1").json()
    second = web.get(talk["links"]["messages"], limit="1", cursor=first["next_cursor"]).json()
    assert first["items"] + second["items"] == answer["items"]
    assert (
        web.get("/api/v1/inbox", **{"from": "139 7777 8888", "q": "在"}).json()["items"][0]["id"] == "reply"
    )
    assert pointers(web.get("/api/v1/conversations", cursor="m1"), 400) == [("cursor", "parameter-cursor")]

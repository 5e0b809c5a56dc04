"""Webhooks and the feed as a box has them: over its API and its pages, through a kill, for thousands at a time."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from appliance.store import keys
from appliance.store.database import connect
from appliance.store.keys import Scope, Terms
from appliance.web.long_answer import JUDGED_S
from tests.web.running import Web, problem, running_web
from tests.webhooks.receiver import Call, Receiver, Reply

SETTINGS = "[webhooks]\nallow_loopback = true\ngive_up_after_s = 20\nanswer_timeout_s = 5\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with running_web(tmp_path_factory.mktemp("box"), settings=SETTINGS) as running:
        running.log_in()
        yield running


def make(web: Web, url: str, **members: Any) -> dict[str, Any]:
    answer = web.api.post(f"{web.url}/api/v1/webhooks", json={"url": url, **members}, timeout=30)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def key_with(web: Web, *scopes: Scope) -> dict[str, str]:
    """The headers of another key."""
    shown = keys.new_key()
    with closing(connect(web.data / "simloft.db")) as connection:
        keys.add(connection, Terms(name="other", scopes=frozenset(scopes)), shown, int(time.time() * 1000))
    return {"Authorization": f"Bearer {shown}"}


class Stream:
    """A client of server-sent events."""

    def __init__(self, web: Web, headers: dict[str, str] | None = None, last: int | None = None) -> None:
        wanted = {"Accept": "text/event-stream", **(headers or {})}
        if last is not None:
            wanted["Last-Event-ID"] = str(last)
        self._answer = requests.get(f"{web.url}/api/v1/events", headers=wanted, stream=True, timeout=20)
        assert self._answer.status_code == 200, self._answer.text
        self._lines = self._answer.iter_lines()

    def next(self) -> tuple[int, str, dict[str, Any]]:
        """The id, type and object of the next event."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.decode().partition(": ")
            if name in ("id", "event", "data"):
                fields[name] = value
            if not line and "data" in fields:
                return int(fields["id"]), fields["event"], json.loads(fields["data"])
        raise EOFError

    def close(self) -> None:
        self._answer.close()


def test_a_kill_in_mid_delivery_loses_nothing_and_changes_no_id(tmp_path: Path, receiver: Receiver) -> None:
    holds = threading.Event()
    receiver.answer = lambda _: Reply() if holds.wait(10) else Reply(500)
    with running_web(tmp_path, settings=SETTINGS) as web:
        made = make(web, receiver.url)
        ids = [web.accepted(to=f"1391234{each:04d}")["id"] for each in range(30)]
        # Some are with the receiver, which says nothing; the rest waits.
        time.sleep(0.3)
        os.killpg(web.process.pid, signal.SIGKILL)
        web.process.wait()
    holds.set()
    with running_web(tmp_path, settings=SETTINGS):
        count = 0
        while set(told := _told(receiver.wait(count), made["secret"])) < set(ids):
            count = len(receiver.calls) + 1
    assert set(told) == set(ids)
    assert all(len(each) == 1 for each in told.values())


def _told(calls: list[Call], secret: str) -> dict[str, set[str]]:
    """By message, under which ids it was told."""
    told: dict[str, set[str]] = {}
    for each in calls:
        told.setdefault(each.verified(secret)["data"]["id"], set()).add(each.id)
    return told


def test_the_api_makes_shows_tries_and_removes_one(web: Web, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(200, body="好的".encode())
    made = make(web, receiver.url, name="till", kinds=["message.cancelled", "modem"])
    assert made["secret"].startswith("whsec_")
    path = f"{web.url}/api/v1/webhooks/{made['id']}"
    shown = web.api.get(path, timeout=30).json()
    assert "secret" not in shown
    assert shown["kinds"] == ["message.cancelled", "modem"]
    tried = web.api.post(f"{path}/test", timeout=30).json()
    assert (tried["is_taken"], tried["status"], tried["answer"]) == (True, 200, "好的")
    assert web.api.get(f"{path}/tries", timeout=30).json()["items"][0]["type"] == "webhook.test"
    other = web.api.post(f"{path}/secret", json={}, timeout=30).json()
    assert other["secret"] != made["secret"]
    assert other["old_secret_until"]
    off = web.api.patch(path, json={"is_on": False, "name": "old till"}, timeout=30).json()
    assert (off["is_on"], off["name"]) == (False, "old till")
    assert web.api.patch(path, json={"account": 1}, timeout=30).json()["account"] == 1
    assert web.api.patch(path, json={"name": "till"}, timeout=30).json()["account"] == 1
    assert web.api.patch(path, json={"account": None}, timeout=30).json()["account"] is None
    assert web.api.get(f"{path}/deliveries", timeout=30).json() == {"items": [], "next_cursor": None}
    assert web.api.post(f"{path}/resend", timeout=30).json() == {"count": 0}
    assert web.api.delete(path, timeout=30).status_code == 204
    problem(web.api.get(path, timeout=30), 404)


@pytest.mark.parametrize(
    ("members", "pointer", "code"),
    [
        ({"url": "http://169.254.169.254/latest"}, "/url", "url-forbidden"),
        ({"url": "http://[fe80::1]/"}, "/url", "url-forbidden"),
        ({"url": "ftp://host/"}, "/url", "url-scheme"),
        ({"url": "http://host/", "kinds": ["message.eaten"]}, "/kinds", "webhook-kind"),
        ({}, "/url", "field-missing"),
    ],
)
def test_what_can_not_be_is_refused_with_the_place_and_the_reason(
    web: Web, members: dict[str, Any], pointer: str, code: str
) -> None:
    answer = web.api.post(f"{web.url}/api/v1/webhooks", json=members, timeout=30)
    assert [(each["pointer"], each["code"]) for each in problem(answer, 422)["errors"]] == [(pointer, code)]


def test_who_may_not_administer_makes_no_webhook(web: Web) -> None:
    headers = key_with(web, Scope.SEND, Scope.READ)
    answer = requests.get(f"{web.url}/api/v1/webhooks", headers=headers, timeout=30)
    problem(answer, 403)


def test_a_stream_goes_on_where_it_was_and_says_where_it_can_not(web: Web) -> None:
    key = dict(web.api.headers)
    own = {"Authorization": str(key["Authorization"])}
    stream = Stream(web, own)
    first = web.accepted()
    at, kind, told = stream.next()
    assert (kind, told["data"]["id"]) == ("message.queued", first["id"])
    stream.close()
    missed = [web.accepted()["id"] for _ in range(5)]
    again = Stream(web, own, last=at)
    assert [again.next()[2]["data"]["id"] for _ in range(5)] == missed
    again.close()
    lost = Stream(web, own, last=10**9)
    assert lost.next()[1] == "feed.gap"
    lost.close()


def test_a_key_sees_of_the_feed_what_its_scopes_let_it_see(web: Web) -> None:
    sends = key_with(web, Scope.SEND)
    reads_inbox = key_with(web, Scope.INBOX)
    start = requests.get(f"{web.url}/api/v1/events?wait_s=0", headers=sends, timeout=30).json()["after"]
    others = web.accepted()["id"]
    mine = requests.post(
        f"{web.url}/api/v1/messages", json={"to": "13912345678", "text": "a"}, headers=sends, timeout=30
    ).json()["id"]

    def seen(headers: dict[str, str]) -> list[str]:
        answer = requests.get(f"{web.url}/api/v1/events?after={start}", headers=headers, timeout=30)
        return [each["data"]["id"] for each in answer.json()["items"]]

    assert seen(sends) == [mine]
    assert seen(reads_inbox) == []
    assert {others, mine} <= set(seen({"Authorization": str(web.api.headers["Authorization"])}))
    problem(requests.get(f"{web.url}/api/v1/events", headers=sends, timeout=30), 403)
    admin = key_with(web, Scope.ADMIN)
    problem(requests.get(f"{web.url}/api/v1/events?wait_s=0", headers=admin, timeout=30), 403)


def test_a_long_poll_waits_for_the_next_change_and_no_longer(web: Web) -> None:
    after = web.get("/api/v1/events", wait_s="0").json()["after"]
    began_s = time.monotonic()
    assert web.get("/api/v1/events", after=str(after), wait_s="1").json() == {"items": [], "after": after}
    assert 0.9 < time.monotonic() - began_s < 5
    later = threading.Timer(0.3, web.accepted)
    later.start()
    found = web.get("/api/v1/events", after=str(after), wait_s="20").json()
    assert [each["type"] for each in found["items"]] == ["message.queued"]
    later.join()
    bad = web.get("/api/v1/events", after=str(after), kinds="message.eaten")
    assert bad.status_code == 400


def test_streams_hold_no_thread_and_end_with_the_process(tmp_path: Path) -> None:
    with running_web(tmp_path) as web:
        own = {"Authorization": str(web.api.headers["Authorization"])}
        streams = [Stream(web, own) for _ in range(100)]
        web.accepted()
        assert all(each.next()[1] == "message.queued" for each in streams)
        threads = len(list(Path(f"/proc/{web.process.pid}/task").iterdir()))
        assert threads < 60
        assert web.stop() == 0
        with pytest.raises(EOFError):
            streams[0].next()


def test_a_person_makes_tries_changes_and_removes_one_on_the_page(web: Web, receiver: Receiver) -> None:
    receiver.answer = lambda _: Reply(418, body=b"<b>teapot</b>")
    made = web.form("/webhooks", url=receiver.url, name="till", **{"kind-message": "on"})
    assert "whsec_" in made.text
    listed = web.page.get(f"{web.url}/webhooks", headers={"Accept-Language": "en"}, timeout=30).text
    path = listed.split('href="/webhooks/')[-1].split('"')[0]
    page = f"/webhooks/{path}"
    assert "whsec_" not in web.page.get(f"{web.url}{page}", timeout=30).text
    tested = web.form(f"{page}/test").text
    assert "HTTP 418" in tested
    assert "&lt;b&gt;teapot" in tested
    assert "whsec_" in web.form(f"{page}/secret").text
    assert web.form(f"{page}/off").status_code == 303
    assert "Switch on" in web.page.get(f"{web.url}{page}", headers={"Accept-Language": "en"}, timeout=30).text
    wrong = web.form(page, url="http://0.0.0.0/", name="till")
    assert wrong.status_code == 422
    assert "does not send to itself" in wrong.text
    assert web.form(f"{page}/remove").status_code == 303
    assert web.form(f"{page}/test").status_code == 404


def test_a_stream_ends_when_its_key_is_revoked(web: Web) -> None:
    made = web.api.post(
        f"{web.url}/api/v1/keys", json={"name": "ends", "scopes": ["read"]}, timeout=30
    ).json()
    stream = Stream(web, {"Authorization": f"Bearer {made['secret']}"})
    assert web.accepted(text="seen")["id"] == stream.next()[2]["data"]["id"]
    revoked = web.api.delete(f"{web.url}/api/v1/keys/{made['id']}", timeout=30)
    assert revoked.status_code == 204
    time.sleep(JUDGED_S)
    web.accepted(text="unseen")
    with pytest.raises(EOFError):
        stream.next()
    stream.close()

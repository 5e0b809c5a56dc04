"""`simloft run` with a key of the sandbox: a second box, there while it is wanted and apart from the real one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from appliance.magic_numbers import MagicNumber
from appliance.store import keys
from appliance.store.database import connect
from appliance.store.keys import Terms
from appliance.web.access import Access
from appliance.web.routes import OF_THE_BOX_ALONE, ROUTES
from tests.box import Box, eventually, running_box

QUICK = "[simulated]\nmodems = 1\nlatency_ms = 10\nreport_delay_ms = 10\n"


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    with running_box(tmp_path_factory.mktemp("sandbox") / "box", settings=QUICK) as running:
        yield running


@pytest.fixture(scope="module")
def key(box: Box) -> str:
    return new_key(box, "developer")


@pytest.fixture(scope="module")
def dev(box: Box, key: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {key}"
        yield session


def new_key(box: Box, name: str, *, expires_at_ms: int | None = None) -> str:
    secret = keys.new_key()
    with contextlib.closing(connect(box.data / "simloft.db")) as connection:
        terms = Terms(name=name, is_sandbox=True, expires_at_ms=expires_at_ms)
        keys.add(connection, terms, secret, int(time.time() * 1000))
    return secret


def posted(box: Box, dev: requests.Session, to: str, text: str = "hello") -> dict[str, Any]:
    answer = dev.post(f"{box.url}/api/v1/messages", json={"to": to, "text": text}, timeout=60)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def settled(box: Box, dev: requests.Session, message: dict[str, Any], state: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = dev.get(f"{box.url}{message['links']['self']}", timeout=60).json()
        return found if found["state"] == state else None

    return eventually(look, what=f"{message['to']} {state}") or {}


def messages_of(database: Path) -> list[tuple[str, str]]:
    with contextlib.closing(connect(database, read_only=True)) as connection:
        return [tuple(row) for row in connection.execute("SELECT recipient, text FROM messages ORDER BY seq")]


def test_a_message_and_its_reply_stay_in_the_sandbox(box: Box, dev: requests.Session) -> None:
    box.post("13900000001", "a real one")
    message = posted(box, dev, MagicNumber.REPLIES, "ping")
    settled(box, dev, message, "delivered")
    inbox = eventually(
        lambda: dev.get(f"{box.url}/api/v1/inbox", timeout=60).json()["items"], what="the reply"
    )
    assert [(each["from"], each["text"]) for each in inbox] == [(MagicNumber.REPLIES.value, "ping")]

    assert messages_of(box.data / "simloft.db") == [("+8613900000001", "a real one")]
    assert messages_of(box.data / "sandbox" / "simloft.db") == [(MagicNumber.REPLIES.value, "ping")]
    assert box.api.get(f"{box.url}/api/v1/messages/{message['id']}", timeout=60).status_code == 404
    assert box.inbox() == []
    ledger = [json.loads(line) for line in (box.data / "bank-ledger.jsonl").read_text().splitlines()]
    assert MagicNumber.REPLIES.value not in {each.get("recipient", each.get("to")) for each in ledger}
    # And no key that could be used is in the second database.
    with contextlib.closing(connect(box.data / "sandbox" / "simloft.db", read_only=True)) as connection:
        assert [row[0] for row in connection.execute("SELECT key_sha256 FROM api_keys")] == ["of the box: 2"]


def test_each_outcome_has_its_recipient(box: Box, dev: requests.Session) -> None:
    outcomes = {
        MagicNumber.DELIVERED: "delivered",
        MagicNumber.UNDELIVERED: "undelivered",
        MagicNumber.REFUSED: "failed",
        MagicNumber.UNCERTAIN: "uncertain",
        MagicNumber.SLOW: "sent",
        MagicNumber.SILENT: "sent",
        MagicNumber.BUSY: "delivered",
    }
    sent = {number: posted(box, dev, number) for number in outcomes}
    for number, state in outcomes.items():
        found = settled(box, dev, sent[number], state)
        assert found["attempts"] == (2 if number is MagicNumber.BUSY else 1)


def test_no_route_shows_a_sandbox_key_anything_of_the_box(box: Box, dev: requests.Session) -> None:
    """Each that answers with what there is: a mark that is everywhere in the real database comes from none of them."""
    mark = "only-in-the-real-box"
    box.post("13900000777", mark, campaign=mark)
    with contextlib.closing(connect(box.data / "simloft.db")) as connection:
        connection.execute("UPDATE sims SET label = ?", [mark])
        connection.execute("UPDATE ports SET label = ?", [mark])
    for path in ("accounts", "groups"):
        assert box.api.post(f"{box.url}/api/v1/{path}", json={"name": mark}, timeout=60).ok
    refused, looked = [], 0
    for route in ROUTES:
        if route.access is Access.OPEN or route.access.is_page or route.access is Access.DIALECT:
            continue
        path = _filled(route.path)
        answer = dev.request(
            route.method,
            f"{box.url}{path}",
            json={} if route.method != "GET" else None,
            timeout=60,
            stream=True,
        )
        body = b"" if "event-stream" in answer.headers.get("Content-Type", "") else answer.content
        answer.close()
        assert answer.status_code < 500, (route.method, path, body)
        assert mark.encode() not in body, (route.method, path)
        if path.startswith(OF_THE_BOX_ALONE):
            assert (answer.status_code, json.loads(body)["type"]) == (403, "/problems/not-in-sandbox"), path
            refused.append(path)
        looked += 1
    assert len(refused) >= 5
    assert looked > 50
    # What was marked is seen with a key of the box, so it could have been.
    assert mark in box.api.get(f"{box.url}/api/v1/sims", timeout=60).text
    assert mark in box.api.get(f"{box.url}/api/v1/messages", timeout=60).text


def test_no_dialect_takes_a_sandbox_key_to_the_real_queue(box: Box, key: str) -> None:
    """Whatever a client calls its secret: it is shown in every way at once."""
    before = messages_of(box.data / "simloft.db")
    shown = dict.fromkeys(("password", "pass", "login_pass", "access_token", "token", "key", "apikey"), key)
    sent = {
        "to": MagicNumber.DELIVERED.value,
        "text": "by a dialect",
        "message": "by a dialect",
        "number": "13900000009",
    }
    query = {"username": "x", "user": "x", "login_name": "x", **shown, **sent}
    for route in ROUTES:
        if route.access is not Access.DIALECT:
            continue
        for auth in (None, ("x", key)):
            headers = {} if auth else {"Authorization": f"Bearer {key}"}
            body = {"phoneNumbers": [sent["to"]], **query} if route.method == "POST" else None
            answer = requests.request(
                route.method,
                f"{box.url}{_filled(route.path)}",
                params=query,
                json=body,
                auth=auth,
                headers=headers,
                timeout=60,
            )
            assert answer.status_code < 500, (route.path, answer.text)
    assert messages_of(box.data / "simloft.db") == before
    # Kannel's is among them, so the requests were good enough for one at least.
    assert "by a dialect" in {text for _, text in messages_of(box.data / "sandbox" / "simloft.db")}


def test_a_killed_sandbox_comes_back_and_the_box_does_not_notice(box: Box, dev: requests.Session) -> None:
    pool = _process(box, "--sandbox")
    before = box.process_id("web")
    os.kill(pool, signal.SIGKILL)
    box.wait_for_state(box.post("13900000002", "goes on")["id"], "delivered")
    settled(box, dev, posted(box, dev, "13900000003"), "delivered")
    assert box.process_id("web") == before
    assert _process(box, "--sandbox") != pool


def test_what_a_key_asked_for_is_on_its_page(box: Box, dev: requests.Session, key: str) -> None:
    posted(box, dev, MagicNumber.DELIVERED, "to be seen on the page")
    dev.get(f"{box.url}/api/v1/inbox", params={"password": key}, timeout=60)
    with requests.Session() as page:
        page.trust_env = False
        page.headers["Accept-Language"] = "en"
        token = (box.data / "output.txt").read_text().split("/login/")[1].split()[0]
        page.get(f"{box.url}/login/{token}", timeout=60)
        shown = page.get(f"{box.url}/console/2", timeout=60).text
        assert "to be seen on the page" in shown
        assert "password=***" in shown
        assert key not in shown
        form = {"Origin": box.url}
        made = page.post(f"{box.url}/console/keys", headers=form, timeout=60)
        assert made.status_code == 200
        secret = made.text.split('id="secret">')[1].split("<")[0]
        with requests.Session() as fresh:
            fresh.headers["Authorization"] = f"Bearer {secret}"
            settled(box, fresh, posted(box, fresh, MagicNumber.DELIVERED), "delivered")
        phone = f"/console/handsets/{MagicNumber.DELIVERED.value}"
        assert "to be seen on the page" in page.get(f"{box.url}{phone}", timeout=60).text
        sims = dev.get(f"{box.url}/api/v1/sims", timeout=60).json()["items"]
        replied = page.post(
            f"{box.url}{phone}/reply",
            data={"text": "typed", "to": sims[0]["number"]},
            headers=form,
            timeout=60,
        )
        assert replied.status_code == 200, replied.text
        eventually(
            lambda: "typed" in dev.get(f"{box.url}/api/v1/inbox", timeout=60).text, what="what was typed"
        )
    assert box.inbox() == []


def test_its_processes_end_with_the_last_key(box: Box, dev: requests.Session) -> None:
    settled(box, dev, posted(box, dev, MagicNumber.DELIVERED), "delivered")
    assert _process(box, "--sandbox")
    with contextlib.closing(connect(box.data / "simloft.db")) as connection:
        connection.execute("UPDATE api_keys SET revoked_at_ms = 1 WHERE is_sandbox")
    eventually(lambda: not _find(box, "--sandbox") and not _find(box, "--magic-numbers"), what="the end")
    assert dev.get(f"{box.url}/api/v1/messages", timeout=60).status_code == 401
    box.wait_for_state(box.post("13900000004", "goes on")["id"], "delivered")


def _filled(path: str) -> str:
    """An address of a route, with pieces that are likely to be there."""
    path = re.sub(r"<action:re:([a-z-]+)[^>]*>", r"\1", path)
    path = re.sub(r"<[a-z_]+:re:\[0-9\][^>]*>", "1", path)
    path = re.sub(r"<carrier_id[^>]*>", "cn-mobile", path)
    return re.sub(r"<[^>]*>", "1", path)


def _process(box: Box, word: str) -> int:
    return eventually(lambda: _find(box, word), what=word)


def _find(box: Box, word: str) -> int:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            parts = path.read_bytes().decode(errors="replace").split("\0")
            if word in parts and any(part.startswith(str(box.data)) for part in parts):
                return int(path.parent.name)
    return 0

"""SMS Gateway for Android: its Python and npm clients, what they may be answered, and what is told to its webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.store.database import connect
from tests.dialects.lan.conftest import Desk
from tests.dialects.receiver import Receiver

TO, OTHER = "+8613912345678", "+8613912345679"
client = pytest.importorskip("android_sms_gateway.client")
domain = pytest.importorskip("android_sms_gateway.domain")
enums = pytest.importorskip("android_sms_gateway.enums")
errors = pytest.importorskip("android_sms_gateway.errors")
NPM = Path(__file__).parent.parent / "android"


def opened(
    desk: Desk, key: str | None = None, *, login: str | None = "u", under: str = "/3rdparty/v1"
) -> Any:
    return client.APIClient(login, key or desk.key, base_url=f"{desk.url}{under}")


def texted(text: str = "你好", **members: object) -> Any:
    return domain.Message(**{"phone_numbers": [TO], "text_message": domain.TextMessage(text=text), **members})


def post(desk: Desk, key: str | None = None, **body: object) -> requests.Response:
    return requests.post(
        f"{desk.url}/api/3rdparty/v1/messages", json=body, auth=("u", key or desk.key), timeout=30
    )


@pytest.mark.parametrize("under", ["/3rdparty/v1", "/api/3rdparty/v1"])
@pytest.mark.parametrize("login", ["u", None])
def test_the_python_client_sends_follows_and_takes_back(desk: Desk, under: str, login: str | None) -> None:
    with opened(desk, login=login, under=under) as api:
        sent = api.send(
            texted(
                phone_numbers=[TO, OTHER], sim_number=1, ttl=600, id=f"job{under}{login}".replace("/", "-")
            )
        )
        assert sent.state is enums.ProcessState.Pending
        assert [each.phone_number for each in sent.recipients] == [TO, OTHER]
        newest = desk.newest()
        assert (newest["text"], newest["source"]) == ("你好", "android")
        assert abs(newest["expires_at_ms"] - time.time() * 1000 - 600_000) < 60_000
        assert api.get_state(sent.id).id == sent.id
        found = api.get_messages(pagination=domain.QueryPagination(limit=1))
        assert [each.id for each in found] == [sent.id]
        api.cancel_message(sent.id)
        assert api.get_state(sent.id).state is enums.ProcessState.Cancelled
        assert api.get_messages(query=domain.MessagesQueryFilter(state="Cancelled"))[0].id == sent.id
        with pytest.raises(errors.NotFoundError):
            api.get_state("nobody")


def test_a_port_of_its_own_has_it_at_the_root(desk: Desk) -> None:
    ports = re.findall(r"listening on \S+ port (\d+)", desk.web.log())
    (port,) = set(ports) - {str(desk.web.port)}
    with client.APIClient("u", desk.key, base_url=f"http://127.0.0.1:{port}") as api:
        sent = api.send(texted("at the root"))
        assert api.get_state(sent.id).recipients[0].phone_number == TO
    assert requests.get(f"http://127.0.0.1:{port}/api/v1/messages", timeout=30).status_code == 404
    assert requests.get(f"http://127.0.0.1:{port}/", timeout=30).status_code in (401, 404)


def test_an_id_of_the_client_sends_once(desk: Desk) -> None:
    before = desk.count()
    with opened(desk) as api:
        first = api.send(texted(id="order-17"))
        assert api.send(texted(id="order-17")).id == first.id == "order-17"
        assert desk.count() == before + 1
        with pytest.raises(errors.APIError):
            api.send(texted("another text", id="order-17"))
        assert api.send(texted()).id != api.send(texted()).id
    assert desk.count() == before + 3


@pytest.mark.parametrize(
    ("row", "state", "recipient"),
    [
        ("held", "Pending", "Pending"),
        ("sending", "Processed", "Processed"),
        ("uncertain", "Processed", "Processed"),
        ("sent", "Sent", "Sent"),
        ("delivered", "Delivered", "Delivered"),
        ("undelivered", "Failed", "Failed"),
        ("failed", "Failed", "Failed"),
        ("expired", "Failed", "Failed"),
    ],
)
def test_states_are_those_that_the_client_knows(desk: Desk, row: str, state: str, recipient: str) -> None:
    with opened(desk) as api:
        sent = api.send(texted())
        now_ms = int(time.time() * 1000)
        with closing(connect(desk.web.data / "simloft.db")) as connection:
            connection.execute(
                "UPDATE messages SET state = ?, reason = 'message.sent', sent_at_ms = ? WHERE campaign = ?",
                [row, now_ms, sent.id],
            )
        told = api.get_state(sent.id)
        assert told.state.value == state
        assert told.recipients[0].state.value == recipient
        assert bool(told.recipients[0].error) == (state == "Failed")
        connection = connect(desk.web.data / "simloft.db")
        connection.execute("DELETE FROM messages WHERE campaign = ?", [sent.id])
        connection.close()


def test_no_priority_passes_a_limit(desk: Desk) -> None:
    before, slow = desk.count(), desk.slow_key()
    with opened(desk, slow) as api:
        api.send(texted(priority=enums.MessagePriority.MAXIMUM))
        assert desk.newest()["priority"] == 0
        with pytest.raises(errors.APIError) as refused:
            api.send(texted(priority=enums.MessagePriority.BYPASS_THRESHOLD))
        assert refused.value.status_code == 429
    assert desk.count() == before + 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"phoneNumbers": [TO], "message": "old form"}, 202),
        ({"phoneNumbers": [TO], "textMessage": {"text": "x"}, "isEncrypted": True}, 400),
        ({"phoneNumbers": [TO], "dataMessage": {"data": "aGk=", "port": 5}}, 400),
        ({"phoneNumbers": [TO], "mmsMessage": {"text": "x"}}, 400),
        ({"phoneNumbers": [TO]}, 400),
        ({"phoneNumbers": []}, 400),
        ({"phoneNumbers": ["abc"], "message": "x"}, 400),
        ({"phoneNumbers": TO, "message": "x"}, 400),
        ({"phoneNumbers": [TO, "110"], "message": "x"}, 400),
        ({"phoneNumbers": [TO], "message": ""}, 400),
        ({"phoneNumbers": [TO], "message": "a\0b"}, 400),
        ({"phoneNumbers": [TO], "message": "a" * 5000}, 400),
        ({"phoneNumbers": [TO], "message": "x", "ttl": 0}, 400),
        ({"phoneNumbers": [TO], "message": "x", "ttl": "9"}, 400),
        ({"phoneNumbers": [TO], "message": "x", "ttl": 9, "validUntil": "2099-01-01T00:00:00Z"}, 400),
        ({"phoneNumbers": [TO], "message": "x", "validUntil": "soon"}, 400),
        ({"phoneNumbers": [TO], "message": "x", "validUntil": "2020-01-01T00:00:00Z"}, 400),
        ({"phoneNumbers": [TO], "message": "x", "id": "a/b"}, 400),
        ({"phoneNumbers": [TO], "message": "x", "id": "a" * 100}, 400),
        ({"message": "x"}, 400),
    ],
)
def test_bodies(desk: Desk, body: dict[str, object], status: int) -> None:
    before = desk.count()
    answer = post(desk, **body)
    assert answer.status_code == status, answer.text
    assert desk.count() == before + (status == 202)
    if status != 202:
        assert answer.json()["message"]


def test_valid_until_is_by_the_wall_clock_where_no_zone_is_named(desk: Desk) -> None:
    until = datetime.now(UTC) + timedelta(hours=3)
    with opened(desk) as api:
        api.send(texted(valid_until=until))
        assert abs(desk.newest()["expires_at_ms"] - until.timestamp() * 1000) < 2


def test_keys_that_may_not(desk: Desk) -> None:
    before = desk.count()
    assert post(desk, "wrong-key", phoneNumbers=[TO], message="x").status_code == 401
    assert post(desk, desk.keys["reads"], phoneNumbers=[TO], message="x").status_code == 403
    with opened(desk, "wrong-key") as api, pytest.raises(errors.UnauthorizedError):
        api.get_messages()
    with opened(desk) as api:
        others = api.send(texted())
    with opened(desk, desk.keys["sends"]) as api:
        own = api.send(texted(phone_numbers=[OTHER]))
        assert [each.id for each in api.get_messages()] == [own.id]
        for ask in (api.get_state, api.cancel_message):
            with pytest.raises(Exception, match="404"):
                ask(others.id)
        for ask in (api.get_webhooks, api.list_inbox_messages):
            with pytest.raises(errors.ForbiddenError):
                ask()
    assert desk.count() == before + 2
    with opened(desk, desk.keys["tries"]) as api:
        tried = api.send(texted("to nobody"))
        assert api.get_state(tried.id).id == tried.id
    with opened(desk) as api, pytest.raises(errors.NotFoundError):
        api.get_state(tried.id)
    assert desk.count() == before + 2
    assert requests.head(f"{desk.url}/3rdparty/v1/messages", auth=("u", desk.key), timeout=30).ok


def test_inbox_health_and_devices(desk: Desk) -> None:
    desk.receive("来信 4711", sender="10086")
    with opened(desk) as api:
        newest = api.list_inbox_messages(pagination=domain.QueryPagination(limit=1))[0]
        assert (newest.sender, newest.content_preview, newest.message_type) == ("10086", "来信 4711", "SMS")
        assert api.health_check().status is enums.HealthStatus.WARN
        assert api.readiness_check().checks["modems:ready"].observed_value == 0
        assert [each.id for each in api.list_devices()] == ["simloft"]
        since = datetime.now(UTC) - timedelta(days=1)
        assert api.refresh_inbox(domain.InboxRefreshRequest(since=since, until=datetime.now(UTC))) == {}
        assert api.list_inbox_messages(inbox_filter=domain.InboxQueryFilter(to=since)) == []


def test_a_token_has_its_scopes_and_the_limits_of_its_key(desk: Desk) -> None:
    before, slow = desk.count(), desk.new_key("of tokens", messages_per_minute=1)
    with opened(desk, slow) as api:
        sends = api.generate_token(domain.TokenRequest(scopes=["messages:send"], ttl=60))
        reads = api.generate_token(domain.TokenRequest(scopes=["messages:list"]))
        assert sends.token_type == "Bearer"
        for scopes, ttl in ((["nonsense"], 60), (["messages:send"], 0), (["messages:send"], 10**9)):
            with pytest.raises(errors.BadRequestError):
                api.generate_token(domain.TokenRequest(scopes=scopes, ttl=ttl))
    with opened(desk, sends.access_token, login=None) as api:
        sent = api.send(texted())
        with pytest.raises(errors.APIError) as limited:
            api.send(texted())
        assert limited.value.status_code == 429
        with pytest.raises(errors.ForbiddenError):
            api.list_inbox_messages()
        with pytest.raises(errors.UnauthorizedError):
            api.generate_token(domain.TokenRequest(scopes=["all:any"]))
    with opened(desk, slow) as api, pytest.raises(errors.APIError):
        api.send(texted())
    with opened(desk, reads.access_token, login=None) as api:
        assert sent.id in [each.id for each in api.get_messages()]
        with pytest.raises(errors.ForbiddenError):
            api.send(texted())
    with opened(desk, desk.keys["sends"]) as api, pytest.raises(errors.ForbiddenError):
        api.generate_token(domain.TokenRequest(scopes=["webhooks:write"]))
    with opened(desk, desk.keys["tries"]) as api:
        tried = api.generate_token(domain.TokenRequest(scopes=["all:any"]))
    with opened(desk, tried.access_token, login=None) as api:
        api.send(texted())
    assert desk.count() == before + 1
    # Only where keys are let in by it, and only while it holds.
    assert (
        requests.get(
            f"{desk.url}/api/v1/messages",
            headers={"Authorization": f"Bearer {reads.access_token}"},
            timeout=30,
        ).status_code
        == 401
    )
    altered = f"{sends.access_token[:-4]}AAAA"
    with desk.writing() as connection:
        connection.execute("UPDATE api_keys SET revoked_at_ms = 1 WHERE name = 'of tokens'")
    for each in (altered, sends.access_token, reads.access_token):
        assert post(desk, each, phoneNumbers=[TO], message="x").status_code == 401
    assert desk.count() == before + 1


def test_webhooks_are_told_in_its_form_and_signed(desk: Desk, receiver: Receiver) -> None:
    with opened(desk) as api:
        hook = api.create_webhook(
            domain.Webhook(id=None, url=f"{receiver.url}/in", event=enums.WebhookEvent.SMS_RECEIVED)
        )
        made = requests.post(
            f"{desk.url}/3rdparty/v1/webhooks",
            json={"id": "mine", "url": f"{receiver.url}/gone", "event": "sms:cancelled"},
            auth=("u", desk.key),
            timeout=30,
        ).json()
        assert (made["id"], made["event"]) == ("mine", "sms:cancelled")
        assert {each.id for each in api.get_webhooks()} == {hook.id, "mine"}
        desk.receive("你好吗？")
        receiver.wait_for("/in")
        told = domain_of(receiver, "/in")
        assert (told["event"], told["webhookId"], told["deviceId"]) == ("sms:received", hook.id, "simloft")
        payload = pytest.importorskip("android_sms_gateway.webhooks").SmsReceivedPayload.from_dict(
            told["payload"]
        )
        assert (payload.sender, payload.phone_number, payload.message) == (TO, TO, "你好吗？")
        sent = api.send(texted(id="to-be-cancelled"))
        api.cancel_message(sent.id)
        receiver.wait_for("/gone")
        assert domain_of(receiver, "/gone")["payload"]["messageId"] == "to-be-cancelled"
        headers, body = receiver.posted[-1]
        expected = hmac.new(
            made["signingKey"].encode(), body + headers["x-timestamp"].encode(), hashlib.sha256
        )
        assert headers["x-signature"] == expected.hexdigest()
        for each in (hook.id, "mine"):
            api.delete_webhook(each)
        assert api.get_webhooks() == []
        for wrong in (
            {"url": "x", "event": "sms:received"},
            {"url": receiver.url, "event": "mms:received"},
            {},
        ):
            answer = requests.post(
                f"{desk.url}/3rdparty/v1/webhooks", json=wrong, auth=("u", desk.key), timeout=30
            )
            assert answer.status_code == 400, answer.text


def domain_of(receiver: Receiver, path: str) -> Any:
    paths = [each for each, _ in receiver.asked]
    return json.loads(receiver.posted[paths.index(path)][1])


def test_the_npm_client(desk: Desk) -> None:
    beside = Path(sys.executable).parent
    node = shutil.which("node", path=f"{os.environ['PATH']}:{beside}")
    if node is None or not (NPM / "node_modules").exists():
        pytest.skip("the npm client is not there (make's test tools bring it where there is npm)")
    before = desk.count()
    hook = {"url": "http://192.0.2.7/hook", "event": "sms:delivered"}
    calls = [
        ["send", {"phoneNumbers": [TO], "textMessage": {"text": "从 npm"}, "id": "npm-1"}],
        ["send", {"phoneNumbers": [TO], "message": "old", "id": "npm-2"}, {"skipPhoneValidation": True}],
        ["getState", "npm-1"],
        ["registerWebhook", hook],
        ["getWebhooks"],
        ["getDevices"],
        ["getHealth"],
        ["getState", "nobody"],
        ["send", {"phoneNumbers": ["abc"], "message": "x"}],
    ]
    asked = {"base": f"{desk.url}/3rdparty/v1", "key": desk.key, "calls": calls}
    run = subprocess.run(
        [node, str(NPM / "client.mjs")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    sent, old, state, made, hooks, devices, health, nobody, wrong = json.loads(run.stdout)
    assert (sent["id"], sent["state"], old["id"]) == ("npm-1", "Pending", "npm-2")
    assert state["recipients"] == [{"phoneNumber": TO, "state": "Pending"}]
    assert made["event"] == "sms:delivered"
    assert [each["id"] for each in hooks] == [made["id"]]
    assert (devices[0]["id"], health["status"]) == ("simloft", "warn")
    assert nobody["error"].startswith("404")
    assert wrong["error"].startswith("400")
    assert desk.count() == before + 2
    assert (
        requests.delete(
            f"{desk.url}/3rdparty/v1/webhooks/{made['id']}", auth=("u", desk.key), timeout=30
        ).status_code
        == 204
    )


def test_bodies_that_are_none(desk: Desk) -> None:
    before = desk.count()
    url, auth = f"{desk.url}/3rdparty/v1/messages", ("u", desk.key)
    for body in (
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"phoneNumbers": ["\\ud800"], "message": "\\ud800"}',
        b"[" * 9999,
    ):
        answer = requests.post(url, data=body, auth=auth, timeout=30)
        assert answer.status_code == 400, (body, answer.text)
        assert answer.json()["message"]
    assert requests.post(url, data=b"x" * 200_000, auth=auth, timeout=30).status_code == 413
    assert desk.count() == before


NAMES = st.sampled_from(
    ["phoneNumbers", "textMessage", "message", "ttl", "validUntil", "priority", "id", "simNumber"]
)
VALUES = st.one_of(
    st.none(), st.integers(), st.text(max_size=9), st.lists(st.text(max_size=9), max_size=3), st.just([TO])
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(NAMES, VALUES))
def test_any_body_is_taken_or_refused(desk: Desk, body: dict[str, object]) -> None:
    before = desk.count()
    answer = desk.web.page.post(
        f"{desk.url}/3rdparty/v1/message",
        data=json.dumps(body),
        headers={"Authorization": f"Bearer {desk.key}"},
        timeout=30,
    )
    assert answer.status_code in (202, 400, 409), (answer.status_code, answer.text)
    assert answer.json()["recipients" if answer.ok else "message"]
    assert desk.count() == before or answer.ok


@pytest.mark.parametrize("odd", ["%00", "%ff", "%ED%A0%80", "a%00b", "%F0%9F%98%80", "..", "%25", "x" * 119])
def test_odd_addresses_are_no_fault(desk: Desk, odd: str) -> None:
    for method, path in (
        ("GET", f"3rdparty/v1/messages/{odd}"),
        ("DELETE", f"3rdparty/v1/messages/{odd}"),
        ("DELETE", f"3rdparty/v1/webhooks/{odd}"),
        ("GET", f"3rdparty/v1/messages?from={odd}&state={odd}&limit={odd}"),
        ("GET", f"3rdparty/v1/inbox?limit=1&to={odd}"),
        ("POST", f"hook/{odd}?parts={odd}"),
        ("POST", f"api/v2/calls/{odd}"),
    ):
        headers = {"Authorization": f"Bearer {desk.key}", "access-token": desk.key}
        body = b'{"text": "x"}' if method == "POST" else None
        answer = requests.request(method, f"{desk.url}/{path}", data=body, headers=headers, timeout=30)
        assert 400 <= answer.status_code < 500, (path, answer.status_code, answer.text)

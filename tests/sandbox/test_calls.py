"""What is kept of the requests of programs: enough to see what went wrong, and never a secret."""

from __future__ import annotations

import time

import pytest

from appliance.web.calls import LONGEST_BODY, MOST_CALLS, MOST_KEYS, MOST_OCTETS, NOBODY, Call, Calls
from appliance.web.page_console import shown_call

KEY = "sl_ZmFrZS1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def noted(calls: Calls, key_id: int = 7, **given: object) -> Call:
    values: dict[str, object] = {
        "at_ms": 1,
        "began_ns": time.perf_counter_ns(),
        "method": "POST",
        "path": "/api/v1/messages",
        "query": "",
        "remote": "192.0.2.1",
        "status": 202,
        "request": b"{}",
        "request_type": JSON,
        "answer": b"{}",
        "answer_type": JSON,
    }
    calls.note(key_id, **(values | given))  # type: ignore[arg-type]
    return calls.of_key(key_id)[0]


@pytest.mark.parametrize(
    "query",
    [
        f"username=x&password={KEY}&to=1",
        "password=hunter2",
        f"dlr-url=http%3A%2F%2F10.0.0.1%2Fsms%3Fpassword%3D{KEY}%26id%3D1",
        "dlr-url=http%3A%2F%2F10.0.0.1%2Fsms%3Fid%3D1%26password%3Dhunter2",
        "login_name=a&login_pass=hunter2",
        "access_token=hunter2",
        "PASSWORD=hunter2",
        f"anything={KEY}",
        "Signature=hunter2&AccessKeyId=a",
        "api-key=hunter2",
    ],
)
def test_no_secret_of_a_query_is_kept(query: str) -> None:
    call = noted(Calls(), query=query)
    assert "hunter2" not in repr(call)
    assert KEY not in repr(call)
    assert "***" in call.query


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, '{"params": {"login_pass": "hunter2", "to": "1"}}'),
        (JSON, '{"access_token" : "hunter2"}'),
        (JSON, '{"pin": "hunter2"}'),
        (JSON, '{"new_password":"hun\\"ter2 hunter2"}'),
        (JSON, '{"token": hunter2}'),
        (JSON, '{"secret": "hunter2 that is cut'),
        (FORM, "username=a&password=hunter2&text=b"),
        ("text/plain", f'"{KEY}"'),
        (JSON, '{"signing": "whsec_hunter2hunter2hunter2"}'),
    ],
)
def test_no_secret_of_a_body_is_kept(content_type: str, body: str) -> None:
    call = noted(Calls(), request=body.encode(), request_type=content_type)
    assert b"hunter2" not in call.request
    assert KEY.encode() not in call.request
    assert b"***" in call.request
    assert call.request_size == len(body)


def test_an_answer_with_a_key_is_kept_without_it() -> None:
    assert KEY.encode() not in noted(Calls(), answer=f'{{"shown": "{KEY}"}}'.encode()).answer


@pytest.mark.parametrize("path", ["/api/v1/sims/1/pin", "/api/v1/keys", "/api/v1/people/3"])
def test_of_what_is_about_secrets_no_body_is_kept(path: str) -> None:
    call = noted(Calls(), path=path, request=b'{"anything": 1}', answer=b"[1]")
    assert (call.request, call.answer) == (b"", b"")
    assert (call.request_size, call.answer_size) == (15, 3)


def test_a_key_in_a_path_is_not_kept() -> None:
    assert noted(Calls(), path=f"/hooks/{KEY}/grafana").path == "/hooks/***/grafana"


def test_of_a_stranger_only_the_address_is_kept() -> None:
    call = noted(Calls(), NOBODY, query="q=hunter2", request=b"hunter2", answer=b"hunter2", status=401)
    assert "hunter2" not in repr(call)
    assert (call.path, call.status) == ("/api/v1/messages", 401)


def test_the_oldest_go_by_number_size_and_key() -> None:
    calls = Calls()
    for _ in range(MOST_CALLS + 20):
        noted(calls, 1)
    assert len(calls.of_key(1)) == MOST_CALLS
    for _ in range(100):
        noted(calls, 2, request=b"x" * 100_000, answer=b"y" * 100_000)
    kept = calls.of_key(2)
    assert sum(each.octets for each in kept) <= MOST_OCTETS
    assert all(len(each.request) == LONGEST_BODY for each in kept)
    for key_id in range(3, 3 + MOST_KEYS):
        noted(calls, key_id)
    assert calls.of_key(1) == []


def test_texts_are_hidden_from_who_may_not_read_them() -> None:
    call = noted(
        Calls(),
        query="text=geheim&to=1",
        request=b'{"to": "1", "text": "sehr \\"geheim\\""}',
        answer=b'{"text": "geheim", "state": "queued"}',
    )
    shown = shown_call(call, may_read=False)
    assert "geheim" not in repr((shown.address, shown.request, shown.answer))
    assert "queued" in shown.answer
    assert "geheim" in shown_call(call, may_read=True).request

"""Teltonika's ``sms_send`` and the newer action, as Checkmk calls them."""

from __future__ import annotations

import pytest
import requests

from tests.dialects.lan.conftest import Desk

TO = "13912345678"


def ask(desk: Desk, how: str = "GET", **fields: str) -> requests.Response:
    shown = {"username": "admin", "password": desk.key, "number": TO, "text": "线路中断", **fields}
    url = f"{desk.url}/cgi-bin/sms_send"
    if how == "POST":
        return requests.post(url, data=shown, timeout=30)
    return requests.get(url, params=shown, timeout=30)


@pytest.mark.parametrize("how", ["GET", "POST"])
def test_what_checkmk_sends(desk: Desk, how: str) -> None:
    answer = ask(desk, how)
    assert answer.status_code == 200
    assert answer.text.startswith("OK\n")
    newest = desk.newest()
    assert (newest["recipient"], newest["text"], newest["source"]) == (f"+86{TO}", "线路中断", "teltonika")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"password": "wrong-key"}, 401),
        ({"password": ""}, 401),
        ({"number": ""}, 422),
        ({"number": "abc"}, 422),
        ({"number": "110"}, 422),
        ({"text": ""}, 422),
        ({"text": "a\0b"}, 422),
        ({"text": "a" * 5000}, 422),
    ],
)
def test_errors_say_why(desk: Desk, fields: dict[str, str], status: int) -> None:
    before = desk.count()
    for how in ("GET", "POST"):
        answer = ask(desk, how, **fields)
        assert answer.status_code == status, answer.text
        assert answer.text.startswith("ERROR\n")
    assert desk.count() == before


def test_log_in_and_action(desk: Desk) -> None:
    before = desk.count()
    shown = {"username": "admin", "password": desk.key}
    token = requests.post(f"{desk.url}/api/login", json=shown, timeout=30).json()["data"]["token"]
    message = {"data": {"number": f"+86{TO}", "message": "路由器", "modem": "2-1"}}
    url, headers = f"{desk.url}/api/messages/actions/send", {"Authorization": f"Bearer {token}"}
    answer = requests.post(url, json=message, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "data": {"sms_used": 1}})
    assert desk.newest()["text"] == "路由器"
    for body in ({}, {"data": []}, {"data": {"number": TO}}, {"data": {"number": [], "message": 5}}):
        refused = requests.post(url, json=body, headers=headers, timeout=30)
        assert refused.status_code == 422
        assert refused.json()["success"] is False
    wrong = requests.post(f"{desk.url}/api/login", json={**shown, "password": "x"}, timeout=30)
    assert (wrong.status_code, wrong.json()["success"]) == (401, False)
    assert requests.post(url, json=message, timeout=30).status_code == 401
    assert desk.count() == before + 1


def test_keys_that_may_not(desk: Desk) -> None:
    before = desk.count()
    assert ask(desk, password=desk.keys["reads"]).status_code == 403
    slow = desk.slow_key()
    assert ask(desk, password=slow).ok
    assert ask(desk, password=slow).status_code == 429
    assert ask(desk, password=desk.keys["tries"]).ok
    assert requests.head(ask(desk).url, timeout=30).status_code == 405
    assert desk.count() == before + 2
    assert desk.in_sandbox() > 0

"""A walk through the API of a running box: what is asked, in order, and what was answered.

``python -m tests.web.openapi.walk`` writes ``appliance/web/examples.json`` anew of it.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import appliance.web
from appliance.store.sealing import keys_of_the_pool
from tests.web import a_day
from tests.web.running import Web, running_web

EXAMPLES = Path(appliance.web.__file__).parent / "examples.json"


@dataclass(frozen=True, slots=True)
class Step:
    """One request; ``{names}`` in its path and its body are what earlier answers gave."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    query: str = ""
    keeps: tuple[tuple[str, str], ...] = ()
    """Names for later paths → where they are in the answer, such as ``items.0.id``."""
    is_example: bool = True

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Answered:
    """A step with what the box said."""

    step: Step
    status: int
    media_type: str
    body: Any
    """None where there was none, or where it is no JSON."""


def _get(path: str, query: str = "", *, is_example: bool = True, **keeps: str) -> Step:
    return Step("GET", f"/api/v1/{path}", None, query, tuple(keeps.items()), is_example)


def _do(method: str, path: str, body: dict[str, Any] | None = None, **keeps: str) -> Step:
    return Step(method, f"/api/v1/{path}", body, "", tuple(keeps.items()))


_QUERY = {
    "method": "ussd",
    "code": "*100#",
    "pattern": "余额(?P<amount>[0-9.]+)元",
    "wait_s": 60,
    "at_most_every_h": 24,
}

STEPS = (
    _do(
        "POST",
        "messages",
        {"to": "13912345678", "text": "您的验证码是 482913，5 分钟内有效。", "priority": "otp"},
        message_id="id",
    ),
    _get("messages", "limit=1&state=delivered"),
    _get("messages/{message_id}"),
    _do("POST", "messages/{message_id}/{action}"),
    _do("POST", "cancel", {"messages": ["{message_id}"]}),
    _get("messages", "state=uncertain&limit=1", is_example=False, uncertain="items.0.id"),
    _do("POST", "uncertain", {"action": "mark-sent", "messages": ["{uncertain}"]}),
    _do("POST", "preview", {"text": "Your parcel – “Simloft” – is here", "transliterate": True}),
    _get("forecast", "messages=1000&parts=2"),
    _do("POST", "forecast", {"messages": 1000, "text": "今晚 22:00 停水两小时", "priority": "bulk"}),
    _get("conversations", "limit=1", number="items.0.number"),
    _get("conversations/{number}/messages", "limit=1"),
    _get("inbox", "limit=1", message_id="items.0.id"),
    _get("inbox/{message_id}", is_example=False),
    _get("ports", port_id="items.0.id"),
    _get("modems", is_example=False),
    _get("ports/{port_id}"),
    _do("PATCH", "ports/{port_id}", {"label": "A1"}),
    _do("POST", "ports/{port_id}/commands", {"command": "identify", "seconds": 60}, command_id="id"),
    _get("commands/{command_id}"),
    _get("upkeep"),
    _get("recordings"),
    _get("sims", sim_id="items.0.id"),
    _get("sims/{sim_id}"),
    _do("PATCH", "sims/{sim_id}", {"label": "前台", "number": "+8613800138001"}),
    _do("POST", "sims/{sim_id}/rest", {"until": "2099-01-01T00:00:00+08:00", "why": "换套餐"}),
    _do("POST", "sims/{sim_id}/resume"),
    _get("sims/{sim_id}/balance"),
    _do("PUT", "sims/{sim_id}/low-balance", {"below": "5.00"}),
    _get("sims/{sim_id}/keep-alive"),
    _do("PUT", "sims/{sim_id}/keep-alive", {"every_days": 60}),
    _do("POST", "loop-tests", {}, run="run"),
    _get("loop-tests"),
    _get("loop-tests/{run}"),
    _get("sims/{sim_id}/plan"),
    _do("PATCH", "sims/{sim_id}/plan", {"parts_per_day": 200, "sending_hours": "08:00-21:00"}),
    _do("PUT", "sims/{sim_id}/plan", {"parts_per_hour": 60}),
    _do("POST", "groups", {"name": "通知", "strategy": "spread", "parts_per_day": 1000}, group_id="id"),
    _do("PUT", "sims/{sim_id}/group", {"group": "{group_id}"}),
    _get("groups"),
    _get("groups/{group_id}"),
    _do("PUT", "groups/{group_id}", {"name": "通知", "strategy": "fill"}),
    _get("carriers"),
    _do(
        "PUT",
        "carriers/{carrier_id}",
        {
            "name": "示例移动",
            "imsi": ["46098"],
            "currency": "CNY",
            "low_balance": "5.00",
            "queries": [_QUERY],
        },
    ),
    _get("carriers/{carrier_id}"),
    _do("POST", "accounts", {"name": "客服部", "weight": 2}, account_id="id"),
    _get("accounts"),
    _get("accounts/{account_id}"),
    _do("PATCH", "accounts/{account_id}", {"weight": 3}),
    _do(
        "POST",
        "keys",
        {"name": "订单系统", "scopes": ["send", "read"], "networks": ["192.168.1.0/24"]},
        key_id="id",
    ),
    _get("keys"),
    _get("keys/{key_id}"),
    _do("PATCH", "keys/{key_id}", {"messages_per_day": 1000}),
    _do("PUT", "accounts/{account_id}/keys/{key_id}"),
    _do(
        "POST",
        "webhooks",
        {"url": "http://192.168.1.30:9000/sms", "kinds": ["message", "inbound"]},
        webhook_id="id",
    ),
    _get("webhooks"),
    _get("webhooks/{webhook_id}"),
    _do("PATCH", "webhooks/{webhook_id}", {"is_on": False}),
    _get("webhooks/{webhook_id}/tries"),
    _get("webhooks/{webhook_id}/deliveries"),
    _do("POST", "webhooks/{webhook_id}/secret", {}),
    _do("POST", "webhooks/{webhook_id}/resend"),
    _do(
        "POST",
        "sms-templates",
        {"code": "SMS_154950909", "name": "验证码", "text": "您的验证码是 ${code}", "priority": "otp"},
    ),
    _get("sms-templates"),
    _get("sms-templates/{template_code}"),
    _do("PATCH", "sms-templates/{template_code}", {"name": "登录验证码"}),
    _do("POST", "swaps", {"port": "{second_port_id}"}, swap_id="id"),
    _get("swaps/{swap_id}"),
    _do("POST", "swaps/{swap_id}/choose", {"action": "cancel"}),
    _get("events", "limit=1"),
    _get("clock"),
)


def walk(box: Web) -> Iterator[Answered]:
    """Take every step; what cannot be taken raises AssertionError with what the box said."""
    names: dict[str, Any] = {"action": "cancel", "carrier_id": "example", "template_code": "SMS_154950909"}
    names["second_port_id"] = box.get("/api/v1/ports").json()["items"][1]["id"]
    for step in STEPS:
        path = step.path.format(**names) + (f"?{step.query}" if step.query else "")
        given = {} if step.body is None else {"json": _filled(step.body, names)}
        answer = box.api.request(step.method, box.url + path, timeout=60, **given)
        assert answer.status_code < 300, (step.name, answer.status_code, answer.text)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        body = answer.json() if media_type == "application/json" else None
        for name, where in step.keeps:
            names[name] = _at(body, where)
        yield Answered(step, answer.status_code, media_type, body)


def examples_of(answered: list[Answered]) -> dict[str, dict[str, Any]]:
    """What goes into ``examples.json``: secrets made up, lists cut to their first entry."""
    found: dict[str, dict[str, Any]] = {}
    for each in answered:
        if each.step.is_example:
            example: dict[str, Any] = {}
            if each.step.body is not None:
                example["request"] = _filled(each.step.body, {"group_id": 1, "second_port_id": 2}, ID)
            if each.body is not None:
                example["answer"] = _shown(each.body)
            found[each.step.name] = example
    return found


ID = "01a20cbc-d045-702f-a30b-a675903cd1da"
TIME = "2026-11-24T08:30:00.000Z"
_MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"), ID),
    (re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"), TIME),
    (re.compile(r"\b(sl_|whsec_)[A-Za-z0-9_+/=-]+"), r"\1…"),
)


def masked(value: object) -> object:
    """The same with one id, one time and one secret for all of them, and no number that depends on the machine."""
    text = json.dumps(value, ensure_ascii=False)
    for pattern, shown in _MASKS:
        text = pattern.sub(shown, text)
    return json.loads(text)


def shape(value: object) -> object:
    """Which members there are and what kind each is of; a null is like any other kind."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return [shape(each) for each in value[:1]] if isinstance(value, list) else None


def _shown(body: object) -> object:
    """Ids, times and secrets made up; of lists the first entry."""

    def cut(value: object) -> object:
        if isinstance(value, dict):
            return {name: cut(each) for name, each in value.items()}
        return [cut(each) for each in value[:1]] if isinstance(value, list) else value

    return masked(cut(body))


def _filled(value: object, names: dict[str, Any], otherwise: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, names, otherwise) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, names, otherwise) for each in value]
    if isinstance(value, str) and re.fullmatch(r"\{\w+\}", value):
        return names.get(value[1:-1], otherwise)
    return value


def _at(body: Any, where: str) -> Any:
    for name in where.split("."):
        body = body[int(name)] if name.isdigit() else body[name]
    return body


def main() -> None:
    """Write the examples of a box of its own."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "box"
        a_day.fill(data / "simloft.db")
        with running_web(data) as box:
            keys_of_the_pool(data)
            found = examples_of(list(walk(box)))
    lines = [f"  {json.dumps(name)}: {json.dumps(each, ensure_ascii=False)}" for name, each in found.items()]
    EXAMPLES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

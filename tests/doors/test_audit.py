"""Every administrative call leaves an event with who it was and from where: the table of routes is gone through."""

from __future__ import annotations

import re
from typing import Any

from appliance.web.access import Access
from appliance.web.routes import ROUTES
from tests.web.running import Web
from tests.web.technicians_box import call

CARRIER = {"name": "Test", "currency": "CNY", "decimals": 2, "imsi": ["99901"], "queries": []}
HOOK = {"url": "http://192.0.2.1/hook"}

REQUESTS: dict[tuple[str, str], dict[str, Any] | None] = {
    ("PATCH", "/ports/{port}"): {"label": "slot 1"},
    ("POST", "/ports/{port}/commands"): {"command": "restart", "rung": "soft"},
    ("PUT", "/ports/{port}/pin"): {"pin": "1234"},
    ("DELETE", "/ports/{port}/pin"): None,
    ("PATCH", "/sims/{sim}"): {"label": "card 1"},
    ("POST", "/sims/{sim}/rest"): {},
    ("POST", "/sims/{sim}/resume"): None,
    ("PUT", "/sims/{sim}/pin"): {"pin": "1234"},
    ("DELETE", "/sims/{sim}/pin"): None,
    ("POST", "/sims/{sim}/balance"): None,
    ("PUT", "/sims/{sim}/low-balance"): {"never_rests": True},
    ("PUT", "/sims/{sim}/keep-alive"): {"every_days": 30},
    ("POST", "/loop-tests"): {},
    ("PUT", "/carriers/test"): CARRIER,
    ("DELETE", "/carriers/test"): None,
    ("PUT", "/sims/{sim}/plan"): {"parts_per_day": 50},
    ("PATCH", "/sims/{sim}/plan"): {"parts_per_day": 60},
    ("POST", "/groups"): {"name": "contract of the audit"},
    ("PUT", "/sims/{sim}/group"): {"group": "{groups}"},
    ("PUT", "/groups/{groups}"): {"name": "contract 2 of the audit"},
    ("DELETE", "/groups/{groups}"): None,
    ("POST", "/accounts"): {"name": "shop of the audit"},
    ("PATCH", "/accounts/{accounts}"): {"weight": 3},
    ("POST", "/keys"): {"name": "till of the audit", "scopes": ["send"]},
    ("PUT", "/accounts/{accounts}/keys/{keys}"): {},
    ("DELETE", "/accounts/{accounts}"): None,
    ("PATCH", "/keys/{keys}"): {"messages_per_day": 5},
    ("DELETE", "/keys/{keys}"): None,
    ("POST", "/webhooks"): HOOK,
    ("PATCH", "/webhooks/{webhooks}"): {"is_on": False},
    ("POST", "/webhooks/{webhooks}/secret"): {},
    ("DELETE", "/webhooks/{webhooks}"): None,
    ("POST", "/sms-templates"): {"code": "SMS_AUDIT", "text": "${code}"},
    ("PATCH", "/sms-templates/SMS_AUDIT"): {"name": "codes"},
    ("DELETE", "/sms-templates/SMS_AUDIT"): None,
    ("POST", "/clock/confirm"): None,
    ("POST", "/swaps"): {"port": "{port}"},
}
"""One request of each changing route, in an order in which each does something."""

WITHOUT = {
    ("DELETE", "/api/v1/commands/<command_id>"): "only drops an answer that was read",
    ("POST", "/api/v1/swaps/<swap_id>/choose"): "a step of a swap, whose beginning is noted",
    ("POST", "/api/v1/webhooks/<webhook_id>/test"): "changes nothing, and its delivery is listed",
    ("POST", "/api/v1/webhooks/<webhook_id>/resend"): "needs what is dead",
    ("POST", "/api/v1/webhooks/<webhook_id>/deliveries/<delivery_id>/resend"): "needs one that is dead",
    (
        "POST",
        "/api/v1/sims/<sim_id>/forget",
    ): "needs a card that was pulled: tests/web/test_technicians_api.py",
}


def shape(path: str) -> str:
    """The path of a route without what its pieces may be."""
    return "".join(
        piece if index % 2 == 0 else f"<{piece.partition(':')[0]}>"
        for index, piece in enumerate(path.replace(">", "<").split("<"))
    )


def test_every_changing_call_of_an_administrator_or_technician_is_in_the_history(web: Web) -> None:
    place = call(web, "GET", "/ports").json()["items"][0]
    known = {"port": place["id"], "sim": place["sim"]["id"]}
    silent = []
    for (method, path), body in REQUESTS.items():
        before = web.count("events")
        filled = {name: known.get(str(value).strip("{}"), value) for name, value in (body or {}).items()}
        url = f"{web.url}/api/v1{path.format(**known)}"
        answer = web.api.request(method, url, timeout=60, **({} if body is None else {"json": filled}))
        assert answer.ok, (method, path, answer.text)
        if made := re.fullmatch(r"/([a-z]+)", path):
            known[made[1]] = answer.json().get("id", 0)
        events = call(web, "GET", "/events").json()["items"]
        told = [each["reason"]["args"] for each in events[: web.count("events") - before]]
        if not any(args.get("who", "").startswith("api: ") and args.get("from") for args in told):
            silent.append((method, path))
    assert silent == []


def test_the_table_above_has_every_such_route() -> None:
    changing = {
        (route.method, shape(route.path))
        for route in ROUTES
        if route.access in (Access.ADMIN, Access.MODEMS, Access.ANY) and route.method != "GET"
    }
    names = {
        "{port}": "<port_id>",
        "{sim}": "<sim_id>",
        "/carriers/test": "/carriers/<carrier_id>",
        "{groups}": "<group_id>",
        "{accounts}": "<account_id>",
        "{keys}": "<key_id>",
        "{webhooks}": "<webhook_id>",
        "SMS_AUDIT": "<template_code>",
    }
    asked = set()
    for method, path in REQUESTS:
        route = path
        for name, piece in names.items():
            route = route.replace(name, piece)
        asked.add((method, f"/api/v1{route}"))
    assert changing - asked - set(WITHOUT) == set()

"""The developer's console: what programs asked the box for and were answered, and the sandbox to try them in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from appliance.desk import api_keys, key_limits
from appliance.desk.api_keys import Made
from appliance.desk.key_limits import Standing
from appliance.desk.mistake import Refusal
from appliance.magic_numbers import MagicNumber
from appliance.store import deliveries, keys, webhooks
from appliance.store.deliveries import Counts
from appliance.store.keys import ApiKey, Scope
from appliance.store.webhooks import Webhook
from appliance.web import masking
from appliance.web.answer import NOTHING_NEW, Answer, html_answer
from appliance.web.asked import Asked
from appliance.web.calls import NOBODY, Call
from appliance.web.office import Office
from appliance.web.problem import Problem
from appliance.web.render import render
from appliance.web.words import N_

COUNTED_DELIVERIES = 1000
SHOWN_CALLS = 50
_SCOPES_OF_A_DEVELOPER = (Scope.SEND, Scope.READ, Scope.INBOX)

MAGIC: dict[MagicNumber, str] = {
    MagicNumber.DELIVERED: N_("delivered at once"),
    MagicNumber.UNDELIVERED: N_("taken by the network, then reported as not delivered"),
    MagicNumber.REFUSED: N_("refused by the network: it fails"),
    MagicNumber.UNCERTAIN: N_("never answered: it stays uncertain until somebody settles it"),
    MagicNumber.SLOW: N_("slow: sent after 4 seconds, delivered after half a minute"),
    MagicNumber.REPLIES: N_("delivered, and answers with the same text"),
    MagicNumber.SILENT: N_("taken, but no report ever comes: it stays sent"),
    MagicNumber.BUSY: N_("the network is busy at first: it is tried again by itself"),
}
"""What becomes of messages to the recipients of the sandbox that are special."""


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call in words, with what its reader may know."""

    call: Call
    address: str
    request: str
    answer: str

    @property
    def took(self) -> str:
        """How long the box took for it."""
        return f"{self.call.took_us / 1000:.1f} ms"

    @property
    def is_refused(self) -> bool:
        return self.call.status >= HTTPStatus.BAD_REQUEST


@dataclass(frozen=True, slots=True)
class ShownWebhook:
    """A subscription of a key, and how many of its deliveries wait or are dead."""

    webhook: Webhook
    counts: Counts


def console_page(office: Office, asked: Asked) -> Answer:
    """The keys in use, the sandbox, and how to begin."""
    asked.query()
    return _page(office, asked)


def make_key(office: Office, asked: Asked) -> Answer:
    """A key of the sandbox, with one click; the answer shows it, this once."""
    asked.check_body()
    now_ms = office.now_ms()
    members: dict[str, Any] = {
        "name": _free_name(office),
        "scopes": [each.value for each in _SCOPES_OF_A_DEVELOPER],
        "sandbox": True,
    }
    made = api_keys.make_key(office.writer, asked.who, asked.scopes, members, now_ms=now_ms)
    if isinstance(made, Refusal):
        return _page(office, asked, refusal=made)
    office.sandbox_of(made.key)
    return _page(office, asked, made=made)


def key_page(office: Office, asked: Asked, key_id: int) -> Answer:
    """One key: its last calls, its webhooks, what is left of its limits."""
    asked.query()
    return html_answer(render("console_key.html", office, asked, **_shown(office, asked, key_id)))


def key_live(office: Office, asked: Asked, key_id: int) -> Answer:
    """The calls, where there are newer ones than the browser shows."""
    seen = asked.query("seen").get("seen")
    if seen == str(office.calls.newest(key_id)):
        return NOTHING_NEW
    return html_answer(render("console_calls.html", office, asked, **_calls(office, asked, key_id)))


def _page(
    office: Office, asked: Asked, *, made: Made | None = None, refusal: Refusal | None = None
) -> Answer:
    used = [each for each in keys.list_keys(office.reader()) if each.revoked_at_ms is None]
    last = {each.id: next(iter(office.calls.of_key(each.id)), None) for each in used}
    page = render(
        "console.html",
        office,
        asked,
        keys=sorted(used, key=lambda each: (not each.is_sandbox, -each.id)),
        last=last,
        strangers=len(office.calls.of_key(NOBODY)),
        has_sandbox_key=any(each.is_sandbox for each in used),
        magic=MAGIC,
        example=MagicNumber.REPLIES.value,
        made=made,
        refusal=refusal,
    )
    return html_answer(page, HTTPStatus.OK if refusal is None else HTTPStatus.UNPROCESSABLE_ENTITY)


def _shown(office: Office, asked: Asked, key_id: int) -> dict[str, object]:
    key = None if key_id == NOBODY else keys.key_of_id(office.reader(), key_id)
    if key is None and key_id != NOBODY:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-key")
    at = office if key is None or not key.is_sandbox else office.sandbox_of(key) or office
    return {
        "key": key,
        "left": () if key is None else _left(at, key, office.now_ms()),
        "hooks": () if key is None else _hooks(at, key.id),
        "example": MagicNumber.REPLIES.value,
        **_calls(office, asked, key_id),
    }


def _calls(office: Office, asked: Asked, key_id: int) -> dict[str, object]:
    found = office.calls.of_key(key_id)
    newest = found[0].number if found else 0
    return {
        "key_id": key_id,
        "newest": newest,
        "calls": [shown_call(each, may_read=asked.sees_texts) for each in found[:SHOWN_CALLS]],
    }


def shown_call(call: Call, *, may_read: bool) -> ShownCall:
    """A call as one may see it; texts and numbers only where ``may_read``."""
    if not may_read:
        address = masking.shown_address(call.path, call.query)
        return ShownCall(call, address, masking.shown_body(call.request), masking.shown_body(call.answer))
    address = f"{call.path}?{call.query}" if call.query else call.path
    request, answer = _body(call.request, call.request_type), _body(call.answer, call.answer_type)
    return ShownCall(call, address, request, answer)


def _body(body: bytes, content_type: str) -> str:
    """A body for people: JSON with a line for each member, anything else as it is."""
    text = body.decode("utf-8", "replace")
    if "json" in content_type:
        try:
            return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
        except (ValueError, RecursionError):
            return text
    return text


def _left(office: Office, key: ApiKey, now_ms: int) -> tuple[Standing, ...]:
    return key_limits.standings(office.reader(), key, now_ms)


def _hooks(office: Office, key_id: int) -> list[ShownWebhook]:
    reader = office.reader()
    return [
        ShownWebhook(each, deliveries.counts(reader, each.id, COUNTED_DELIVERIES))
        for each in webhooks.list_webhooks(reader)
        if each.api_key_id == key_id
    ]


def _free_name(office: Office) -> str:
    taken = {each.name for each in keys.list_keys(office.reader())}
    number = 1
    while f"sandbox-{number}" in taken:
        number += 1
    return f"sandbox-{number}"

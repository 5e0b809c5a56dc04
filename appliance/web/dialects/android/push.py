"""Its webhooks: one event each, signed over body and time by HMAC-SHA256 with the subscription's own key."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import cached_property

from appliance.desk.outbox import Facts, HttpRequest, HttpResponse, Target, is_2xx
from appliance.desk.webhook_secrets import Vault
from appliance.store.inbox import InboxMessage
from appliance.store.messages import Message
from appliance.web.dialects.android.shapes import DEVICE
from appliance.web.moment import rfc3339
from appliance.web.office import Office
from appliance.web.problem import as_json
from appliance.web.push_client import PushError

DIALECT = "android"

KINDS: Mapping[str, tuple[str, ...]] = {
    "sms:received": ("inbound.received",),
    "sms:sent": ("message.sent",),
    "sms:delivered": ("message.delivered",),
    "sms:failed": ("message.failed", "message.undelivered", "message.expired"),
    "sms:cancelled": ("message.cancelled",),
}
"""Its events, and the changes that they tell of."""


class AndroidRenderer:
    """As the app itself tells it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    @cached_property
    def _vault(self) -> Vault:
        return Vault(self._office.settings.data)

    def render(self, facts: Facts, to: Target) -> HttpRequest | None:
        """Nothing of what is no text, or answers the box itself."""
        event = str(to.options.get("event", ""))
        if to.webhook is None or facts.type not in KINDS.get(event, ()):
            return None
        payload = None
        if facts.inbound is not None:
            payload = _received(facts.inbound)
        elif facts.message is not None:
            payload = _message(facts.message, event, facts.change.at_ms, facts.change.reason)
        if payload is None:
            return None
        body = as_json(
            {
                "deviceId": DEVICE,
                "event": event,
                "id": facts.id,
                "webhookId": str(to.options.get("id") or to.webhook.id),
                "payload": payload,
            }
        )
        key = self._vault.open(to.webhook.secret)
        if key is None:
            raise PushError("push.secret-lost")
        # The receiver's clock is what the time is compared with, so it is the system's and not that of the box.
        stamp = str(int(time.time()))
        return HttpRequest(
            url=to.url,
            headers={
                "Content-Type": "application/json",
                "X-Timestamp": stamp,
                "X-Signature": hmac.new(key.encode(), body + stamp.encode(), hashlib.sha256).hexdigest(),
            },
            body=body,
        )

    def is_taken(self, facts: Facts, to: Target, response: HttpResponse) -> bool:
        return is_2xx(response)

    def answered(self, facts: Facts, to: Target, response: HttpResponse) -> None:
        """Nothing follows from an answer."""


def _received(inbound: InboxMessage) -> dict[str, object] | None:
    if inbound.text is None or inbound.about is not None:
        return None
    return {
        "messageId": inbound.id,
        "sender": inbound.sender,
        # What clients before 2025 read.
        "phoneNumber": inbound.sender,
        "recipient": inbound.sim_msisdn,
        "message": inbound.text,
        "simNumber": inbound.sim_id,
        "receivedAt": rfc3339(inbound.received_at_ms),
    }


def _message(message: Message, event: str, at_ms: int, reason: str) -> dict[str, object]:
    told: dict[str, object] = {
        "messageId": (message.campaign if message.source == DIALECT else None) or message.id,
        "sender": None,
        "recipient": message.recipient,
        "phoneNumber": message.recipient,
        "simNumber": message.sim_id,
        f"{event.partition(':')[2]}At": rfc3339(at_ms),
    }
    if event == "sms:sent":
        told["partsCount"] = message.parts_total
    if event == "sms:failed":
        told["reason"] = reason
    return told

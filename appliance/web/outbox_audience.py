"""Who wants to be told, as the database said at the last look; and whose key does not hold any more."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

from appliance.desk.change_types import is_asked_for, type_of
from appliance.desk.outbox import Target
from appliance.store import changes, keys, messages, webhooks
from appliance.store.changes import Change, ChangeKind
from appliance.store.deliveries import Delivery
from appliance.store.keys import ApiKey
from appliance.store.webhooks import Callback, Webhook

REVOKED, EXPIRED = "push.key-revoked", "push.key-expired"


@dataclass(frozen=True, slots=True)
class Audience:
    """Made anew whenever the database changed."""

    webhooks: dict[int, Webhook] = field(default_factory=dict)
    """Those that are on."""
    keys: dict[int, ApiKey] = field(default_factory=dict)
    """The keys that made them."""
    has_callbacks: bool = False
    version: int = -1
    newest_id: int = 0
    """The newest change when it began to look: whoever asked for changes up to that is among these."""

    @classmethod
    def of(cls, reader: sqlite3.Connection, version: int) -> Audience:
        """Whom there is to tell now; ``version`` is the database's ``data_version``."""
        # Before the others: who comes between the two questions is told of what comes after him, at the next look.
        newest_id = changes.newest_id(reader)
        found = {each.id: each for each in webhooks.list_webhooks(reader) if each.is_on}
        made_by = {each.api_key_id for each in found.values() if each.api_key_id is not None}
        known = {key.id: key for each in made_by if (key := keys.key_of_id(reader, each)) is not None}
        return cls(found, known, webhooks.has_callbacks(reader), version, newest_id)

    @property
    def is_anybody(self) -> bool:
        return bool(self.webhooks) or self.has_callbacks

    def stopped(self, now_ms: int) -> dict[int, str]:
        """Subscriptions that end because the key that made them does not hold any more, with the reason."""
        return {
            each.id: reason
            for each in self.webhooks.values()
            if each.api_key_id is not None
            and (reason := why_over(self.keys.get(each.api_key_id), now_ms)) is not None
        }

    def targets(self, reader: sqlite3.Connection, change: Change, now_ms: int) -> list[Target]:
        """Whom to tell of a change."""
        if change.kind is ChangeKind.BEGAN:
            return []
        kind = type_of(change)
        stopped = self.stopped(now_ms)
        found = [
            Target(url=each.url, options=each.options, webhook=each)
            for each in self.webhooks.values()
            if change.id > each.since_id
            and each.id not in stopped
            and is_asked_for(each.kinds, kind)
            and (each.account_id is None or change.account_id in (None, each.account_id))
        ]
        if change.message_seq is not None and self.has_callbacks:
            found += [
                _calling_back(each)
                for each in webhooks.callbacks_of(reader, change.message_seq)
                if _holds(reader, each, now_ms)
            ]
        return found

    def target_of(self, reader: sqlite3.Connection, row: Delivery, now_ms: int) -> Target | None:
        """Whom to tell of what was put aside; None: nobody wants it any more, or may."""
        if row.webhook_id is not None:
            webhook = self.webhooks.get(row.webhook_id)
            return (
                None if webhook is None else Target(url=webhook.url, options=webhook.options, webhook=webhook)
            )
        callback = webhooks.callback(reader, row.callback_id or 0)
        return None if callback is None or not _holds(reader, callback, now_ms) else _calling_back(callback)


def why_over(key: ApiKey | None, now_ms: int) -> str | None:
    """Why nothing is told in the name of a key any more, a code of the sentences; None: it holds, or is not known
    here."""
    if key is None:
        return None
    if key.revoked_at_ms is not None:
        return REVOKED
    return EXPIRED if key.expires_at_ms is not None and key.expires_at_ms <= now_ms else None


def _calling_back(callback: Callback) -> Target:
    return Target(url=callback.url, options=callback.options, callback=callback)


def _holds(reader: sqlite3.Connection, callback: Callback, now_ms: int) -> bool:
    """Whether the key that sent the message of a callback still holds."""
    message = messages.of_seq(reader, callback.message_seq)
    if message is None or message.api_key_id is None:
        return True
    return why_over(keys.key_of_id(reader, message.api_key_id), now_ms) is None

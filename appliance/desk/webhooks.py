"""Subscriptions to changes: made, changed, switched, given another secret, and what they were not told sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from sqlite3 import Connection
from typing import Any

from appliance.desk import audit
from appliance.desk.change_types import FAMILIES, TYPES, unknown_kinds
from appliance.desk.fields import Flag, Kind, Label, Strings, Text, WholeNumber
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.outbox import OutboxRules
from appliance.desk.push_address import LONGEST_URL, PLAIN_URL, address_of, is_forbidden, read_place
from appliance.desk.webhook_secrets import Vault, new_secret
from appliance.desk.who import Who
from appliance.store import accounts, deliveries, webhooks
from appliance.store.webhooks import Options, Webhook
from appliance.store.writer import GroupCommitWriter

MOST_WEBHOOKS = 100
LONGEST_NAME = 60
OLD_SECRET_MS = 24 * 60 * 60 * 1000
"""So long after a change of its secret what is told is signed with both, so that no receiver has to be changed at the
very moment."""
LARGEST_ACCOUNT = (1 << 50) - 1

WEBHOOK_FIELDS: dict[str, Kind] = {
    "url": Text(shape={"pattern": PLAIN_URL, "maxLength": LONGEST_URL}),
    "name": Label(LONGEST_NAME),
    "kinds": Strings(len(TYPES) + len(FAMILIES), shape={"enum": [*TYPES, *FAMILIES]}),
    "account": WholeNumber(1, LARGEST_ACCOUNT),
    "is_on": Flag(),
}
"""Every member of ``POST /api/v1/webhooks``."""

CHANGED_WEBHOOK_FIELDS: dict[str, Kind] = {
    **WEBHOOK_FIELDS,
    "url": Text(required=False, shape={"pattern": PLAIN_URL, "maxLength": LONGEST_URL}),
}
"""Every member of ``PATCH /api/v1/webhooks/{id}``."""


@dataclass(frozen=True, slots=True)
class Made:
    """A subscription with its secret, which nobody sees again."""

    webhook: Webhook
    secret: str


def create_webhook(
    writer: GroupCommitWriter,
    vault: Vault,
    rules: OutboxRules,
    who: Who,
    members: Mapping[str, Any],
    *,
    now_ms: int,
    dialect: str = "standard",
    options: Options | None = None,
) -> Made | Refusal:
    """Tell a URL of what changes from now on (:data:`WEBHOOK_FIELDS`)."""
    secret = new_secret()
    sealed = vault.seal(secret)

    def change(connection: Connection) -> Made | Refusal:
        mistakes = _mistakes(connection, members, rules)
        if len(webhooks.list_webhooks(connection)) >= MOST_WEBHOOKS:
            mistakes = (*mistakes, Mistake("", "problem.webhook-too-many", {"most": MOST_WEBHOOKS}))
        if mistakes:
            return Refusal(mistakes)
        webhook_id = webhooks.add(
            connection,
            dialect=dialect,
            name=members.get("name") or "",
            url=members["url"],
            secret=sealed,
            kinds=members.get("kinds", ()),
            account_id=members.get("account"),
            api_key_id=who.api_key_id,
            options=options,
            now_ms=now_ms,
        )
        if members.get("is_on") is False:
            webhooks.switch_off(connection, webhook_id, None)
        return Made(_noted(connection, who, webhook_id, "event.technician.webhook-made", now_ms), secret)

    return writer.write_blocking(change)


def change_webhook(
    writer: GroupCommitWriter,
    rules: OutboxRules,
    who: Who,
    webhook_id: int,
    members: Mapping[str, Any],
    *,
    now_ms: int,
) -> Webhook | Refusal:
    """What is given of :data:`CHANGED_WEBHOOK_FIELDS` holds from now on; the rest stays as it was."""

    def change(connection: Connection) -> Webhook | Refusal:
        webhook = webhooks.find(connection, webhook_id)
        if webhook is None:
            return _NOBODY
        mistakes = _mistakes(connection, members, rules)
        if mistakes:
            return Refusal(mistakes)
        webhooks.put(
            connection,
            replace(
                webhook,
                name=members.get("name", webhook.name),
                url=members.get("url", webhook.url),
                kinds=members.get("kinds", webhook.kinds),
                account_id=members.get("account", webhook.account_id),
            ),
        )
        match members.get("is_on"):
            case True:
                webhooks.switch_on(connection, webhook_id, now_ms, api_key_id=who.api_key_id)
            case False:
                webhooks.switch_off(connection, webhook_id, None)
        return _noted(connection, who, webhook_id, "event.technician.webhook-changed", now_ms)

    return writer.write_blocking(change)


def rotate_secret(
    writer: GroupCommitWriter, vault: Vault, who: Who, webhook_id: int, *, now_ms: int, at_once: bool = False
) -> Made | Refusal:
    """Another secret. The one before signs too for a day, unless it was given away (``at_once``)."""
    secret = new_secret()
    sealed = vault.seal(secret)

    def change(connection: Connection) -> Made | Refusal:
        if webhooks.find(connection, webhook_id) is None:
            return _NOBODY
        until_ms = None if at_once else now_ms + OLD_SECRET_MS
        webhooks.rotate(connection, webhook_id, sealed, old_until_ms=until_ms)
        return Made(_noted(connection, who, webhook_id, "event.technician.webhook-secret", now_ms), secret)

    return writer.write_blocking(change)


def remove_webhook(writer: GroupCommitWriter, who: Who, webhook_id: int, *, now_ms: int) -> Webhook | Refusal:
    """Tell it of nothing more, and forget what it was not told."""

    def change(connection: Connection) -> Webhook | Refusal:
        if webhooks.find(connection, webhook_id) is None:
            return _NOBODY
        webhook = _noted(connection, who, webhook_id, "event.technician.webhook-removed", now_ms)
        webhooks.remove(connection, webhook_id)
        return webhook

    return writer.write_blocking(change)


def resend(
    writer: GroupCommitWriter, who: Who, webhook_id: int, *, now_ms: int, delivery_id: int | None = None
) -> int | Refusal:
    """Try again what is on its dead list, one or all; how many there were."""

    def change(connection: Connection) -> int | Refusal:
        if webhooks.find(connection, webhook_id) is None:
            return _NOBODY
        count = deliveries.resend(connection, webhook_id, now_ms, delivery_id=delivery_id)
        if count:
            _noted(connection, who, webhook_id, "event.technician.webhook-resent", now_ms, count=count)
        return count

    return writer.write_blocking(change)


def forget_dead(writer: GroupCommitWriter, who: Who, webhook_id: int, *, now_ms: int) -> int | Refusal:
    """Empty its dead list; how many there were."""

    def change(connection: Connection) -> int | Refusal:
        if webhooks.find(connection, webhook_id) is None:
            return _NOBODY
        count = deliveries.forget(connection, webhook_id)
        if count:
            _noted(connection, who, webhook_id, "event.technician.webhook-forgot", now_ms, count=count)
        return count

    return writer.write_blocking(change)


_NOBODY = Refusal((Mistake("", "problem.no-such-webhook"),))


def _mistakes(connection: Connection, members: Mapping[str, Any], rules: OutboxRules) -> tuple[Mistake, ...]:
    found: list[Mistake] = []
    if "url" in members:
        place = read_place(members["url"])
        if isinstance(place, Mistake):
            found.append(place)
        else:
            # A name is judged when it is connected to: what it means may be another thing then.
            address = address_of(place.host)
            if address is not None and is_forbidden(address, allow_loopback=rules.allow_loopback):
                found.append(Mistake("/url", "problem.url-forbidden"))
    unknown = unknown_kinds(members.get("kinds", ()))
    if unknown:
        found.append(
            Mistake("/kinds", "problem.webhook-kind", {"kind": unknown[0][:60], "known": ", ".join(TYPES)})
        )
    account = members.get("account")
    if account is not None and accounts.find(connection, account) is None:
        found.append(Mistake("/account", "problem.no-such-account"))
    return tuple(found)


def _noted(connection: Connection, who: Who, webhook_id: int, code: str, now_ms: int, **args: int) -> Webhook:
    webhook = webhooks.find(connection, webhook_id)
    assert webhook is not None
    audit.note(connection, who, code, {"webhook": called(webhook), **args}, now_ms=now_ms)
    return webhook


def called(webhook: Webhook) -> str:
    """For people: its name, or the host that it goes to; never the whole address, which may hold a secret."""
    place = read_place(webhook.url)
    return webhook.name or (place.authority if not isinstance(place, Mistake) else str(webhook.id))

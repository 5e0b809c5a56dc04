"""``/webhooks``: a subscription of the box for each, of one event. Whoever makes one has to be an administrator."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk.mistake import Refusal
from appliance.desk.webhook_secrets import Vault
from appliance.desk.webhooks import change_webhook, create_webhook, remove_webhook
from appliance.store import webhooks
from appliance.store.webhooks import Webhook
from appliance.web.answer import Answer, json_answer
from appliance.web.api_webhooks import check_may
from appliance.web.asked import Asked
from appliance.web.dialects.android.entry import entered
from appliance.web.dialects.android.push import DIALECT, KINDS
from appliance.web.dialects.android.shapes import DEVICE, Hook, Rejected, checked_id, read
from appliance.web.office import Office
from appliance.web.outboxes import OUTBOXES
from appliance.web.problem import refused


@entered(None)
def list_hooks(office: Office, asked: Asked) -> Answer:
    """Those of this dialect."""
    check_may(office, asked)
    return json_answer([_object(each) for each in _hooks(office)])


@entered(None)
def post_hook(office: Office, asked: Asked) -> Answer:
    """201, with the key that its requests are signed with, which is never shown again.

    An ``id`` that there is already gets another address.
    """
    check_may(office, asked)
    hook = read(asked, Hook)
    if hook.event not in KINDS:
        raise Rejected(HTTPStatus.BAD_REQUEST, f"event: one of {', '.join(KINDS)}")
    chosen = checked_id(hook.id) if hook.id else None
    before = None if chosen is None else _find(office, chosen)
    now_ms, rules = office.now_ms(), office.settings.outbox
    if before is not None:
        if before.options.get("event") != hook.event:
            raise Rejected(HTTPStatus.CONFLICT, "id: there is a webhook of that id for another event")
        changed = change_webhook(office.writer, rules, asked.who, before.id, {"url": hook.url}, now_ms=now_ms)
        if isinstance(changed, Refusal):
            raise refused(changed)
        return json_answer(_object(changed), HTTPStatus.CREATED)
    made = create_webhook(
        office.writer,
        Vault(office.settings.data),
        rules,
        asked.who,
        {"url": hook.url, "name": "", "kinds": KINDS[hook.event]},
        now_ms=now_ms,
        dialect=DIALECT,
        options={"event": hook.event, "id": chosen},
    )
    if isinstance(made, Refusal):
        raise refused(made)
    OUTBOXES.of(office).ring()
    return json_answer({**_object(made.webhook), "signingKey": made.secret}, HTTPStatus.CREATED)


@entered(None)
def delete_hook(office: Office, asked: Asked, hook_id: str) -> Answer:
    """204."""
    check_may(office, asked)
    found = _find(office, hook_id)
    if found is None:
        raise Rejected(HTTPStatus.NOT_FOUND, "There is no webhook of that id")
    removed = remove_webhook(office.writer, asked.who, found.id, now_ms=office.now_ms())
    if isinstance(removed, Refusal):
        raise refused(removed)
    return Answer(b"", HTTPStatus.NO_CONTENT)


def _hooks(office: Office) -> list[Webhook]:
    return [each for each in webhooks.list_webhooks(office.reader()) if each.dialect == DIALECT]


def _find(office: Office, hook_id: str) -> Webhook | None:
    return next((each for each in _hooks(office) if _id(each) == hook_id), None)


def _id(webhook: Webhook) -> str:
    return str(webhook.options.get("id") or webhook.id)


def _object(webhook: Webhook) -> dict[str, object]:
    return {
        "id": _id(webhook),
        "deviceId": DEVICE,
        "url": webhook.url,
        "event": webhook.options.get("event"),
    }

"""``/api/v1/webhooks``: who is told of changes by HTTP, what came of it, and what was not told."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import webhooks as desk
from appliance.desk.change_types import type_of
from appliance.desk.fields import Choice, Flag, Kind
from appliance.desk.outbox import Target
from appliance.desk.webhook_secrets import Vault
from appliance.store import changes, deliveries, webhooks
from appliance.store.deliveries import Delivery
from appliance.store.keys import Scope
from appliance.store.messages import new_id
from appliance.store.webhooks import Webhook
from appliance.web.answer import Answer, json_answer
from appliance.web.api_ports import NO_CONTENT
from appliance.web.asked import Asked
from appliance.web.members import agreed
from appliance.web.moment import rfc3339
from appliance.web.objects import webhooks as objects
from appliance.web.objects.common import Page, Said
from appliance.web.office import Office
from appliance.web.operation import Group, operation
from appliance.web.outbox_try import Outcome, Tried
from appliance.web.outboxes import OUTBOXES
from appliance.web.paging import Cursor, Limit, page_object, slice_of
from appliance.web.problem import Problem, as_json
from appliance.web.push_client import PushError
from appliance.web.renderers import StandardRenderer
from appliance.web.words import N_, Words

COUNTED_AT_MOST = 10_000
TEST = "webhook.test"
"""The type of what a test sends."""

DELIVERIES_QUERY: dict[str, Kind] = {
    "limit": Limit(),
    "cursor": Cursor("d"),
    "state": Choice({"waiting": "waiting", "dead": "dead"}),
}
ROTATE_FIELDS: dict[str, Kind] = {"at_once": Flag()}


@operation(N_("Every webhook"), Group.WEBHOOKS, Page[objects.Webhook])
def list_webhooks(office: Office, asked: Asked) -> Answer:
    """Oldest first."""
    check_may(office, asked)
    items = [webhook_object(office, asked, each) for each in webhooks.list_webhooks(office.reader())]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("Make a webhook"),
    Group.WEBHOOKS,
    {HTTPStatus.CREATED: objects.Webhook},
    body=desk.WEBHOOK_FIELDS,
    problems=("conflict", "conflict"),
    about=N_(
        "Its secret is in this answer and never shown again. Whatever changes from now on is told by POST, signed by "
        "the scheme of Standard Webhooks; what is not taken is tried again for 24 hours."
    ),
)
def post_webhook(office: Office, asked: Asked) -> Answer:
    """201, with the secret."""
    check_may(office, asked)
    made = agreed(
        desk.create_webhook(
            office.writer,
            vault_of(office),
            office.settings.outbox,
            asked.who,
            asked.members,
            now_ms=office.now_ms(),
            options={"language": asked.language.tag},
        )
    )
    OUTBOXES.of(office).ring()
    headers = {"Location": f"/api/v1/webhooks/{made.webhook.id}"}
    body = {**webhook_object(office, asked, made.webhook), "secret": made.secret}
    return json_answer(body, HTTPStatus.CREATED, headers)


@operation(N_("One webhook"), Group.WEBHOOKS, objects.Webhook, problems=("no-such-webhook",))
def get_webhook(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """How it stands."""
    return json_answer(webhook_object(office, asked, found_for(office, asked, webhook_id)))


@operation(
    N_("Change a webhook"),
    Group.WEBHOOKS,
    objects.Webhook,
    body=desk.CHANGED_WEBHOOK_FIELDS,
    problems=("no-such-webhook", "conflict"),
    about=N_(
        "One that is switched on is told of what changes from then on. “account”: null means of all accounts again."
    ),
)
def patch_webhook(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """What is not given stays."""
    found_for(office, asked, webhook_id)
    members = dict(asked.members)
    if "account" not in members and "account" in asked.json_object():
        members["account"] = None
    agreed(
        desk.change_webhook(
            office.writer,
            office.settings.outbox,
            asked.who,
            webhook_id,
            members,
            now_ms=office.now_ms(),
        )
    )
    return json_answer(webhook_object(office, asked, found_for(office, asked, webhook_id)))


@operation(
    N_("Remove a webhook"), Group.WEBHOOKS, {HTTPStatus.NO_CONTENT: None}, problems=("no-such-webhook",)
)
def delete_webhook(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """With what it was not told."""
    found_for(office, asked, webhook_id)
    agreed(desk.remove_webhook(office.writer, asked.who, webhook_id, now_ms=office.now_ms()))
    return NO_CONTENT


@operation(
    N_("Send a test to a webhook, and show what it answers"),
    Group.WEBHOOKS,
    objects.Try,
    problems=("no-such-webhook",),
)
def post_test(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """Also to one that is switched off. It is tried once."""
    webhook = found_for(office, asked, webhook_id)
    return json_answer(try_object(asked, office, send_test(office, webhook)))


@operation(
    N_("Give a webhook another secret"),
    Group.WEBHOOKS,
    objects.Webhook,
    body=ROTATE_FIELDS,
    body_may_be_absent=True,
    problems=("no-such-webhook",),
    about=N_(
        "For 24 hours what is told is signed with the old secret too, unless “at_once” says that it is known to others."
    ),
)
def post_secret(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """The answer has the new one, and nothing else ever shows it."""
    found_for(office, asked, webhook_id)
    made = agreed(
        desk.rotate_secret(
            office.writer,
            vault_of(office),
            asked.who,
            webhook_id,
            now_ms=office.now_ms(),
            at_once=bool(asked.members.get("at_once")),
        )
    )
    return json_answer({**webhook_object(office, asked, made.webhook), "secret": made.secret})


@operation(
    N_("The last tries of a webhook, newest first"),
    Group.WEBHOOKS,
    Page[objects.Try],
    problems=("no-such-webhook",),
    about=N_("As many as 50 since the box was started: what works is not written down."),
)
def list_tries(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """From memory."""
    found_for(office, asked, webhook_id)
    items = [try_object(asked, office, each) for each in OUTBOXES.of(office).recent(webhook_id)]
    return json_answer({"items": items, "next_cursor": None})


@operation(
    N_("What a webhook was not told: dead, or waiting to be tried again"),
    Group.WEBHOOKS,
    Page[objects.Delivery],
    query=DELIVERIES_QUERY,
    problems=("no-such-webhook",),
)
def list_deliveries(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """Newest first; the dead ones where nothing is said."""
    found_for(office, asked, webhook_id)
    wanted = slice_of(asked.parameters)
    found = deliveries.page(
        office.reader(),
        webhook_id,
        str(asked.parameters.get("state", "dead")),
        limit=wanted.limit + 1,
        before_id=wanted.before_seq,
    )
    return json_answer(
        page_object(
            found, wanted, "d", lambda each: each.id, lambda each: delivery_object(office, asked, each)
        )
    )


@operation(
    N_("Try again what a webhook was not told"),
    Group.WEBHOOKS,
    objects.Resent,
    problems=("no-such-webhook",),
)
def post_resend(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """All of its dead list."""
    return _resent(office, asked, webhook_id, None)


@operation(
    N_("Try one again that a webhook was not told"),
    Group.WEBHOOKS,
    objects.Resent,
    problems=("no-such-webhook",),
)
def post_resend_one(office: Office, asked: Asked, webhook_id: int, delivery_id: int) -> Answer:
    """One of its dead list; ``count`` is 0 where it is not there."""
    return _resent(office, asked, webhook_id, delivery_id)


def _resent(office: Office, asked: Asked, webhook_id: int, delivery_id: int | None) -> Answer:
    found_for(office, asked, webhook_id)
    count = agreed(
        desk.resend(office.writer, asked.who, webhook_id, now_ms=office.now_ms(), delivery_id=delivery_id)
    )
    OUTBOXES.of(office).ring()
    return json_answer({"count": count})


def check_may(office: Office, asked: Asked) -> None:
    """403 for a key that may not administer; in the sandbox, where nothing leaves the box, each developer may."""
    if Scope.ADMIN not in asked.scopes and not office.is_sandbox:
        raise Problem(HTTPStatus.FORBIDDEN, "missing-scope", {"scope": Scope.ADMIN.value})


def found_for(office: Office, asked: Asked, webhook_id: int) -> Webhook:
    """The webhook of an id for who may see it, or 403 or 404."""
    check_may(office, asked)
    return find_webhook(office, webhook_id)


def find_webhook(office: Office, webhook_id: int) -> Webhook:
    """The webhook of an id, or 404."""
    webhook = webhooks.find(office.reader(), webhook_id)
    if webhook is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-webhook")
    return webhook


def vault_of(office: Office) -> Vault:
    """What the secrets of an office are sealed with."""
    return Vault(office.settings.data)


def send_test(office: Office, webhook: Webhook) -> Tried:
    """Send something that says that it is a test, once; what came of it is remembered with the other tries."""
    outbox = OUTBOXES.of(office)
    now_ms = office.now_ms()
    body = as_json({"type": TEST, "timestamp": rfc3339(now_ms), "data": {"webhook": webhook.id}})
    target = Target(url=webhook.url, options=webhook.options, webhook=webhook)
    try:
        request = StandardRenderer(office).signed(f"evt_test_{new_id(now_ms)}", body, target)
        tried = outbox.teller.send(request, TEST, lambda answer: 200 <= answer.status < 300)
    except PushError as error:
        tried = Tried(outcome=Outcome.FAILED, at_ms=now_ms, kind=TEST, reason=error.code)
    outbox.remember(webhook.id, tried)
    return tried


def webhook_object(office: Office, asked: Asked, webhook: Webhook) -> objects.Webhook:
    """As the API shows it."""
    words = Words(asked.language, office.zone, office.now_ms())
    count = deliveries.counts(office.reader(), webhook.id, COUNTED_AT_MOST)
    until_ms = webhook.old_secret_until_ms
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "dialect": webhook.dialect,
        "kinds": list(webhook.kinds),
        "account": webhook.account_id,
        "is_on": webhook.is_on,
        "off_reason": _said(words, webhook.off_reason),
        "old_secret_until": rfc3339(until_ms if (until_ms or 0) > words.now_ms else None),
        "failing_since": rfc3339(webhook.failing_since_ms),
        "last_success_at": rfc3339(webhook.told_at_ms),
        "waiting": count.waiting,
        "dead": count.dead,
        "created_at": rfc3339(webhook.made_at_ms),
        "links": {"self": f"/api/v1/webhooks/{webhook.id}"},
    }


def try_object(asked: Asked, office: Office, tried: Tried) -> objects.Try:
    """One try."""
    words = Words(asked.language, office.zone, office.now_ms())
    return {
        "type": tried.kind,
        "at": rfc3339(tried.at_ms),
        "took_ms": tried.took_ms,
        "is_taken": tried.is_told,
        "status": tried.status,
        "reason": _said(words, tried.reason),
        "answer": tried.answer,
    }


def delivery_object(office: Office, asked: Asked, delivery: Delivery) -> objects.Delivery:
    """One that was not told."""
    words = Words(asked.language, office.zone, office.now_ms())
    reader = office.reader()
    change = changes.get(reader, delivery.change_id)
    return {
        "id": delivery.id,
        "webhook_id": f"evt_{changes.box_id(reader)}_{delivery.change_id}",
        "type": None if change is None else type_of(change),
        "state": delivery.state,
        "tries": delivery.tries,
        "first_at": rfc3339(delivery.first_at_ms),
        "next_try_at": rfc3339(delivery.next_try_at_ms) if delivery.state == "waiting" else None,
        "tried_at": rfc3339(delivery.tried_at_ms),
        "status": delivery.status,
        "reason": _said(words, delivery.reason),
        "answer": delivery.answer,
    }


def _said(words: Words, code: str | None) -> Said | None:
    return None if code is None else {"code": code, "text": words.sentence(code, {})}

"""Webhooks for people: make one, try it, see what it takes and what it was not told, change it, take it away."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from appliance.desk import webhooks as desk
from appliance.desk.change_types import FAMILIES, TYPES, type_of
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.webhooks import Made, called
from appliance.store import accounts, changes, deliveries, webhooks
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.api_webhooks import COUNTED_AT_MOST, find_webhook, send_test, vault_of
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.outbox_try import Tried
from appliance.web.outboxes import OUTBOXES
from appliance.web.page_sims import by_field
from appliance.web.render import render
from appliance.web.words import N_

SHOWN_TRIES = 50
SHOWN_DEAD = 20

FAMILY_NAMES = {
    "message": N_("What becomes of messages"),
    "inbound": N_("What comes in"),
    "modem": N_("Modems and SIM cards: alarms, and when they are well again"),
}


def webhooks_page(office: Office, asked: Asked) -> Answer:
    """All of them, and the form of a new one."""
    asked.query()
    return _list(office, asked, {})


def make(office: Office, asked: Asked) -> Answer:
    """A new one; the answer shows its secret, this once."""
    form = asked.form()
    made = desk.create_webhook(
        office.writer,
        vault_of(office),
        office.settings.outbox,
        asked.who,
        _members(form),
        now_ms=office.now_ms(),
        options={"language": asked.language.tag},
    )
    OUTBOXES.of(office).ring()
    if isinstance(made, Refusal):
        return _list(office, asked, form, by_field(made))
    return _one(office, asked, made.webhook.id, made=made)


def webhook_page(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """One."""
    asked.query()
    return _one(office, asked, webhook_id)


def save(office: Office, asked: Asked, webhook_id: int) -> Answer:
    """Name, address, what it is told of."""
    find_webhook(office, webhook_id)
    form = asked.form()
    changed = desk.change_webhook(
        office.writer,
        office.settings.outbox,
        asked.who,
        webhook_id,
        {**_members(form), "name": form.get("name", "").strip()[: desk.LONGEST_NAME]},
        now_ms=office.now_ms(),
    )
    if isinstance(changed, Refusal):
        return _one(office, asked, webhook_id, typed=form, mistakes=by_field(changed))
    return see_other(f"/webhooks/{webhook_id}")


def act(office: Office, asked: Asked, webhook_id: int, action: str) -> Answer:
    """Switch it, try it, give it another secret, send again what it was not told, take it away."""
    webhook = find_webhook(office, webhook_id)
    form = asked.form()
    now_ms = office.now_ms()
    match action:
        case "test":
            return _one(office, asked, webhook_id, tested=send_test(office, webhook))
        case "secret":
            made = desk.rotate_secret(
                office.writer,
                vault_of(office),
                asked.who,
                webhook_id,
                now_ms=now_ms,
                at_once="at_once" in form,
            )
            return _one(office, asked, webhook_id, made=made if isinstance(made, Made) else None)
        case "on" | "off":
            members = {"is_on": action == "on"}
            desk.change_webhook(
                office.writer, office.settings.outbox, asked.who, webhook_id, members, now_ms=now_ms
            )
        case "resend":
            desk.resend(office.writer, asked.who, webhook_id, now_ms=now_ms, delivery_id=_number(form))
        case "forget":
            desk.forget_dead(office.writer, asked.who, webhook_id, now_ms=now_ms)
        case _:
            desk.remove_webhook(office.writer, asked.who, webhook_id, now_ms=now_ms)
            return see_other("/webhooks")
    OUTBOXES.of(office).ring()
    return see_other(f"/webhooks/{webhook_id}")


def _number(form: dict[str, str]) -> int | None:
    typed = form.get("delivery", "")
    return int(typed) if re.fullmatch(r"[0-9]{1,15}", typed) else None


def _members(form: dict[str, str]) -> dict[str, Any]:
    account = form.get("account", "")
    members: dict[str, Any] = {
        "url": form.get("url", "").strip(),
        "name": form.get("name", "").strip()[: desk.LONGEST_NAME],
        "kinds": tuple(each for each in (*FAMILIES, *TYPES) if f"kind-{each}" in form),
        "account": int(account) if re.fullmatch(r"[0-9]{1,15}", account) else None,
    }
    if len(members["kinds"]) == len(FAMILIES) and set(members["kinds"]) == set(FAMILIES):
        members["kinds"] = ()
    return members


def _list(
    office: Office, asked: Asked, typed: dict[str, str], mistakes: dict[str, Mistake] | None = None
) -> Answer:
    reader = office.reader()
    found = [
        (each, called(each), deliveries.counts(reader, each.id, COUNTED_AT_MOST))
        for each in webhooks.list_webhooks(reader)
    ]
    page = render(
        "webhooks.html",
        office,
        asked,
        found=found,
        families=FAMILY_NAMES,
        accounts=accounts.list_accounts(reader),
        typed=typed or {f"kind-{each}": "on" for each in FAMILIES},
        mistakes=mistakes or {},
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)


def _one(
    office: Office,
    asked: Asked,
    webhook_id: int,
    *,
    typed: dict[str, str] | None = None,
    mistakes: dict[str, Mistake] | None = None,
    made: Made | None = None,
    tested: Tried | None = None,
) -> Answer:
    webhook = find_webhook(office, webhook_id)
    reader = office.reader()
    kinds = webhook.kinds or FAMILIES
    known = {
        "url": webhook.url,
        "name": webhook.name,
        "account": str(webhook.account_id or ""),
        **{f"kind-{each}": "on" for each in kinds},
    }
    dead = deliveries.page(reader, webhook_id, "dead", limit=SHOWN_DEAD)
    found = {each.change_id: changes.get(reader, each.change_id) for each in dead}
    page = render(
        "webhook.html",
        office,
        asked,
        webhook=webhook,
        called=called(webhook),
        count=deliveries.counts(reader, webhook_id, COUNTED_AT_MOST),
        tries=OUTBOXES.of(office).recent(webhook_id)[:SHOWN_TRIES],
        dead=[
            (each, None if (change := found[each.change_id]) is None else type_of(change)) for each in dead
        ],
        families=FAMILY_NAMES,
        single=[each for each in webhook.kinds if each not in FAMILIES],
        accounts=accounts.list_accounts(reader),
        typed=known if typed is None else typed,
        mistakes=mistakes or {},
        made=made,
        tested=tested,
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)

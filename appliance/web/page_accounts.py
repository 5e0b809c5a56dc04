"""Accounts: in whose name messages go, their weights, and which API key sends for which."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from appliance.desk.accounts import (
    ACCOUNT_FIELDS,
    CHANGED_ACCOUNT_FIELDS,
    change_account,
    create_account,
    give_key,
    remove_account,
    standings,
)
from appliance.desk.fields import Kind, read_members
from appliance.desk.mistake import Mistake, Refusal
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.api_accounts import COUNTED_AT_MOST, find_account
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_sims import by_field
from appliance.web.problem import Problem
from appliance.web.render import render

NEW = 0
"""Whose form is wrong: that of a new account."""


def accounts_page(office: Office, asked: Asked) -> Answer:
    """All of them."""
    asked.query()
    return _page(office, asked)


def make(office: Office, asked: Asked) -> Answer:
    """A new account."""
    form = asked.form()
    members = _members(form, ACCOUNT_FIELDS)
    if isinstance(members, Refusal):
        return _page(office, asked, NEW, form, by_field(members))
    made = create_account(
        office.writer,
        office.ring,
        asked.who,
        members["name"],
        members.get("weight", 1),
        now_ms=office.now_ms(),
    )
    if isinstance(made, Refusal):
        return _page(office, asked, NEW, form, by_field(made))
    return see_other(f"/accounts#a-{made.id}")


def save(office: Office, asked: Asked, account_id: int) -> Answer:
    """Its name and weight."""
    find_account(office, account_id)
    form = asked.form()
    members = _members(form, CHANGED_ACCOUNT_FIELDS)
    if isinstance(members, Refusal):
        return _page(office, asked, account_id, form, by_field(members))
    saved = change_account(office.writer, office.ring, asked.who, account_id, members, now_ms=office.now_ms())
    if isinstance(saved, Refusal):
        return _page(office, asked, account_id, form, by_field(saved))
    return see_other(f"/accounts#a-{account_id}")


def remove(office: Office, asked: Asked, account_id: int) -> Answer:
    """Its keys send in the name of the box."""
    asked.check_body()
    find_account(office, account_id)
    removed = remove_account(office.writer, office.ring, asked.who, account_id, now_ms=office.now_ms())
    if isinstance(removed, Refusal):
        return _page(office, asked, account_id, {}, by_field(removed))
    return see_other("/accounts")


def move_key(office: Office, asked: Asked, key_id: int) -> Answer:
    """Let a key send for another account."""
    typed = asked.form().get("account", "")
    if not re.fullmatch(r"[0-9]{1,15}", typed):
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-account")
    moved = give_key(office.writer, asked.who, key_id, int(typed), now_ms=office.now_ms())
    if isinstance(moved, Refusal):
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-account")
    return see_other(f"/accounts#a-{typed}")


def _members(form: dict[str, str], kinds: dict[str, Kind]) -> dict[str, Any] | Refusal:
    """What a form gives; a weight that is no number stays a text, and is refused as such."""
    given: dict[str, object] = {name: form[name] for name in kinds if name in form}
    weight = form.get("weight", "").strip()
    given["weight"] = int(weight) if re.fullmatch(r"[0-9]{1,9}", weight) else weight or None
    return read_members(kinds, given)


def _page(
    office: Office,
    asked: Asked,
    wrong_id: int | None = None,
    typed: dict[str, str] | None = None,
    mistakes: dict[str, Mistake] | None = None,
) -> Answer:
    page = render(
        "accounts.html",
        office,
        asked,
        found=standings(office.reader(), COUNTED_AT_MOST),
        counted_at_most=COUNTED_AT_MOST,
        wrong_id=wrong_id,
        typed=typed or {},
        mistakes=mistakes or {},
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)

"""Templates for people: which texts programs send by a code, with a try of each; make, change, remove."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from appliance.desk import sms_templates as desk
from appliance.desk.fields import read_members
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.sms_templates import CHANGED_TEMPLATE_FIELDS, TEMPLATE_FIELDS
from appliance.desk.submission import Priority
from appliance.modem.sms import TpduError, plan_text
from appliance.store import sms_templates
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.api_sms_templates import find_template
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_sims import by_field
from appliance.web.render import render
from appliance.web.words import N_

PRIORITIES = {
    "otp": N_("Codes: first of all"),
    "notice": N_("Notices"),
    "bulk": N_("Advertising and bulk: last"),
}


def templates_page(office: Office, asked: Asked) -> Answer:
    """Every one, and the form of a new one."""
    asked.query()
    return _page(office, asked)


def make(office: Office, asked: Asked) -> Answer:
    """A new one; without a code it gets one."""
    form = asked.form()
    members = read_members(TEMPLATE_FIELDS, _members(form, ("code", "name", "text", "priority")))
    made = (
        members
        if isinstance(members, Refusal)
        else desk.create_template(office.writer, asked.who, members, now_ms=office.now_ms())
    )
    if isinstance(made, Refusal):
        return _page(office, asked, typed=form, mistakes=by_field(made))
    return see_other(f"/templates#t-{made.code}")


def save(office: Office, asked: Asked, template_code: str) -> Answer:
    """Another name, text or priority."""
    find_template(office, template_code)
    form = asked.form()
    given = _members(form, ("name", "text", "priority"))
    members = read_members(CHANGED_TEMPLATE_FIELDS, {"text": "", **given})
    changed = (
        members
        if isinstance(members, Refusal)
        else desk.change_template(office.writer, asked.who, template_code, members, now_ms=office.now_ms())
    )
    if isinstance(changed, Refusal):
        return _page(office, asked, typed=form, mistakes=by_field(changed), of=template_code)
    return see_other(f"/templates#t-{template_code}")


def remove(office: Office, asked: Asked, template_code: str) -> Answer:
    """Programs that send it are refused from now on."""
    asked.check_body()
    find_template(office, template_code)
    desk.remove_template(office.writer, asked.who, template_code, now_ms=office.now_ms())
    return see_other("/templates")


def _members(form: dict[str, str], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: text for name in names if (text := form.get(name, "").strip())} | (
        {} if form.get("text", "").strip() else {"text": ""}
    )


def _page(
    office: Office,
    asked: Asked,
    *,
    typed: dict[str, str] | None = None,
    mistakes: dict[str, Mistake] | None = None,
    of: str | None = None,
) -> Answer:
    """``of``: the code of the one that the mistakes are of; None: of the new one."""
    found = sms_templates.list_templates(office.reader())
    page = render(
        "templates.html",
        office,
        asked,
        found=[(each, desk.gaps_of(each.text), _parts(each.text)) for each in found],
        names={int(each): each.name.lower() for each in Priority},
        priorities=PRIORITIES,
        typed=typed or {},
        mistakes=mistakes or {},
        of=of,
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)


def _parts(text: str) -> int:
    """Of how many parts it is before anything is put into its gaps, with a name of four characters before it."""
    try:
        return len(plan_text(f"【某某商店】{text}").parts)
    except TpduError:
        return 0

"""People who may log in, for those that administer the box."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import people as desk
from appliance.desk.mistake import Mistake, Refusal
from appliance.store import people
from appliance.store.people import Person, Role
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.office import Office
from appliance.web.page_sims import by_field
from appliance.web.problem import Problem
from appliance.web.render import render
from appliance.web.words import N_

NEW = 0
"""Whose form is wrong: that of a new person."""
ROLES = {
    Role.ADMIN: (N_("Administrator"), N_("everything, with keys, people, accounts and plans")),
    Role.OPERATOR: (N_("Operator"), N_("sends, reads, and looks after modems and SIM cards")),
    Role.TECHNICIAN: (
        N_("Technician"),
        N_("looks after modems and SIM cards; texts and numbers of messages are hidden"),
    ),
    Role.VIEWER: (N_("Viewer"), N_("looks at everything, and changes nothing")),
}


def people_page(office: Office, asked: Asked) -> Answer:
    """All of them."""
    asked.query()
    return _page(office, asked)


def add(office: Office, asked: Asked) -> Answer:
    """Somebody new, with a first password."""
    form = asked.form()
    added = desk.add_person(
        office.writer,
        asked.who,
        form.get("name", ""),
        _role(form),
        form.get("password", ""),
        now_ms=office.now_ms(),
    )
    if isinstance(added, Refusal):
        return _page(office, asked, NEW, form, by_field(added))
    return see_other("/people")


def save_role(office: Office, asked: Asked, person_id: int) -> Answer:
    """What somebody may do."""
    role = _role(asked.form())
    _find(office, person_id)
    desk.set_role(office.writer, asked.who, person_id, role, now_ms=office.now_ms())
    return see_other("/people")


def save_password(office: Office, asked: Asked, person_id: int) -> Answer:
    """Another password for somebody who forgot it."""
    form = asked.form()
    person = _find(office, person_id)
    saved = desk.set_password(
        office.writer, asked.who, person, form.get("password", ""), now_ms=office.now_ms()
    )
    if isinstance(saved, Refusal):
        return _page(office, asked, person_id, {}, by_field(saved))
    return see_other("/people")


def log_out(office: Office, asked: Asked, person_id: int) -> Answer:
    """End every session of somebody."""
    asked.check_body()
    _find(office, person_id)
    desk.log_out_everywhere(office.writer, asked.who, person_id, now_ms=office.now_ms())
    return see_other("/people")


def remove(office: Office, asked: Asked, person_id: int) -> Answer:
    """Let somebody in no more."""
    asked.check_body()
    _find(office, person_id)
    desk.remove_person(office.writer, asked.who, person_id, now_ms=office.now_ms())
    return see_other("/people")


def _find(office: Office, person_id: int) -> Person:
    person = people.find_person(office.reader(), person_id)
    if person is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-person")
    return person


def _role(form: dict[str, str]) -> Role:
    """The role of a form; the least of them where it names none."""
    typed = form.get("role", "")
    return next((each for each in Role if each.value == typed), Role.VIEWER)


def _page(
    office: Office,
    asked: Asked,
    wrong_id: int | None = None,
    typed: dict[str, str] | None = None,
    mistakes: dict[str, Mistake] | None = None,
) -> Answer:
    page = render(
        "people.html",
        office,
        asked,
        found=people.list_people(office.reader()),
        roles=ROLES,
        wrong_id=wrong_id,
        typed=typed or {},
        mistakes=mistakes or {},
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)

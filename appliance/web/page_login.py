"""Logging in with a name and a password, and what people change about themselves."""

from __future__ import annotations

from http import HTTPStatus

from appliance.desk import people as desk
from appliance.desk.door import Shut
from appliance.desk.mistake import Mistake, Refusal
from appliance.store import people
from appliance.store.people import Person, Role
from appliance.web.access import SESSION_COOKIE, check_same_origin
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.cookies import no_session_cookie, session_cookie
from appliance.web.office import Office
from appliance.web.page_sims import by_field
from appliance.web.problem import Problem
from appliance.web.render import render


def login_page(office: Office, asked: Asked) -> Answer:
    """The way in."""
    asked.query()
    return html_answer(render("login.html", office, asked))


def log_in(office: Office, asked: Asked) -> Answer:
    """Open a session for who knows the password; the answer to a wrong one does not say what is wrong about it."""
    check_same_origin(asked)
    form = asked.form()
    name = form.get("name", "")
    done = desk.log_in(
        office.tools, office.reader(), name, form.get("password", ""), asked.remote, now_ms=office.now_ms()
    )
    if isinstance(done, Shut):
        return _shut(office, asked, name, done)
    return see_other("/", (session_cookie(asked, done.token),))


def me_page(office: Office, asked: Asked) -> Answer:
    """Who is logged in here; or, where a link opened the page, who that might be from now on."""
    asked.query("saved")
    return _me(office, asked, {}, {})


def save_me(office: Office, asked: Asked) -> Answer:
    """Another password; or a name and a password for who came by a link."""
    form = asked.form()
    token = asked.cookies.get(SESSION_COOKIE, "")
    if form.get("password", "") != form.get("again", ""):
        return _me(office, asked, form, {"again": Mistake("/again", "problem.password-again")})
    person = _person(office, asked)
    if person is None:
        done: Person | Refusal | Shut = desk.add_person(
            office.writer,
            asked.who,
            form.get("name", ""),
            Role.ADMIN,
            form.get("password", ""),
            now_ms=office.now_ms(),
            of_session=token,
        )
    else:
        done = desk.change_own_password(
            office.tools,
            office.reader(),
            asked.who,
            person,
            form.get("before", ""),
            form.get("password", ""),
            now_ms=office.now_ms(),
            but=token,
        )
    if isinstance(done, Shut):
        raise _problem(done)
    if isinstance(done, Refusal):
        return _me(office, asked, form, by_field(done))
    return see_other("/me?saved=1" if person is not None else "/")


def log_out_everywhere(office: Office, asked: Asked) -> Answer:
    """End every session of this person, this one too."""
    asked.check_body()
    person_id = None if asked.session is None else asked.session.person_id
    desk.log_out_everywhere(office.writer, asked.who, person_id, now_ms=office.now_ms())
    return see_other("/login", (no_session_cookie(asked),))


def _person(office: Office, asked: Asked) -> Person | None:
    if asked.session is None or asked.session.person_id is None:
        return None
    return people.find_person(office.reader(), asked.session.person_id)


def _me(office: Office, asked: Asked, form: dict[str, str], mistakes: dict[str, Mistake]) -> Answer:
    page = render(
        "me.html",
        office,
        asked,
        person=_person(office, asked),
        is_saved="saved=1" in asked.query_string,
        typed={"name": form.get("name", "")},
        mistakes=mistakes,
    )
    return html_answer(page, HTTPStatus.UNPROCESSABLE_ENTITY if mistakes else HTTPStatus.OK)


def _shut(office: Office, asked: Asked, name: str, shut: Shut) -> Answer:
    problem = _problem(shut)
    said = problem.detail(asked.language)
    page = render("login.html", office, asked, said=said, name=name[:60])
    return html_answer(page, problem.status, problem.headers)


def _problem(shut: Shut) -> Problem:
    if shut.retry_after_s is None:
        return Problem(HTTPStatus.FORBIDDEN, shut.slug, shut.args)
    headers = {"Retry-After": str(shut.retry_after_s)}
    return Problem(HTTPStatus.TOO_MANY_REQUESTS, shut.slug, shut.args, headers=headers)

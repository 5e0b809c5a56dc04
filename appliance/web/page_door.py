"""In and out of the page: one-time log-in links, log-out, the language, static files, what a problem means."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import quote

from appliance.desk.door import guessed
from appliance.sentences import SENTENCES
from appliance.store import people, sessions
from appliance.web.access import SESSION_COOKIE
from appliance.web.answer import Answer, html_answer, see_other
from appliance.web.asked import Asked
from appliance.web.cookies import cookie, no_session_cookie, session_cookie
from appliance.web.language import LANGUAGE_COOKIE, languages
from appliance.web.office import Office
from appliance.web.problem import Problem
from appliance.web.render import STATIC, render

_YEAR_S = 365 * 24 * 3600


def login(office: Office, asked: Asked, token: str) -> Answer:
    """Spend a log-in link: open a session and go to the page.

    The answer is a page that goes on by itself, not a redirect: a browser that comes from another site (a
    chat, a mail) would not send the SameSite=Strict cookie along with a redirect.
    """
    if asked.method == "HEAD" or "prefetch" in asked.headers.get("sec-purpose", ""):
        return Answer(b"", HTTPStatus.NO_CONTENT)
    now_ms = office.now_ms()
    session = office.writer.write_blocking(
        lambda connection: sessions.use_login_token(connection, token, now_ms)
    )
    if session is None:
        shut = guessed(office.tools, asked.remote, now_ms, "login-link-spent")
        if shut.retry_after_s is not None:
            headers = {"Retry-After": str(shut.retry_after_s)}
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, shut.slug, shut.args, headers=headers)
        raise Problem(HTTPStatus.FORBIDDEN, shut.slug)
    # Whoever comes first is asked who it is; nobody has to say.
    onward = "/" if people.list_people(office.reader()) else "/me"
    page = html_answer(render("logged_in.html", office, asked, onward=onward))
    return replace(page, cookies=(session_cookie(asked, session),))


def logout(office: Office, asked: Asked) -> Answer:
    """End the session, here and in the database."""
    token = asked.cookies.get(SESSION_COOKIE, "")
    office.writer.write_blocking(lambda connection: sessions.end_session(connection, token))
    return see_other("/", (no_session_cookie(asked),))


def choose_language(office: Office, asked: Asked, tag: str) -> Answer:
    """Remember a language in the browser and go back."""
    if tag not in languages():
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-page")
    back = asked.query("back").get("back", "/")
    # Only a path of this box: '//elsewhere' and '/\elsewhere' are other hosts to a browser.
    if not back.startswith("/") or back[1:2] in ("/", "\\"):
        back = "/"
    return see_other(quote(back, safe="/?&=%+~-._"), (cookie(asked, LANGUAGE_COOKIE, tag, _YEAR_S),))


def static_file(office: Office, asked: Asked, path: str) -> Answer:
    """A file of ``static/``; its address has a hash of its content, so it may be kept for ever."""
    try:
        file = (STATIC / path).resolve()
        content = file.read_bytes() if file.is_relative_to(STATIC.resolve()) else None
    except (ValueError, OSError):
        # A NUL or a name that is too long is no more a file than one that isn't there, or a directory.
        content = None
    if content is None:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-page")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    keep = "public, max-age=31536000, immutable" if "v=" in asked.query_string else "no-cache"
    return Answer(content, HTTPStatus.OK, kind, {"Cache-Control": keep})


def favicon(office: Office, asked: Asked) -> Answer:
    """What browsers ask for without being told."""
    return static_file(office, asked, "icon.svg")


def problem_page(office: Office, asked: Asked, slug: str) -> Answer:
    """What a ``type`` of a problem means."""
    code = f"problem.{slug}"
    if f"{code}.title" not in SENTENCES:
        raise Problem(HTTPStatus.NOT_FOUND, "no-such-page")
    detail = SENTENCES.get(code, "")
    # What is said of one request with its facts can't be said here.
    said = "" if re.search(r"(?<!\{)\{[a-z]", detail) else asked.language.sentence(code)
    title = asked.language.sentence(f"{code}.title")
    return html_answer(render("problem.html", office, asked, title=title, detail=said))

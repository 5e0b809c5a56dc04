"""The bottle application: each request is read, let in, answered; each error becomes a problem or a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import bottle

from appliance.store.errors import StoreError, store_error_from
from appliance.web.access import admit
from appliance.web.answer import Answer, html_answer, problem_answer
from appliance.web.asked import Asked, asked_from
from appliance.web.office import Office
from appliance.web.problem import Problem, of_store
from appliance.web.rate_headers import rate_headers
from appliance.web.render import render
from appliance.web.routes import NUMBERED, ROUTES, Route
from appliance.web.unexpected import log_unexpected

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""With every answer; put there by the gateway, which also answers where this application fails."""


def build_application(office: Office) -> bottle.Bottle:
    """The WSGI application of a box."""
    application = bottle.Bottle()
    # bottle itself would print the traceback; the gateway logs what fails here.
    application.catchall = False
    for route in ROUTES:
        application.route(
            route.path,
            method=route.method,
            callback=_callback(office, route),
        )

    def default_error_handler(error: bottle.HTTPError) -> Any:
        return _respond(asked_from(bottle.request.environ), _unrouted(office, error))

    application.default_error_handler = default_error_handler
    return application


def _callback(office: Office, route: Route) -> Callable[..., Any]:
    def callback(**pieces: str) -> Any:
        asked = asked_from(bottle.request.environ)
        return _respond(asked, _answer(office, asked, route, pieces))

    return callback


def _answer(office: Office, asked: Asked, route: Route, pieces: dict[str, str]) -> Answer:
    values: dict[str, object] = {
        name: int(value) if name in NUMBERED else value for name, value in pieces.items()
    }
    no = route.refusal or _refusal
    try:
        try:
            admitted, at = admit(route.access, asked, office)
            if route.access.is_page:
                at.look()
            answer = route.handler(at, admitted, **values)
            return replace(answer, headers={**answer.headers, **rate_headers(at, admitted)})
        except sqlite3.Error as error:
            raise of_store(store_error_from(error)) from error
        except StoreError as error:
            raise of_store(error) from error
    except Problem as problem:
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            office.log.error("%s %s: %s", route.method, route.path, problem.slug)
        return no(office, asked, problem)
    except Exception as error:
        log_unexpected(office.log, f"{route.method} {route.path}", error)
        return no(office, asked, Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "our-fault"))


def _unrouted(office: Office, error: bottle.HTTPError) -> Answer:
    asked = asked_from(bottle.request.environ)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = str(error.get_header("Allow", ""))
        problem = Problem(
            HTTPStatus.METHOD_NOT_ALLOWED, "wrong-method", {"allowed": allowed}, headers={"Allow": allowed}
        )
    elif error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        problem = Problem(HTTPStatus.NOT_FOUND, "no-such-page")
    else:
        problem = Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "our-fault")
    return _refusal(office, asked, problem)


def _refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """A problem as the one who asked can read it."""
    if asked.is_api or asked.path in ("/healthz", "/readyz"):
        return problem_answer(problem, problem.as_json(asked.language))
    headers = {name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        if asked.is_htmx:
            # The session ended while the page was open: load it anew, which tells how to get in.
            return Answer(b"", HTTPStatus.UNAUTHORIZED, headers={"HX-Refresh": "true"})
        return html_answer(render("login.html", office, asked), problem.status, headers)
    title, detail = problem.title(asked.language), problem.detail(asked.language)
    return html_answer(
        render("problem.html", office, asked, title=title, detail=detail), problem.status, headers
    )


def _respond(asked: Asked, answer: Answer) -> bottle.HTTPResponse:
    response = bottle.HTTPResponse(answer.body, answer.status)
    response.set_header("Cache-Control", "no-store")
    for name, value in answer.headers.items():
        response.set_header(name, value)
    if answer.body:
        response.set_header("Content-Type", answer.content_type)
        response.set_header("Content-Language", asked.language.tag)
        response.set_header("Vary", "Accept-Language, Cookie")
    for cookie in answer.cookies:
        response.add_header("Set-Cookie", cookie)
    return response

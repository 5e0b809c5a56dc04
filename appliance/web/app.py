"""The application: each request finds its route, is let in, answered; each error becomes a problem or a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus

import bottle

from appliance.desk.key_limits import KeyChangedError
from appliance.store.errors import StoreError, store_error_from
from appliance.web.access import Access, admit
from appliance.web.answer import Answer, html_answer, problem_answer
from appliance.web.asked import Asked
from appliance.web.etag import tagged
from appliance.web.gateway import NO_BODY, Application, Body
from appliance.web.head import Head
from appliance.web.long_answer import while_let_in
from appliance.web.office import Office
from appliance.web.problem import Problem, of_store
from appliance.web.rate_headers import rate_headers
from appliance.web.redirect import instead_of_plain, strict_transport
from appliance.web.render import render
from appliance.web.routes import NUMBERED, OF_THE_BOX_ALONE, ROUTES, Route
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

_HEALTH = ("/healthz", "/readyz")


def build_application(office: Office) -> Application:
    """Everything that a box answers."""
    router = bottle.Router()
    for route in ROUTES:
        router.add(route.path, route.method, route)
    plain = {(route.method, route.path): route for route in ROUTES if "<" not in route.path}

    def find(head: Head) -> _Call:
        try:
            if not head.is_answered_here:
                raise bottle.HTTPError(HTTPStatus.NOT_FOUND)
            known = plain.get((head.method, head.path))
            if known is not None:
                return _Call(office, head, _chosen(office, head, known), {})
            route, pieces = router.match({"REQUEST_METHOD": head.method, "PATH_INFO": head.path})
        except bottle.HTTPError as error:
            return _Call(office, head, _nowhere(error), {})
        return _Call(office, head, _chosen(office, head, route), pieces)

    return find


class _Call:
    """One request on its way."""

    def __init__(self, office: Office, head: Head, route: Route, pieces: Mapping[str, str]) -> None:
        self._office = office
        self._head = head
        self._route = route
        self._pieces: dict[str, object] = {
            name: int(value) if name in NUMBERED else value for name, value in pieces.items()
        }
        self._entered: tuple[Asked, Office] | None = None
        self.body_bytes = route.body_bytes
        self.is_quick = route.is_quick or route.in_loop is not None

    def enter(self) -> Answer | None:
        """Let in whoever asks, before a large body is read."""
        asked = self._asked(NO_BODY)
        try:
            if self._route.knock is not None:
                self._entered = self._route.knock(self._office, asked)
            else:
                self._entered = admit(self._route.access, asked, self._office)
        except Exception as error:
            return self._finished(asked, self._refused(self._office, asked, error))
        return None

    def answer(self, body: Body) -> Answer:
        """What the route's handler answers."""
        asked, at = self._asked(body), self._office
        try:
            asked, at = self._let_in(asked)
            answer = self._route.handler(at, asked, **self._pieces)
        except Exception as error:
            answer = self._refused(at, asked, error)
        return self._finished(asked, answer, at)

    async def answer_in_loop(self, body: Body) -> Answer:
        """The same by the route's coroutine, where it has one."""
        if self._route.in_loop is None:
            return self.answer(body)
        asked, at = self._asked(body), self._office
        # What is sent is judged once more when it is stored; a repeat of an earlier request is not.
        head = self._head
        head.may_remember_key = self._route.access is Access.SEND and "idempotency-key" not in head.headers
        try:
            try:
                asked, at = self._let_in(asked)
                answer = await self._route.in_loop(at, asked, **self._pieces)
            except (Problem, KeyChangedError) as reason:
                if asked.who.judged is None:
                    raise
                # Of a key that was revoked meanwhile not even a mistake is told.
                head.may_remember_key = False
                asked, at = self._let_in(self._asked(body))
                if isinstance(reason, Problem):
                    raise
                answer = await self._route.in_loop(at, asked, **self._pieces)
        except Exception as error:
            answer = self._refused(at, asked, error)
        return self._finished(asked, answer, at)

    def _asked(self, body: Body) -> Asked:
        return Asked(head=self._head, body=body.content, refused=body.refused)

    def _let_in(self, asked: Asked) -> tuple[Asked, Office]:
        if self._entered is None:
            admitted, at = admit(self._route.access, asked, self._office)
        else:
            before, at = self._entered
            admitted = replace(before, body=asked.body, refused=asked.refused)
        if at.is_sandbox and self._route.path.startswith(OF_THE_BOX_ALONE):
            raise Problem(HTTPStatus.FORBIDDEN, "not-in-sandbox")
        if self._route.access.is_page:
            at.look()
        return admitted, at

    def _refused(self, at: Office, asked: Asked, error: Exception) -> Answer:
        problem = self._problem_of(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._office.log.error("%s %s: %s", self._route.method, self._route.path, problem.slug)
        return (self._route.refusal or _refusal)(at, asked, problem)

    def _problem_of(self, error: Exception) -> Problem:
        match error:
            case Problem():
                return error
            case sqlite3.Error():
                return of_store(store_error_from(error))
            case StoreError():
                return of_store(error)
            case _:
                log_unexpected(self._office.log, f"{self._route.method} {self._route.path}", error)
                return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "our-fault")

    def _finished(self, asked: Asked, answer: Answer, at: Office | None = None) -> Answer:
        """The answer with the headers that each one has; who was let in is told what is left of its limits."""
        answer = tagged(asked, answer)
        headers = {"Cache-Control": "no-store", **answer.headers}
        headers |= strict_transport(self._office, asked)
        if answer.body or answer.status == HTTPStatus.NOT_MODIFIED:
            headers["Content-Language"] = asked.language.tag
            headers["Vary"] = "Accept-Language, Cookie"
        if at is not None and asked.key is not None:
            try:
                headers |= rate_headers(at, asked)
            except sqlite3.Error:
                self._office.log.warning("what is left of a key's limits could not be read")
        self._note_call(asked, answer)
        source = answer.source
        if source is not None:
            source = while_let_in(self._office, asked, source)
        return Answer(answer.body, answer.status, answer.content_type, headers, answer.cookies, source)

    def _note_call(self, asked: Asked, answer: Answer) -> None:
        """Keep what a program asked for, for who writes it; not what browsers do."""
        access, head = self._route.access, self._head
        if access is Access.OPEN or access.is_page or asked.session is not None:
            return
        self._office.calls.note(
            head.key_id,
            at_ms=self._office.now_ms(),
            began_ns=head.began_ns,
            method=head.method,
            path=head.path,
            query=head.query_string,
            remote=head.remote,
            status=answer.status,
            request=asked.body,
            request_type=head.content_type,
            answer=answer.body,
            answer_type=answer.content_type,
        )


def _nowhere(error: bottle.HTTPError) -> Route:
    """The route of an address that has none."""
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = str(error.get_header("Allow", ""))
        problem = Problem(
            HTTPStatus.METHOD_NOT_ALLOWED, "wrong-method", {"allowed": allowed}, headers={"Allow": allowed}
        )
    else:
        problem = Problem(HTTPStatus.NOT_FOUND, "no-such-page")

    return _refusing(Route("", "", Access.OPEN, Answer), problem)


def _chosen(office: Office, head: Head, route: Route) -> Route:
    """The route that answers a request: of those that share an address the one for who asks."""
    if route.instead is not None:
        route = route.instead(head) or route
    return _over_plain_http(office, head, route)


def _over_plain_http(office: Office, head: Head, route: Route) -> Route:
    """The route, or one that sends elsewhere or refuses, by the settings of HTTPS."""
    if office.https_port is None or head.scheme == "https":
        return route
    is_page = route.access.is_page or (route.access is Access.OPEN and not head.path.startswith("/api/"))
    try:
        instead = instead_of_plain(office, head, is_page=is_page)
    except Problem as problem:
        return _refusing(route, problem)
    if instead is None:
        return route
    return Route(route.method, route.path, Access.OPEN, lambda office, asked, **pieces: instead)


def _refusing(route: Route, problem: Problem) -> Route:
    def refuse(office: Office, asked: Asked, **pieces: object) -> Answer:
        raise problem

    return Route(route.method, route.path, Access.OPEN, refuse, route.refusal)


def _refusal(office: Office, asked: Asked, problem: Problem) -> Answer:
    """A problem as the one who asked can read it."""
    if asked.is_api or asked.path in _HEALTH:
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

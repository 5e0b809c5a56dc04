"""What a route gives back: a status, a body, its type, further headers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import field
from http import HTTPStatus

from appliance.values import value
from appliance.web.problem import Problem, as_json

JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
EVENT_STREAM = "text/event-stream"

BodySource = Callable[[], AsyncIterator[bytes]]
"""Makes the pieces of a body. It runs in the server's loop, so it awaits and never blocks; it is cancelled when the
client hangs up and when the process ends, and must let go of what it has within a second."""


@value
class Answer:
    """One HTTP response. ``cookies`` are whole Set-Cookie values."""

    body: bytes = b""
    status: int = HTTPStatus.OK
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    source: BodySource | None = None
    """Where the rest of the body comes from, after ``body``; the answer ends with it."""


def json_answer(
    value: object, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Answer:
    """An object of the API."""
    return Answer(as_json(value), status, JSON, headers or {})


def problem_answer(problem: Problem, body: bytes) -> Answer:
    """A refusal of the API."""
    return Answer(body, problem.status, PROBLEM_JSON, problem.headers)


def html_answer(text: str, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Answer:
    """A page, or a piece of one."""
    return Answer(text.encode("utf-8", "replace"), status, HTML, headers or {})


def stream_answer(source: BodySource, content_type: str = EVENT_STREAM) -> Answer:
    """An answer that goes on for as long as its source does and its client listens."""
    return Answer(content_type=content_type, source=source)


def see_other(path: str, cookies: tuple[str, ...] = ()) -> Answer:
    """Go and look there, after a form was taken (303)."""
    return Answer(b"", HTTPStatus.SEE_OTHER, HTML, {"Location": path}, cookies)


NOTHING_NEW = Answer(b"", HTTPStatus.NO_CONTENT)
"""What is shown is what there is."""

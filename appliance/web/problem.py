"""Refusals as values: every error of the API is ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from appliance.desk.mistake import STANDS_AGAINST, Because, Mistake, Refusal
from appliance.store.errors import StoreBusyError, StoreError, StoreFullError
from appliance.web.language import Language
from appliance.web.words import MESSAGE_STATES

_ENCODER = msgspec.json.Encoder()
PROBLEM_TYPE_PREFIX = "/problems/"
"""``type`` is a reference to a page of this very box, so that it can be read with no internet."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One wrong place of a request: a JSON pointer into the body, or the name of a query parameter."""

    mistake: Mistake
    is_parameter: bool = False


class Problem(Exception):  # noqa: N818 - RFC 9457's own word
    """Ends a request with a status, a title and a detail, all named by ``slug`` in the sentences."""

    def __init__(
        self,
        status: int,
        slug: str,
        args: Mapping[str, object] | None = None,
        *,
        wrong: tuple[Wrong, ...] = (),
        headers: Mapping[str, str] | None = None,
        more: int = 0,
    ) -> None:
        """``more``: how many wrong places there are beside those that are named."""
        super().__init__(slug)
        self.status = int(status)
        self.slug = slug
        self.args_for_person = dict(args or {})
        self.wrong = wrong
        self.more = more
        self.headers = dict(headers or {})

    def as_json(self, language: Language) -> bytes:
        """The body of the answer."""
        body: dict[str, object] = {
            "type": f"{PROBLEM_TYPE_PREFIX}{self.slug}",
            "title": self.title(language),
            "status": self.status,
            "detail": self.detail(language),
        }
        if self.wrong:
            body["errors"] = [
                {
                    "parameter" if each.is_parameter else "pointer": each.mistake.pointer,
                    "code": each.mistake.code.removeprefix("problem."),
                    "detail": language.sentence(each.mistake.code, each.mistake.args),
                }
                for each in self.wrong
            ]
        if self.more:
            body["more_errors"] = self.more
        return as_json(body)

    def title(self, language: Language) -> str:
        return language.sentence(f"problem.{self.slug}.title")

    def detail(self, language: Language) -> str:
        args = dict(self.args_for_person)
        if "state" in args:
            args["state"] = language.text(MESSAGE_STATES.get(str(args["state"]), str(args["state"])))
        return language.sentence(f"problem.{self.slug}", args)


def as_json(value: object) -> bytes:
    """JSON in UTF-8. A lone surrogate, which UTF-8 can't carry, becomes the JSON escape that it came from."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


def refused(refusal: Refusal) -> Problem:
    """What a refusal of the desk is in HTTP: 422, or what the one reason of another kind says (429, 403, 409)."""
    if refusal.because is Because.INVALID:
        stands_against = all(each.code in STANDS_AGAINST for each in refusal.mistakes)
        return _conflict(refusal) if stands_against else invalid(refusal)
    mistake = refusal.mistakes[0]
    wait = refusal.retry_after_s
    return Problem(
        _STATUS[refusal.because],
        mistake.code.removeprefix("problem."),
        mistake.args,
        headers={} if wait is None else {"Retry-After": str(wait)},
    )


_STATUS = {
    Because.LIMIT: HTTPStatus.TOO_MANY_REQUESTS,
    Because.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Because.CONFLICT: HTTPStatus.CONFLICT,
}


def _conflict(refusal: Refusal) -> Problem:
    return Problem(HTTPStatus.CONFLICT, "conflict", wrong=tuple(map(Wrong, refusal.mistakes)))


def invalid(refusal: Refusal) -> Problem:
    """422: the body was understood, and what it asks for can't be."""
    wrong = tuple(map(Wrong, refusal.mistakes))
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", wrong=wrong, more=refusal.more)


def bad_parameter(name: str, code: str, **args: object) -> Problem:
    """400: a query parameter is wrong."""
    return Problem(
        HTTPStatus.BAD_REQUEST, "bad-parameter", wrong=(Wrong(Mistake(name, code, args), is_parameter=True),)
    )


def of_store(error: StoreError) -> Problem:
    """What the database's refusal is in HTTP."""
    match error:
        case StoreFullError():
            return Problem(HTTPStatus.INSUFFICIENT_STORAGE, "disk-full")
        case StoreBusyError():
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database-busy", headers={"Retry-After": "5"})
        case _:
            return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "database-failed", headers={"Retry-After": "30"})

"""Aliyun's own words: its codes, its JSON and its XML."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from xml.sax.saxutils import escape

from appliance.desk.mistake import Because, Mistake, Refusal
from appliance.sentences import sentence
from appliance.web.answer import JSON, Answer
from appliance.web.problem import Problem, as_json

XML = "text/xml;charset=utf-8"

PHONES = "isv.MOBILE_NUMBER_ILLEGAL"
MANY_PHONES = "isv.MOBILE_COUNT_OVER_LIMIT"
TEMPLATE = "isv.SMS_TEMPLATE_ILLEGAL"
SIGN = "isv.SMS_SIGNATURE_ILLEGAL"
MISSING = "isv.TEMPLATE_MISSING_PARAMETERS"
PARAMS = "isv.TEMPLATE_PARAMS_ILLEGAL"
NO_JSON = "isv.INVALID_JSON_PARAM"
INVALID = "isv.INVALID_PARAMETERS"
TOO_LONG = "isv.PARAM_LENGTH_LIMIT"
LIMIT = "isv.BUSINESS_LIMIT_CONTROL"


class Rejected(Exception):  # noqa: N818 - an answer, not a failure
    """What Aliyun would turn down too: its code, with words of ours."""

    def __init__(
        self, code: str, message: str, status: int = HTTPStatus.OK, *, retry_after_s: int | None = None
    ) -> None:
        """Of what was understood and can't be done the status is 200, as Aliyun has it."""
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after_s = retry_after_s

    def answer(self, *, as_xml: bool) -> Answer:
        """With the root that an SDK expects of an error."""
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        body: dict[str, object] = {"Code": self.code, "Message": self.message}
        if self.status != HTTPStatus.OK:
            body["HostId"] = "simloft"
        return answer_with(body, "Error", self.status, headers, as_xml=as_xml)


def missing(parameter: str) -> Rejected:
    """A parameter that has to be there is not."""
    return Rejected(
        f"Missing{parameter}", f"{parameter} is mandatory for this action.", HTTPStatus.BAD_REQUEST
    )


def unreadable(why: str) -> Rejected:
    """The request itself can't be read."""
    return Rejected("InvalidParameter", why, HTTPStatus.BAD_REQUEST)


def answer_with(
    body: Mapping[str, object],
    root: str,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    *,
    as_xml: bool,
) -> Answer:
    """An answer, with a RequestId of its own."""
    whole = {"RequestId": str(uuid.uuid4()).upper(), **body}
    if not as_xml:
        return Answer(as_json(whole), status, JSON, headers or {})
    text = f"<?xml version='1.0' encoding='UTF-8'?><{root}>{_elements(whole)}</{root}>"
    return Answer(text.encode("utf-8", "replace"), status, XML, headers or {})


def _elements(members: Mapping[str, object]) -> str:
    return "".join(
        _element(name, each)
        for name, value in members.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _element(name: str, value: object) -> str:
    inner = _elements(value) if isinstance(value, Mapping) else escape(_printable(value))
    return f"<{name}>{inner}</{name}>"


def _printable(value: object) -> str:
    """Without what XML can't carry."""
    return "".join(
        each for each in str(value) if each in "\t\n\r" or (each >= " " and each not in "\ufffe\uffff")
    )


def of_refusal(refusal: Refusal) -> Rejected:
    """What the door of the queue said."""
    mistake = refusal.mistakes[0]
    why = sentence(mistake.code, dict(mistake.args))
    if refusal.because is Because.CONFLICT:
        return nonce_used()
    if mistake.code == "problem.wrong-key":
        return Rejected("InvalidAccessKeyId.NotFound", why, HTTPStatus.NOT_FOUND)
    if refusal.because is Because.LIMIT or mistake.code.startswith("problem.key-"):
        # Of an allowance that is used up, or of more at once than it lets through, Aliyun has no other word.
        return Rejected(LIMIT, why, retry_after_s=refusal.retry_after_s)
    if refusal.because is Because.FORBIDDEN:
        return Rejected("Forbidden", why, HTTPStatus.FORBIDDEN)
    return Rejected(_code_of(mistake), why)


def _code_of(mistake: Mistake) -> str:
    if mistake.pointer.endswith("/to"):
        return PHONES
    if mistake.code in {"problem.text-parts", "problem.text-too-long"}:
        return TOO_LONG
    return PARAMS if mistake.pointer.endswith("/text") else INVALID


def nonce_used() -> Rejected:
    """The same request once more."""
    return Rejected(
        "SignatureNonceUsed", "Specified signature nonce was used already.", HTTPStatus.BAD_REQUEST
    )


_PROBLEMS: Mapping[str, tuple[str, int]] = {
    "wrong-key": ("InvalidAccessKeyId.NotFound", HTTPStatus.NOT_FOUND),
    "key-expired": ("InvalidAccessKeyId.Inactive", HTTPStatus.BAD_REQUEST),
    "key-network": ("Forbidden", HTTPStatus.FORBIDDEN),
    "missing-scope": ("Forbidden.RAM", HTTPStatus.FORBIDDEN),
    "too-many-guesses": ("Throttling", HTTPStatus.TOO_MANY_REQUESTS),
    "too-many-requests": ("Throttling.User", HTTPStatus.TOO_MANY_REQUESTS),
}


def of_problem(problem: Problem) -> Rejected:
    """What the door said, or what the box can't do now."""
    why = sentence(f"problem.{problem.slug}", problem.args_for_person)
    wait = problem.headers.get("Retry-After")
    retry_after_s = int(wait) if wait is not None and wait.isdigit() else None
    if problem.slug in _PROBLEMS:
        code, status = _PROBLEMS[problem.slug]
        return Rejected(code, why, status, retry_after_s=retry_after_s)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return Rejected("InternalError", why, problem.status)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        # 507 is no status that an SDK tries again; a full disk may be emptied.
        return Rejected(
            "ServiceUnavailable", why, HTTPStatus.SERVICE_UNAVAILABLE, retry_after_s=retry_after_s
        )
    return Rejected("InvalidParameter", why, problem.status, retry_after_s=retry_after_s)

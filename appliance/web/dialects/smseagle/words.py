"""How the answers of v1 look: what came of a call in each of SMSEagle's four forms. The status is always 200."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from xml.sax.saxutils import escape

from appliance.web.answer import TEXT, Answer, json_answer
from appliance.web.asked import Asked
from appliance.web.dialects.sending import why
from appliance.web.problem import Problem

Fields = Mapping[str, str]


class Form(StrEnum):
    """Of an answer: by the way in, and by ``responsetype``."""

    SIMPLE = "simple"
    EXTENDED = "extended"
    TEXT = "text"
    XML = "xml"


@dataclass(frozen=True, slots=True)
class Sent:
    """Numbers of messages."""

    ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Received:
    """Messages of the inbox, in the manual's names."""

    messages: Sequence[Fields]


@dataclass(frozen=True, slots=True)
class Length:
    """How long something is, by its name in the manual."""

    name: str
    length: int


Result = Sent | Received | Length

_XML = "text/xml; charset=utf-8"
_NO_DATA = "No data to display"


class Denied(Exception):  # noqa: N818 - a no, and no error
    """Words of an SMSEagle against a call."""


def answered(form: Form, result: Result, echoed: Mapping[str, object]) -> Answer:
    """What came of it. ``echoed``: what JSON-RPC wants to have back beside the result."""
    if isinstance(result, Received) and not result.messages:
        return denied(form, _NO_DATA, echoed)
    match form:
        case Form.SIMPLE:
            return json_answer({**echoed, "result": _simple(result)})
        case Form.EXTENDED:
            return json_answer({**echoed, "result": _extended(result)})
        case Form.TEXT:
            return Answer(_text(result).encode("utf-8", "replace"), HTTPStatus.OK, TEXT)
        case Form.XML:
            return _xml(_inner(result))


def denied(
    form: Form,
    words: str,
    echoed: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A no, with the status of a yes: clients read the words."""
    kept = echoed or {}
    match form:
        case Form.SIMPLE:
            return json_answer({**kept, "result": words}, headers=headers)
        case Form.EXTENDED:
            return json_answer({**kept, "result": {"error_text": words, "status": "error"}}, headers=headers)
        case Form.TEXT:
            return Answer(words.encode("utf-8", "replace"), HTTPStatus.OK, TEXT, headers or {})
        case Form.XML:
            return _xml(f"<error_text>{escape(words)}</error_text><status>error</status>", headers)


def of_problem(problem: Problem, asked: Asked, *, by_token: bool) -> tuple[str, Mapping[str, str]]:
    """The words for a problem, and the headers that are kept of it."""
    headers = {name: value for name, value in problem.headers.items() if name == "Retry-After"}
    match problem.status:
        case HTTPStatus.UNAUTHORIZED:
            return ("Invalid access token" if by_token else "Invalid login or password"), headers
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR and not headers:
            return f"Wrong parameters: {why(problem, asked)}", headers
        case _:
            return f"Error: {why(problem, asked)}", headers


def _simple(result: Result) -> object:
    match result:
        case Sent(ids):
            said = [f"OK; ID={each}" for each in ids]
            return said[0] if len(said) == 1 else said
        case Received(messages):
            return messages
        case Length(_, length):
            return str(length)


def _extended(result: Result) -> object:
    match result:
        case Sent(ids):
            told = [{"message_id": str(each), "status": "ok"} for each in ids]
            return told[0] if len(told) == 1 else told
        case Received(messages):
            return {"messages": messages, "status": "ok"}
        case Length(name, length):
            return {name: str(length), "status": "ok"}


def _text(result: Result) -> str:
    match result:
        case Sent(ids):
            return "\n".join(f"OK; ID={each}" for each in ids)
        case Received(messages):
            names = ("ID", "SenderNumber", "ReceivingDateTime", "TextDecoded")
            return "\n".join(";".join(each[name].replace("\n", " ") for name in names) for each in messages)
        case Length(_, length):
            return str(length)


def _inner(result: Result) -> str:
    match result:
        case Sent(ids):
            told = [f"<message_id>{each}</message_id><status>ok</status>" for each in ids]
            return told[0] if len(told) == 1 else "".join(f"<item>{each}</item>" for each in told)
        case Received(messages):
            items = "".join(f"<item>{_elements(each)}</item>" for each in messages)
            return f"<messages>{items}</messages><status>ok</status>"
        case Length(name, length):
            return f"<{name}>{length}</{name}><status>ok</status>"


def _elements(fields: Fields) -> str:
    return "".join(f"<{name}>{_for_xml(value)}</{name}>" for name, value in fields.items())


def _for_xml(text: str) -> str:
    # Most control characters can't be in XML 1.0 at all, not even escaped.
    return escape("".join(each if each in "\t\n\r" or each >= " " else "\ufffd" for each in text))


def _xml(inner: str, headers: Mapping[str, str] | None = None) -> Answer:
    body = f"<xml>{inner}</xml>".encode("utf-8", "replace")
    return Answer(body, HTTPStatus.OK, _XML, headers or {})

"""What people wrote, and to whom, for those who may not read it: the one home of what is hidden from them and how.

A person whose role is not in :data:`~appliance.store.people.READS_TEXTS` sees that messages exist, their states and
reasons, but neither texts nor whole numbers. A key without ``read`` and ``inbox`` is not let in to messages at all;
what a line of a modem says, and what other programs asked for, is hidden from it here, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

from appliance.store.commands import Course, PortCommand
from appliance.store.keys import Scope
from appliance.store.messages import Message
from appliance.store.numbers import masked
from appliance.web.asked import Asked
from appliance.web.problem import Problem

HIDDEN = "•••"

_READS_MESSAGES = re.compile(r"CMG[LR]|CPB[RF]|CRSM=178|CSIM|CGLA", re.IGNORECASE)
"""What shows messages or contacts that are kept on a card or in a modem (TS 27.005 §3.4, TS 27.007 §8.12, §8.18)."""
_PDU = re.compile(r"[0-9A-Fa-f]{30,}")
_NUMBER_IN_PATH = re.compile(r"(?<=/)(?:\+|%2B)?[0-9]{5,}(?=/|$)", re.IGNORECASE)
_TOLD = frozenset(
    {
        "alphabet",
        "code",
        "direction",
        "error",
        "errors",
        "id",
        "kind",
        "parameter",
        "pointer",
        "priority",
        "result",
        "source",
        "state",
        "status",
        "title",
        "type",
    }
)
"""Members of bodies and fields of queries of which it is known that they hold neither texts nor numbers."""
_LARGEST_TOLD = 9999
"""Numbers up to this are counts; larger ones may be somebody's."""


def hides_messages(asked: Asked) -> bool:
    """Whether messages are shown without their texts and whole numbers."""
    return asked.key is None and not asked.sees_texts


def shown_message(asked: Asked, message: Message) -> Message:
    """A message as who asks may see it."""
    if not hides_messages(asked):
        return message
    return replace(message, recipient=masked(message.recipient), text=HIDDEN)


def shown_number(asked: Asked, number: str) -> str:
    """A number likewise."""
    return masked(number) if hides_messages(asked) else number


def check_filters(asked: Asked, parameters: Mapping[str, Any]) -> None:
    """Raise 403 where a list is searched for what is hidden: whether something is found would tell it."""
    if hides_messages(asked) and parameters.keys() & {"q", "to", "from"}:
        raise Problem(HTTPStatus.FORBIDDEN, "texts-hidden")


def feed_scopes(asked: Asked) -> frozenset[Scope]:
    """Of what somebody is told in the feed of changes, which has messages as they are."""
    return asked.scopes & {Scope.MODEMS} if hides_messages(asked) else asked.scopes


def check_command(asked: Asked, command: PortCommand, args: Mapping[str, object]) -> None:
    """Raise 403 where the answer of a modem would show what is hidden."""
    if asked.sees_texts:
        return
    is_plain = command is PortCommand.TRACE_PLAIN or (
        command is PortCommand.RECORD_START and bool(args.get("plain"))
    )
    reads = command is PortCommand.AT and _READS_MESSAGES.search(re.sub(r"\s", "", str(args.get("line", ""))))
    if is_plain or reads:
        raise Problem(HTTPStatus.FORBIDDEN, "texts-hidden")


def shown_course(asked: Asked, course: Course) -> Course:
    """A command whose answer somebody else may have asked for."""
    if asked.sees_texts or course.answer is None:
        return course
    text = course.answer.text
    if course.command is PortCommand.TRACE_PLAIN:
        text = HIDDEN
    elif course.command is PortCommand.AT:
        text = HIDDEN if "+CMG" in text or "+CPB" in text else _PDU.sub(HIDDEN, text)
    return replace(course, answer=replace(course.answer, text=text))


def shown_address(path: str, query: str) -> str:
    """The address that a program asked for, with only those fields of its query that hold nothing."""
    path = _NUMBER_IN_PATH.sub(HIDDEN, path)
    if not query:
        return path
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return f"{path}?{HIDDEN}"
    shown = [(name, value if name in _TOLD else HIDDEN) for name, value in pairs]
    return f"{path}?{urlencode(shown, safe=HIDDEN)}"


def shown_body(body: bytes) -> str:
    """A body of a request or an answer likewise; of what is no JSON nothing."""
    try:
        return json.dumps(_shown_value(json.loads(body), is_told=False), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return HIDDEN if body else ""


def _shown_value(value: object, *, is_told: bool) -> object:
    match value:
        case dict():
            return {str(name): _shown_value(each, is_told=name in _TOLD) for name, each in value.items()}
        case list():
            return [_shown_value(each, is_told=is_told) for each in value]
        case None | bool():
            return value
        case int() if abs(value) <= _LARGEST_TOLD:
            return value
        case str() if is_told and value.isascii():
            return value
        case _:
            return HIDDEN

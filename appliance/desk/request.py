"""What one request asks the box to send: one message, one text to many recipients, or many messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from appliance.desk.decision import Place, alone, in_list, some_of
from appliance.desk.fields import Schema, schema_of
from appliance.desk.mistake import Mistake, Refusal, pointer_to
from appliance.desk.submission import FIELDS, ONE_DEADLINE, Submission, read_submission
from appliance.desk.submit import MOST_MESSAGES
from appliance.values import value


@value
class Request:
    """The messages of one request, in its order."""

    submissions: tuple[Submission, ...]
    place: Place
    """Where in it a mistake of one of them is."""
    is_one: bool
    """It is a message itself, and is answered with it."""


def read_request(members: Mapping[str, object]) -> Request | Refusal:
    """The messages that a JSON object describes, or every mistake in it."""
    if "messages" in members:
        return _read_list(members)
    if isinstance(members.get("to"), list):
        return _read_recipients(members)
    one = read_submission(members)
    return one if isinstance(one, Refusal) else Request((one,), alone, is_one=True)


def _read_list(members: Mapping[str, object]) -> Request | Refusal:
    mistakes = [
        Mistake(pointer_to(name), "problem.field-unknown", {"field": name[:60]})
        for name in members
        if name != "messages"
    ]
    given = members["messages"]
    if not isinstance(given, list):
        return Refusal((*mistakes, Mistake("/messages", "problem.field-list")))
    mistakes += _how_many("/messages", given)
    submissions = []
    for index, each in enumerate(given[: 0 if mistakes else MOST_MESSAGES]):
        read = read_submission(each) if isinstance(each, dict) else _NO_OBJECT
        if isinstance(read, Submission):
            submissions.append(read)
        else:
            mistakes += [replace(wrong, pointer=in_list(index, wrong.pointer)) for wrong in read.mistakes]
    return some_of(mistakes) if mistakes else Request(tuple(submissions), in_list, is_one=False)


_NO_OBJECT = Refusal((Mistake("", "problem.field-object"),))


def _read_recipients(members: Mapping[str, object]) -> Request | Refusal:
    recipients = members["to"]
    assert isinstance(recipients, list)
    mistakes = _how_many("/to", recipients)
    if not mistakes:
        mistakes = [
            Mistake(_of_recipient(index, "/to"), "problem.field-text")
            for index, each in enumerate(recipients)
            if not isinstance(each, str)
        ]
    to_the_first = read_submission({**members, "to": "-"})
    if isinstance(to_the_first, Refusal):
        mistakes += to_the_first.mistakes
    if mistakes or isinstance(to_the_first, Refusal):
        return some_of(mistakes)
    submissions = tuple(replace(to_the_first, to=each) for each in recipients)
    return Request(submissions, _of_recipient, is_one=False)


def _of_recipient(index: int, pointer: str) -> str:
    return f"/to/{index}" if pointer == "/to" else pointer


def _how_many(pointer: str, given: list[object]) -> list[Mistake]:
    if 1 <= len(given) <= MOST_MESSAGES:
        return []
    return [Mistake(pointer, "problem.how-many-messages", {"least": 1, "most": MOST_MESSAGES})]


def request_schema() -> Schema:
    """The JSON Schema of what :func:`read_request` reads."""
    one = {**schema_of(FIELDS), **ONE_DEADLINE}
    recipients = {
        "type": "array",
        "items": one["properties"]["to"],
        "minItems": 1,
        "maxItems": MOST_MESSAGES,
    }
    return {
        "anyOf": [
            one,
            {**one, "properties": {**one["properties"], "to": recipients}},
            {
                "type": "object",
                "properties": {
                    "messages": {"type": "array", "items": one, "minItems": 1, "maxItems": MOST_MESSAGES}
                },
                "required": ["messages"],
                "additionalProperties": False,
            },
        ]
    }

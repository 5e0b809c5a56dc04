"""The body of a hook, whatever it is written in → a text. Raises :class:`Problem` for what has none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from xml.etree import ElementTree as ET

import msgspec

from appliance.desk.charset import text_of
from appliance.desk.mistake import Mistake, Refusal
from appliance.web.asked import Asked
from appliance.web.dialects.hook.alerts import told_of
from appliance.web.dialects.parameters import FORM, json_of, parameters_of, word
from appliance.web.problem import Problem, invalid

_TITLES = ("title", "subject")
_TEXTS = ("message", "text", "body", "content")
_DECLARES_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be told."""

    text: str
    mark: str | None = None
    """The same for each try of one notification; None where nothing tells a second one from a second try."""


def read_notification(asked: Asked) -> Notification:
    """By what the body looks like where its type does not say."""
    asked.check_body()
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == FORM:
        return _plain(parameters_of(asked))
    if kind in ("text/xml", "application/xml", "application/soap+xml"):
        return _of_xml(asked.body)
    if kind == "text/plain":
        return _plain({"text": text_of(asked.body, "utf-8")})
    members = json_of(asked)
    if "alerts" not in members:
        return _plain(members)
    try:
        told = told_of(members)
    except msgspec.ValidationError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "no-object") from error
    return Notification(told.text, told.mark)


def _plain(members: Mapping[str, object]) -> Notification:
    title = next((word(members, name) for name in _TITLES if word(members, name)), "")
    text = next((word(members, name) for name in _TEXTS if word(members, name)), "")
    if not title and not text:
        raise invalid(Refusal((Mistake("/text", "problem.text-empty"),)))
    return Notification("\n".join(each for each in (title, text) if each))


def _of_xml(body: bytes) -> Notification:
    """apprise's ``Notification`` with ``Subject`` and ``Message``, in whatever envelope."""
    if _DECLARES_ENTITIES.search(body):
        raise Problem(HTTPStatus.BAD_REQUEST, "no-object")
    try:
        root = ET.fromstring(body)
    except (ET.ParseError, ValueError, LookupError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "no-object") from error
    found: dict[str, object] = {}
    for element in root.iter():
        if not len(element):
            found.setdefault(element.tag.rpartition("}")[2].lower(), element.text or "")
    return _plain(found)

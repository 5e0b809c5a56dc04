"""``SendSms`` and ``SendBatchSms``: templates filled in, numbers read, all stored or nothing."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from appliance.desk.mistake import Refusal
from appliance.desk.plain_text import is_one_line
from appliance.desk.sms_templates import GapError, filled
from appliance.desk.submission import Priority, Submission
from appliance.desk.submit import Also, Once, submit_many
from appliance.store import aliyun, sms_templates
from appliance.store.aliyun import Sent
from appliance.store.messages import Message
from appliance.store.sms_templates import SmsTemplate
from appliance.web.asked import Asked
from appliance.web.dialects.aliyun import words
from appliance.web.dialects.aliyun.numbers import read_number
from appliance.web.dialects.aliyun.request import SignedRequest
from appliance.web.dialects.aliyun.words import Rejected, missing
from appliance.web.office import Office

MOST_RECIPIENTS = 1000
LONGEST_OUT_ID = 256
LONGEST_SIGN = 60

Wanted = tuple[str, str]
"""A recipient and its text."""


def send_sms(box: Office, at: Office, asked: Asked, request: SignedRequest) -> Mapping[str, object]:
    """The same text to up to :data:`MOST_RECIPIENTS` numbers."""
    given = request.parameters
    typed = [each for each in re.split(r"[,，\n]", _needed(given, "PhoneNumbers")) if each.strip()]
    sign = _needed(given, "SignName")
    template = _template(box, at, _needed(given, "TemplateCode"))
    text = _text(sign, template, _object(given.get("TemplateParam", "")))
    return _send(at, asked, request, template, [(each, text) for each in typed])


def send_batch(box: Office, at: Office, asked: Asked, request: SignedRequest) -> Mapping[str, object]:
    """To each number its own text, under its own name."""
    given = request.parameters
    typed = _strings(given, "PhoneNumberJson")
    signs = _strings(given, "SignNameJson")
    template = _template(box, at, _needed(given, "TemplateCode"))
    values: list[Any] = [{}] * len(typed)
    if given.get("TemplateParamJson"):
        values = _array(given, "TemplateParamJson")
    if not len(typed) == len(signs) == len(values):
        raise Rejected(words.INVALID, "The lists of numbers, names and parameters are of different lengths.")
    texts = [_text(sign, template, _strung(each)) for sign, each in zip(signs, values, strict=True)]
    return _send(at, asked, request, template, list(zip(typed, texts, strict=True)))


def _send(
    office: Office, asked: Asked, request: SignedRequest, template: SmsTemplate, wanted: Sequence[Wanted]
) -> Mapping[str, object]:
    out_id = request.parameters.get("OutId", "")
    if len(out_id) > LONGEST_OUT_ID:
        raise Rejected(words.TOO_LONG, f"OutId has {LONGEST_OUT_ID} characters at most.")
    home_region = office.settings.rules.home_region
    # Who is named twice with the same words gets them once.
    each_once = dict.fromkeys((read_number(number, home_region), text) for number, text in wanted)
    if not 1 <= len(each_once) <= MOST_RECIPIENTS:
        code = words.MANY_PHONES if each_once else words.PHONES
        raise Rejected(code, f"1 to {MOST_RECIPIENTS} numbers can be named at once.")
    stored = submit_many(
        office.writer,
        office.settings.rules,
        [
            Submission(to=number, text=text, priority=Priority(template.priority))
            for number, text in each_once
        ],
        asked.who,
        now_ms=office.now_ms(),
        ring=office.ring,
        # The nonces that the process remembers are gone after a restart; this is on disk.
        once=Once(f"aliyun:{request.nonce}", request.fingerprint),
        also=_also(out_id, template.code),
    )
    if isinstance(stored, Refusal):
        raise words.of_refusal(stored)
    if stored.is_repeat:
        raise words.nonce_used()
    return {"Code": "OK", "Message": "OK", "BizId": stored.messages[0].id}


def _also(out_id: str, template_code: str) -> Also:
    first: list[str] = []

    def note(connection: sqlite3.Connection, message: Message) -> None:
        # The ids were given before the transaction, so one that is tried again names the same.
        first.append(message.id)
        aliyun.note_sent(connection, Sent(message.seq, first[0], out_id, template_code))

    return note


def _template(box: Office, at: Office, code: str) -> SmsTemplate:
    """A sandbox has those of the box besides its own."""
    if code and code == box.settings.aliyun.pass_through:
        return SmsTemplate(
            id=0,
            code=code,
            name=code,
            text="${text}",
            priority=Priority.NOTICE,
            made_at_ms=0,
            changed_at_ms=0,
        )
    found = sms_templates.find(at.reader(), code)
    if found is None and at is not box:
        found = sms_templates.find(box.reader(), code)
    if found is None:
        raise Rejected(words.TEMPLATE, "The box has no template with this code; see its page “Templates”.")
    return found


def _text(sign: str, template: SmsTemplate, values: Mapping[str, str]) -> str:
    name = sign.strip().removeprefix("【").removesuffix("】").strip()
    if not name or len(name) > LONGEST_SIGN or not is_one_line(name):
        raise Rejected(words.SIGN, f"A name has 1 to {LONGEST_SIGN} characters on one line.")
    try:
        return f"【{name}】{filled(template.text, values)}"
    except GapError as error:
        if error.missing:
            raise Rejected(words.MISSING, "Nothing is given for: " + _named(error.missing)) from error
        raise Rejected(words.PARAMS, "The template has no: " + _named(error.unknown)) from error


def _named(names: Sequence[str]) -> str:
    return ", ".join(each[:60] for each in names[:10])


def _needed(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "").strip()
    if not value:
        raise missing(name)
    return value


def _object(text: str) -> dict[str, str]:
    return _strung(_json(text)) if text.strip() else {}


def _strung(value: object) -> dict[str, str]:
    """The values of a JSON object, as they stand in it."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Rejected(words.NO_JSON, "The parameters of a template have to be a JSON object.")
    if any(not isinstance(each, str | bool) for each in value.values()):
        raise Rejected(words.PARAMS, "Each parameter of a template has to be a text or a number.")
    return {name: each if isinstance(each, str) else str(each).lower() for name, each in value.items()}


def _strings(given: Mapping[str, str], name: str) -> list[str]:
    values = _array(given, name)
    if any(not isinstance(each, str) for each in values):
        raise Rejected(words.NO_JSON, f"{name} has to be a JSON array of texts.")
    return values


def _array(given: Mapping[str, str], name: str) -> list[Any]:
    values = _json(_needed(given, name))
    if not isinstance(values, list):
        raise Rejected(words.NO_JSON, f"{name} has to be a JSON array.")
    return values


def _json(text: str) -> object:
    try:
        # Numbers as they are written: a code of 0123 is no 123, and 1e400 is no infinity.
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Rejected(words.NO_JSON, "A parameter that has to be JSON is none.") from error

"""Texts with gaps: made, changed, removed, and filled in."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from appliance.desk import audit
from appliance.desk.fields import Choice, Kind, Label, Text
from appliance.desk.mistake import Mistake, Refusal
from appliance.desk.submission import TEXT_SHAPE, Priority
from appliance.desk.who import Who
from appliance.store import sms_templates
from appliance.store.sms_templates import SmsTemplate
from appliance.store.writer import GroupCommitWriter

MOST_TEMPLATES = 1000
LONGEST_TEXT = 1000
LONGEST_NAME = 60
CODE = r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}"
_CODE = re.compile(CODE)
_GAP = re.compile(r"\$\{([^\s{}$]{1,60})\}")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")

TEMPLATE_FIELDS: dict[str, Kind] = {
    "code": Text(required=False, shape={"pattern": f"^{CODE}$"}),
    "name": Label(LONGEST_NAME),
    "text": Text(shape={**TEXT_SHAPE, "maxLength": LONGEST_TEXT}),
    "priority": Choice({each.name.lower(): each for each in Priority}),
}
"""Every member of ``POST /api/v1/sms-templates``; without a code it gets one."""

CHANGED_TEMPLATE_FIELDS: dict[str, Kind] = {
    "name": Label(LONGEST_NAME),
    "text": Text(required=False, shape={**TEXT_SHAPE, "maxLength": LONGEST_TEXT}),
    "priority": TEMPLATE_FIELDS["priority"],
}
"""Every member of ``PATCH /api/v1/sms-templates/{code}``. A code stays: programs have it in their settings."""


class GapError(ValueError):
    """What was given does not fit the gaps: those that nothing was given for, and what no gap has."""

    def __init__(self, missing: tuple[str, ...], unknown: tuple[str, ...]) -> None:
        super().__init__(missing, unknown)
        self.missing = missing
        self.unknown = unknown


def gaps_of(text: str) -> tuple[str, ...]:
    """The names of the gaps, each once, in their order."""
    return tuple(dict.fromkeys(_GAP.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with a value in each gap; what stands in a value is never a gap. Raises :class:`GapError`."""
    gaps = gaps_of(text)
    missing = tuple(each for each in gaps if each not in values)
    unknown = tuple(each for each in values if each not in gaps)
    if missing or unknown:
        raise GapError(missing, unknown)
    return _GAP.sub(lambda gap: values[gap[1]], text)


def create_template(
    writer: GroupCommitWriter, who: Who, members: Mapping[str, Any], *, now_ms: int
) -> SmsTemplate | Refusal:
    """A new one of :data:`TEMPLATE_FIELDS`."""

    def change(connection: sqlite3.Connection) -> SmsTemplate | Refusal:
        known = sms_templates.list_templates(connection)
        if len(known) >= MOST_TEMPLATES:
            return Refusal((Mistake("", "problem.template-too-many", {"most": MOST_TEMPLATES}),))
        code = members.get("code")
        if code is None:
            code = f"SMS_{100001 + (known[-1].id if known else 0)}"
        mistakes = [*_text_mistakes(members["text"])]
        if not _CODE.fullmatch(code):
            mistakes.append(Mistake("/code", "problem.template-code"))
        if mistakes:
            return Refusal(tuple(mistakes))
        if any(each.code == code for each in known):
            return Refusal((Mistake("/code", "problem.template-code-taken", {"code": code}),))
        template = SmsTemplate(
            id=0,
            code=code,
            name=members.get("name") or code,
            text=members["text"],
            priority=members.get("priority", Priority.NOTICE),
            made_at_ms=now_ms,
            changed_at_ms=now_ms,
        )
        template = replace(template, id=sms_templates.add(connection, template))
        audit.note(connection, who, "event.technician.template-made", {"template": code}, now_ms=now_ms)
        return template

    return writer.write_blocking(change)


def change_template(
    writer: GroupCommitWriter, who: Who, code: str, members: Mapping[str, Any], *, now_ms: int
) -> SmsTemplate | Refusal:
    """What is given of :data:`CHANGED_TEMPLATE_FIELDS` holds from now on; the rest stays."""

    def change(connection: sqlite3.Connection) -> SmsTemplate | Refusal:
        template = sms_templates.find(connection, code)
        if template is None:
            return _NONE
        changed = replace(template, **members, changed_at_ms=now_ms)
        mistakes = tuple(_text_mistakes(changed.text))
        if mistakes:
            return Refusal(mistakes)
        sms_templates.put(connection, changed)
        audit.note(connection, who, "event.technician.template-changed", {"template": code}, now_ms=now_ms)
        return changed

    return writer.write_blocking(change)


def remove_template(writer: GroupCommitWriter, who: Who, code: str, *, now_ms: int) -> SmsTemplate | Refusal:
    """Nothing can be sent with it any more; what was sent stays."""

    def change(connection: sqlite3.Connection) -> SmsTemplate | Refusal:
        template = sms_templates.find(connection, code)
        if template is None:
            return _NONE
        sms_templates.remove(connection, template.id)
        audit.note(connection, who, "event.technician.template-removed", {"template": code}, now_ms=now_ms)
        return template

    return writer.write_blocking(change)


_NONE = Refusal((Mistake("", "problem.no-such-template"),))


def _text_mistakes(text: str) -> list[Mistake]:
    if not text.strip():
        return [Mistake("/text", "problem.text-empty")]
    if len(text) > LONGEST_TEXT or _NO_TEXT.search(text):
        return [Mistake("/text", "problem.template-text", {"most": LONGEST_TEXT})]
    return []

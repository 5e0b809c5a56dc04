"""What someone asks the box to send, and how it is read from the members of a JSON object or a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from appliance.desk.mistake import Mistake, Refusal, pointer_to


class Priority(IntEnum):
    """Which message goes first; the numbers are those of ``messages.priority``."""

    OTP = 0
    NOTICE = 1
    BULK = 2


class OnUncertain(StrEnum):
    """What to do when nobody can say whether a part was sent: ask a person, or risk a duplicate."""

    WAIT = "wait"
    RESEND = "resend"


SHORTEST_VALIDITY_S = 60
LONGEST_VALIDITY_S = 63 * 7 * 24 * 3600
"""63 weeks, the longest relative validity period of the air interface (TS 23.040 §9.2.3.12.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message to one recipient, as asked for; nothing of it is judged yet."""

    to: str
    text: str
    flash: bool = False
    delivery_report: bool = True
    priority: Priority = Priority.NOTICE
    transliterate: bool = False
    on_uncertain: OnUncertain = OnUncertain.WAIT
    validity_s: int | None = None
    via_sim_id: int | None = None
    """Only this SIM may send it: a message of the box itself, for a test or to keep a SIM in use."""


class _Wrong(Exception):  # noqa: N818 - never leaves this file
    """A value is not of its kind: a code of the sentences and its arguments."""

    def __init__(self, code: str, **args: object) -> None:
        super().__init__(code)
        self.code = code
        self.args_for_person = args


@dataclass(frozen=True, slots=True)
class Text:
    """A string."""

    required: bool = True

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise _Wrong("problem.field-text")
        return value


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    required: bool = False

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise _Wrong("problem.field-flag")
        return value


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words, and what each means."""

    meanings: Mapping[str, object]
    required: bool = False

    def read(self, value: object) -> object:
        if not isinstance(value, str):
            raise _Wrong("problem.field-text")
        if value not in self.meanings:
            raise _Wrong("problem.field-choice", choices=", ".join(self.meanings))
        return self.meanings[value]


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number within a range."""

    least: int
    most: int
    required: bool = False

    def read(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _Wrong("problem.field-whole-number")
        if not self.least <= value <= self.most:
            raise _Wrong("problem.field-range", least=self.least, most=self.most)
        return value


Kind = Text | Flag | Choice | WholeNumber

FIELDS: dict[str, Kind] = {
    "to": Text(),
    "text": Text(),
    "flash": Flag(),
    "delivery_report": Flag(),
    "priority": Choice({each.name.lower(): each for each in Priority}),
    "transliterate": Flag(),
    "on_uncertain": Choice({each.value: each for each in OnUncertain}),
    "validity_s": WholeNumber(SHORTEST_VALIDITY_S, LONGEST_VALIDITY_S),
}
"""Every member of ``POST /api/v1/messages``. ``null`` for one that is not required means "not given"."""

PREVIEW_FIELDS: dict[str, Kind] = {"text": Text(), "transliterate": Flag()}
"""Every member of ``POST /api/v1/preview``."""

_LARGEST_LIMIT = 1_000_000

PLAN_FIELDS: dict[str, Kind] = {
    "minimum_gap_ms": WholeNumber(0, 24 * 3600 * 1000),
    "parts_per_minute": WholeNumber(0, _LARGEST_LIMIT),
    "parts_per_hour": WholeNumber(0, _LARGEST_LIMIT),
    "parts_per_day": WholeNumber(0, _LARGEST_LIMIT),
}
"""Every member of ``PUT /api/v1/sims/{id}/plan``. ``null``: what the box's settings say; 0: no limit."""


def read_submission(members: Mapping[str, object]) -> Submission | Refusal:
    """The submission that a JSON object describes, or every mistake in it."""
    values = read_members(FIELDS, members)
    return values if isinstance(values, Refusal) else Submission(**values)


def read_members(kinds: Mapping[str, Kind], members: Mapping[str, object]) -> dict[str, Any] | Refusal:
    """The members that are given, checked against their kinds; or every mistake, unknown names included."""
    mistakes = [
        Mistake(pointer_to(name), "problem.field-unknown", {"field": name[:60]})
        for name in members
        if name not in kinds
    ]
    values: dict[str, Any] = {}
    for name, kind in kinds.items():
        value = members.get(name)
        try:
            if value is not None:
                values[name] = kind.read(value)
            elif kind.required:
                raise _Wrong("problem.field-missing", field=name)
        except _Wrong as wrong:
            mistakes.append(Mistake(pointer_to(name), wrong.code, wrong.args_for_person))
    return Refusal(tuple(mistakes)) if mistakes else values

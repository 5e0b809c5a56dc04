"""The members of a JSON object or a form: what each must be, and every mistake in what was given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from appliance.desk.instants import instant_of
from appliance.desk.mistake import Mistake, Refusal, pointer_to
from appliance.desk.plain_text import ONE_LINE_NOT_EMPTY, is_one_line


class WrongValue(Exception):  # noqa: N818 - caught by :func:`read_members`, and a mistake there
    """A value is not of its kind: a code of the sentences and its arguments."""

    def __init__(self, code: str, **args: object) -> None:
        super().__init__(code)
        self.code = code
        self.args_for_person = args


Schema = dict[str, Any]
"""A JSON Schema (draft 2020-12, as OpenAPI 3.1 has it)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string; ``shape`` is what a schema can say of what is judged further on, such as ``{"maxLength": 60}``."""

    required: bool = True
    shape: Mapping[str, object] = field(default_factory=dict)

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise WrongValue("problem.field-text")
        return value

    def schema(self) -> Schema:
        return {"type": "string", **self.shape}


@dataclass(frozen=True, slots=True)
class Label:
    """A short text on one line, without control characters and unpaired surrogates."""

    longest: int
    required: bool = False

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise WrongValue("problem.field-text")
        if not 1 <= len(value) <= self.longest or not value.strip() or not is_one_line(value):
            raise WrongValue("problem.field-label", most=self.longest)
        return value

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.longest, "pattern": ONE_LINE_NOT_EMPTY}


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    required: bool = False

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise WrongValue("problem.field-flag")
        return value

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words, and what each means."""

    meanings: Mapping[str, object]
    required: bool = False

    def read(self, value: object) -> object:
        if not isinstance(value, str):
            raise WrongValue("problem.field-text")
        if value not in self.meanings:
            raise WrongValue("problem.field-choice", choices=", ".join(self.meanings))
        return self.meanings[value]

    def schema(self) -> Schema:
        return {"type": "string", "enum": list(self.meanings)}


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number within a range; ``beyond`` is what is said of one that is not."""

    least: int
    most: int
    required: bool = False
    beyond: str = "problem.field-range"

    def read(self, value: object) -> int:
        if isinstance(value, float) and value.is_integer():
            # JSON knows one kind of number: 60.0 is 60.
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongValue("problem.field-whole-number")
        if not self.least <= value <= self.most:
            raise WrongValue(self.beyond, least=self.least, most=self.most)
        return value

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Instant:
    """A time with its zone (RFC 3339), as UTC in milliseconds; one without a zone could be any of two dozen."""

    required: bool = False

    def read(self, value: object) -> int:
        at_ms = instant_of(value) if isinstance(value, str) else None
        if at_ms is None:
            raise WrongValue("problem.field-instant")
        return at_ms

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Strings:
    """A list of strings, none twice."""

    most: int
    required: bool = False
    least: int = 0
    """As a schema says it; whoever asks for more than none judges it."""
    shape: Mapping[str, object] = field(default_factory=dict)
    """Of each, as :attr:`Text.shape`."""

    def read(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise WrongValue("problem.field-strings")
        if len(value) > self.most:
            raise WrongValue("problem.field-too-many", most=self.most)
        return tuple(dict.fromkeys(value))

    def schema(self) -> Schema:
        item = {"type": "string", **self.shape}
        return {"type": "array", "items": item, "minItems": self.least, "maxItems": self.most}


class Kind(Protocol):
    """What a member may be."""

    @property
    def required(self) -> bool:
        """Whether it must be there."""

    def read(self, value: object) -> object:
        """The value of a member that is there. Raises :class:`WrongValue`."""

    def schema(self) -> Schema:
        """The same for those who read before they ask; what it lets through may still be refused by :meth:`read`."""


def read_members(kinds: Mapping[str, Kind], members: Mapping[str, object]) -> dict[str, Any] | Refusal:
    """The members that are given, checked against their kinds; or every mistake, unknown names included.

    ``null`` for one that is not required means "not given".
    """
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
                raise WrongValue("problem.field-missing", field=name)
        except WrongValue as wrong:
            mistakes.append(Mistake(pointer_to(name), wrong.code, wrong.args_for_person))
    return Refusal(tuple(mistakes)) if mistakes else values


def schema_of(kinds: Mapping[str, Kind]) -> Schema:
    """The JSON Schema of an object that :func:`read_members` reads by this table."""
    return {
        "type": "object",
        "properties": {
            name: kind.schema() if kind.required else or_null(kind.schema()) for name, kind in kinds.items()
        },
        "required": [name for name, kind in kinds.items() if kind.required],
        "additionalProperties": False,
    }


def or_null(schema: Schema) -> Schema:
    """The same, or ``null``, which means "not given"."""
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}

"""The description of the API as the page shows it: rows of what ``/api/openapi.json`` says, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from appliance.desk.fields import Schema
from appliance.web.openapi import document

_LIMITS = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "minLength": "≥ {} chars",
    "maxLength": "≤ {} chars",
    "minItems": "≥ {} items",
    "maxItems": "≤ {} items",
    "default": "= {}",
}
_LONGEST_PATTERN = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One field, parameter or header."""

    name: str
    kind: str
    is_required: bool
    limits: str
    about: str


@dataclass(frozen=True, slots=True)
class Refusals:
    """Of one status: slug and title of each."""

    status: str
    slugs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    about: str
    scopes: tuple[str, ...]
    parameters: tuple[Row, ...]
    body: tuple[tuple[Row, ...], ...]
    """Each form that it may have."""
    status: str
    answer: tuple[tuple[Row, ...], ...]
    refusals: tuple[Refusals, ...]
    request_example: str
    """JSON, or ``""``; as ``answer_example``."""
    answer_example: str


@cache
def reference(tag: str) -> tuple[tuple[str, tuple[Shown, ...]], ...]:
    """Every group in the language of a tag, with its operations."""
    whole = document(tag)
    shown = [
        (operation["tags"][0], _shown(whole, method, path, operation))
        for path, methods in whole["paths"].items()
        for method, operation in methods.items()
    ]
    groups = [each["name"] for each in whole["tags"]]
    return tuple((group, tuple(each for tag, each in shown if tag == group)) for group in groups)


def _shown(whole: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> Shown:
    asked: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = asked.get("schema")
    status, answered = next(iter(operation["responses"].items()))
    content: Mapping[str, Any] = next(iter(answered.get("content", {}).values()), {})
    return Shown(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=operation.get("description", ""),
        scopes=tuple(scope for each in operation["security"] for scope in each["key"]),
        parameters=tuple(
            _row(each["name"], each["schema"], each["required"], each.get("description", ""))
            for each in operation.get("parameters", ())
        ),
        body=tuple(_forms(whole, body)) if body else (),
        status=status,
        answer=tuple(_forms(whole, content.get("schema", {}))),
        refusals=tuple(
            Refusals(each, tuple(_slugs(response["description"])))
            for each, response in operation["responses"].items()
            if int(each) >= 400
        ),
        request_example=_json(asked.get("example")),
        answer_example=_json(content.get("example")),
    )


def _json(example: object) -> str:
    return "" if example is None else json.dumps(example, ensure_ascii=False, indent=2)


def _forms(whole: Mapping[str, Any], schema: Schema) -> Iterator[tuple[Row, ...]]:
    """The fields of an object, for each of the objects that it may be."""
    schema = _resolved(whole, schema)
    forms: Sequence[Schema] = schema.get("anyOf") or schema.get("oneOf") or [schema]
    for each in forms:
        form = _resolved(whole, each)
        required = form.get("required", ())
        rows = tuple(
            _row(name, field, name in required, field.get("description", ""))
            for name, field in form.get("properties", {}).items()
        )
        if rows:
            yield rows


def _resolved(whole: Mapping[str, Any], schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    return dict(whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])


def _row(name: str, schema: Schema, is_required: bool, about: str) -> Row:
    return Row(name, _kind(schema), is_required, _limits(schema), about)


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return _type([_kind(each) for each in schema["anyOf"]])
    kind = schema.get("type", "object" if "properties" in schema else "any")
    word = _type(kind) if isinstance(kind, list) else str(kind)
    if isinstance(schema.get("items"), Mapping):
        return word.replace("array", f"[{_kind(schema['items'])}]")
    return word.replace("string", "time") if schema.get("format") == "date-time" else word


def _type(kinds: Sequence[str]) -> str:
    """``string?`` for a string or null."""
    word = " | ".join(each for each in kinds if each != "null")
    return f"{word}?" if "null" in kinds else word


def _limits(schema: Schema) -> str:
    said = [form.format(schema[key]) for key, form in _LIMITS.items() if key in schema]
    items = schema.get("items")
    inner: Mapping[str, Any] = items if isinstance(items, Mapping) else {}
    choices: Sequence[object] = schema.get("enum", inner.get("enum")) or ()
    words = [str(each) for each in choices if each is not None]
    if words:
        said.append(", ".join(words))
    pattern = str(schema.get("pattern", ""))
    if pattern and len(pattern) <= _LONGEST_PATTERN:
        said.append(pattern)
    return " · ".join(said)


def _slugs(description: str) -> Iterator[tuple[str, str]]:
    for line in description.splitlines():
        slug, _, title = line.removeprefix("- `").partition("`: ")
        yield slug, title

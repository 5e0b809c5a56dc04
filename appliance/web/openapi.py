"""``/api/openapi.json``: OpenAPI 3.1 of every route of the API, made of what judges requests and types answers.

One document for each language. It is made when it is first asked for, of the routes (:mod:`appliance.web.routes`),
what each declares (:mod:`appliance.web.operation`), the types of answers (:mod:`appliance.web.objects`), the table of
refusals (:mod:`appliance.web.problems`) and the words for fields (:mod:`appliance.web.openapi_fields`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import msgspec

from appliance.desk.fields import Schema
from appliance.sentences import SENTENCES
from appliance.web.access import Access
from appliance.web.language import Language, languages
from appliance.web.openapi_examples import example_of_answer, example_of_request
from appliance.web.openapi_fields import word_of
from appliance.web.openapi_headers import ANSWER_HEADERS, REQUEST_HEADERS, headers_of
from appliance.web.openapi_path import operation_id, parameters_of, template_of
from appliance.web.operation import Group, Operation, operation_of
from appliance.web.problem import PROBLEM_TYPE_PREFIX
from appliance.web.problems import STATUS_OF, problems_of
from appliance.web.words import N_

if TYPE_CHECKING:
    from appliance.web.routes import Route

PREFIX = "/api/v1/"
_REF = "#/components/schemas/{name}"

ABOUT = N_(
    "Send and receive text messages through the SIM cards of this box. JSON in UTF-8; times in UTC (RFC 3339); "
    "errors as problem+json (RFC 9457). Unknown fields in an answer may come with any release: read over them."
)
KEY = N_(
    "An API key of the box, as “Authorization: Bearer sl_…”. Each operation names the scope that it takes."
)


def described() -> Iterable[tuple[Route, Operation]]:
    """Every route of the API with what it declares. Raises LookupError for one that declares nothing."""
    # The table of routes has the route of this very document in it, so it can't be there before this module is.
    from appliance.web.routes import ROUTES  # noqa: PLC0415

    for route in ROUTES:
        if route.path.startswith(PREFIX):
            operation = operation_of(route.handler)
            if operation is None:
                raise LookupError(f"{route.method} {route.path} has no @operation beside its handler")
            yield route, operation


@cache
def document(tag: str) -> dict[str, Any]:
    """The whole of it in the language of a tag."""
    return _Document(languages()[tag]).whole()


@cache
def document_json(tag: str) -> bytes:
    """The same as it is served."""
    return msgspec.json.encode(document(tag))


class _Document:
    def __init__(self, language: Language) -> None:
        self._language = language
        self._operations = list(described())
        types = {
            kind for _, each in self._operations for given in each.gives.values() for kind in _types(given)
        }
        ordered = sorted(types, key=repr)
        schemas, components = msgspec.json.schema_components(ordered, ref_template=_REF)
        self._schema_of = dict(zip(ordered, schemas, strict=True))
        self._components = components

    def whole(self) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        for route, operation in self._operations:
            path = template_of(route.path)
            paths.setdefault(path, {})[route.method.lower()] = self._operation(route, path, operation)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Simloft",
                "version": version("simloft"),
                "description": self._language.text(ABOUT),
            },
            "servers": [{"url": "/"}],
            "tags": [{"name": self._language.text(each.value)} for each in Group],
            "paths": paths,
            "components": {
                "schemas": {
                    **{name: self._named(name, schema) for name, schema in self._components.items()},
                    "Problem": self._problem(),
                },
                "securitySchemes": {
                    "key": {"type": "http", "scheme": "bearer", "description": self._language.text(KEY)}
                },
                "headers": {
                    name: {"schema": schema, "description": self._language.text(text)}
                    for name, (schema, text) in ANSWER_HEADERS.items()
                },
            },
        }

    def _operation(self, route: Route, path: str, operation: Operation) -> dict[str, Any]:
        summary = self._language.text(operation.summary)
        shown: dict[str, Any] = {
            "operationId": operation_id(route.method, route.path),
            "summary": summary,
            "tags": [self._language.text(operation.group.value)],
            "security": _security(route.access),
        }
        if operation.about:
            shown["description"] = self._language.text(operation.about)
        parameters = [*self._path_parameters(route.path), *self._query(operation), *self._headers(operation)]
        if parameters:
            shown["parameters"] = parameters
        if operation.body is not None:
            content: dict[str, Any] = {"schema": self._named("", operation.body.schema())}
            if (example := example_of_request(route.method, path)) is not None:
                content["example"] = example
            shown["requestBody"] = {
                "required": not operation.body_may_be_absent,
                "content": {"application/json": content},
            }
        shown["responses"] = self._responses(route, path, operation)
        return shown

    def _path_parameters(self, path: str) -> list[dict[str, Any]]:
        return [
            {"name": name, "in": "path", "required": True, "schema": schema, **self._about("", name)}
            for name, schema in parameters_of(path)
        ]

    def _query(self, operation: Operation) -> list[dict[str, Any]]:
        found = []
        for name, kind in operation.query.items():
            schema = self._named("", kind.schema())
            shown = {"name": name, "in": "query", "required": kind.required, "schema": schema}
            if schema.get("type") == "array":
                shown |= {"style": "form", "explode": False}
            found.append({**shown, **self._about("query", name)})
        return found

    def _headers(self, operation: Operation) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "in": "header",
                "required": False,
                "schema": REQUEST_HEADERS[name][0],
                "description": self._language.text(REQUEST_HEADERS[name][1]),
            }
            for name in operation.headers
        ]

    def _responses(self, route: Route, path: str, operation: Operation) -> dict[str, Any]:
        responses: dict[str, Any] = {}
        for status, kind in operation.gives.items():
            response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
            if kind is not None:
                content: dict[str, Any] = {"schema": self._schema(kind)}
                if (example := example_of_answer(route.method, path)) is not None:
                    content["example"] = example
                response["content"] = {operation.media_type: content}
            responses[str(int(status))] = self._with_headers(response, operation, int(status))
        by_status: dict[int, list[str]] = {}
        for slug in dict.fromkeys(problems_of(route.method, path, route.access, operation)):
            by_status.setdefault(STATUS_OF[slug], []).append(slug)
        for status, slugs in sorted(by_status.items()):
            responses[str(status)] = self._with_headers(self._refusal(slugs), operation, status)
        return responses

    def _schema(self, given: object) -> Schema:
        schemas = [self._schema_of[kind] for kind in _types(given)]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}

    def _with_headers(self, response: dict[str, Any], operation: Operation, status: int) -> dict[str, Any]:
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in headers_of(operation, status)}
        return {**response, "headers": headers}

    def _refusal(self, slugs: list[str]) -> dict[str, Any]:
        kinds = {"properties": {"type": {"enum": [PROBLEM_TYPE_PREFIX + slug for slug in slugs]}}}
        return {
            "description": "\n".join(
                f"- `{slug}`: {self._language.text(SENTENCES[f'problem.{slug}.title'])}" for slug in slugs
            ),
            "content": {
                "application/problem+json": {
                    "schema": {"allOf": [{"$ref": _REF.format(name="Problem")}, kinds]}
                }
            },
        }

    def _problem(self) -> Schema:
        error = {
            "type": "object",
            "properties": {
                "pointer": {"type": "string"},
                "parameter": {"type": "string"},
                "code": {"type": "string"},
                "detail": {"type": "string"},
            },
            "required": ["code", "detail"],
        }
        problem = {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": [PROBLEM_TYPE_PREFIX + slug for slug in STATUS_OF]},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "errors": {"type": "array", "items": error},
                "more": {"type": "integer", "minimum": 1},
            },
            "required": ["type", "title", "status", "detail"],
        }
        return self._named("Problem", problem)

    def _named(self, name: str, schema: Schema) -> Schema:
        """The schema with a word for each of its fields, and nothing that is not in this language."""
        shown = {key: value for key, value in schema.items() if key not in ("title", "description")}
        if isinstance(properties := shown.get("properties"), Mapping):
            shown["properties"] = {
                field: {**self._named("", each), **self._about(name, field)}
                for field, each in properties.items()
            }
        for key in ("items", "additionalProperties"):
            if isinstance(shown.get(key), Mapping):
                shown[key] = self._named("", shown[key])
        for key in ("anyOf", "oneOf", "allOf"):
            if key in shown:
                shown[key] = [self._named("", each) for each in shown[key]]
        return shown

    def _about(self, object_name: str, field: str) -> dict[str, str]:
        word = word_of(object_name, field)
        return {} if word is None else {"description": self._language.text(word)}


def _types(given: object) -> tuple[Any, ...]:
    """What an answer may be; msgspec takes no union of objects, so each of them is a type of its own."""
    if given is None:
        return ()
    return get_args(given) if get_origin(given) in (Union, UnionType) else (given,)


def _security(access: Access) -> list[dict[str, list[str]]]:
    """Which scopes let in; any of them is enough."""
    if access is Access.OWN:
        return [{"key": ["read"]}, {"key": ["send"]}]
    return [] if access.scope is None else [{"key": [access.scope.value]}]

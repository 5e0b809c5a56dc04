"""``/api/openapi.json``: whole, valid, in both languages; and real answers are what it says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import appliance.web
from appliance.desk.mistake import Mistake
from appliance.desk.number_forms import PLAIN_NUMBER
from appliance.desk.numbers import read_recipient
from appliance.web.openapi import described, document
from appliance.web.openapi_examples import examples
from appliance.web.openapi_fields import FIELDS
from appliance.web.openapi_headers import REQUEST_HEADERS
from appliance.web.openapi_path import template_of
from appliance.web.problems import STATUS_OF, problems_of
from appliance.web.routes import ROUTES
from tests.web.openapi.walk import STEPS, examples_of, shape, walk
from tests.web.running import Web

WEB = Path(appliance.web.__file__).parent
NOT_WALKED = {
    "GET /api/v1/recordings/{name}",
    "POST /api/v1/clock/confirm",
    "POST /api/v1/sims/{sim_id}/balance",
    "POST /api/v1/sims/{sim_id}/forget",
    "POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend",
    "POST /api/v1/webhooks/{webhook_id}/test",
    "PUT /api/v1/ports/{port_id}/pin",
    "PUT /api/v1/sims/{sim_id}/pin",
}


@pytest.mark.parametrize("tag", ["zh-CN", "en"])
def test_it_is_openapi(tag: str) -> None:
    validate(document(tag))


def test_every_route_of_the_api_is_in_it() -> None:
    routes = {(each.method.lower(), template_of(each.path)) for each in ROUTES if "/api/v1/" in each.path}
    paths = document("en")["paths"]
    assert routes == {(method, path) for path, methods in paths.items() for method in methods}


def test_no_two_operations_have_one_name() -> None:
    names = [each["operationId"] for methods in document("en")["paths"].values() for each in methods.values()]
    assert len(names) == len(set(names))


def test_each_language_has_its_own_words(box: Web) -> None:
    chinese, english = (
        requests.get(f"{box.url}/api/openapi.json", headers={"Accept-Language": tag}, timeout=60).json()
        for tag in ("zh", "en")
    )
    summaries = [
        (chinese["paths"][path][method]["summary"], each["summary"])
        for path, methods in english["paths"].items()
        for method, each in methods.items()
    ]
    assert [english for chinese, english in summaries if chinese == english] == []


def test_every_refusal_that_the_code_knows_is_in_the_table() -> None:
    of_pages = {"login-link-spent", "broken-form", "no-such-handset", "bank-silent", "bank-refused"}
    found = {
        (slug, int(HTTPStatus[status]))
        for path in WEB.glob("*.py")
        for status, slug in _raised(path)
        if slug not in of_pages and not path.name.startswith("page_")
    }
    assert {(slug, status) for slug, status in found if STATUS_OF.get(slug) != status} == set()


def test_every_route_names_refusals_of_the_table() -> None:
    for route, operation in described():
        slugs = problems_of(route.method, template_of(route.path), route.access, operation)
        assert set(slugs) <= set(STATUS_OF), route.path


def test_every_field_has_a_word_for_it_and_every_word_a_field() -> None:
    whole = document("en")
    names = set(_names(whole))
    of_objects = {
        f"{name}.{field}"
        for name, schema in whole["components"]["schemas"].items()
        for field in schema.get("properties", {})
    }
    assert names - set(FIELDS) - set(REQUEST_HEADERS) == set()
    assert set(FIELDS) - names - of_objects == set()


@given(st.from_regex(PLAIN_NUMBER.replace("$", r"\Z"), alphabet=st.characters(codec="ascii")))
@settings(max_examples=300, deadline=None)
def test_every_number_of_the_plain_forms_is_taken(number: str) -> None:
    assert not isinstance(read_recipient(number, "CN"), Mistake)


def test_real_answers_are_as_described_and_the_examples_are_of_them(box: Web) -> None:
    """A walk through the API; nothing is in an answer that is not described, no example that the box does not say."""
    whole = document("en")
    answered = list(walk(box))
    for each in answered:
        content = whole["paths"][each.step.path][each.step.method.lower()]["responses"][str(each.status)]
        schema = content.get("content", {}).get("application/json", {}).get("schema")
        assert (schema is None) == (each.body is None), each.step
        if schema is not None:
            _check(whole, schema, each.body, each.step.name)
    kept = examples()
    found = examples_of(answered)
    assert {name: shape(each) for name, each in kept.items()} == {
        name: shape(each) for name, each in found.items()
    }, "python -m tests.web.openapi.walk writes the examples anew"
    assert {name: each.get("request") for name, each in kept.items()} == {
        name: each.get("request") for name, each in found.items()
    }


def test_examples_are_as_described() -> None:
    whole = document("en")
    for name, example in examples().items():
        method, _, path = name.partition(" ")
        operation = whole["paths"][path][method.lower()]
        if "request" in example:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            _check(whole, schema, example["request"], name)
        if "answer" in example:
            answer = operation["responses"][min(operation["responses"])]
            _check(whole, answer["content"]["application/json"]["schema"], example["answer"], name)


def test_every_route_is_walked_but_those_that_need_more() -> None:
    """A new route gets a step; what is left out here ends something, or needs a modem that answers."""
    walked = {each.name for each in STEPS}
    all_of_them = {
        f"{route.method} {template_of(route.path)}" for route in ROUTES if "/api/v1/" in route.path
    }
    left = {each for each in all_of_them - walked if not each.startswith("DELETE ")}
    assert left == NOT_WALKED


def test_accepted_messages_and_refusals_are_as_described(box: Web) -> None:
    whole = document("en")
    responses = whole["paths"]["/api/v1/messages"]["post"]["responses"]
    for members in ({"to": "13912345678", "text": "hi"}, {"to": ["13912345678"], "text": "hi"}):
        answer = box.post(**members)
        schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
        _check(whole, schema, answer.json(), "messages")
    refused = box.post(to="12", text="")
    schema = responses["422"]["content"]["application/problem+json"]["schema"]
    _check(whole, schema, refused.json(), "a refusal", closed=False)


def _check(
    whole: dict[str, Any], schema: dict[str, Any], value: object, where: str, *, closed: bool = True
) -> None:
    components = whole["components"]["schemas"]
    if closed:
        components = {name: _closed(each) for name, each in components.items()}
    validator = Draft202012Validator({**schema, "components": {"schemas": components}})
    assert [error.message[:300] for error in validator.iter_errors(value)] == [], where


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "additionalProperties": False} if "properties" in schema else schema


def _names(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            yield from part["properties"]
        if isinstance(part.get("parameters"), list):
            yield from (each["name"] for each in part["parameters"])
        for each in part.values():
            yield from _names(each)
    elif isinstance(part, list):
        for each in part:
            yield from _names(each)


def _raised(path: Path) -> Iterator[tuple[str, str]]:
    """``Problem(HTTPStatus.X, "slug", …)`` in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
            status, slug, *_ = [*node.args, None, None]
            if isinstance(status, ast.Attribute) and isinstance(slug, ast.Constant):
                yield status.attr, str(slug.value)

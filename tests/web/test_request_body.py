"""Any bytes are one JSON object, or a problem of the client's; never another error."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.web.body import DEEPEST_NESTING, read_object
from appliance.web.problem import Problem

JSON = "application/json"

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read_or_status(body: bytes) -> str | int:
    try:
        return "object" if isinstance(read_object(JSON, body), dict) else "something else"
    except Problem as problem:
        return problem.status


@given(st.binary(max_size=300))
@example(b'{"a": 1e999}')
@example(b'{"a": ' + b"9" * 5000 + b"}")
@example(b"[" * 60_000)
@example(b'{"a":' * 10_000)
@example(b'\xef\xbb\xbf{"a": "\\ud800"}')
def test_any_bytes_are_an_object_or_a_problem(body: bytes) -> None:
    assert read_or_status(body) in ("object", 400)


@given(st.dictionaries(st.text(), values, max_size=5))
def test_every_object_is_read_as_it_was_written(members: dict[str, object]) -> None:
    written = json.dumps(members).encode()
    assert read_object(JSON, written) == members
    assert read_object('application/json; charset="UTF-8"', written) == members


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "broken-json"),
        (b"{", "broken-json"),
        (b"{'to': 1}", "broken-json"),
        (b'{"to": "1",}', "broken-json"),
        (b'{"to": "1"} {"to": "2"}', "broken-json"),
        (b'["to"]', "no-object"),
        (b'"to"', "no-object"),
        (b"null", "no-object"),
        (b'{"to": NaN}', "number-out-of-range"),
        (b'{"to": -Infinity}', "number-out-of-range"),
        (b'{"to": "1", "text": "a", "to": "2"}', "duplicate-member"),
        (b'{"x": {"a": 1, "a": 1}}', "duplicate-member"),
        ('{"text": "你好"}'.encode("gbk"), "not-utf8"),
        ('{"text": "a"}'.encode("utf-16"), "not-utf8"),
        (b'{"a":' * DEEPEST_NESTING + b"1" + b"}" * DEEPEST_NESTING, "too-deep"),
    ],
)
def test_what_is_wrong_is_named(body: bytes, slug: str) -> None:
    with pytest.raises(Problem) as caught:
        read_object(JSON, body)
    assert (caught.value.status, caught.value.slug) == (400, slug)


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "json"],
)
def test_another_type_is_not_json(content_type: str | None) -> None:
    with pytest.raises(Problem) as caught:
        read_object(content_type, b"{}")
    assert (caught.value.status, caught.value.slug) == (415, "not-json")

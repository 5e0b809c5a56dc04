"""A request's body as one JSON object, or the reason why it is none (RFC 8259)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import NoReturn

from appliance.web.problem import Problem

DEEPEST_NESTING = 32


class _DuplicateError(ValueError):
    """The same member twice in one object: readers disagree about which one counts (RFC 8259 §4)."""


def read_object(content_type: str | None, body: bytes) -> dict[str, object]:
    """The object in ``body``. Raises :class:`Problem`: 415 for another type, 400 for broken JSON."""
    _check_type(content_type)
    try:
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "not-utf8", {"place": error.start}) from error
    except _DuplicateError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "duplicate-member", {"name": str(error)[:60]}) from error
    except json.JSONDecodeError as error:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "broken-json", {"line": error.lineno, "column": error.colno}
        ) from error
    except RecursionError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "too-deep", {"limit": DEEPEST_NESTING}) from error
    except ValueError as error:
        # NaN and Infinity, which are no JSON, and integers with thousands of digits.
        raise Problem(HTTPStatus.BAD_REQUEST, "number-out-of-range") from error
    if body.count(b"{") + body.count(b"[") >= DEEPEST_NESTING and _depth_exceeds(value, DEEPEST_NESTING):
        raise Problem(HTTPStatus.BAD_REQUEST, "too-deep", {"limit": DEEPEST_NESTING})
    if not isinstance(value, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "no-object")
    return value


def _check_type(content_type: str | None) -> None:
    media_type, *parameters = (content_type or "").lower().split(";")
    if media_type.strip() != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-json", headers={"Accept": "application/json"})
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in ("utf-8", "utf8"):
            raise Problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-json", headers={"Accept": "application/json"}
            )


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _DuplicateError(name)
            seen.add(name)
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)


def _depth_exceeds(value: object, limit: int) -> bool:
    layer = [value]
    for _ in range(limit):
        layer = [
            inner
            for each in layer
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not layer:
            return False
    return True

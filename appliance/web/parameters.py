"""Query parameters, read by a table of fields as bodies are: an unknown one is refused, as a mistyped one must be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from appliance.desk.fields import Kind, WrongValue
from appliance.desk.mistake import Mistake
from appliance.web.asked import Asked
from appliance.web.problem import Problem, Wrong

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_FLAGS = {"true": True, "false": False}


def read_parameters(asked: Asked, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The parameters that are given, as values. Raises 400 with every mistake in them."""
    if not asked.query_string and not any(kind.required for kind in kinds.values()):
        return {}
    given = asked.query(*kinds)
    values: dict[str, Any] = {}
    wrong: list[Wrong] = []
    for name, kind in kinds.items():
        text = given.get(name)
        try:
            if text is not None:
                values[name] = kind.read(_as_json(text, str(kind.schema().get("type", "string"))))
            elif kind.required:
                raise WrongValue("problem.field-missing", field=name)
        except WrongValue as mistake:
            wrong.append(
                Wrong(Mistake(name, mistake.code, mistake.args_for_person), is_parameter=True),
            )
    if wrong:
        raise Problem(HTTPStatus.BAD_REQUEST, "bad-parameter", wrong=tuple(wrong))
    return values


def _as_json(text: str, kind: str) -> object:
    """What a parameter's text would be in JSON; a text that is none of it stays one, and its kind refuses it."""
    match kind:
        case "integer" if _WHOLE_NUMBER.fullmatch(text):
            return int(text)
        case "boolean":
            return _FLAGS.get(text, text)
        case "array":
            return text.split(",") if text else []
        case _:
            return text

"""Every reason that the codec refuses something for has a sentence, and the sentence gets all that it names."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import appliance.cli.decode
import appliance.modem.sms
from appliance.modem.sms import TpduError
from appliance.sentences import SENTENCES

SOURCES = [*Path(appliance.modem.sms.__file__).parent.glob("*.py"), Path(appliance.cli.decode.__file__)]


def _refusals() -> list[tuple[str, frozenset[str]]]:
    found = []
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "TpduError":
                code = ast.literal_eval(node.args[0])
                found.append((code, frozenset(keyword.arg or "**" for keyword in node.keywords)))
    return sorted(set(found), key=str)


def test_there_are_refusals() -> None:
    assert len(_refusals()) >= 20


@pytest.mark.parametrize(("code", "arguments"), _refusals())
def test_a_refusal_has_a_sentence(code: str, arguments: frozenset[str]) -> None:
    pattern = SENTENCES[code]
    assert {name for _, name, _, _ in string.Formatter().parse(pattern) if name} == arguments
    assert pattern.endswith(".")


def test_a_refusal_carries_its_code_and_arguments() -> None:
    error = TpduError("text.too_many_parts", limit=255)
    assert error.code == "text.too_many_parts"
    assert error.args_for_person == {"limit": "255"}
    assert "255" in str(error)

"""Every text for people that is in the code and the templates, found by reading them."""

from __future__ import annotations

import ast
from pathlib import Path

from jinja2 import Environment, nodes

from appliance.modem.errors import CME_ERRORS, CMS_ERRORS
from appliance.sentences import SENTENCES

WEB = Path(__file__).parents[2] / "appliance" / "web"
_CALLS = {"_": 1, "N_": 1, "text": 1, "n_": 2, "count": 2}


def texts_of_templates() -> dict[str, str | None]:
    """English → its plural, or None."""
    found: dict[str, str | None] = {}
    environment = Environment()
    for path in sorted((WEB / "templates").glob("*.html")):
        for call in environment.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name in ("_", "n_"):
                constants = [each.value for each in call.args if isinstance(each, nodes.Const)]
                # What is chosen in the code is marked there, with ``N_``.
                if constants:
                    found[constants[0]] = constants[1] if call.node.name == "n_" else None
    return found


def texts_of_code() -> dict[str, str | None]:
    """English → its plural, or None: what ``N_``, ``language.text`` and ``language.count`` are given as constants."""
    found: dict[str, str | None] = {}
    for path in sorted(WEB.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            constants = [each.value for each in node.args if isinstance(each, ast.Constant)]
            if name in ("N_", "text") and constants and isinstance(constants[0], str):
                found[constants[0]] = None
            elif name == "count" and len(constants) >= 2:
                found[constants[0]] = constants[1]
    return found


def all_texts() -> dict[str, str | None]:
    """Every text that the catalogs must have."""
    return {
        **texts_of_templates(),
        **texts_of_code(),
        **dict.fromkeys(SENTENCES.values()),
        **dict.fromkeys(words_of_the_standards()),
    }


def words_of_the_standards() -> list[str]:
    """What +CMS ERROR and +CME ERROR mean (27.005 §3.2.5, 27.007 §9.2): said to people as ``{detail}``."""
    return [words for words, _ in [*CMS_ERRORS.values(), *CME_ERRORS.values()]]

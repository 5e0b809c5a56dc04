"""The table of scenarios is whole: every row of the field guide, every scenario by its name, only tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from appliance.modem.simulator.scenarios.registry import SCENARIOS
from tests.pool import scenarios

TESTS = Path(__file__).parents[2]
ROWS = 26
NO_ROWS = {"calm", "loop-back", "all-errors", "long-line", "long-operator", "silent-block"}
"""The end of every scenario; devices that are no modems, which are in test_line.py; what pool/test_circuit_breaker.py
plays, since its messages arrive nowhere."""
_ENTRY = re.compile(r"^ ?(\d+): ([^→\n]+) → ((?:[^\n,]+,\s+)*[^\n,]+)$", re.MULTILINE)


def entries() -> list[tuple[int, list[str], list[str]]]:
    """Row, scenarios and tests of each entry."""
    assert scenarios.__doc__ is not None
    return [
        (int(row), names.split(", "), re.split(r",\s+", tests))
        for row, names, tests in _ENTRY.findall(scenarios.__doc__)
    ]


def functions_of(paths: list[Path]) -> set[str]:
    """The test functions of files, those of classes too."""
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    return {
        node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_row_of_the_guide_is_there() -> None:
    assert scenarios.__doc__ is not None
    assert len(entries()) == scenarios.__doc__.count("→") - 1, "an entry that can't be read"
    assert {row for row, _, _ in entries()} == set(range(1, ROWS + 1))


def test_every_scenario_of_the_simulator_is_there_once() -> None:
    named = [name for _, names, _ in entries() for name in names]
    assert sorted(named) == sorted(set(SCENARIOS) - NO_ROWS)


def test_every_test_that_is_named_exists() -> None:
    here = functions_of([*Path(__file__).parent.glob("test_*.py")])
    for _, _, tests in entries():
        for each in tests:
            path, _, name = each.rpartition("::")
            assert name in (functions_of([TESTS / path]) if path else here), each


def test_every_scenario_is_played_by_a_test_that_is_named_with_it() -> None:
    """Its name stands in the text of one of them, or among the parameters above it."""
    sources: dict[str, str] = {}
    for path in Path(__file__).parent.glob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                sources[node.name] = "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    for _, names, tests in entries():
        for name in names:
            assert any(f'"{name}"' in sources.get(each, "") for each in tests), name

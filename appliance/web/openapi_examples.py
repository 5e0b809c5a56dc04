"""Examples for ``/api/openapi.json`` and the page of it: requests and answers of a real box, in ``examples.json``.

``tests/web/openapi/test_examples.py`` sends the requests and holds the answers against the schemas.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "examples.json"


@cache
def examples() -> dict[str, dict[str, Any]]:
    """``"POST /api/v1/messages"`` → ``{"request": …, "answer": …}``, each where there is one."""
    return dict(json.loads(_FILE.read_text(encoding="utf-8")))


def example_of_request(method: str, path: str) -> object | None:
    """The body of the example of an operation."""
    return examples().get(f"{method} {path}", {}).get("request")


def example_of_answer(method: str, path: str) -> object | None:
    """What a box answered to it."""
    return examples().get(f"{method} {path}", {}).get("answer")

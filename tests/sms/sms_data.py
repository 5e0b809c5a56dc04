"""Where the vectors are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent.parent / "data" / "sms"


def vectors(name: str) -> list[dict[str, Any]]:
    """The vectors of one file; each names its source."""
    entries: list[dict[str, Any]] = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    assert entries
    assert all(entry["source"] for entry in entries)
    return entries

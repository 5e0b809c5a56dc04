"""The tables of TS 23.038 as data: the default alphabet here, the national ones in ``shift_tables.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

# TS 23.038 §6.2.1, sixteen septets a line. 0x1B is the escape and has no character.
DEFAULT_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\ufffdÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)

# TS 23.038 §6.2.1.1. 0x0D (CR2) and 0x1B (a further extension) are reserved.
DEFAULT_EXTENSION: Mapping[int, str] = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


@cache
def _national() -> dict[str, dict[int, dict[int, str]]]:
    """``shift_tables.toml`` as kind of table → national language identifier → septet → character."""
    data = tomllib.loads(Path(__file__).with_name("shift_tables.toml").read_text(encoding="utf-8"))
    return {
        kind: {table["language"]: _characters(table["rows"]) for table in data[kind]}
        for kind in ("locking", "single")
    }


def _characters(rows: list[str]) -> dict[int, str]:
    points = " ".join(rows).split()
    return {septet: chr(int(point, 16)) for septet, point in enumerate(points) if point != "...."}


def locking_shift(language: int) -> str | None:
    """The 128 characters of the national language locking shift table (Annex A.3), unassigned ones U+FFFD."""
    table = _national()["locking"].get(language) if language else None
    return "".join(table.get(septet, "\ufffd") for septet in range(128)) if table else None


def single_shift(language: int) -> Mapping[int, str] | None:
    """The national language single shift table (Annex A.2), by septet."""
    return _national()["single"].get(language) if language else None

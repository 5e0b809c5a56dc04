"""The values in an answer: ``+COPS: 0,0,"CHINA MOBILE",7`` and ``+CNMI: (0-2),(0,1),(0),(0-2),(0,1)``.

Liberal where firmware is careless: blanks, missing quotes, missing parentheses, no blank after the colon.
"""

from __future__ import annotations

import csv
import re

_SET = re.compile(r"\(([^)]*)\)?|([^,()\s]+)")
_RANGE = re.compile(r"(\d{1,4})(?:\s*-\s*(\d{1,4}))?")


def payload(line: str) -> str:
    """What stands after the name and its colon; the whole line where there is no name."""
    name, colon, rest = line.partition(":")
    return rest.strip() if colon and '"' not in name else line.strip()


def values(line: str) -> list[str]:
    """The fields after the name, without quotes: ``+CMTI: "SM",3`` → ``['SM', '3']``."""
    rows = list(csv.reader([payload(line)], skipinitialspace=True))
    return [field.strip() for field in rows[0]] if rows else []


def number(field: str) -> int | None:
    """The decimal number in a field, or None."""
    return int(field) if field.isascii() and field.isdigit() and len(field) <= 9 else None


def numbers(line: str) -> list[int | None]:
    """The fields of a line as numbers, None for each that is none."""
    return [number(field) for field in values(line)]


def number_sets(line: str) -> list[frozenset[int]]:
    """The offers of a test command: ``+CNMI: (0-2),(0,1),1`` → ``[{0, 1, 2}, {0, 1}, {1}]``."""
    return [frozenset(_expanded(group)) for group in _groups(line)]


def word_sets(line: str) -> list[tuple[str, ...]]:
    """``+CPMS: ("SM","ME"),("SM")`` → ``[('SM', 'ME'), ('SM',)]``."""
    return [
        tuple(word.strip().strip('"').upper() for word in group.split(",") if word.strip())
        for group in _groups(line)
    ]


def _groups(line: str) -> list[str]:
    return [inside or bare for inside, bare in _SET.findall(payload(line))]


def _expanded(group: str) -> list[int]:
    return [
        value
        for first, last in _RANGE.findall(group)
        for value in range(int(first), min(int(last or first), int(first) + 255) + 1)
    ]

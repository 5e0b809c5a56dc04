"""What the listing commands look through: a reading connection, the SIMs, and words in the user's language.

They print the very objects of the API with ``--json``, so that a script can be moved from one to the other.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from zoneinfo import ZoneInfo

from appliance.cli.options import default_plan, require_store, settings_from
from appliance.config import Settings
from appliance.desk.sims import SimBook, read_book
from appliance.store import clock
from appliance.store.database import connect
from appliance.store.doorbell import is_abandoned
from appliance.web.language import choose_language
from appliance.web.words import Words

NARROW, WIDE = 1, 2

# What a terminal obeys or hides instead of showing it: controls, formats such as the turns of direction, and line
# and paragraph separators; lone surrogates besides, which no terminal can show.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINER = "\u200d"
"""Holds the pictures of one emoji together, and does no harm."""
_SPACES = {"\n": " ", "\r": " ", "\t": " ", "\u2028": " ", "\u2029": " "}
_LINE_ENDS = re.compile(r"\r\n|\n")


@dataclass(frozen=True, slots=True)
class View:
    """The box at one instant."""

    settings: Settings
    connection: Connection
    book: SimBook
    words: Words

    @property
    def now_ms(self) -> int:
        return self.words.now_ms


@contextlib.contextmanager
def view_of(namespace: argparse.Namespace) -> Iterator[View]:
    """The box that the options name; it is only read."""
    settings = settings_from(namespace)
    require_store(settings)
    now_ms = clock.now_ms()
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
    language = choose_language(None, "zh" if spoken.startswith("zh") else "en")
    with contextlib.closing(connect(settings.database, read_only=True)) as connection:
        died = is_abandoned(settings.doorbell)
        book = read_book(connection, default_plan(settings), now_ms, pool_died=died)
        yield View(settings, connection, book, Words(language, ZoneInfo(settings.time_zone), now_ms))


def print_json(value: object, *, indent: int | None = 2) -> None:
    """One JSON document, readable by people too; what a terminal would obey is left to JSON's own escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    print("".join(json.dumps(each)[1:-1] if each != "\n" and _is_unshown(each) else each for each in text))


def print_text(text: str) -> None:
    """A text of someone else's, line by line."""
    for line in _LINE_ENDS.split(text):
        print(visible(line))


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Columns aligned by what a terminal shows: an ideograph takes two cells (UAX #11). Cells are made visible."""
    rows = [[visible(text) for text in row] for row in rows]
    widths = [max(_cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        padded = [text + " " * (width - _cells(text)) for text, width in zip(row, widths, strict=True)]
        print("  ".join(padded).rstrip())


def one_line(text: str, limit: int = 60) -> str:
    """A text for a table: on one line, visible, and not longer than ``limit`` cells."""
    shown = visible("".join(_SPACES.get(each, each) for each in text))
    if _cells(shown) <= limit:
        return shown
    kept = ""
    for character in shown:
        if _cells(kept) + _cells(character) >= limit:
            break
        kept += character
    return f"{kept}…"


def visible(text: str) -> str:
    """``text`` on one line, with what a terminal would obey or hide written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(each.encode("unicode_escape").decode() if _is_unshown(each) else each for each in text)


def _is_unshown(character: str) -> bool:
    return unicodedata.category(character) in _UNSHOWN and character != _JOINER


def _cells(text: str) -> int:
    return sum(_cells_of(each) for each in text)


def _cells_of(character: str) -> int:
    if character == _JOINER or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW

"""Reading a TOML file that a person wrote: each field with its kind and bounds, each mistake with its place.

A :class:`TomlTable` gives out its fields one by one; what nobody asked for is a mistake (:meth:`TomlTable.finish`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from math import isnan
from pathlib import Path
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

_HEADER = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]?\]\s*(?:#.*)?$")
_MISSING: Any = object()


class TomlMistakeError(ValueError):
    """The file is wrong; the text names the file, the line where it is known, the field, and says why."""


@dataclass(slots=True)
class TomlTable:
    """One table of a file, of which fields are taken."""

    file: str
    text: str
    """Of the whole file, to find the line of a mistake in."""
    values: Mapping[str, Any]
    header: str = ""
    """The ``[table]`` or ``[[table]]`` that it is, '' for the file's head."""
    index: int = 0
    """Of ``[[tables]]`` with one header, which."""
    inner: str = ""
    """Where this is an inline table of that one: the name of its field."""
    _taken: set[str] = field(default_factory=set)

    def wrong(self, name: str, why: str) -> NoReturn:
        """Raise TomlMistakeError about a field ('': about the table)."""
        place = ".".join(each for each in (self.header and self._numbered(), self.inner, name) if each)
        line = _line_of(self.text, self.header, self.index, self.inner or name)
        where = f"{self.file}, line {line}" if line else self.file
        raise TomlMistakeError(f"{where}: {place}: {why}" if place else f"{where}: {why}")

    def _numbered(self) -> str:
        return f"{self.header}[{self.index + 1}]" if f"[[{self.header}]]" in self.text else self.header

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self.values

    def value(self, name: str, default: Any = _MISSING) -> Any:
        """A field as it is; without a default it must be there."""
        self._taken.add(name)
        if name in self.values:
            return self.values[name]
        if default is _MISSING:
            self.wrong(name, "is missing")
        return default

    def whole(self, name: str, default: int = _MISSING, *, least: int = 0, most: int = 10**15) -> int:
        """A whole number within bounds."""
        value = self.value(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(name, f"needs a whole number, not {_shown(value)}")
        self._bounded(name, value, least, most)
        return value

    def number(self, name: str, default: float = _MISSING, *, least: float = 0, most: float = 1e9) -> float:
        """A number within bounds."""
        value = self.value(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or isnan(value):
            self.wrong(name, f"needs a number, not {_shown(value)}")
        self._bounded(name, value, least, most)
        return float(value)

    def _bounded(self, name: str, value: float, least: float, most: float) -> None:
        if value < least:
            self.wrong(name, f"{value} is less than {least}")
        if value > most:
            self.wrong(name, f"{value} is more than {most}")

    def words(self, name: str, default: str = _MISSING) -> str:
        """A text."""
        value = self.value(name, default)
        if not isinstance(value, str):
            self.wrong(name, f"needs a text in quotes, not {_shown(value)}")
        return value

    def one_of(self, name: str, allowed: Iterable[str], default: str = _MISSING) -> str:
        """One word of several."""
        value, known = self.words(name, default), tuple(allowed)
        if value not in known:
            self.wrong(
                name,
                f"“{value}” is none of {', '.join(known) or 'these, for there are none'}{_near(value, known)}",
            )
        return value

    def many(self, name: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of texts; an empty one where the field is not there."""
        value = self.value(name, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.wrong(name, f"needs a list of texts in quotes, not {_shown(value)}")
        if allowed is not None:
            known = tuple(allowed)
            for each in value:
                if each not in known:
                    self.wrong(name, f"“{each}” is none of {', '.join(known)}{_near(each, known)}")
        return tuple(value)

    def shares(self, name: str) -> dict[str, int]:
        """A table of whole numbers above 0."""
        value = self.value(name, {})
        if not isinstance(value, dict):
            self.wrong(name, f"needs a table such as {{ china-mobile = 60 }}, not {_shown(value)}")
        for key, share in value.items():
            if isinstance(share, bool) or not isinstance(share, int) or share <= 0:
                self.wrong(name, f"the share of {key} needs a whole number above 0, not {_shown(share)}")
        return dict(value)

    def local_time(self, name: str, default: datetime = _MISSING) -> datetime:
        """A local date, with or without a time."""
        value = self.value(name, default)
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                self.wrong(name, "is a time with an offset; times here are local ones of time_zone")
            return value
        if isinstance(value, date):
            return datetime.combine(value, time())
        return self.wrong(
            name, f"needs a date or time such as 2026-03-01T09:00:00 (no quotes), not {_shown(value)}"
        )

    def read(self, name: str, reader: Callable[[str], T], default: T = _MISSING) -> T:
        """A text that ``reader`` understands; what it says in a ValueError is the reason."""
        if not self.has(name) and default is not _MISSING:
            self._taken.add(name)
            return default
        try:
            return reader(self.words(name))
        except TomlMistakeError:
            raise
        except ValueError as error:
            self.wrong(name, str(error))

    def table(self, name: str) -> TomlTable:
        """A table in this one: ``[name]`` at the head, else ``name = { … }``; an empty one where it is not there."""
        value = self.value(name, {})
        if not isinstance(value, dict):
            self.wrong(name, "needs a table")
        if not self.header:
            return TomlTable(self.file, self.text, value, name)
        return self._inside(name, value)

    def tables(self, name: str) -> tuple[TomlTable, ...]:
        """``[[name]]``, each; inside of another table ``name = [{ … }, { … }]``."""
        value = self.value(name, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.wrong(
                name,
                f"needs tables, each written [[{name}]]" if not self.header else "needs a list of tables",
            )
        if not self.header:
            return tuple(
                TomlTable(self.file, self.text, each, name, index) for index, each in enumerate(value)
            )
        return tuple(self._inside(name, each) for each in value)

    def _inside(self, name: str, values: Mapping[str, Any]) -> TomlTable:
        return TomlTable(self.file, self.text, values, self.header, self.index, name)

    def finish(self) -> None:
        """Every field was taken; another one is a mistake."""
        for name in self.values:
            if name not in self._taken:
                self.wrong(name, f"there is no such field{_near(name, self._taken)}")


def read_toml(path: Path) -> TomlTable:
    """The head of a file. Raises TomlMistakeError."""
    try:
        text = path.read_text(encoding="utf-8")
        return TomlTable(str(path), text, tomllib.loads(text))
    except OSError as error:
        raise TomlMistakeError(f"{path}: can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise TomlMistakeError(f"{path}: is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise TomlMistakeError(f"{path}: {error}") from error


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean “{near[0]}”?" if near else ""


def _shown(value: object) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else str(value)


def _line_of(text: str, header: str, index: int, name: str) -> int | None:
    """Where a field is written; where it is not found, its table; None where neither is."""
    current, counted, table_line = "", -1, None
    for number, line in enumerate(text.splitlines(), 1):
        found = _HEADER.match(line)
        if found is not None:
            outer = found[1].split(".")[0]
            if outer == found[1]:
                counted = counted + 1 if outer == header else counted
                current = outer
            if current == header and counted == index:
                if name and found[1] == f"{header}.{name}":
                    return number
                table_line = table_line or number
        elif (
            name
            and current == header
            and (not header or counted == index)
            and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*[=.]", line)
        ):
            return number
    return table_line

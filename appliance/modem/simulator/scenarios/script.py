"""A play with times: a TOML file that says which scenario strikes which modem when.

[[at]]
s = 3.5               # seconds after the bank is ready; entries may stand in any order
modem = 2             # or "modem02", or "all"; the first where it is left out
scenario = "swap"
gap_ms = 500          # an option of that scenario; `simloft simulate --list-scenarios` has them all
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.modem.simulator.scenarios.registry import ScenarioError, find

_HEADER = re.compile(r"^\s*\[\[\s*at\s*\]\]")
_OTHER_TABLE = re.compile(r"^\s*\[")
_KEYS = ("s", "modem", "scenario")
LONGEST_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Cue:
    """One entry: scenario `name` on `modems` at `at_s`, with options."""

    at_s: float
    modems: tuple[str, ...]
    name: str
    options: Mapping[str, Any]


class ScriptError(ValueError):
    """A script cannot be played: the text has file, line, field and reason."""


def read_script(path: Path, modems: list[str]) -> list[Cue]:
    """The cues of a file, first one first. ScriptError for what cannot be played on a bank of these modems."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: {error}") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScriptError(f"{path}: {error}") from error
    entries = table.pop("at", [])
    if table:
        raise ScriptError(f"{path}: there is no place for {', '.join(table)}: a script has [[at]] entries")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ScriptError(f"{path}: at must be written as [[at]]")
    if not entries:
        raise ScriptError(f"{path}: nothing happens: there is no [[at]]")
    cues = [_cue(path, text, number, entry, modems) for number, entry in enumerate(entries)]
    return sorted(cues, key=lambda cue: cue.at_s)


def _cue(path: Path, text: str, number: int, entry: dict[str, Any], modems: list[str]) -> Cue:
    def wrong(field: str, reason: str) -> ScriptError:
        return ScriptError(f"{path}:{_line(text, number, field)}: {field}: {reason}")

    moment = _seconds(entry.get("s"))
    if moment is None:
        raise wrong("s", "must be the seconds after the start, from 0 to a week")
    name = entry.get("scenario")
    if not isinstance(name, str):
        raise wrong("scenario", "must be the name of a scenario")
    options = {key: value for key, value in entry.items() if key not in _KEYS}
    try:
        scenario, named = find(name)
        scenario.values({**named, **options})
    except ScenarioError as error:
        raise wrong("scenario" if error.field == "name" else error.field, str(error)) from None
    struck = _modems(entry.get("modem", 1), modems)
    if struck is None:
        raise wrong("modem", f"must be 1 to {len(modems)}, one of {modems[0]} … {modems[-1]}, or 'all'")
    return Cue(moment, struck, name, options)


def _seconds(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= LONGEST_S:
        return None
    return float(given)


def _modems(given: Any, modems: list[str]) -> tuple[str, ...] | None:
    if given == "all":
        return tuple(modems)
    if type(given) is int and 1 <= given <= len(modems):
        return (modems[given - 1],)
    return (given,) if isinstance(given, str) and given in modems else None


def _line(text: str, number: int, field: str) -> int:
    """The line where a field of the n-th entry stands; that of the entry where it has no such field."""
    seen = -1
    header = 1
    for at, line in enumerate(text.splitlines(), 1):
        if _HEADER.match(line):
            seen += 1
            header = at if seen == number else header
        elif seen == number and _OTHER_TABLE.match(line):
            break
        elif seen == number and re.match(rf'\s*"?{re.escape(field)}"?\s*=', line):
            return at
    return header


def parse_cue(argument: str) -> tuple[str, str | None, dict[str, Any]]:
    """`NAME[:modemNN][,option=value …]` of a command line: name, modem, options. ScriptError where it is not so."""
    head, *pairs = argument.split(",")
    name, _, modem = head.partition(":")
    options: dict[str, Any] = {}
    for pair in pairs:
        option, sign, value = pair.partition("=")
        if not sign:
            raise ScriptError(f"{pair!r} must be written as option=value")
        options[option.strip()] = _value(value.strip())
    return name, modem or None, options


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdecimal() else text

"""Reading one profile file, strictly: every mistake with its line, its field and the reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from appliance.modem.profile import (
    Ban,
    CardChange,
    Profile,
    SentFlag,
    SimLine,
    Technology,
    TriesCommand,
    UsbRule,
    UssdEncoding,
)
from appliance.modem.profile_lines import line_of
from appliance.modem.profile_values import (
    command,
    limit_name,
    list_of,
    memory,
    octet,
    one_of,
    regular_expression,
    routing,
    seconds,
    text_of,
    truth,
    usb_id,
)

T = TypeVar("T")

MAX_FILE_OCTETS = 64 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong. ``line`` counts from 1, 0 where it is the file itself; ``field`` may be empty."""

    file: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.reason}" if self.field else f"{where}: {self.reason}"


class ProfileError(ValueError):
    """A profile file with mistakes, of which there is at least one."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes

    @property
    def first(self) -> Mistake:
        return self.mistakes[0]

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))


def read_profile(path: Path) -> Profile:
    """The profile in a file; its name is that of the file. ProfileError with all that is wrong."""
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise ProfileError((Mistake(str(path), 0, "", error.strerror or str(error)),)) from error
    return parse_profile(octets, path)


def parse_profile(octets: bytes, path: Path) -> Profile:
    """As `read_profile`, of what is in the file."""
    file = str(path)
    if len(octets) > MAX_FILE_OCTETS:
        raise ProfileError((Mistake(file, 0, "", f"is longer than {MAX_FILE_OCTETS // 1024} KiB"),))
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets[: error.start].count(b"\n") + 1
        raise ProfileError((Mistake(file, line, "", "is not written in UTF-8"),)) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError((_syntax_mistake(file, text, str(error)),)) from error
    except RecursionError as error:
        raise ProfileError((Mistake(file, 0, "", "is nested too deeply"),)) from error
    reading = _Reading(file, text)
    profile = _profile(reading, path.stem, values)
    if reading.mistakes:
        raise ProfileError(tuple(sorted(reading.mistakes, key=lambda mistake: mistake.line)))
    return profile


def _syntax_mistake(file: str, text: str, said: str) -> Mistake:
    """tomllib says '… (at line 3, column 7)', or '(at end of document)'."""
    found = re.search(r" \(at line (\d+), column \d+\)$", said)
    line = int(found[1]) if found else text.count("\n") + 1
    reason = said[: found.start()] if found else said.removesuffix(" (at end of document)")
    return Mistake(file, line, "", f"is no TOML: {reason}")


class _Reading:
    """A file that is being read: its mistakes."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.mistakes: list[Mistake] = []

    def wrong(self, path: tuple[str | int, ...], reason: str) -> None:
        shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
        self.mistakes.append(Mistake(self.file, line_of(self.text, path), shown, reason))


class _Table:
    """One table of the file; each field is taken once, and what is left over is unknown."""

    def __init__(self, reading: _Reading, path: tuple[str | int, ...], values: object) -> None:
        self._reading = reading
        self._path = path
        self._values: dict[str, object] = {}
        if isinstance(values, dict):
            self._values = dict(values)
        else:
            reading.wrong(path, "must be a table")

    def wrong(self, key: str, reason: str) -> None:
        self._reading.wrong((*self._path, key), reason)

    def take(self, key: str, default: T, read: Callable[[object], T]) -> T:
        """``read`` raises ValueError with the reason."""
        if key not in self._values:
            return default
        try:
            return read(self._values.pop(key))
        except ValueError as error:
            self.wrong(key, str(error))
            return default

    def need(self, key: str) -> None:
        if key not in self._values:
            self.wrong(key, "is missing")

    def tables(self, key: str) -> list[_Table]:
        """The tables of ``[[key]]``."""
        values = self._values.pop(key, [])
        if not isinstance(values, list):
            self.wrong(key, f"must be written as [[{key}]]")
            return []
        return [_Table(self._reading, (*self._path, key, at), value) for at, value in enumerate(values)]

    def table(self, key: str) -> _Table:
        """The table of ``[key]``, empty where there is none."""
        return _Table(self._reading, (*self._path, key), self._values.pop(key, {}))

    def each(self, read_key: Callable[[object], str], read: Callable[[object], T]) -> dict[str, T]:
        """All fields, whose names are checked too."""
        found: dict[str, T] = {}
        for key in list(self._values):
            try:
                found[read_key(key)] = read(self._values.pop(key))
            except ValueError as error:
                self.wrong(key, str(error))
        return found

    def end(self, known: str) -> None:
        for key in self._values:
            self.wrong(key, f"is no field of a profile; here are known: {known}")


# -- the parts of a profile --------------------------------------------------------------------------------------

_TOP = (
    "title, technology, manufacturer, model, usb, init, imei, iccid, pin_tries, card_check, card_busy, sim_urcs, "
    "storage_full, limits, registration, receiving, sent_flag, ussd, hang_up, reset, identify, "
    "bans"
)


def _profile(reading: _Reading, name: str, values: dict[str, object]) -> Profile:
    if not _NAME.fullmatch(name):
        reading.wrong((), f"the name {name!r} must be of a-z, 0-9 and '-', with at most 40 characters")
    top = _Table(reading, (), values)
    top.need("title")
    sim = top.table("sim_urcs")
    receiving = top.table("receiving")
    usual = Profile(name=name)
    profile = Profile(
        name=name,
        title=top.take("title", "", text_of),
        technology=top.take("technology", usual.technology, one_of(Technology)),
        manufacturer=top.take("manufacturer", None, regular_expression),
        model=top.take("model", None, regular_expression),
        usb=tuple([_usb(table) for table in top.tables("usb")]),
        init=top.take("init", (), list_of(command)),
        imei=top.take("imei", usual.imei, list_of(command)),
        iccid=top.take("iccid", (), list_of(command)),
        pin_tries=tuple([_tries(table) for table in top.tables("pin_tries")]),
        card_check=top.take("card_check", None, command),
        card_busy=top.take("card_busy", usual.card_busy, list_of(regular_expression)),
        sim_enable=sim.take("enable", (), list_of(command)),
        sim_lines=tuple(
            SimLine(pattern, change)
            for change in CardChange
            for pattern in sim.take(change.value, usual.storage_full, list_of(regular_expression))
        ),
        storage_full=top.take("storage_full", (), list_of(regular_expression)),
        limits=MappingProxyType(top.table("limits").each(limit_name, seconds)),
        registration=top.take("registration", usual.registration, list_of(command)),
        memories=receiving.take("memories", usual.memories, list_of(memory)),
        cnmi=receiving.take("cnmi", (), list_of(routing)),
        sent_flag=top.take("sent_flag", usual.sent_flag, one_of(SentFlag)),
        ussd=top.take("ussd", usual.ussd, one_of(UssdEncoding)),
        hang_up=top.take("hang_up", usual.hang_up, command),
        reset=top.take("reset", usual.reset, command),
        identify=top.take("identify", (), list_of(command)),
        bans=tuple([_ban(table) for table in top.tables("bans")]),
    )
    sim.end("enable, removed, inserted, changed")
    receiving.end("memories, cnmi")
    top.end(_TOP)
    return profile


def _usb(table: _Table) -> UsbRule:
    table.need("ids")
    rule = UsbRule(
        ids=table.take("ids", (), list_of(usb_id)),
        at_interface=table.take("at_interface", None, octet),
        at_protocols=table.take("at_protocols", (), list_of(octet)),
        is_bare_bridge=table.take("bare_bridge", False, truth),
    )
    if rule.is_bare_bridge and (rule.at_interface is not None or rule.at_protocols):
        table.wrong("bare_bridge", "a bare bridge has no AT interface: each of its ttys may be a modem")
    table.end("ids, at_interface, at_protocols, bare_bridge")
    return rule


def _tries(table: _Table) -> TriesCommand:
    table.need("command")
    tries = TriesCommand(table.take("command", "AT", command), table.take("field", 0, octet))
    table.end("command, field")
    return tries


def _ban(table: _Table) -> Ban:
    table.need("command")
    table.need("why")
    ban = Ban(table.take("command", re.compile("(?!)"), regular_expression), table.take("why", "", text_of))
    table.end("command, why")
    return ban

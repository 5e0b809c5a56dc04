"""Vendor profiles: what one make of modem says of itself and where it differs, as data (`profiles/*.toml`)."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from appliance.modem.simulator.cdma.habits import CdmaHabits, cdma_habits
from appliance.modem.simulator.habits import (
    CardHabits,
    ClockHabits,
    ResetHabits,
    UssdHabits,
    card_habits,
    clock_habits,
    reset_habits,
    ussd_habits,
)

# The makes of a bank that was not told which: those that number their message places from 1. Makes that begin at 0
# (Huawei, most LTE modules) are a trap for smstools, which looks at 0 only when it is told to (`memory_start`).
DEFAULT_MIX = ("generic", "simcom-sim800", "wavecom-q24")


class ProfileError(ValueError):
    """A profile file says something that cannot be; the text names the file and field."""


@dataclass(frozen=True, slots=True)
class CnmiSupport:
    """The five lists of `+CNMI=?` (27.005 clause 3.4.1) and what stands in force after power-up."""

    modes: frozenset[int]
    deliver: frozenset[int]
    broadcast: frozenset[int]
    reports: frozenset[int]
    buffer: frozenset[int]
    initial: tuple[int, int, int, int, int]
    shown: str


@dataclass(frozen=True, slots=True)
class IccidCommand:
    """The vendor's command for the ICCID and the line that it answers with ('{iccid}' stands for the digits)."""

    name: str
    answer: str


@dataclass(frozen=True, slots=True)
class Quirks:
    """Ways in which makes differ within, or a little beside, the standard.

    `sent_flag`: when a message that is sent from a memory is marked there as sent: 'after-answer' of the network,
    'before-sending', or 'none'.
    """

    echo_after_reset: bool = True
    echo_body: bool = False
    cms_follows_cmee: bool = False
    initial_cmee: int = 0
    alpha_as_quotes: bool = False
    escape_answers_ok: bool = True
    boot_urcs: tuple[str, ...] = ()
    ready_urcs: tuple[str, ...] = ()
    unknown_command: str = "ERROR"
    indication_memory_for_reports: str = ""
    chatter: tuple[str, ...] = ()
    memory_full: str = ""
    capabilities: str = "+CGSM"
    sent_flag: str = "after-answer"


@dataclass(frozen=True, slots=True)
class Profile:
    """One make. Capacities in messages; `memories` are the lists of `+CPMS=?` for <mem1>, <mem2>, <mem3>."""

    name: str
    manufacturer: str
    model: str
    revision: str
    ati: tuple[str, ...]
    type_allocation_code: str
    iccid: IccidCommand | None
    memories: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
    initial_memories: tuple[str, str, str]
    capacities: dict[str, int]
    first_index: dict[str, int]
    cnmi: CnmiSupport
    charsets: tuple[str, ...]
    registration_commands: tuple[str, ...]
    access_technology: int | None
    answers: dict[str, tuple[str, ...]]
    refused: frozenset[str]
    quirks: Quirks = field(default_factory=Quirks)
    card: CardHabits = field(default_factory=CardHabits)
    ussd: UssdHabits = field(default_factory=UssdHabits)
    cdma: CdmaHabits = field(default_factory=CdmaHabits)
    clock: ClockHabits = field(default_factory=ClockHabits)
    reset: ResetHabits = field(default_factory=ResetHabits)


def profile_names() -> list[str]:
    """The names of the profiles that come with the bank."""
    folder = resources.files("appliance.modem.simulator") / "profiles"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


@cache
def load_profile(name: str) -> Profile:
    """A profile by name. ProfileError when there is none of that name or its file is wrong."""
    entry = resources.files("appliance.modem.simulator") / "profiles" / f"{name}.toml"
    try:
        text = entry.read_text("utf-8")
    except OSError:
        raise ProfileError(f"no profile named {name!r}; there are {', '.join(profile_names())}") from None
    return parse_profile(name, text)


def parse_profile(name: str, text: str) -> Profile:
    """The profile that `text` (TOML) says. ProfileError names what is wrong."""
    try:
        return _profile(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"profile {name}: {error}") from error
    except KeyError as error:
        raise ProfileError(f"profile {name}: {error.args[0]} is missing") from error
    except (TypeError, ValueError) as error:
        raise ProfileError(f"profile {name}: {error}") from error


def _profile(name: str, table: dict[str, Any]) -> Profile:
    memories = table["memories"]
    iccid = table.get("iccid")
    return Profile(
        name=name,
        manufacturer=table["manufacturer"],
        model=table["model"],
        revision=table["revision"],
        ati=tuple(table["ati"]),
        type_allocation_code=table["type_allocation_code"],
        iccid=IccidCommand(iccid["command"], iccid["answer"]) if iccid else None,
        memories=(tuple(memories["mem1"]), tuple(memories["mem2"]), tuple(memories["mem3"])),
        initial_memories=_three(memories["initial"]),
        capacities={key: int(value) for key, value in memories["capacity"].items()},
        first_index={key: int(value) for key, value in memories.get("first_index", {}).items()},
        cnmi=_cnmi(table["cnmi"]),
        charsets=tuple(table["charsets"]),
        registration_commands=tuple(table["registration_commands"]),
        access_technology=table.get("access_technology"),
        answers={command: tuple(lines) for command, lines in table.get("answers", {}).items()},
        refused=frozenset(table.get("refused", ())),
        quirks=_quirks(table.get("quirks", {})),
        card=card_habits(table.get("card", {})),
        ussd=ussd_habits(table.get("ussd", {})),
        cdma=cdma_habits(table.get("cdma", {})),
        clock=clock_habits(table.get("clock", {})),
        reset=reset_habits(table.get("reset", {})),
    )


def _three(values: list[str]) -> tuple[str, str, str]:
    first, second, third = values
    return first, second, third


def _cnmi(table: dict[str, Any]) -> CnmiSupport:
    mode, deliver, broadcast, reports, buffer = table["initial"]
    lists = [table[key] for key in ("mode", "mt", "bm", "ds", "bfr")]
    return CnmiSupport(
        modes=frozenset(table["mode"]),
        deliver=frozenset(table["mt"]),
        broadcast=frozenset(table["bm"]),
        reports=frozenset(table["ds"]),
        buffer=frozenset(table["bfr"]),
        initial=(mode, deliver, broadcast, reports, buffer),
        shown=",".join(f"({','.join(str(value) for value in values)})" for values in lists),
    )


def _quirks(table: dict[str, Any]) -> Quirks:
    values = dict(table)
    for name in ("boot_urcs", "ready_urcs", "chatter"):
        if name in values:
            values[name] = tuple(values[name])
    return Quirks(**values)

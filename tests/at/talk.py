"""Events as short lists, so that expectations read like the talk on the line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from appliance.modem.at.parser import Event, Final, Garbage, Information, Parser, Unsolicited

TRANSCRIPTS = Path(__file__).parent.parent / "data" / "at" / "transcripts.json"


@dataclass(frozen=True)
class Talk:
    """What one modem said, to one command or to none, and what it means."""

    name: str
    command: str | None
    octets: bytes
    events: list[list[str | int | None]]


def transcripts() -> list[Talk]:
    return [
        Talk(f"{modem['modem']}: {talk['why']}", talk["command"], talk["octets"].encode(), talk["events"])
        for modem in json.loads(TRANSCRIPTS.read_text())
        for talk in modem["talk"]
    ]


def in_short(events: list[Event]) -> list[list[str | int | None]]:
    return [_short(event) for event in events]


def _short(event: Event) -> list[str | int | None]:
    name = type(event).__name__.lower()
    match event:
        case Information(text, pdu) | Unsolicited(text, pdu):
            return [name, text] if pdu is None else [name, text, pdu]
        case Final(text, _):
            return [name, text]
        case Garbage(octets):
            return [name, octets]
        case _:
            return [name]


def parsed(
    octets: bytes, command: str | None = None, *, cuts: list[int] | None = None
) -> list[list[str | int | None]]:
    """The events of ``octets``, fed in the pieces that ``cuts`` makes of them."""
    parser = Parser()
    if command is not None:
        parser.begin(command)
    return in_short(fed(parser, octets, cuts))


def fed(parser: Parser, octets: bytes, cuts: list[int] | None = None) -> list[Event]:
    edges = [0, *sorted(cuts or []), len(octets)]
    return [event for a, b in pairwise(edges) for event in parser.feed(octets[a:b])]

"""How messages and delivery reports are made to come: ``+CSMS``, ``+CPMS``, ``+CNMI`` (TS 27.005 §3.1, §3.2, §3.4).

Wanted: messages in the card's memory with ``+CMTI`` (that survives our crash, and they stay with the SIM they
were sent to), reports directly with ``+CDS``: EC25 and relatives store them in SR but announce SM.
Whatever a modem refuses, the next best is taken; without any, the memory is listed from time to time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from appliance.modem.asking import Asker
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.syntax import number, number_sets, numbers, values, word_sets
from appliance.modem.bearings import ReceiveMode, Route
from appliance.modem.profile import Profile

_LEAST_PLACES = 3
"""A memory with fewer is of no use for a message in several parts."""


@dataclass(frozen=True, slots=True)
class Memories:
    """The memories of a modem. Empty where it knows no ``+CPMS``: then there is one, without a name."""

    readable: tuple[str, ...] = ()
    """What <mem1> may be."""
    receiving: str | None = None
    """<mem3>: where messages are put."""
    current: str | None = None
    """<mem1> as it is set."""
    used: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """``+CNMI`` as it was set. Some LTE firmware forgets it when the network is lost."""

    setting: tuple[int, ...]
    in_force: tuple[int | None, ...]
    """What ``AT+CNMI?`` said after that; empty where it says nothing."""

    async def restore(self, dialogue: Dialogue) -> None:
        """Set it again where it isn't in force any more."""
        if not self.in_force:
            return
        said = (await dialogue.execute("AT+CNMI?")).named("+CNMI")
        if said is not None and tuple(numbers(said)) != self.in_force:
            await dialogue.execute(_set_routing(self.setting))


async def set_up_receiving(asker: Asker, profile: Profile) -> tuple[ReceiveMode, Memories, Routing | None]:
    """Choose, set and verify. Refusals are notes, never failures; no Routing where nothing could be set."""
    must_acknowledge = await _leave_phase_2_plus(asker)
    memories = await _choose_memory(asker, profile.memories)
    routing, messages, reports = await _choose_routes(asker, profile.cnmi)
    mode = ReceiveMode(
        messages=messages,
        reports=reports,
        must_acknowledge=must_acknowledge and Route.DIRECT in (messages, reports),
        memory=memories.receiving,
        used=memories.used,
        total=memories.total,
    )
    return mode, memories, routing


# -- +CSMS ------------------------------------------------------------------------------------------------------


async def _leave_phase_2_plus(asker: Asker) -> bool:
    """Whether ``+CSMS=1`` is in force and can't be left: what comes directly must then be acknowledged."""
    answer = await asker.ask("AT+CSMS?")
    said = answer.named("+CSMS")
    if said is None or numbers(said)[:1] != [1]:
        return False
    return not (await asker.ask("AT+CSMS=0")).ok


# -- +CPMS ------------------------------------------------------------------------------------------------------


async def _choose_memory(asker: Asker, wanted: Sequence[str]) -> Memories:
    offer = (await asker.ask_card("AT+CPMS=?")).named("+CPMS")
    found = _current_memories((await asker.ask_card("AT+CPMS?")).named("+CPMS"))
    offers = word_sets(offer) if offer is not None else []
    readable = (
        tuple(dict.fromkeys(offers[0])) if offers else tuple({found.current: None} if found.current else {})
    )
    found = replace(found, readable=readable)
    receiving = set(offers[2] if len(offers) > 2 else readable)
    for memory in wanted:
        if memory in readable and memory in receiving:
            chosen = await _set_memory(asker, memory, found)
            if chosen is not None:
                return chosen
    return found


def _current_memories(line: str | None) -> Memories:
    """``+CPMS: "SM",3,50,"SM",3,50,"SM",3,50``: name, places taken, places, for mem1, mem2, mem3."""
    fields = values(line) if line is not None else []
    if len(fields) < 3 or number(fields[0]) is not None:
        return Memories()
    last = (len(fields) // 3 - 1) * 3
    return Memories(
        readable=(fields[0].upper(),),
        receiving=fields[last].upper() if last in (0, 6) else None,
        current=fields[0].upper(),
        used=number(fields[last + 1]),
        total=number(fields[last + 2]),
    )


async def _set_memory(asker: Asker, memory: str, found: Memories) -> Memories | None:
    """Read from and receive into ``memory``, if it takes that and has places enough."""
    for names in (f'"{memory}","{memory}","{memory}"', f'"{memory}","{memory}"', f'"{memory}"'):
        answer = await asker.ask_card(f"AT+CPMS={names}")
        if not answer.ok:
            continue
        usage = numbers(answer.named("+CPMS") or "")
        used, total = usage[-2:] if len(usage) >= 2 else (None, None)
        if total is not None and total < _LEAST_PLACES:
            return None
        return replace(found, receiving=memory, current=memory, used=used, total=total)
    return None


# -- +CNMI ------------------------------------------------------------------------------------------------------

_MODES = (2, 1, 3, 0)
_MESSAGES = (1, 2, 3, 0)
_REPORTS = (1, 2, 0)
_BUFFERS = (0, 1)
_MAX_TRIES = 12
_USUAL: list[tuple[int, ...]] = [
    *((mode, 1, 0, report, buffer) for mode in (2, 1) for report in (1, 2) for buffer in (0, 1)),
    *((2, 1, 0, 0, 0), (2, 1, 0, 0, 1), (1, 1, 0, 0, 0), (2, 1)),
]
"""For a modem that does not say what it offers: some take only 1 as <bfr>, or only 2 as <ds>."""


async def _choose_routes(
    asker: Asker, first: Sequence[tuple[int, ...]]
) -> tuple[Routing | None, Route, Route]:
    offer = (await asker.ask("AT+CNMI=?")).named("+CNMI")
    setting = None
    offered = routing_candidates(number_sets(offer) if offer is not None else [])
    for candidate in dict.fromkeys([*first, *offered]):
        if (await asker.ask(_set_routing(candidate))).ok:
            setting = candidate
            break
    said = (await asker.ask("AT+CNMI?")).named("+CNMI")
    in_force = tuple(numbers(said)) if said is not None else ()
    counts = in_force or setting
    routes = (Route.LISTED, Route.LISTED) if counts is None else routes_of(counts)
    return None if setting is None else Routing(setting, in_force), *routes


def _set_routing(setting: tuple[int, ...]) -> str:
    return f"AT+CNMI={','.join(map(str, setting))}"


def routing_candidates(offer: list[frozenset[int]]) -> list[tuple[int, ...]]:
    """Settings of ``+CNMI`` to try, best first, out of what ``+CNMI=?`` offers (an empty offer: the usual ones).

    Some firmware refuses a combination of values each of which it offers, so there is more than one.
    """
    if len(offer) < 2:
        return _USUAL
    return list(dict.fromkeys(_combinations(offer)))[:_MAX_TRIES]


def _combinations(offer: list[frozenset[int]]) -> Iterator[tuple[int, ...]]:
    """Messages matter more than reports, and both more than when codes are held back."""
    modes, messages = _offered(_MODES, offer[0]), _offered(_MESSAGES, offer[1])
    cell_broadcast = 0 if len(offer) < 3 or 0 in offer[2] else min(offer[2], default=0)
    reports = _offered(_REPORTS, offer[3]) if len(offer) > 3 else []
    buffers = _offered(_BUFFERS, offer[4]) if len(offer) > 4 else []
    for message, report, mode, buffer in product(messages, reports or [0], modes, buffers or [0]):
        yield (mode, message, cell_broadcast, report, buffer)[: len(offer)]


def _offered(wanted: tuple[int, ...], offer: frozenset[int]) -> list[int]:
    return [value for value in wanted if value in offer]


def routes_of(setting: Sequence[int | None]) -> tuple[Route, Route]:
    """How messages and reports come under ``+CNMI: <mode>,<mt>,<bm>,<ds>,<bfr>``, for class 1 and no class."""
    mode, message, _, report = [*setting, None, None, None, None][:4]
    if not mode:  # 0: codes are kept in the modem
        return Route.LISTED, Route.LISTED if report == 2 else Route.NONE
    messages = {1: Route.NOTIFIED, 2: Route.DIRECT, 3: Route.NOTIFIED}.get(message or 0, Route.LISTED)
    reports = {1: Route.DIRECT, 2: Route.NOTIFIED}.get(report or 0, Route.NONE)
    return messages, reports

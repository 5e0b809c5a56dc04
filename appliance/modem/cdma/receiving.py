"""How messages and reports are made to come to a CDMA modem's memory, whatever its commands are called.

Wanted: both stored and announced (``+CMTI``, ``+CDSI``), so that they survive our crash. Huawei's manual has reports
stored by default; whatever a modem refuses, the next best is taken, and without any the memory is listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.modem.asking import Asker
from appliance.modem.at.dialogue import Dialogue
from appliance.modem.at.syntax import number, numbers, values, word_sets
from appliance.modem.bearings import ReceiveMode, Route
from appliance.modem.cdma.commands import Names
from appliance.modem.receive import routes_of

_ROUTINGS: tuple[tuple[int, ...], ...] = (
    (2, 1, 0, 2, 0),
    (1, 1, 0, 2, 0),
    (2, 1, 0, 1, 0),
    (1, 1, 0, 1, 0),
    (2, 1, 0, 0, 0),
    (1, 1, 0, 0, 0),
    (2, 1),
    (1, 1),
)


@dataclass(slots=True)
class Reception:
    """What was chosen."""

    mode: ReceiveMode = field(default_factory=lambda: ReceiveMode(Route.LISTED, Route.LISTED))
    readable: tuple[str, ...] = ()
    """Memories that can be read; empty where the modem has one without a name."""
    current: str | None = None
    routing: tuple[int, ...] | None = None
    in_force: tuple[int | None, ...] = ()

    async def restore(self, dialogue: Dialogue, names: Names) -> None:
        """Set the routing again where the modem has forgotten it."""
        if self.routing is None or not self.in_force:
            return
        said = (await dialogue.execute(f"AT{names.routing}?")).named(names.routing)
        if said is not None and tuple(numbers(said)) != self.in_force:
            await dialogue.execute(_set(names, self.routing))


async def set_up(asker: Asker, names: Names, wanted: tuple[str, ...]) -> Reception:
    """Choose, set and verify. Refusals are notes, never failures. ``wanted``: memories, best first."""
    reception = Reception()
    used, total = await _choose_memory(asker, names, wanted, reception)
    for candidate in _ROUTINGS:
        if (await asker.ask(_set(names, candidate))).ok:
            reception.routing = candidate
            break
    said = (await asker.ask(f"AT{names.routing}?")).named(names.routing)
    reception.in_force = tuple(numbers(said)) if said is not None else ()
    counts = reception.in_force or reception.routing
    messages, reports = (Route.LISTED, Route.LISTED) if counts is None else routes_of(counts)
    reception.mode = ReceiveMode(messages, reports, False, reception.current, used, total)
    return reception


def _set(names: Names, setting: tuple[int, ...]) -> str:
    return f"AT{names.routing}={','.join(map(str, setting))}"


async def _choose_memory(
    asker: Asker, names: Names, wanted: tuple[str, ...], reception: Reception
) -> tuple[int | None, int | None]:
    """Receive into the first of ``wanted`` that the modem takes; how many places of it are taken, and are there.

    A modem without a card refuses the card's memory.
    """
    offer = (await asker.ask_card(f"AT{names.memory}=?")).named(names.memory)
    offers = word_sets(offer) if offer is not None else []
    offered = tuple(dict.fromkeys(offers[0])) if offers else ()
    taken: list[str] = []
    usage: tuple[int | None, int | None] = (None, None)
    for memory in wanted:
        if offered and memory not in offered:
            continue
        answer = await asker.ask_card(f'AT{names.memory}="{memory}","{memory}","{memory}"')
        if not answer.ok:
            answer = await asker.ask_card(f'AT{names.memory}="{memory}"')
        if answer.ok:
            counts = [number(each) for each in values(answer.named(names.memory) or "")]
            usage = (counts[-2], counts[-1]) if len(counts) > 1 else usage
            taken.append(memory)
            break
    reception.current = taken[0] if taken else None
    reception.readable = tuple(
        dict.fromkeys([*taken, *[name for name in offered if name in (*wanted, "SR")]])
    )
    return usage

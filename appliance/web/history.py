"""What happened on the box, as lines for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from appliance.desk.sims import SimBook
from appliance.store.events import Event, EventKind
from appliance.store.ports import Port
from appliance.store.sims import Sim
from appliance.web.words import Words


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a history."""

    at_ms: int
    kind: str
    said: str
    port: Port | None
    sim: Sim | None
    address: str
    """From which the person or program asked for it; empty where it came from the box itself."""


def history(events: Iterable[Event], book: SimBook, words: Words) -> list[Happened]:
    """The events in words, with the place and the SIM that each is about, where they are still there."""
    places = {port.id: port for port in book.ports}
    return [
        Happened(
            event.at_ms,
            event.kind,
            words.sentence(event.reason, event.reason_args),
            places.get(event.port_id or 0),
            book.sim(event.sim_id),
            str(event.reason_args.get("from", "")) if event.kind == EventKind.TECHNICIAN else "",
        )
        for event in events
    ]

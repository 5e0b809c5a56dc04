"""The wall of slots as a page shows it: each place in words, the places of a hub together, alarms first."""

from __future__ import annotations

import json
from dataclasses import dataclass

from appliance.desk.alarms import Raised, alarms
from appliance.desk.hubs import HubKind, by_hub
from appliance.desk.low_balance import amount_of
from appliance.desk.sims import COMING_UP, SimBook, SimOnWall, on_wall
from appliance.desk.webhooks import called
from appliance.policy.plan import Limit
from appliance.store import balance, webhooks
from appliance.store.ports import Port
from appliance.store.sims import Sim
from appliance.store.webhooks import Webhook
from appliance.web.office import Office
from appliance.web.words import N_, Words

TONES = ("good", "busy", "bad")
"""A place works, is under way or at a limit, needs a hand. The page says it in words and with an icon besides."""

_READY_BUT = {
    "sim.clone": ("bad", N_("SIM is elsewhere too")),
    "sim.clone-sends": ("bad", N_("SIM is elsewhere too")),
    "port.storage-full": ("bad", N_("memory full")),
    "port.roams": ("busy", N_("abroad: only receives")),
}
"""What may be said of a port that is ready, with its tone and in words; else it simply is."""

_AT_LIMIT, _RESTS = ("busy", N_("at its limit")), ("busy", N_("resting"))
_HELD = {
    "sim.low-balance": ("bad", N_("low balance")),
    "sim.memory-full": ("bad", N_("memory full")),
    "sim.roams": ("busy", N_("abroad: only receives")),
    "sim.pauses": ("busy", N_("pauses after failures")),
}
"""What holds a SIM back whose port is ready, with its tone and in words; else it rests, or is at a limit."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How much of a limit is used."""

    name: str
    sent: int
    most: int
    """0 is no limit."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place with what is in it."""

    port: Port
    sim: SimOnWall | None
    tone: str
    bars: int
    """Signal, 0 to 4."""
    state: str
    """In words."""
    remark: str | None
    """What is the matter and what to do; None where all is well."""
    gauges: tuple[Gauge, ...]
    """The limits that are nearest to their end, and what was sent in 24 hours."""
    todo: tuple[str, str] | None
    """The words and the address of what a person can do about it now."""
    balance: str | None
    """What is on the SIM, as it was read last."""
    is_low: bool
    identified: bool
    """Whether someone is looking for this place on the hubs at the moment."""


@dataclass(frozen=True, slots=True)
class HubShown:
    """The slots of a hub."""

    kind: HubKind
    name: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Wall:
    """All of it."""

    hubs: tuple[HubShown, ...]
    alarms: tuple[Raised, ...]
    tones: dict[str, int]
    """How many places have each tone."""
    only: str | None
    """The tone that is shown alone."""

    @staticmethod
    def called(webhook: Webhook) -> str:
        """What a webhook that needs somebody is called."""
        return called(webhook)

    @property
    def total(self) -> int:
        return sum(self.tones.values())


def wall(office: Office, words: Words, only: str | None = None) -> Wall:
    """The wall now; ``only`` one tone, or all."""
    book = office.book()
    slots = {port.id: slot_of(office, port, book, words) for port in book.ports}
    tones = {tone: sum(slot.tone == tone for slot in slots.values()) for tone in TONES}
    shown = [port for port in book.ports if only in (None, slots[port.id].tone)]
    hubs = tuple(
        HubShown(hub.kind, hub.name, tuple(slots[port.id] for port in hub.ports)) for hub in by_hub(shown)
    )
    low = {each.sim_id for each in book.standings if each.low_balance is not None}
    told = webhooks.list_webhooks(office.reader())
    return Wall(hubs, alarms(book.ports, book.cards, low, words.now_ms, told), tones, only)


def slot_of(office: Office, port: Port, book: SimBook, words: Words) -> Slot:
    """One place."""
    card = book.sim(port.sim_id)
    sim = on_wall(office.reader(), card, book, words.now_ms) if card else None
    tone, state = "bad", words.port_state(port.state)
    remark: str | None = words.sentence(port.reason, port.reason_args)
    if port.state in COMING_UP:
        tone = "busy"
    if port.state == "ready" and port.reason in _READY_BUT:
        tone, named = _READY_BUT[port.reason]
        state = words.language.text(named)
    elif port.state == "ready":
        tone, remark = "good", None
        held = book.holds(card.id, words.now_ms) if card else None
        # The gap between two sends passes too quickly to be worth a word.
        if held is not None and held.code != "sim.at-limit.gap":
            told = why_it_rests(card, words) if held.code.startswith("sim.rest") else None
            remark = told or words.reason(held)
            tone, named = _HELD.get(held.code, _AT_LIMIT if held.code.startswith("sim.at-limit") else _RESTS)
            state = words.language.text(named)
    read = balance.latest_amount(office.reader(), card.id) if card else None
    return Slot(
        port=port,
        sim=sim,
        tone=tone,
        bars=bars_of(port.rssi_dbm),
        state=state,
        remark=remark,
        gauges=_gauges(sim, words),
        todo=_todo(port, words),
        balance=None if read is None or (amount := amount_of(read)) is None else str(amount),
        is_low=any(each.sim_id == port.sim_id and each.low_balance is not None for each in book.standings),
        identified=port.identified_until_ms > words.now_ms,
    )


def why_it_rests(card: Sim | None, words: Words) -> str | None:
    """What took a resting SIM out of service, where that can be said whole."""
    if card is None or card.resting_reason is None or (card.resting_until_ms or 0) <= words.now_ms:
        return None
    args = json.loads(card.resting_reason_args or "{}") | {
        "sim": card.name,
        "until_ms": card.resting_until_ms,
    }
    said = words.sentence(card.resting_reason, args)
    return None if said == card.resting_reason else said


def bars_of(rssi_dbm: int | None) -> int:
    """Signal bars as phones draw them: 4 from -73 dBm, 1 from -103 dBm (27.007 §8.5 gives the range)."""
    if rssi_dbm is None:
        return 0
    return sum(rssi_dbm >= least for least in (-103, -93, -83, -73))


def gauges_of(sim: SimOnWall, words: Words) -> dict[Limit, Gauge]:
    """What a SIM has sent in each window of its plan."""
    text, plan, used = words.language.text, sim.plan, sim.used
    return {
        Limit.MINUTE: Gauge(text(N_("a minute")), used.minute, plan.parts_per_minute),
        Limit.HOUR: Gauge(text(N_("an hour")), used.hour, plan.parts_per_hour),
        Limit.DAY: Gauge(text(N_("24 hours")), used.day, plan.parts_per_day),
    }


def _gauges(sim: SimOnWall | None, words: Words) -> tuple[Gauge, ...]:
    """Of 64 places nobody reads three gauges each: the fullest short window, if any, and the day."""
    if sim is None:
        return ()
    found = gauges_of(sim, words)
    short = [found[each] for each in (Limit.MINUTE, Limit.HOUR) if found[each].most and found[each].sent]
    fullest = max(short, key=lambda gauge: gauge.sent / gauge.most, default=None)
    return (found[Limit.DAY],) if fullest is None else (fullest, found[Limit.DAY])


def _todo(port: Port, words: Words) -> tuple[str, str] | None:
    text, here = words.language.text, f"/ports/{port.id}"
    match port.state:
        case "pin-required" | "wrong-pin" | "pin-not-tried" if port.sim_id is not None:
            return text(N_("Enter the PIN")), f"/sims/{port.sim_id}#pin"
        case "pin-required" | "wrong-pin" | "pin-not-tried":
            return text(N_("Enter the PIN")), f"{here}#pin"
        case "quarantined":
            return text(N_("See why, and release it")), here
        case _:
            return None

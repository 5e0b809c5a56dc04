"""What on the wall needs a person: each matter once, with the places that it is about. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from appliance.policy.blocking import QUARANTINED, SENTENCES
from appliance.store.ports import Port
from appliance.store.sims import Sim
from appliance.store.webhooks import Webhook


class Alarm(StrEnum):
    """A matter, gravest first. What it means and what to do is the sentence ``alarm.<value>``."""

    CLONE = "clone"
    """One SIM in two places: a copied card, or a modem that tells a wrong number of its card."""
    PUK = "puk"
    WRONG_PIN = "wrong-pin"
    PIN = "pin"
    QUARANTINE = "quarantine"
    MEMORY_FULL = "memory-full"
    REFUSED = "refused"
    """A SIM that rests because its carrier refused it again and again: blocked, or without credit."""
    LOW_BALANCE = "low-balance"
    DEVICE = "device"
    """The system does not let the box have a line."""
    WEBHOOK = "webhook"
    """A program takes nothing of what it asked to be told."""


@dataclass(frozen=True, slots=True)
class Raised:
    """One matter with the places, the SIMs and the webhooks that have it."""

    alarm: Alarm
    ports: tuple[Port, ...]
    sims: tuple[Sim, ...] = ()
    webhooks: tuple[Webhook, ...] = ()

    def __len__(self) -> int:
        return len(self.ports) + len(self.sims) + len(self.webhooks)


OF_STATE: Mapping[str, Alarm] = {
    "puk-required": Alarm.PUK,
    "wrong-pin": Alarm.WRONG_PIN,
    "pin-required": Alarm.PIN,
    "pin-not-tried": Alarm.PIN,
    "quarantined": Alarm.QUARANTINE,
    "no-permission": Alarm.DEVICE,
    "in-use": Alarm.DEVICE,
}
"""By the state of a port."""

OF_REASON: Mapping[str, Alarm] = {
    "sim.clone": Alarm.CLONE,
    "sim.clone-sends": Alarm.CLONE,
    "port.storage-full": Alarm.MEMORY_FULL,
}
"""By what is said of a port, whatever its state."""

OF_REST: Mapping[str, Alarm] = dict.fromkeys((*SENTENCES.values(), QUARANTINED), Alarm.REFUSED)
"""By the reason why a SIM rests. One that only waits for the report of its trial needs nobody."""


def alarms(
    ports: Iterable[Port],
    sims: Mapping[int, Sim],
    low: Collection[int],
    now_ms: int,
    webhooks: Iterable[Webhook] = (),
) -> tuple[Raised, ...]:
    """Every matter that there is, gravest first; a SIM that is in no port raises none.

    ``low`` are the SIMs that rest for their balance.
    """
    places: dict[Alarm, list[Port]] = defaultdict(list)
    cards: dict[Alarm, dict[int, Sim]] = defaultdict(dict)
    for port in ports:
        about_port = OF_REASON.get(port.reason) or OF_STATE.get(port.state)
        if about_port is not None:
            places[about_port].append(port)
        card = sims.get(port.sim_id) if port.sim_id is not None else None
        if card is None:
            continue
        if card.id in low:
            cards[Alarm.LOW_BALANCE][card.id] = card
        about_sim = _of_rest(card, now_ms)
        if about_sim is not None:
            cards[about_sim][card.id] = card
    silent = tuple(each for each in webhooks if fails_for_long(each, now_ms))
    found = (
        Raised(
            alarm,
            tuple(places[alarm]),
            tuple(cards[alarm].values()),
            silent if alarm is Alarm.WEBHOOK else (),
        )
        for alarm in Alarm
    )
    return tuple(each for each in found if len(each))


WEBHOOK_FAILS_MS = 60 * 60 * 1000
"""So long a receiver may take nothing before somebody has to look: a restart or a short cut needs nobody."""


def fails_for_long(webhook: Webhook, now_ms: int) -> bool:
    """Whether a subscription that is on has taken nothing for so long that a person has to look."""
    since_ms = webhook.failing_since_ms
    return webhook.is_on and since_ms is not None and now_ms - since_ms >= WEBHOOK_FAILS_MS


def _of_rest(card: Sim, now_ms: int) -> Alarm | None:
    if card.resting_reason is None or (card.resting_until_ms or 0) <= now_ms:
        return None
    return OF_REST.get(card.resting_reason)

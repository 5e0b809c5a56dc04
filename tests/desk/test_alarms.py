"""What needs a person is told once each, gravest first, with the places that have it."""

from __future__ import annotations

from appliance.desk.alarms import OF_REASON, OF_REST, OF_STATE, WEBHOOK_FAILS_MS, Alarm, Raised, alarms
from appliance.modem.states import PortState
from appliance.sentences import SENTENCES
from appliance.store.webhooks import Webhook
from appliance.web.words import ALARMS
from tests.desk.ports_in_words import a_port, a_sim

NOW_MS = 1_800_000_000_000


def raised(found: tuple[Raised, ...]) -> list[tuple[Alarm, list[int], list[int]]]:
    return [(each.alarm, [port.id for port in each.ports], [sim.id for sim in each.sims]) for each in found]


def test_each_matter_is_there_once_and_the_gravest_first() -> None:
    refused = a_sim(7, "sim.rests-after-refusals", NOW_MS + 1000)
    over = a_sim(8, "sim.rests-after-refusals", NOW_MS - 1000)
    cards = {sim.id: sim for sim in (refused, over, a_sim(9))}
    places = [
        a_port(1, "pin-required", "port.pin-required"),
        a_port(2, "quarantined", "port.quarantined.mute"),
        a_port(3, "pin-not-tried", "port.pin-not-tried"),
        a_port(4, "ready", "sim.clone", 9),
        a_port(5, "ready", "sim.clone-sends", 9),
        a_port(6, sim_id=7),
        a_port(7, sim_id=8),
        a_port(8, "registering", "port.registering"),
        a_port(9, "no-sim", "port.no-sim"),
    ]
    assert raised(alarms(places, cards, {9}, NOW_MS)) == [
        (Alarm.CLONE, [4, 5], []),
        (Alarm.PIN, [1, 3], []),
        (Alarm.QUARANTINE, [2], []),
        (Alarm.REFUSED, [], [7]),
        (Alarm.LOW_BALANCE, [], [9]),
    ]


def test_a_sim_that_is_in_no_place_raises_nothing() -> None:
    assert alarms([], {7: a_sim(7, "sim.rests-after-refusals", NOW_MS + 1000)}, {7}, NOW_MS) == ()


def test_a_webhook_that_takes_nothing_for_an_hour_raises_one_while_it_is_on() -> None:
    def a_webhook(webhook_id: int, failing_since_ms: int | None, *, is_on: bool = True) -> Webhook:
        return Webhook(
            id=webhook_id,
            dialect="standard",
            name="till",
            url="http://10.0.0.5/",
            secret=b"",
            is_on=is_on,
            made_at_ms=0,
            failing_since_ms=failing_since_ms,
        )

    long_ms = NOW_MS - WEBHOOK_FAILS_MS
    told = [
        a_webhook(1, None),
        a_webhook(2, long_ms + 1),
        a_webhook(3, long_ms),
        a_webhook(4, long_ms, is_on=False),
    ]
    (found,) = alarms([], {}, (), NOW_MS, told)
    assert (found.alarm, [each.id for each in found.webhooks], len(found)) == (Alarm.WEBHOOK, [3], 1)


def test_what_alarms_go_by_is_there_and_each_has_its_words() -> None:
    assert set(OF_STATE) <= set(PortState)
    assert {*OF_REASON, *OF_REST} <= set(SENTENCES)
    for alarm in Alarm:
        assert f"alarm.{alarm}" in SENTENCES
        assert alarm.value in ALARMS

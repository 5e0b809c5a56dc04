"""Scenarios of the card: pulled, swapped, cloned, locked; and calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.store import commands, pins
from appliance.store.clock import now_ms
from appliance.store.sealing import public_key
from tests.pool.pools import DELIVERED, QUICK_TIMINGS, numbers
from tests.pool.scenarios.stage import Played, played


def enter_pin(stage: Played, iccid: str, pin: str) -> None:
    """As a person does on the page."""
    sealer = public_key(stage.pool.settings.database.parent)
    assert sealer is not None
    owner = pins.owner_of(iccid, "")
    connection = stage.pool.connection()
    pins.set_pin(connection, owner, sealer.seal(owner, pin), forced=True, now_ms=now_ms())
    connection.close()


def test_swap_while_sending(tmp_path: Path) -> None:
    with played(tmp_path, 2, bank_latency_ms=20) as stage:
        before = stage.pool.port(0)["sim_id"]
        stage.play(0, "swap", gap_ms=400)
        stage.pool.submit(numbers(12), "hello")
        stage.pool.wait_for(lambda: stage.pool.port(0)["sim_id"] not in (None, before))
        stage.wait_for_state(0, "ready")
        stage.pool.wait_until_all(DELIVERED, "uncertain")
        counted = stage.pool.rows("SELECT sim_id, count(*) FROM parts GROUP BY sim_id")
        assert len(stage.pool.rows("SELECT 1 FROM sims")) == 3
        assert all(row[1] for row in counted), "each card has what went through it"


def test_a_card_that_is_pulled_while_sending_leaves_the_rest_to_others(tmp_path: Path) -> None:
    with played(tmp_path, 2, bank_latency_ms=20) as stage:
        stage.play(0, "no-sim")
        stage.pool.submit(numbers(12), "hello")
        stage.wait_for_state(0, "no-sim")
        stage.pool.wait_until_all(DELIVERED, "uncertain")
        assert stage.pool.states()["uncertain"] <= 1, "only what was with the network"


def test_a_swap_is_followed_without_a_new_plug(tmp_path: Path) -> None:
    """And with no card in no port is called ready, not even for a moment."""
    with played(tmp_path, 1) as stage:
        before = [stage.pool.port(0)["sim_id"]]
        for _ in range(3):
            stage.bank.control("card", action="pull", modem="modem01")
            stage.wait_for_state(0, "no-sim")
            assert stage.pool.port(0)["sim_id"] is None
            stage.bank.control("card", action="insert", modem="modem01")
            stage.wait_for_state(0, "ready")
            assert stage.pool.port(0)["sim_id"] not in (None, *before)
            before.append(stage.pool.port(0)["sim_id"])


@pytest.mark.parametrize("make", ["simcom-sim7600", "zte-mf190", "sierra-mc7304"])
def test_a_swap_is_followed_in_a_modem_that_does_not_notice_it(tmp_path: Path, make: str) -> None:
    """It goes on to say that its card is ready, some with the number of the one that is gone."""
    timings = replace(QUICK_TIMINGS, card_wake_first_s=0.3)
    with played(tmp_path, 1, bank_profiles=(make,), timings=timings) as stage:
        first = stage.pool.port(0)["sim_id"]
        stage.bank.control("card", action="pull", modem="modem01")
        stage.wait_for_state(0, "no-sim")
        looks = len(stage.pool.rows("SELECT 1 FROM events WHERE reason = 'port.ready'"))
        card = stage.bank.control("card", action="insert", modem="modem01")
        stage.wait_for_state(0, "ready")
        assert stage.pool.port(0)["sim_id"] not in (None, first)
        assert stage.pool.rows("SELECT iccid FROM sims ORDER BY id DESC")[0]["iccid"] == card["iccid"]
        assert looks == 1, "ready was said with no card in"
        stage.pool.submit(numbers(3), "hello")
        stage.pool.wait_until_all(DELIVERED)


def test_what_only_the_pulled_card_may_send_waits_for_it_and_says_so(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        [card] = [each for each in stage.bank.control("cards") if each["modem"] == "modem01"]
        stage.bank.control("card", action="pull", modem="modem01")
        stage.wait_for_state(0, "no-sim")
        sim_id = stage.pool.rows("SELECT id FROM sims WHERE iccid = ?", card["iccid"])[0]["id"]
        [pinned] = stage.pool.submit(numbers(1), "for one card", via_sim_id=sim_id)
        [other] = stage.pool.submit(numbers(1, "+86137"), "for any")
        stage.pool.wait_for_state(other, DELIVERED)
        assert stage.pool.state(pinned)[0] == "queued"
        stage.bank.control("card", action="insert", modem="modem01", card=card["card"])
        stage.pool.wait_for_state(pinned, DELIVERED)


def test_clone(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(1, "clone")
        stage.pool.wait_for(
            lambda: {stage.states(0)[1], stage.states(1)[1]} == {"sim.clone", "sim.clone-sends"}
        )
        assert stage.events("sim-clone") == ["sim.clone"]
        stage.pool.submit(numbers(8), "hello")
        stage.pool.wait_until_all(DELIVERED)
        stage.calm(1)
        stage.pool.wait_for(lambda: {stage.states(0)[1], stage.states(1)[1]} == {"port.ready"})


def test_pin(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        iccid = stage.bank.modem(0)["iccid"]
        enter_pin(stage, iccid, "4711")
        stage.play(0, "pin", pin="4711")
        stage.pool.wait_for(lambda: stage.pool.rows("SELECT 1 FROM sim_pins WHERE state = 'accepted'"))
        stage.wait_for_state(0, "ready")


def test_wrong_pin_is_tried_once(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        iccid = stage.bank.modem(0)["iccid"]
        enter_pin(stage, iccid, "4711")
        stage.play(0, "wrong-pin")
        stage.wait_for_state(0, "wrong-pin")
        stage.unplug(0)
        stage.plug(0)
        stage.wait_for_state(0, "wrong-pin")
        tries = [row["reason"] for row in stage.pool.rows("SELECT reason FROM events WHERE kind = 'pin'")]
        assert tries == ["event.pin-refused"]
        assert len(stage.pool.rows("SELECT 1 FROM sim_pins WHERE state = 'refused'")) == 1


def test_a_card_that_is_locked_can_be_told_before_its_pin_is_known(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.bank.control("card", action="make", card="locked", pin="1234")
        stage.bank.control("card", action="swap", modem="modem01", card="locked", gap_ms=100)
        stage.wait_for_state(0, "pin-required")
        [row] = stage.pool.rows(
            "SELECT sims.iccid FROM ports JOIN sims ON sims.id = ports.sim_id WHERE state = 'pin-required'"
        )
        enter_pin(stage, row["iccid"], "1234")
        connection = stage.pool.connection()
        name = stage.pool.port(0)["name"]
        commands.ask(connection, name, commands.PortCommand.PIN_NOW, now_ms())
        connection.close()
        stage.pool.ring()
        stage.wait_for_state(0, "ready")


def test_puk_is_shown_and_never_tried(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        iccid = stage.bank.modem(0)["iccid"]
        enter_pin(stage, iccid, "4711")
        stage.play(0, "puk")
        stage.wait_for_state(0, "puk-required")
        assert stage.pool.rows("SELECT state FROM sim_pins")[0]["state"] == "stored"


def test_call_during_a_send(tmp_path: Path) -> None:
    # On a busy machine rings of one call may be far apart.
    with played(tmp_path, 1, bank_latency_ms=50, timings=replace(QUICK_TIMINGS, call_ends_s=2.0)) as stage:
        stage.play(0, "call", rings=2, every_ms=50)
        stage.pool.submit(numbers(3), "hello")
        stage.pool.wait_until_all(DELIVERED)
        stage.pool.wait_for(lambda: stage.events("missed-call") == ["event.missed-call"])


def test_a_call_is_ended_where_the_settings_say_so(tmp_path: Path) -> None:
    with played(tmp_path, 1, hang_up_calls=True) as stage:
        stage.bank.control("call", modem="modem01", rings=100_000, every_ms=50)
        stage.pool.wait_for(lambda: stage.events("missed-call"))
        assert stage.bank.control("call", modem="modem01", end=True)["hung_up"] == 1

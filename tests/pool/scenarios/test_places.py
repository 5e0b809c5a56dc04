"""Scenarios of plugs, hubs and networks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from appliance.modem.at.limits import Limits
from appliance.pool.settings import Roaming
from appliance.store import commands
from appliance.store.clock import now_ms
from tests.pool.pools import DELIVERED, QUICK_LADDER, QUICK_TIMINGS, numbers
from tests.pool.scenarios.stage import played

LONG_S = 600.0
"""What waited for this would not be done when the test gives up."""


def test_renumbered(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        sim_id = stage.pool.port(0)["sim_id"]
        stage.play(0, "renumbered", return_ms=200)
        stage.pool.wait_for(
            lambda: stage.pool.rows("SELECT 1 FROM ports WHERE name LIKE '%modem01-2' AND state = 'ready'")
        )
        [row] = stage.pool.rows("SELECT sim_id FROM ports WHERE name LIKE '%modem01-2'")
        assert row["sim_id"] == sim_id
        stage.pool.submit(numbers(3), "hello")
        stage.pool.wait_until_all(DELIVERED)


def test_the_messages_of_an_unplugged_modem_are_on_others_before_any_limit_is_over(tmp_path: Path) -> None:
    """The end of the line alone moves them: no look at the ports, no limit of a command that waits for an answer."""
    looks = replace(QUICK_TIMINGS, scan_s=LONG_S, glance_s=LONG_S)
    limits = Limits(command_s=LONG_S, by_command_s={}, prompt_s=LONG_S, submit_s=LONG_S)
    with played(tmp_path, 3, timings=looks, modem_limits=limits, bank_latency_ms=50) as stage:
        stage.pool.submit(numbers(12), "hello")
        stage.pool.wait_for(lambda: stage.pool.states()["sending"] == 3)
        stage.play(0, "unplugged")
        stage.pool.wait_until_all(DELIVERED, "uncertain")
        stage.wait_for_state(0, "absent", "line-lost")


def test_flap(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "flap", every_ms=500, gone_ms=200)
        stage.pool.submit(numbers(10), "hello")
        stage.wait_for_state(0, "quarantined")
        assert stage.states(0)[1] == "port.quarantined.flapping"
        stage.pool.wait_until_all(DELIVERED, "uncertain")
        # It goes on flapping, and that is not enough to be tried again.
        for _ in range(3):
            stage.pool.wait_for(lambda: not stage.bank.modem(0)["plugged"])
            stage.pool.wait_for(lambda: stage.bank.modem(0)["plugged"])
        assert stage.states(0)[0] == "quarantined"
        stage.calm(0)
        connection = stage.pool.connection()
        commands.ask(connection, stage.pool.port(0)["name"], commands.PortCommand.RELEASE, now_ms())
        connection.close()
        stage.pool.ring()
        stage.wait_for_state(0, "ready")


def test_a_port_in_quarantine_is_free_once_its_modem_is_plugged_in_again(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "babble")
        stage.wait_for_state(0, "quarantined")
        stage.calm(0)
        stage.wait_for_commands(1, 3)  # time passes
        assert stage.states(0)[0] == "quarantined"
        stage.bank.control("unplug", modem="modem01", return_ms=300)
        stage.wait_for_state(0, "ready")


def test_what_flapped_has_to_stay_away_for_a_while(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "flap", every_ms=500, gone_ms=200)
        stage.wait_for_state(0, "quarantined")
        stage.calm(0)
        stage.unplug(0, "absent")
        stage.plug(0)
        stage.wait_for_state(0, "ready")


def test_a_quarantine_outlives_a_restart_of_the_pool_and_is_probed(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "babble")
        stage.wait_for_state(0, "quarantined")
        assert len(stage.pool.rows("SELECT 1 FROM port_standings")) == 1
    assert stage.pool.rows("SELECT standing FROM port_standings")[0]["standing"]


def test_a_probe_ends_a_quarantine(tmp_path: Path) -> None:
    soon = replace(QUICK_LADDER, first_probe_ms=1_000)
    with played(tmp_path, 1, ladder=soon) as stage:
        stage.play(0, "babble")
        stage.wait_for_state(0, "quarantined")
        stage.calm(0)
        stage.wait_for_state(0, "ready")


def test_hub_off(tmp_path: Path) -> None:
    with played(tmp_path, 8) as stage:
        for _ in range(2):
            stage.play(0, "hub-off", modems=8, return_ms=500)
            stage.pool.wait_for(lambda: not any(stage.states(number)[0] == "ready" for number in range(8)))
            stage.pool.wait_until_ready(8)
        assert stage.events("ladder") == [], "no reset"
        stage.pool.submit(numbers(16), "hello")
        stage.pool.wait_until_all(DELIVERED)


def test_no_network(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "no-network")
        stage.wait_for_state(0, "registering", "no-network")
        [seq] = stage.pool.submit(numbers(1), "hello")
        stage.wait_for_commands(0, 3)  # it is asked whether it has a network
        assert stage.pool.state(seq)[0] == "queued"
        stage.calm(0)
        stage.pool.wait_for_state(seq, DELIVERED)


def test_roaming_waits_and_says_so(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "roaming")
        stage.pool.wait_for(lambda: stage.states(0) == ("ready", "port.roams"))
        [seq] = stage.pool.submit(numbers(1), "hello")
        stage.pool.wait_for(lambda: stage.pool.port(0)["hold_reason"] == "sim.roams")
        assert stage.pool.state(seq)[0] == "queued"
        stage.calm(0)
        stage.pool.wait_for_state(seq, DELIVERED)
        stage.pool.wait_for(lambda: stage.pool.port(0)["hold_reason"] is None)


def test_roaming_sends_where_it_may(tmp_path: Path) -> None:
    with played(tmp_path, 1, roaming=Roaming.SEND) as stage:
        stage.play(0, "roaming")
        stage.pool.submit(numbers(2), "hello")
        stage.pool.wait_until_all(DELIVERED)


def test_lte_only(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "lte-only")
        stage.pool.submit(numbers(2), "hello")
        stage.pool.wait_until_all(DELIVERED)
        stage.wait_for_state(0, "ready")

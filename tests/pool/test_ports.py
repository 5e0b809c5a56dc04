"""Supervision: ports that are absent, come, go, come back, have two names, or show one SIM twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.bank import running_bank
from tests.pool.pools import DELIVERED, assert_each_exactly_once, box, numbers


def test_a_port_that_is_given_by_its_path_is_shown_before_it_is_there(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        later = tmp_path / "later"
        pool = box(tmp_path, bank, port_patterns=(str(later),))
        [seq] = pool.submit(numbers(1), "hello")
        with pool.running():
            pool.wait_for(lambda: pool.conditions() == [(str(later), "absent", "port.absent")])
            later.symlink_to(bank.ports[0])
            pool.wait_for_state(seq, DELIVERED)
            assert pool.conditions() == [(str(later), "ready", "port.ready")]


def test_a_modem_that_is_unplugged_comes_back_and_its_messages_go_by_others(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=3, latency_ms=10, report_delay_ms=10) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready(3)
            pool.submit(numbers(60), "hello")
            bank.fault(1, "hangup", return_ms=600)
            pool.wait_for(lambda: pool.port(1)["state"] in ("line-lost", "absent"))
            pool.wait_for(lambda: pool.port(1)["state"] == "ready")
            pool.wait_until_all(DELIVERED, "uncertain")
        assert_each_exactly_once(pool, bank)
        kinds = [row["reason"] for row in pool.rows("SELECT reason FROM events WHERE kind = 'port-state'")]
        assert "port.line-lost" in kinds


def test_a_whole_bank_that_vanishes_and_returns_is_taken_up_again(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready(2)
            for number in (0, 1):
                bank.fault(number, "hangup", return_ms=400)
            pool.wait_for(lambda: pool.port(0)["state"] != "ready" and pool.port(1)["state"] != "ready")
            pool.wait_until_ready(2)
            [seq] = pool.submit(numbers(1), "hello")
            pool.wait_for_state(seq, DELIVERED)


def test_one_sim_in_two_ports_sends_from_one_and_the_other_takes_over(tmp_path: Path) -> None:
    twins = "[[modem]]\niccid = '89860012345678901234'\n[[modem]]\niccid = '89860012345678901234'\n"
    with running_bank(tmp_path, modems=2, config=twins) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_for(
                lambda: {reason for _, _, reason in pool.conditions()} == {"sim.clone-sends", "sim.clone"}
            )
            pool.submit(numbers(10), "hello")
            pool.wait_until_all(DELIVERED)
            assert len(pool.rows("SELECT DISTINCT port_id FROM parts")) == 1
            reasons = {row["reason"]: row["name"] for row in pool.rows("SELECT name, reason FROM ports")}
            sending = 0 if reasons["sim.clone-sends"].endswith("modem01") else 1
            bank.fault(sending, "hangup", return_ms=60_000)
            pool.wait_for(lambda: pool.port(1 - sending)["reason"] == "port.ready")
            [seq] = pool.submit(numbers(1, "+86137"), "hello")
            pool.wait_for_state(seq, DELIVERED)
        assert pool.rows("SELECT 1 FROM events WHERE kind = 'sim-clone'")
        assert len(pool.rows("SELECT 1 FROM sims")) == 1


def test_cards_that_can_t_send_say_why_and_the_rest_goes_on(tmp_path: Path) -> None:
    config = """
[[modem]]
sim = false
[[modem]]
pin = "1234"
[[modem]]
registration = "denied"
[[modem]]
smsc = ""
[[modem]]
"""
    with running_bank(tmp_path, modems=5, config=config) as bank:
        pool = box(tmp_path, bank)
        [seq] = pool.submit(numbers(1), "hello")
        with pool.running():
            pool.wait_for_state(seq, DELIVERED)
            expected = {"no-sim", "pin-required", "no-smsc", "ready"}
            pool.wait_for(lambda: expected <= {state for _, state, _ in pool.conditions()})


def test_a_sim_keeps_its_history_in_another_port(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(2), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
        other = tmp_path / "another-place"
        other.symlink_to(bank.ports[0])
        moved = replace(pool, settings=replace(pool.settings, port_patterns=(str(other),)))
        with moved.running():
            moved.wait_until_ready()
        [sim] = moved.rows("SELECT id FROM sims")
        assert len(moved.rows("SELECT 1 FROM parts WHERE sim_id = ?", sim["id"])) == 2
        shown = moved.rows("SELECT name FROM ports WHERE configured = 1")
        assert [row["name"] for row in shown] == [str(other)]


def test_an_idle_pool_writes_nothing(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=4) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready(4)
            log = pool.settings.database.with_name("simloft.db-wal")

            def wrote_nothing_for_rounds() -> bool:
                before = log.stat()
                asked = bank.modem(0)["commands"]
                pool.wait_for(lambda: bank.modem(0)["commands"] >= asked + 6)
                after = log.stat()
                return (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)

            # What bring-up leaves to write is written first. One that writes now and then never gets there.
            pool.wait_for(wrote_nothing_for_rounds)
            began, asked = log.stat().st_mtime_ns, bank.modem(0)["commands"]
            pool.wait_for(lambda: bank.modem(0)["commands"] >= asked + 6)
            assert log.stat().st_mtime_ns == began

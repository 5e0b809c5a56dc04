"""Scenarios of sending: answers that are late or lost, refusals of each class, carriers that have had enough."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.policy.failure import BackOff
from tests.pool.pools import DELIVERED, FAILED, QUICK_RETRIES, numbers
from tests.pool.scenarios.stage import played


def test_late_final(tmp_path: Path) -> None:
    with played(tmp_path, 1, bank_report_delay_ms=60_000) as stage:
        stage.play(0, "late-final", delay_ms=1_500)
        [seq] = stage.pool.submit(numbers(1), "hello")
        stage.pool.wait_for_state(seq, "uncertain")
        stage.pool.wait_for_state(seq, "sent")


def test_lost_final(tmp_path: Path) -> None:
    with played(tmp_path, 1, bank_report_delay_ms=1_500) as stage:
        stage.play(0, "lost-final")
        [seq] = stage.pool.submit(numbers(1), "hello")
        stage.pool.wait_for_state(seq, "uncertain")
        stage.pool.wait_for_state(seq, DELIVERED)


@pytest.mark.parametrize("taken", [True, False])
def test_reset_mid_send(tmp_path: Path, taken: bool) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "reset-mid-send", taken=taken, return_ms=300)
        stage.pool.submit(numbers(6), "hello")
        stage.wait_for_state(0, "line-lost", "absent")
        stage.wait_for_state(0, "ready")
        stage.pool.wait_until_all(DELIVERED, "uncertain")
        # Its settings are made anew: what arrives is told, and read.
        stage.bank.reply("+8613912345678", stage.bank.msisdn(0), "好的")
        stage.pool.wait_for(lambda: stage.texts() == ["好的"])


@pytest.mark.parametrize(
    ("code", "comes_out"),
    [
        (1, FAILED),
        (304, FAILED),
        (8, DELIVERED),
        (21, DELIVERED),
        (50, DELIVERED),
        (38, DELIVERED),
        (42, DELIVERED),
        (310, DELIVERED),
        (330, DELIVERED),
        (300, DELIVERED),
        (322, DELIVERED),
        (500, DELIVERED),
        (512, DELIVERED),
        (332, "uncertain"),
    ],
)
def test_cms(tmp_path: Path, code: int, comes_out: str) -> None:
    """One refusal of each class: what is the matter with a SIM, a network or a modem goes out all the same."""
    with played(tmp_path, 2) as stage:
        for number in (0, 1):
            stage.play(number, "cms-N", code=code, count=1 if comes_out == DELIVERED else 2)
        [seq] = stage.pool.submit(numbers(1), "hello")
        stage.pool.wait_for_state(seq, comes_out)


@pytest.mark.parametrize("code", [10, 13, 14, 30, 100, 515])
def test_cme(tmp_path: Path, code: int) -> None:
    """What is the matter with a card, a modem or a network (27.007) is not the fault of the message."""
    with played(tmp_path, 2) as stage:
        for number in (0, 1):
            stage.play(number, "cme-N", code=code)
        [seq] = stage.pool.submit(numbers(1), "hello")
        stage.pool.wait_for_state(seq, DELIVERED)


def test_blocked(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "blocked", first=4)
        stage.pool.submit(numbers(24), "hello")
        stage.pool.wait_until_all(DELIVERED)
        [sim_id] = [
            row["sim_id"] for row in stage.pool.rows("SELECT sim_id FROM events WHERE kind = 'sim-rested'")
        ]
        assert sim_id == stage.pool.port(0)["sim_id"]
        [rest] = stage.pool.rows("SELECT resting_reason FROM sims WHERE resting_until_ms > 0")
        assert rest["resting_reason"] == "sim.rests-after-refusals"


def test_empty(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        stage.play(0, "empty", balance_fen=20, price_fen=10)
        stage.pool.submit(numbers(20), "hello")
        stage.pool.wait_until_all(DELIVERED)
        assert stage.events("sim-rested") == ["sim.rests-after-refusals"]


def test_a_number_that_alone_is_refused_is_the_fault_of_the_message(tmp_path: Path) -> None:
    slowly = replace(QUICK_RETRIES, sim=BackOff(1_500, 1, 1_500))
    with played(tmp_path, 1, retry=slowly) as stage:
        stage.play(0, "cms-N", code=21, count=1)
        [bad] = stage.pool.submit(["+8613900000667"], "hello")
        stage.pool.wait_for(lambda: stage.pool.state(bad)[1] == "message.again.sim")
        [good] = stage.pool.submit(numbers(1, "+86137"), "hello")
        stage.pool.wait_for_state(good, DELIVERED)
        stage.play(0, "cms-N", code=21, count=1)
        assert stage.pool.wait_for_state(bad, FAILED)[1] == "message.failed.number"


def test_sims_that_are_blocked_at_once_are_no_fault_of_the_messages(tmp_path: Path) -> None:
    with played(tmp_path, 2) as stage:
        for number in (0, 1):
            stage.play(number, "blocked", first=1)
        stage.pool.submit(numbers(4), "hello")
        stage.pool.wait_for(lambda: len(stage.events("sim-rested")) == 2)
        assert set(stage.pool.states()) <= {"queued", DELIVERED}


def test_a_modem_that_fails_at_everything_climbs_the_ladder(tmp_path: Path) -> None:
    with played(tmp_path, 1) as stage:
        stage.play(0, "cms-N", code=500, count=1_000)
        stage.pool.submit(numbers(40), "hello")
        stage.pool.wait_for(lambda: stage.states(0)[1] == "port.quarantined.failing")
        told = stage.events("ladder")
        assert "ladder.radio-reset.in-vain" in told
        assert not any(each.endswith(".helped") for each in told), "that it answers is no proof"
        assert stage.pool.states()["queued"], "what is left waits for another modem"

"""What modems and networks refuse, each class with what must come of it; the ledger counts lost and doubled."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.policy.blocking import Pattern
from appliance.policy.breaker import from_json
from appliance.policy.failure import BackOff
from appliance.policy.plan import Plan
from appliance.store import messages
from appliance.store.clock import now_ms
from appliance.store.database import connect
from tests.bank import running_bank
from tests.pool.pools import (
    DELIVERED,
    FAILED,
    QUICK_BREAKER,
    QUICK_LADDER,
    QUICK_TIMINGS,
    UNCERTAIN,
    assert_each_exactly_once,
    box,
    numbers,
)


@pytest.mark.parametrize("code", [1, 95, 111, 195, 304])
def test_the_fault_of_a_message_fails_it_at_once_and_the_sim_goes_on(tmp_path: Path, code: int) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        bank.fault(0, "cms", code=code)
        bad, good = pool.submit(numbers(2), "hello")
        with pool.running():
            assert pool.wait_for_state(bad, FAILED) == (FAILED, "message.failed.refused")
            pool.wait_for_state(good, DELIVERED)
        [row] = pool.rows("SELECT attempt, reason_args FROM messages WHERE seq = ?", bad)
        assert row["attempt"] == 1
        assert str(code) in row["reason_args"]


@pytest.mark.parametrize("code", [17, 38, 42, 331])
def test_the_network_is_tried_again(tmp_path: Path, code: int) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        bank.fault(0, "cms", code=code, count=2)
        [seq] = pool.submit(numbers(1), "hello")
        with pool.running():
            pool.wait_for_state(seq, DELIVERED)
        assert pool.rows("SELECT attempt FROM messages")[0][0] == 3
        assert_each_exactly_once(pool, bank)


@pytest.mark.parametrize("kind", ["cms", "cme"])
def test_the_modem_is_tried_again(tmp_path: Path, kind: str) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        bank.fault(0, kind, code={"cms": 500, "cme": 100}[kind], count=3)
        [seq] = pool.submit(numbers(1), "hello")
        with pool.running():
            pool.wait_for_state(seq, DELIVERED)
        assert pool.rows("SELECT attempt FROM messages")[0][0] == 4
        assert_each_exactly_once(pool, bank)


def test_attempts_are_bounded_and_the_last_error_is_told(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        bank.fault(0, "cms", code=42, count=100)
        [seq] = pool.submit(numbers(1), "hello")
        with pool.running():
            assert pool.wait_for_state(seq, FAILED) == (FAILED, "message.failed.attempts")
        [row] = pool.rows("SELECT attempt, reason_args FROM messages")
        assert row["attempt"] == 5
        assert "42 congestion" in row["reason_args"]
        assert_each_exactly_once(pool, bank)


def test_a_sim_that_may_not_is_left_for_another(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank:
        pool = box(tmp_path, bank)
        bank.fault(0, "cms", code=50, count=100)
        pool.submit(numbers(12), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
            pool.wait_for(lambda: pool.rows("SELECT 1 FROM sims WHERE resting_until_ms IS NOT NULL"))
        assert_each_exactly_once(pool, bank)
        refused, other = pool.rows("SELECT * FROM sims ORDER BY id")
        if refused["resting_until_ms"] is None:
            refused, other = other, refused
        assert other["resting_until_ms"] is None
        assert refused["resting_reason"] == "sim.rests-after-refusals"
        assert "50 requested facility not subscribed" in refused["resting_reason_args"]
        assert from_json(refused["breaker"]).runs[Pattern.REFUSED].count == 3
        assert pool.rows("SELECT count(*) FROM parts WHERE state = 'refused'")[0][0] == 3, (
            "then it was left alone"
        )
        assert [row["kind"] for row in pool.rows("SELECT kind FROM events WHERE kind = 'sim-rested'")] == [
            "sim-rested"
        ]


def test_a_rested_sim_tries_once_and_is_forgiven(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        rules = replace(QUICK_BREAKER, rest=BackOff(300, 2, 1_000))
        pool = box(tmp_path, bank, breaker=rules)
        bank.fault(0, "cms", code=50, count=3)
        pool.submit(numbers(6), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
        [sim] = pool.rows("SELECT breaker, resting_until_ms FROM sims")
        assert tuple(sim) == (None, None)
        assert pool.rows("SELECT count(*) FROM probes")[0][0] == 1
        kinds = [row["kind"] for row in pool.rows("SELECT kind FROM events WHERE kind LIKE 'sim-re%'")]
        assert kinds == ["sim-rested", "sim-readmitted"]
        assert_each_exactly_once(pool, bank)


def test_a_long_message_that_is_stopped_in_the_middle_goes_on_through_its_sim(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2, latency_ms=60) as bank:
        pool = box(tmp_path, bank)
        [seq] = pool.submit(numbers(1), "长" * 250)
        with pool.running():
            pool.wait_for(lambda: pool.rows("SELECT 1 FROM parts WHERE number = 2"))
            for modem in (0, 1):
                bank.fault(modem, "cms", code=38, count=1)
            pool.wait_for_state(seq, DELIVERED)
        used = pool.rows("SELECT DISTINCT sim_id, concat_reference FROM parts")
        assert len(used) == 1, "one SIM, one reference"
        assert_each_exactly_once(pool, bank)


def test_a_long_message_of_which_a_part_is_refused_for_good_says_what_was_sent(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, latency_ms=60) as bank:
        pool = box(tmp_path, bank)
        [seq] = pool.submit(numbers(1), "长" * 250)
        with pool.running():
            pool.wait_for(lambda: pool.rows("SELECT 1 FROM parts WHERE number = 2"))
            bank.fault(0, "cms", code=176, count=9)
            assert pool.wait_for_state(seq, FAILED) == (FAILED, "message.failed.partly")


class TestUncertain:
    def test_a_network_time_out_is_never_sent_again_by_itself(self, tmp_path: Path) -> None:
        # Slow enough that each of the two SIMs gets one of the six, and so meets its fault.
        with running_bank(tmp_path, modems=2, latency_ms=100) as bank:
            pool = box(tmp_path, bank)
            for modem in (0, 1):
                bank.fault(modem, "cms", code=332)
            with pool.running():
                pool.wait_until_ready(2)
                pool.submit(numbers(6), "hello")
                pool.wait_for(lambda: pool.states() == {DELIVERED: 4, UNCERTAIN: 2})
            assert_each_exactly_once(pool, bank)
            assert pool.reasons()["message.uncertain"] == 2

    def test_a_lost_answer_is_settled_by_the_report(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1, report_delay_ms=2_000) as bank:
            pool = box(tmp_path, bank)
            bank.fault(0, "lost-final")
            [seq] = pool.submit(numbers(1), "hello")
            with pool.running():
                assert pool.wait_for_state(seq, UNCERTAIN) == (UNCERTAIN, "message.uncertain")
                pool.wait_for_state(seq, DELIVERED)
            assert_each_exactly_once(pool, bank)

    def test_a_report_that_came_before_we_gave_up_settles_it_at_once(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1, report_delay_ms=50) as bank:
            pool = box(tmp_path, bank)
            bank.fault(0, "lost-final")
            [seq] = pool.submit(numbers(1), "hello")
            with pool.running():
                pool.wait_for_state(seq, DELIVERED)
            assert pool.rows("SELECT kind FROM events WHERE kind = 'message-uncertain'")
            assert_each_exactly_once(pool, bank)

    def test_a_late_answer_settles_it(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1, report_delay_ms=60_000) as bank:
            pool = box(tmp_path, bank)
            bank.fault(0, "late-final", delay_ms=1_200)
            first, second = pool.submit(numbers(2), "hello")
            with pool.running():
                pool.wait_for_state(first, UNCERTAIN)
                pool.wait_for_state(first, "sent")
                pool.wait_for_state(second, "sent")
            assert_each_exactly_once(pool, bank)

    @pytest.mark.parametrize("taken", [True, False])
    def test_a_modem_that_vanishes_after_ctrl_z_leaves_it_uncertain_and_comes_back(
        self, tmp_path: Path, taken: bool
    ) -> None:
        with running_bank(tmp_path, modems=1, report_delay_ms=60_000) as bank:
            pool = box(tmp_path, bank)
            bank.fault(0, "hangup-mid-send", taken=taken, return_ms=300)
            first, second = pool.submit(numbers(2), "hello")
            with pool.running():
                pool.wait_for_state(second, "sent")
                assert pool.state(first)[0] == UNCERTAIN
            assert_each_exactly_once(pool, bank)
            assert len(bank.handset_texts()) == (2 if taken else 1)

    def test_its_sender_may_ask_for_it_to_be_sent_again(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1, report_delay_ms=5) as bank:
            pool = box(tmp_path, bank)
            bank.fault(0, "hangup-mid-send", taken=False, return_ms=100)
            [seq] = pool.submit(numbers(1), "hello", on_uncertain="resend")
            with pool.running():
                pool.wait_for(lambda: pool.state(seq)[1] == "message.uncertain-resend")
                pool.wait_for_state(seq, DELIVERED)
            states = [row[0] for row in pool.rows("SELECT state FROM parts ORDER BY attempt")]
            assert states == ["uncertain", "delivered"]
            assert len(bank.handset_texts()) == 1

    def test_the_rest_of_a_long_message_waits_until_it_is_settled(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=2, report_delay_ms=1_500) as bank:
            pool = box(tmp_path, bank)
            for modem in (0, 1):
                bank.fault(modem, "lost-final")
            [seq] = pool.submit(numbers(1), "长" * 250)
            with pool.running():
                pool.wait_for_state(seq, UNCERTAIN)
                assert len(pool.rows("SELECT 1 FROM parts")) == 1
                for modem in (0, 1):
                    bank.fault(modem, "clear")
                pool.wait_for_state(seq, DELIVERED)
            assert len(pool.rows("SELECT DISTINCT sim_id FROM parts")) == 1
            assert_each_exactly_once(pool, bank)


def test_a_modem_that_hangs_costs_the_others_nothing(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=4, latency_ms=5, report_delay_ms=5) as bank:
        # So slow a climb is not at its end when a busy machine looks.
        pool = box(tmp_path, bank, ladder=replace(QUICK_LADDER, first_pause_ms=1_500, longest_pause_ms=1_500))
        bank.fault(0, "mute-mid-send", taken=True)
        bank.fault(1, "mute-mid-send", taken=False)
        pool.submit(numbers(80), "hello")
        with pool.running():
            pool.wait_for(lambda: pool.states()[DELIVERED] == 78)
            pool.wait_for(lambda: pool.states()[UNCERTAIN] == 2)
            pool.wait_for(lambda: pool.port(0)["state"] in ("no-answer", "probing"))
            bank.fault(0, "clear")
            pool.wait_for(lambda: pool.port(0)["state"] == "ready")
        assert_each_exactly_once(pool, bank)


def test_errors_of_all_kinds_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    options = ("--error-rate", "0.05", "--error-code", "38", "--lost-final-rate", "0.02", "--hang-rate", "0")
    with running_bank(tmp_path, modems=8, latency_ms=5, report_delay_ms=5, options=options) as bank:
        pool = box(tmp_path, bank, plan=Plan(parts_per_hour=500))
        pool.submit(numbers(200), lambda index: f"第 {index} 条" * (1 + index % 3 * 12))
        with pool.running():
            pool.wait_until_all(DELIVERED, UNCERTAIN)
        assert_each_exactly_once(pool, bank)
        assert pool.states()[DELIVERED] >= 190


def test_a_stop_waits_for_what_is_with_the_modem(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2, latency_ms=400, report_delay_ms=60_000) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(30), "hello")
        with pool.running():
            pool.wait_for(lambda: pool.states()["sent"] >= 2)
        states = pool.states()
        assert set(states) <= {"sent", "queued"}
        assert_each_exactly_once(pool, bank)
        assert {row[0] for row in pool.rows("SELECT reason FROM ports")} == {"event.pool-stopped"}


def test_a_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        timings = replace(QUICK_TIMINGS, stop_s=0.2)
        pool = box(tmp_path, bank, timings=timings)
        bank.fault(0, "mute-mid-send", taken=True)
        [seq] = pool.submit(numbers(1), "hello")
        with pool.running():
            pool.wait_for_state(seq, "sending")
        assert pool.state(seq)[0] == "sending"
        bank.fault(0, "clear")
        with pool.running():
            pool.wait_for_state(seq, UNCERTAIN, DELIVERED)
        assert_each_exactly_once(pool, bank)


def test_a_long_message_that_was_queued_again_goes_on_where_its_first_part_went_after_all(
    tmp_path: Path,
) -> None:
    with running_bank(tmp_path, modems=2, latency_ms=20, report_delay_ms=60_000) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready(2)
            pool.submit(numbers(1, "+86138"), "a" * 400)
            pool.wait_until_all("sent")
            [(first,)] = pool.rows("SELECT DISTINCT sim_id FROM parts")
            [(port,)] = pool.rows("SELECT name FROM ports WHERE sim_id = ?", first)
            rest_ms = now_ms() + 3_600_000
            pool.change("UPDATE sims SET resting_until_ms = ? WHERE id <> ?", rest_ms, first)
            bank.fault(int(port[-2:]) - 1, "late-final", delay_ms=2_500)
            [seq] = pool.submit(numbers(1), "x" * 400)
            pool.wait_for_state(seq, UNCERTAIN)
            pool.change("UPDATE sims SET resting_until_ms = ?", rest_ms)
            [(message_id,)] = pool.rows("SELECT id FROM messages WHERE seq = ?", seq)
            with closing(connect(pool.settings.database)) as office:
                assert messages.resend(office, message_id, now_ms())
            pool.wait_for(
                lambda: pool.rows("SELECT 1 FROM parts WHERE message_seq = ? AND state = 'accepted'", seq)
            )
            pool.change("UPDATE sims SET resting_until_ms = NULL")
            pool.wait_for_state(seq, "sent")
        assert {row[0] for row in pool.rows("SELECT sim_id FROM parts WHERE message_seq = ?", seq)} == {first}
        assert_each_exactly_once(pool, bank)

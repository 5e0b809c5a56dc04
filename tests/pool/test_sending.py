"""The real path: pool, AT dialogue, pty, simulated modem, network, and back as a delivery report."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.modem.simulator.ledger import LedgerEvent
from appliance.policy.plan import WINDOW_MS, Plan
from tests.bank import Bank, running_bank
from tests.pool.pools import DELIVERED, QUICK_TIMINGS, SENT, assert_each_exactly_once, box, numbers


def text(index: int) -> str:
    kinds = (
        f"Order {index} is ready",
        f"您的验证码是 {index}，五分钟内有效",
        f"长文本{index}：" + "春眠不觉晓，" * 25,
        f"€[{index}]~ {{}}",
        f"🎉{index}" * 40,
    )
    return kinds[index % len(kinds)]


def accepted_at_ms(bank: Bank) -> dict[str, list[int]]:
    """When the network took each part, by the SIM that it came through."""
    taken: dict[str, list[int]] = {}
    for record in bank.ledger():
        if record.event is LedgerEvent.ACCEPTED:
            taken.setdefault(record.iccid, []).append(record.at_ms)
    return taken


def test_every_message_of_many_arrives_exactly_once_and_byte_equal(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=8, latency_ms=10, report_delay_ms=10) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(250), text)
        with pool.running():
            pool.wait_until_all(DELIVERED)
        assert_each_exactly_once(pool, bank)
        shares = Counter(row["sim_id"] for row in pool.rows("SELECT sim_id FROM messages"))
        assert len(shares) == 8, "every SIM did its share"
        parts = pool.rows("SELECT state, tp_mr FROM parts")
        assert all(row["state"] == "delivered" and row["tp_mr"] is not None for row in parts)
        reports = pool.rows("SELECT count(*) FROM delivery_reports WHERE part_id IS NULL")
        assert reports[0][0] == 0


def test_messages_that_come_while_the_pool_is_idle_go_at_once(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready(2)
            for number in numbers(12):
                [seq] = pool.submit([number], "hello")
                pool.wait_for_state(seq, DELIVERED)
        assert_each_exactly_once(pool, bank)


def test_a_ring_that_is_lost_costs_a_moment(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        with pool.running():
            pool.wait_until_ready()
            pool.settings.doorbell.unlink()
            [seq] = pool.submit(numbers(1), "nobody rang")
            assert not pool.ring()
            pool.wait_for_state(seq, DELIVERED)


def test_a_message_without_a_report_ends_as_sent(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        [seq] = pool.submit(numbers(1), "hello", delivery_report=False)
        with pool.running():
            assert pool.wait_for_state(seq, SENT) == (SENT, "message.sent-without-report")
        [row] = pool.rows("SELECT finished_at_ms, sent_at_ms FROM messages")
        assert row["finished_at_ms"] == row["sent_at_ms"] is not None


def test_urgent_ones_go_before_the_rest(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, latency_ms=20) as bank:
        pool = box(tmp_path, bank)
        pool.submit(numbers(5, "+86131"), "bulk", priority=2)
        pool.submit(numbers(5, "+86132"), "notice", priority=1)
        pool.submit(numbers(5, "+86133"), "code", priority=0)
        with pool.running():
            pool.wait_until_all(DELIVERED)
        order = [record.text for record in bank.ledger() if record.event is LedgerEvent.ACCEPTED]
        assert order == ["code"] * 5 + ["notice"] * 5 + ["bulk"] * 5


def test_a_message_that_is_no_sms_fails_in_words_and_holds_up_nobody(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        [bad] = pool.submit(["+8613900000001"], "no GSM-7: 你", alphabet="gsm7")
        [good] = pool.submit(["+8613900000002"], "hello")
        with pool.running():
            pool.wait_for_state(good, DELIVERED)
        assert pool.state(bad) == ("failed", "message.failed.encoding")


class TestLimits:
    PLAN = Plan(minimum_gap_ms=40, parts_per_minute=6, parts_per_hour=9, parts_per_day=11)

    def test_no_window_of_the_ledger_is_ever_exceeded(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=3, latency_ms=5, report_delay_ms=5) as bank:
            pool = box(tmp_path, bank, plan=self.PLAN)
            seqs = pool.submit(numbers(40), lambda index: "x" * (10 if index % 4 else 200))
            with pool.running():
                pool.wait_until_ready(3)
                full = self.PLAN.parts_per_minute * 3
                pool.wait_for(
                    lambda: len(pool.rows("SELECT 1 FROM parts WHERE state = 'delivered'")) >= full - 3
                )
                [last] = pool.submit(numbers(1, "+86137"), "one more")
                assert pool.state(last)[0] == "queued"
            for taken in accepted_at_ms(bank).values():
                assert 1 < len(taken) <= self.PLAN.parts_per_minute
                for earlier, later in pairwise(sorted(taken)):
                    assert later - earlier >= self.PLAN.minimum_gap_ms
            assert pool.states()["queued"] > 0
            assert seqs

    def test_a_restart_forgets_no_window(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1) as bank:
            pool = box(tmp_path, bank, plan=Plan(parts_per_hour=3))
            pool.submit(numbers(5), "hello")
            for _ in range(3):
                with pool.running():
                    pool.wait_until_ready()
                    pool.wait_for(lambda: pool.states()[DELIVERED] == 3)
            assert pool.states() == {DELIVERED: 3, "queued": 2}
            assert len(accepted_at_ms(bank).popitem()[1]) == 3

    def test_a_long_message_waits_until_all_of_it_fits(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1) as bank:
            pool = box(tmp_path, bank, plan=Plan(parts_per_hour=4))
            pool.submit(numbers(2), "hello")
            [long] = pool.submit(["+8613700000001"], "x" * 400)
            with pool.running():
                pool.wait_until_ready()
                pool.wait_for(lambda: pool.states()[DELIVERED] == 2)
                assert pool.state(long)[0] == "queued"
                pool.change("UPDATE sims SET parts_per_hour = 5")
                pool.wait_for_state(long, DELIVERED)
            assert len(accepted_at_ms(bank).popitem()[1]) == 5

    def test_a_plan_is_changed_while_it_holds(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1) as bank:
            pool = box(tmp_path, bank, plan=Plan(parts_per_day=1))
            pool.submit(numbers(3), "hello")
            with pool.running():
                pool.wait_until_ready()
                pool.wait_for(lambda: pool.states()[DELIVERED] == 1)
                pool.change("UPDATE sims SET parts_per_day = 2")
                pool.wait_for(lambda: pool.states()[DELIVERED] == 2)
                pool.change("UPDATE sims SET parts_per_day = 0")
                pool.wait_until_all(DELIVERED)

    def test_the_gap_is_kept_between_the_parts_of_one_message_too(self, tmp_path: Path) -> None:
        with running_bank(tmp_path, modems=1) as bank:
            pool = box(tmp_path, bank, plan=Plan(minimum_gap_ms=120))
            pool.submit(numbers(2), "x" * 400)
            with pool.running():
                pool.wait_until_all(DELIVERED)
            taken = sorted(accepted_at_ms(bank).popitem()[1])
            assert len(taken) == 6
            assert all(later - earlier >= 120 for earlier, later in pairwise(taken))
            assert_each_exactly_once(pool, bank)

    def test_a_window_that_opens_is_used_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for limit in WINDOW_MS:
            monkeypatch.setitem(WINDOW_MS, limit, 400)
        with running_bank(tmp_path, modems=1) as bank:
            # No look at the database comes in time to find that it is open.
            rarely = replace(QUICK_TIMINGS, look_s=600.0)
            pool = box(tmp_path, bank, plan=Plan(parts_per_minute=2), timings=rarely)
            pool.submit(numbers(6), "hello")
            with pool.running():
                pool.wait_until_all(DELIVERED)
            taken = sorted(accepted_at_ms(bank).popitem()[1])
            for first, third in zip(taken, taken[2:], strict=False):
                assert third - first > 400


def test_a_message_that_breaks_the_encoder_takes_no_sim_out_of_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from appliance.pool import encoding  # noqa: PLC0415 - to break it

    real = encoding.plan_text

    def break_on_poison(text: str, **rest: object) -> object:
        if text == "poison":
            raise IndexError("broken")
        return real(text, **rest)  # type: ignore[arg-type]

    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank)
        poison, good = pool.submit(numbers(1), "poison") + pool.submit(numbers(1, "+86138"), "hello")
        monkeypatch.setattr(encoding, "plan_text", break_on_poison)
        with pool.running():
            pool.wait_for_state(good, DELIVERED)
        assert pool.state(poison) == ("failed", "message.failed.encoding")

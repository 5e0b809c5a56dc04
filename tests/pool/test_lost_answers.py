"""A modem that loses the answer of the network: how long its SIM waits for it, and what tells earlier."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from appliance.modem.simulator.ledger import LedgerEvent
from tests.bank import running_bank
from tests.pool.pools import DELIVERED, QUICK_LIMITS, UNCERTAIN, assert_each_exactly_once, box, numbers

PATIENT = replace(QUICK_LIMITS, submit_s=600.0)
"""Longer than the test: only what tells earlier ends the wait."""


def test_the_delivery_report_ends_the_wait_for_an_answer_that_is_lost(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1, report_delay_ms=700) as bank:
        pool = box(tmp_path, bank, modem_limits=PATIENT)
        with pool.running():
            # By the reference of what went before it is seen that a report is about what is being sent.
            pool.submit(numbers(1, "+86137"), "hello")
            pool.wait_until_all(DELIVERED)
            bank.fault(0, "lost-final", count=3)
            pool.submit(numbers(6), "hello")
            pool.wait_until_all(DELIVERED)
        taken = Counter(each.recipient for each in bank.ledger() if each.event is LedgerEvent.ACCEPTED)
        assert set(taken.values()) == {1}
        assert_each_exactly_once(pool, bank)


def test_a_report_about_another_message_ends_no_wait(tmp_path: Path) -> None:
    """The network is slow, and a report to another number comes meanwhile."""
    with running_bank(tmp_path, modems=1, report_delay_ms=400) as bank:
        pool = box(tmp_path, bank, modem_limits=PATIENT)
        with pool.running():
            [first] = pool.submit(numbers(1), "hello")
            pool.wait_for_state(first, "sent")
            bank.control("scenario", name="late-final", modem="modem01", delay_ms=1_500)
            [second] = pool.submit(numbers(1, "+86137"), "hello", delivery_report=False)
            pool.wait_for_state(first, DELIVERED)
            pool.wait_for_state(second, "sent")
        assert UNCERTAIN not in {row["state"] for row in pool.rows("SELECT state FROM parts")}
        assert not pool.rows("SELECT 1 FROM events WHERE kind = 'message-uncertain'")

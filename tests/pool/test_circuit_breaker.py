"""The circuit breaker of a SIM in a pool: a rest with its evidence, one message to find out, a person who ends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from appliance.modem.simulator.ledger import LedgerEvent
from appliance.policy.blocking import BlockRules
from appliance.policy.breaker import from_json, resumed, to_json
from appliance.policy.failure import BackOff
from appliance.policy.plan import Plan
from appliance.store import breakers, sims
from appliance.store.clock import now_ms
from tests.bank import Bank, running_bank
from tests.pool.pools import (
    DELIVERED,
    QUICK_BREAKER,
    QUICK_RETRIES,
    Box,
    assert_each_exactly_once,
    box,
    numbers,
)

QUICK_RESTS = replace(
    QUICK_BREAKER,
    rest=BackOff(250, 1, 250),
    quarantine_after=3,
    quarantine=BackOff(600_000, 1, 600_000),
    report_within_ms=600_000,
    blocking=BlockRules(silent_after_ms=300, silent_parts=8, silent_recipients=6, earlier_parts=5),
)
BULK, NOTICE, CODE = 2, 1, 0


def rest_of(pool: Box) -> str | None:
    rows = pool.rows("SELECT resting_reason FROM sims ORDER BY id")
    return rows[0][0] if rows else None


def accepted(bank: Bank) -> Counter[str]:
    """How often the network took a message to each recipient."""
    return Counter(entry.recipient for entry in bank.ledger() if entry.event is LedgerEvent.ACCEPTED)


def test_a_sim_that_is_blocked_without_a_word_rests_and_comes_back(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank, breaker=QUICK_RESTS, plan=Plan(minimum_gap_ms=5))
        pool.submit(numbers(12), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
            bank.control("scenario", name="silent-block", modem="modem01")
            pool.submit(numbers(8, "+86137"), "hello", priority=BULK)
            pool.wait_for(lambda: rest_of(pool) == "sim.rests-silent")
            [event] = pool.rows("SELECT reason_args FROM events WHERE kind = 'sim-rested'")
            assert '"failures": 8, "recipients": 8' in event["reason_args"]
            assert '"percent": 100' in event["reason_args"]
            # A code waits for the SIM, and is not what it tries itself with.
            [code] = pool.submit(numbers(1, "+86135"), "1234", priority=CODE)
            [bulk] = pool.submit(numbers(1, "+86136"), "offer", priority=BULK)
            pool.wait_for(lambda: rest_of(pool) == "sim.rests-for-report")
            assert pool.rows("SELECT message_seq FROM probes")
            assert pool.state(code)[0] == "queued"
            bank.control("scenario", name="calm", modem="modem01")
            part = pool.rows("SELECT part_id FROM probes")[0]["part_id"]
            pool.change(
                "UPDATE parts SET state = 'delivered', report_delivery = 'delivered' WHERE id = ?", part
            )
            pool.wait_for_state(code, DELIVERED)
            assert pool.state(bulk)[0] == "sent"
        assert max(accepted(bank).values()) == 1
        kinds = [
            row["kind"] for row in pool.rows("SELECT kind FROM events WHERE kind LIKE 'sim-re%' ORDER BY id")
        ]
        assert kinds == ["sim-rested", "sim-readmitted"]


def test_where_all_sims_are_silent_none_rests(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=2) as bank:
        pool = box(tmp_path, bank, breaker=QUICK_RESTS, plan=Plan(minimum_gap_ms=5))
        pool.submit(numbers(30), "hello")
        with pool.running():
            pool.wait_until_all(DELIVERED)
            for modem in ("modem01", "modem02"):
                bank.control("scenario", name="silent-block", modem=modem)
            pool.submit(numbers(30, "+86137"), "hello")
            pool.wait_for(lambda: sum(accepted(bank).values()) == 60)
            since = now_ms()
            pool.wait_for(lambda: now_ms() > since + 1_200)
            shares = pool.rows("SELECT count(*) FROM parts WHERE id > 30 GROUP BY sim_id")
            assert len(shares) == 2
            assert not pool.rows("SELECT 1 FROM events WHERE kind = 'sim-rested'")


def test_a_blocked_sim_is_quarantined_with_its_messages_kept_and_a_person_frees_it(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        pool = box(tmp_path, bank, breaker=QUICK_RESTS)
        bank.fault(0, "cms", code=50, count=1_000)
        seqs = pool.submit(numbers(6), "hello", priority=BULK)
        with pool.running():
            pool.wait_for(lambda: rest_of(pool) == "sim.quarantined")
            [sim] = pool.rows("SELECT * FROM sims")
            assert from_json(sim["breaker"]).trips == 3
            assert sim["resting_until_ms"] > now_ms() + 500_000
            refused = pool.rows("SELECT count(*) FROM parts WHERE state = 'refused'")[0][0]
            assert refused == 5, "three until it rested, and one each time it tried"
            assert {pool.state(seq)[0] for seq in seqs} == {"queued"}
            bank.fault(0, "clear")
            resume(pool, sim["id"])
            pool.wait_until_all(DELIVERED)
        assert pool.rows("SELECT breaker, resting_until_ms FROM sims")[0]["resting_until_ms"] is None
        assert_each_exactly_once(pool, bank)


def test_a_restart_gives_no_new_budget(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        rules = replace(QUICK_RESTS, rest=BackOff(600_000, 1, 600_000))
        retry = replace(QUICK_RETRIES, sim=BackOff(600_000, 1, 600_000))
        pool = box(tmp_path, bank, breaker=rules, retry=retry)
        bank.fault(0, "cms", code=50, count=1_000)
        pool.submit(numbers(2), "hello", priority=BULK)
        with pool.running():
            pool.wait_for(lambda: pool.rows("SELECT count(*) FROM parts WHERE state = 'refused'")[0][0] == 2)
        pool.submit(numbers(1, "+86136"), "hello", priority=BULK)
        with pool.running():
            pool.wait_for(lambda: rest_of(pool) is not None)
            assert pool.rows("SELECT count(*) FROM parts")[0][0] == 3
        pool.submit(numbers(5, "+86137"), "hello")
        with pool.running():
            pool.wait_for(lambda: pool.port(0)["state"] == "ready")
            commands = bank.modem(0)["commands"]
            pool.wait_for(lambda: bank.modem(0)["commands"] >= commands + 3)
        assert pool.rows("SELECT count(*) FROM parts")[0][0] == 3


def test_a_probe_does_not_use_up_the_attempts_of_its_message(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        rules = replace(QUICK_RESTS, quarantine_after=100, free_probes=4)
        pool = box(tmp_path, bank, breaker=rules)
        bank.fault(0, "cms", code=50, count=6)
        pool.submit(numbers(3), "hello", priority=NOTICE)
        with pool.running():
            pool.wait_until_all(DELIVERED)
        assert len(pool.rows("SELECT * FROM probes")) == 4, "three in vain, and the one that went"
        assert_each_exactly_once(pool, bank)


def test_a_sim_tries_itself_only_within_its_plan(tmp_path: Path) -> None:
    with running_bank(tmp_path, modems=1) as bank:
        rules = replace(QUICK_RESTS, quarantine_after=100)
        pool = box(tmp_path, bank, breaker=rules, plan=Plan(parts_per_hour=4, reserve_percent=0))
        bank.fault(0, "cms", code=50, count=1_000)
        pool.submit(numbers(9), "hello", priority=BULK)
        with pool.running():
            pool.wait_for(lambda: pool.rows("SELECT count(*) FROM parts")[0][0] == 4)
            over_ms = pool.wait_for(
                lambda: pool.rows(
                    "SELECT max(resting_until_ms) FROM sims WHERE breaker LIKE '%\"trips\":2%'"
                )[0][0]
            )
            pool.wait_for(lambda: now_ms() > over_ms)
            commands = bank.modem(0)["commands"]
            pool.wait_for(lambda: bank.modem(0)["commands"] >= commands + 5)
            assert pool.rows("SELECT count(*) FROM parts")[0][0] == 4


def test_the_message_by_which_a_wrong_service_centre_shows_goes_by_another_sim(tmp_path: Path) -> None:
    """304 to five numbers in a row, while the other SIM sends: the fifth is not held to be wrong itself."""
    with running_bank(tmp_path, modems=2) as bank:
        pool = box(tmp_path, bank, breaker=replace(QUICK_RESTS, rest=BackOff(600_000, 1, 600_000)))
        bank.fault(0, "cms", code=304, count=1_000)
        pool.submit(numbers(60), "hello")
        with pool.running():
            pool.wait_for(
                lambda: not pool.rows("SELECT 1 FROM messages WHERE state IN ('queued', 'sending')")
            )
            pool.wait_for(lambda: "sent" not in pool.states())
        failed = pool.rows("SELECT 1 FROM messages WHERE state = 'failed'")
        rested = pool.rows("SELECT reason FROM events WHERE kind = 'sim-rested'")
        assert [row["reason"] for row in rested] == ["sim.rests-malformed"]
        assert len(failed) == 4


def resume(pool: Box, sim_id: int) -> None:
    """As the desk does."""
    connection = pool.connection()
    sims.resume(connection, sim_id)
    breakers.store(connection, sim_id, to_json(resumed(now_ms())))
    connection.close()
    pool.ring()

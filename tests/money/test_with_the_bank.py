"""Pool, desk and a bank of simulated modems together: balances are asked for and read, SIMs are kept in use."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from appliance.desk import balance, keep_alive
from appliance.desk.carriers import set_carrier
from appliance.desk.rounds import OWN_TASKS, Rounds
from appliance.desk.tools import Tools
from appliance.policy.balance import BalanceRules
from appliance.policy.keep_alive import KeepAliveRules
from appliance.policy.plan import Plan
from appliance.store import sims
from appliance.store.clock import now_ms
from appliance.store.database import connect
from appliance.store.writer import GroupCommitWriter
from tests.bank import Bank, running_bank
from tests.money.desks import PERSON
from tests.pool.pools import Box, box

DAY_MS = 86_400_000


class Office:
    """A box with its pool and the desk's rounds running."""

    def __init__(self, place: Box, bank: Bank, tools: Tools, rounds: Rounds) -> None:
        self.box = place
        self.bank = bank
        self.tools = tools
        self.rounds = rounds

    def sim_of(self, number: int) -> sims.Sim:
        """The SIM in modem ``number`` (from 0)."""
        with contextlib.closing(connect(self.tools.database, read_only=True)) as reader:
            return sims.get(reader, self.box.port(number)["sim_id"])

    def standing(self, sim: sims.Sim) -> balance.BalanceStanding:
        with contextlib.closing(connect(self.tools.database, read_only=True)) as reader:
            return balance.standing(reader, sim)

    def answered(self, sim: sims.Sim) -> balance.BalanceStanding:
        """Ask for the balance as a person does; what is known when the question is over."""
        asked = balance.ask(self.tools.writer, PERSON, sim, now_ms=now_ms())

        def over() -> balance.BalanceStanding | None:
            standing = self.standing(sim)
            question = standing.question
            assert question is not None
            return standing if question.id == asked.id and not question.is_open else None

        return self.box.wait_for(over) or self.standing(sim)

    def ask_by_ussd(self, code: str) -> None:
        """From now on the carriers of the bank's SIMs are asked by a code."""
        self.ask_by({"method": "ussd", "code": code})

    def ask_by(self, query: dict[str, object]) -> None:
        """The carriers of the bank's SIMs are asked in one way, and below 5 yuan a SIM rests."""
        members = {"name": "Carrier", "imsi": ["46000", "46001"], "low_balance": "5", "queries": [query]}
        set_carrier(self.tools.writer, PERSON, "of-the-bank", members, now_ms=0)


@contextlib.contextmanager
def running_office(
    tmp_path: Path,
    modems: int,
    *,
    profiles: tuple[str, ...] = (),
    plan: Plan | None = None,
    with_rounds: bool = True,
) -> Iterator[Office]:
    """Everything but the web server itself. Not ``with_rounds``: the test starts them."""
    with running_bank(tmp_path, modems, report_delay_ms=20, profiles=profiles) as bank:
        place = box(tmp_path, bank, plan=plan or Plan())
        with contextlib.closing(GroupCommitWriter(place.settings.database)) as writer:
            tools = Tools(
                database=place.settings.database,
                writer=writer,
                ring=place.ring,
                zone=ZoneInfo("Asia/Shanghai"),
                balance=BalanceRules(every_h=0),
                keep_alive=KeepAliveRules(from_hour=0, to_hour=24),
            )
            rounds = Rounds(tools, OWN_TASKS, look_s=0.05)
            with place.running():
                place.wait_until_ready(modems)
                if with_rounds:
                    rounds.start()
                try:
                    yield Office(place, bank, tools, rounds)
                finally:
                    rounds.stop()


def test_a_balance_is_asked_by_message_and_its_answer_is_read(tmp_path: Path) -> None:
    with running_office(tmp_path, 1) as office:
        standing = office.answered(office.sim_of(0))
        assert str(standing.amount) == "100.00 CNY"
        assert standing.latest is not None
        [message] = office.box.inbox()
        assert standing.latest.inbound_seq == message["seq"]
        assert message["text"] == standing.latest.raw


@pytest.mark.parametrize("profile", ["quectel-ec25", "huawei-e173", "simcom-sim800"])
def test_a_balance_is_asked_by_code(tmp_path: Path, profile: str) -> None:
    with running_office(tmp_path, 1, profiles=(profile,)) as office:
        office.ask_by_ussd("*100#")
        office.bank.control("ussd", code="*100#", text="您的余额为7.50元", delay_ms=20)
        standing = office.answered(office.sim_of(0))
        assert str(standing.amount) == "7.50 CNY"
        assert office.box.inbox() == []
        assert office.box.states() == {}


def test_a_code_that_the_network_does_not_know_says_so(tmp_path: Path) -> None:
    with running_office(tmp_path, 1) as office:
        office.ask_by_ussd("*987#")
        sim = office.sim_of(0)
        balance.ask(office.tools.writer, PERSON, sim, now_ms=now_ms())
        [question] = office.box.wait_for(
            lambda: office.box.rows("SELECT * FROM balance_questions WHERE tries = 1 AND state = 'wanted'")
        )
        assert question["reason"] == "ussd.not-supported"
        assert question["next_at_ms"] > now_ms(), "it is tried again later"


def test_a_low_balance_rests_the_sim_and_the_question_that_ends_it_still_goes(tmp_path: Path) -> None:
    with running_office(tmp_path, 1) as office:
        office.ask_by_ussd("*100#")
        office.bank.control("ussd", code="*100#", text="Balance 1.20", delay_ms=20)
        sim = office.sim_of(0)
        assert office.answered(sim).low is not None
        [seq] = office.box.submit(["+8613912345678"], "waits")
        # By message: all that the SIM may send.
        office.ask_by({"method": "sms", "to": "10086", "text": "YE"})
        assert office.box.state(seq)[0] == "queued"
        standing = office.answered(sim)
        assert str(standing.amount) == "100.00 CNY"
        assert standing.low is None
        assert office.box.wait_for_state(seq, "delivered", "sent")


def test_a_sim_is_kept_in_use_by_a_message_to_another_one_and_its_arrival_is_the_proof(
    tmp_path: Path,
) -> None:
    with running_office(tmp_path, 3, with_rounds=False) as office:
        sim = office.sim_of(1)
        office.box.change("UPDATE sims SET first_seen_at_ms = ?", now_ms() - 200 * DAY_MS)
        keep_alive.set_every_days(office.tools.writer, PERSON, sim.id, 90, now_ms=now_ms())
        office.rounds.start()
        [proof] = office.box.wait_for(
            lambda: office.box.rows("SELECT * FROM keep_alive_proofs WHERE state = 'proved'")
        )
        assert proof["sim_id"] == sim.id
        [message] = office.box.rows("SELECT * FROM messages")
        assert message["sim_id"] == sim.id
        [received] = office.box.inbox()
        assert (received["text"], received["sim_id"]) == (message["text"], proof["to_sim_id"])


def test_a_sim_that_is_refused_as_one_that_ran_out_is_asked_for_its_balance(tmp_path: Path) -> None:
    with running_office(tmp_path, 1) as office:
        sim = office.sim_of(0)
        office.bank.control("scenario", name="empty", modem="modem01", balance_fen=5, price_fen=10)
        office.box.submit([f"+861391234567{each}" for each in range(4)], "refused")
        office.box.wait_for(
            lambda: office.box.rows("SELECT 1 FROM events WHERE reason = 'balance.seems-empty'")
        )
        question = office.standing(sim).question
        assert question is not None
        assert question.cause == "empty"
        assert office.sim_of(0).resting_reason == "sim.rests-after-refusals"
